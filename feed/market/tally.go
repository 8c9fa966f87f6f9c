package market

// Tally is one symbol's quote after all ticks, images and corrections so far, but for its state. The
// zero value is a symbol of which nothing is known.
type Tally struct {
	quote    Quote
	turnover Turnover
	noVWAP   bool          // turnover is unknown: an image gave a volume without a VWAP
	recent   *recentTrades // those that can be taken back; nil: none had an ID
}

// Reject is why something was not applied; its text is the label of a metric.
type Reject uint8

const (
	Accepted       Reject = iota
	RejectPrice           // a price that is not above zero
	RejectSize            // returned by no check; its label stays part of the metric
	RejectOverflow        // more than the sums can hold
	RejectKind            // an unknown kind of tick

	NumRejects = iota
)

var rejectNames = [NumRejects]string{"", "price", "size", "overflow", "kind"}

// String is the word that metrics use: "price", "size", "overflow" or "kind".
func (r Reject) String() string { return rejectNames[r] }

// sessionFields are those that a new session starts without.
const sessionFields = FieldOpen | FieldHigh | FieldLow | FieldVolume | FieldCount | FieldVWAP | extendedFields

const extendedFields = FieldExtended | FieldExtendedTime

// NewTally is a symbol of which nothing is known but its previous close; 0 is unknown.
func NewTally(id SymbolID, previousClose Price) Tally {
	t := Tally{quote: Quote{Symbol: id}}
	if previousClose > 0 {
		t.quote.PreviousClose = previousClose
		t.quote.Set = FieldPreviousClose
	}
	return t
}

// Apply applies one tick, or leaves the tally as it was and says why. State and Alive ticks change
// nothing but the time.
func (y *Tally) Apply(t *Tick) Reject {
	if r := t.Check(); r != Accepted {
		return r
	}
	q := &y.quote
	switch t.Kind {
	case KindTrade:
		if r := y.trade(t); r != Accepted {
			return r
		}
	case KindQuote:
		q.Set &^= FieldBid | FieldBidSize | FieldAsk | FieldAskSize
		q.Bid, q.BidSize, q.Ask, q.AskSize = 0, Quantity{}, 0, Quantity{} // so that nothing is left of the quotes before
		if t.Flags&HasBid != 0 {
			q.Bid, q.BidSize = t.Bid, t.BidSize
			q.Set |= FieldBid | ifKnown(FieldBidSize, t.BidSize)
		}
		if t.Flags&HasAsk != 0 {
			q.Ask, q.AskSize = t.Ask, t.AskSize
			q.Set |= FieldAsk | ifKnown(FieldAskSize, t.AskSize)
		}
	case KindState:
		y.advance(t.Time) // not that of its receipt: a price does not become younger by it
		return Accepted
	case KindAlive:
		return Accepted // no change, and so not the time of one
	case KindSession:
		q.Set &^= sessionFields
		q.Volume, q.Count, y.turnover, y.noVWAP = Quantity{}, 0, Turnover{}, false
		y.recent = nil
		q.Time = 0 // a recording that starts again goes back in time
		if t.Price > 0 {
			q.PreviousClose = t.Price
			q.Set |= FieldPreviousClose
		}
	}
	y.advance(t.when())
	return Accepted
}

// when is the exchange's time or, without one, the time of receipt.
func (t *Tick) when() Time {
	if t.Time == 0 {
		return t.Received
	}
	return t.Time
}

func (y *Tally) advance(at Time) {
	if at > y.quote.Time {
		y.quote.Time = at
		y.quote.Set |= FieldTime
	}
}

func (y *Tally) trade(t *Tick) Reject {
	q := &y.quote
	if t.Flags&SetsVolume != 0 {
		if r := y.add(Print{t.Price, t.Size, t.Flags}); r != Accepted {
			return r
		}
	}
	if t.Flags&SetsLast != 0 {
		y.setLast(t.Price, t.Size)
		if q.Set&FieldOpen == 0 && t.Flags&SetsHighLow != 0 {
			q.Open = t.Price
			q.Set |= FieldOpen
		}
	}
	if t.Flags&SetsExtended != 0 {
		q.Extended, q.ExtendedTime = t.Price, t.when()
		q.Set |= extendedFields
	}
	if t.ID != 0 && y.recent == nil {
		y.recent = &recentTrades{}
		if q.Set&FieldHigh != 0 {
			y.recent.high.floor, y.recent.low.floor = q.High, q.Low
		}
	}
	if y.recent != nil {
		y.recent.note(t)
	}
	if t.Flags&SetsHighLow != 0 {
		y.widen(t.Price)
	}
	return Accepted
}

// setLast sets the last price and size. What was traded outside the session before is not shown any more.
func (y *Tally) setLast(p Price, size Quantity) {
	q := &y.quote
	q.Price, q.Size = p, size
	q.Set = q.Set&^(FieldSize|extendedFields) | FieldPrice | ifKnown(FieldSize, size)
}

func (y *Tally) widen(p Price) {
	q := &y.quote
	if q.Set&FieldHigh == 0 || p > q.High {
		q.High = p
	}
	if q.Set&FieldLow == 0 || p < q.Low {
		q.Low = p
	}
	q.Set |= FieldHigh | FieldLow
}

// add counts a print into volume, count and VWAP.
func (y *Tally) add(p Print) Reject {
	q := &y.quote
	cost, fits := p.Size.Times(p.Price)
	volume, volumeFits := q.Volume.Add(p.Size)
	turnover, turnoverFits := y.turnover.Add(cost)
	if !fits || !volumeFits || !turnoverFits {
		return RejectOverflow
	}
	q.Volume, y.turnover = volume, turnover
	q.Count++
	q.Set |= FieldVolume | FieldCount
	return Accepted
}

// subtract is the opposite of add; what was never counted cannot be subtracted.
func (y *Tally) subtract(p Print) {
	q := &y.quote
	cost, _ := p.Size.Times(p.Price)
	volume, enough := q.Volume.Sub(p.Size)
	turnover, enoughTurnover := y.turnover.Sub(cost)
	if !enough || q.Count == 0 || !enoughTurnover && !y.noVWAP {
		return
	}
	q.Volume, y.turnover = volume, turnover
	q.Count--
}

// Correct takes a trade back or puts another in its place. It mends volume, count and VWAP, the last price if that was the
// trade's, and high and low where the trades behind them are known. Or it leaves the tally as it was and says why.
func (y *Tally) Correct(c *Correction) Reject {
	if r := c.Check(); r != Accepted {
		return r
	}
	q := &y.quote
	volume, count, turnover := q.Volume, q.Count, y.turnover
	if c.Old.Flags&SetsVolume != 0 {
		y.subtract(c.Old)
	}
	if c.New.Flags&SetsVolume != 0 {
		if r := y.add(c.New); r != Accepted {
			q.Volume, q.Count, y.turnover = volume, count, turnover
			return r
		}
	}
	if h := y.recent; h != nil {
		if last, changed := h.correct(c); changed && q.Set&FieldPrice != 0 && q.Price == c.Old.Price && last != nil {
			y.setLast(last.price, last.size)
		}
		if c.Old.Flags&SetsHighLow != 0 {
			if high, known := h.high.remove(c.Old.Price); known && q.High == c.Old.Price {
				q.High = high
				q.Set = q.Set&^FieldHigh | ifTraded(FieldHigh, high)
			}
			if low, known := h.low.remove(c.Old.Price); known && q.Low == c.Old.Price {
				q.Low = low
				q.Set = q.Set&^FieldLow | ifTraded(FieldLow, low)
			}
		}
	}
	if c.New.Flags&SetsHighLow != 0 {
		y.widen(c.New.Price)
		if y.recent != nil {
			y.recent.high.add(c.New.Price, 1)
			y.recent.low.add(c.New.Price, -1)
		}
	}
	if q.Set&extendedFields != 0 && c.Old.Flags&SetsExtended != 0 && q.Extended == c.Old.Price {
		if q.Set &^= extendedFields; c.New.Flags&SetsExtended != 0 {
			q.Extended = c.New.Price
			q.Set |= extendedFields
		}
	}
	y.advance(c.Time)
	return Accepted
}

// ifKnown is the field, unless its value is the zero that stands for unknown.
func ifKnown(f Fields, q Quantity) Fields {
	if q.IsZero() {
		return 0
	}
	return f
}

// ifTraded is the field, unless no trade is left that it could be of.
func ifTraded(f Fields, p Price) Fields {
	if p == 0 {
		return 0
	}
	return f
}

// Image takes over the values that a source sums up: those that im sets or, where it replaces the quote, all.
func (y *Tally) Image(im *Quote) Reject {
	for f := range im.Set.All() {
		if p, isPrice := f.Value(im).(*Price); isPrice && *p <= 0 {
			return RejectPrice
		}
	}
	var turnover Turnover
	known := im.Set&(FieldVolume|FieldVWAP) == FieldVolume|FieldVWAP
	if known {
		var fits bool
		if turnover, fits = im.Volume.Times(im.VWAP); !fits {
			return RejectOverflow
		}
	}
	q := &y.quote
	switch {
	case known:
		y.turnover, y.noVWAP = turnover, false
	case im.Replaces && im.Set&FieldVolume == 0:
		y.turnover, y.noVWAP, q.Volume, q.Count = Turnover{}, false, Quantity{}, 0
	case im.Set&FieldVolume != 0 && im.Volume != q.Volume:
		y.noVWAP = true
	}
	if im.Replaces {
		q.Set = 0
	}
	if im.Set&(FieldHigh|FieldLow) != 0 {
		y.recent = nil
	}
	q.Merge(im)
	q.Set &^= FieldState
	return Accepted
}

// Quote is the quote so far.
func (y *Tally) Quote() Quote {
	q := y.quote
	if q.Set&FieldVolume != 0 && !y.noVWAP && !q.Volume.IsZero() {
		q.VWAP = y.turnover.Over(q.Volume)
		q.Set |= FieldVWAP
	} else {
		q.Set &^= FieldVWAP
	}
	return q
}

// Known are the fields of which anything is known.
func (y *Tally) Known() Fields { return y.quote.Set }
