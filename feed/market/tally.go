package market

// Tally is one symbol's quote after all ticks, images and corrections so far, but for its state. It has the sums of the newest
// session and, once that has followed upon another, of the one before: a trade belongs to the session of its time, however late
// it comes. Older ones are kept for their corrections alone. The zero value is a symbol of which nothing is known.
type Tally struct {
	quote  Quote // without what today has
	today  day
	before *day // the last session before today in which something was traded; nil: none is known

	ledgers *Ledgers // static; nil: no trades are kept
	older   *ledger  // of the trades that belong to neither; nil where there are none
	dropped Time     // the newest time of the trades that a recording had before it was played again; 0: there was none

	// of the previous close
	closeIsLast bool      // it is the last price of the session before, and follows it when trades of that come late or are corrected
	closeBefore Price     // what it was in the session before; 0 unknown
	adjusted    *adjusted // what makes it comparable with the prices of today; nil: nothing ever did
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

// NewTally is a symbol of which nothing is known but its previous close; 0 is unknown. Its trades are kept in ledgers, so that
// they can be corrected; nil: none is kept.
func NewTally(id SymbolID, previousClose Price, ledgers *Ledgers) Tally {
	t := Tally{quote: Quote{Symbol: id}, ledgers: ledgers, today: day{ledger: ledgers.ledger()}}
	if previousClose > 0 {
		t.setPreviousClose(previousClose)
	}
	return t
}

// Apply applies one tick, or leaves the tally as it was and says why. State and Alive ticks change nothing but the time. It decides
// what SetsFirst is among a trade's flags: afterwards these are what the trade has set.
func (y *Tally) Apply(t *Tick) Reject {
	if r := t.Check(); r != Accepted {
		return r
	}
	switch t.Kind {
	case KindTrade:
		if r := y.trade(t); r != Accepted {
			return r
		}
	case KindQuote:
		y.topOfBook(t)
	case KindState:
		y.advance(t.Time) // not that of its receipt: a price does not become younger by it
		return Accepted
	case KindAlive:
		return Accepted // no change, and so not the time of one
	case KindAdjust:
		a, _ := ParseAdjustment(t.Conditions) // it has been checked
		y.adjust(t.Time, a)
		return Accepted
	case KindSession:
		y.session(t)
	case KindRoll:
		y.roll(t.Time)
	case KindReopen:
		y.reopen(t.Time)
		return Accepted
	}
	y.advance(t.When())
	return Accepted
}

func (y *Tally) advance(at Time) {
	if at > y.quote.Time {
		y.quote.Time = at
		y.quote.Set |= FieldTime
	}
}

func (y *Tally) topOfBook(t *Tick) {
	q := &y.quote
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
}

// trade adds a trade to the session that it belongs to. One that is older than both changes nothing here.
func (y *Tally) trade(t *Tick) Reject {
	d := y.dayOf(t.When())
	if d == nil {
		if y.older == nil {
			y.older = y.ledgers.ledger()
		}
		t.Flags = t.Flags.decided(false)
		y.older.add(t.Price, t.Size, t.ID, t.When(), t.Flags)
		return Accepted
	}
	t.Flags = t.Flags.decided(!d.hasLast())
	last := d.last
	if r := d.trade(t); r != Accepted {
		return r
	}
	if d.last != last {
		y.showLast(d)
	}
	return Accepted
}

// dayOf is the session that a time belongs to; nil for one that is older than what is known.
func (y *Tally) dayOf(at Time) *day {
	switch {
	case at >= y.today.start:
		return &y.today
	case y.before != nil && at >= y.before.start:
		return y.before
	default:
		return nil
	}
}

// showLast shows the last price after that of a session has changed.
func (y *Tally) showLast(d *day) {
	last := y.today.last
	if y.before != nil {
		if last.price == 0 {
			last = y.before.last
		}
		if d == y.before && y.closeIsLast {
			y.setPreviousClose(y.before.last.price)
			if y.before.last.price == 0 {
				y.setPreviousClose(y.closeBefore)
			}
		}
	}
	if last.price == 0 {
		return // whatever is shown is all that is known
	}
	q := &y.quote
	q.Price, q.Size = last.price, last.size
	q.Set = q.Set&^FieldSize | FieldPrice | ifKnown(FieldSize, last.size)
}

func (y *Tally) setPreviousClose(p Price) {
	if y.quote.PreviousClose = p; p != 0 {
		y.quote.Set |= FieldPreviousClose
	} else {
		y.quote.Set &^= FieldPreviousClose
	}
}

// session begins the session of a source. One that begins before what has come is that of a recording that is played again: then
// everything is as at first, when its day had not begun.
func (y *Tally) session(t *Tick) {
	start := t.Time
	if again := start != 0 && start <= y.quote.Time; again {
		y.forget()
		y.setPreviousClose(0)
		start = 0
	}
	y.nextDay(start)
	y.beginAdjusting()
	y.adjusted = nil // the source says itself what its previous close is
	y.quote.Time = 0
	if y.closeIsLast = false; t.Price > 0 {
		y.setPreviousClose(t.Price)
	}
}

// roll begins a trading day of the market. The last price becomes the previous close.
func (y *Tally) roll(start Time) {
	d := &y.today
	switch {
	case start <= d.start:
		return // it has begun
	case d.start == 0 && d.newest >= start:
		d.start = start // what has come is of this day
		return
	case d.untouched():
		y.beginAdjusting()
		d.start = start // without a trade, the day before it is still the one that the previous close is of
		return
	}
	y.beginAdjusting()
	y.nextDay(start)
	y.closeIsLast = true
	if y.quote.Set&FieldPrice != 0 {
		y.setPreviousClose(y.quote.Price)
	}
}

// nextDay begins a day without anything, and keeps today as the one before.
func (y *Tally) nextDay(start Time) {
	if y.before != nil {
		y.older = y.older.joined(y.before.ledger)
	}
	before := y.today
	y.before, y.closeBefore = &before, y.quote.PreviousClose
	y.today = day{start: start, ledger: y.ledgers.ledger()}
}

// forget forgets all sessions, and their trades.
func (y *Tally) forget() {
	for _, l := range [...]*ledger{y.older, y.ledgerBefore(), y.today.ledger} {
		y.dropped = max(y.dropped, l.newestTime())
		l.clear()
	}
	y.older, y.before, y.today = nil, nil, day{ledger: y.ledgers.ledger()}
}

// reopen goes back to the day that began at start. What an image has said since is of that day.
func (y *Tally) reopen(start Time) {
	switch {
	case start >= y.today.start:
		return
	case y.before == nil || y.before.start < start:
		y.today.start = start
		y.reopenAdjusting(false)
		return
	case y.today.untouched():
		y.today = *y.before
	default:
		y.today.start = start
		y.older = y.older.joined(y.before.ledger)
	}
	y.before = nil
	y.reopenAdjusting(true)
	if y.closeIsLast {
		y.closeIsLast = false
		y.setPreviousClose(y.closeBefore)
	}
}

// Corrected is what became of a correction.
type Corrected struct {
	Old     Print // as it counted; Flags 0: it did not
	New     Print // as it counts now; Flags 0: it does not
	Traded  Time  // when it was traded; 0 unknown
	Applied bool  // false: the trade has counted in nothing, so nothing has changed
}

// Correct takes a trade back or puts another in its place, in the session that it belongs to. Where the ledger has the trade,
// everything is then as if it had been right from the beginning. Where it has been forgotten there, or counts in what an image
// said, volume, count and VWAP are mended, and high and low are widened where need be.
func (y *Tally) Correct(c *Correction) (Corrected, Reject) {
	if r := c.Check(); r != Accepted {
		return Corrected{}, r
	}
	done := Corrected{Old: c.Old, New: c.New, Traded: c.Traded}
	if d, k, i := y.find(c); k != nil {
		t := &k.trades[i]
		done.Traded, done.Applied = k.base+t.since(), true
		done.Old = Print{t.price, c.Old.Size, t.flags()}
		if size, known := t.size(); known {
			done.Old.Size = size
		}
		if c.Old.Flags&SetsLast != 0 && done.Old.Flags.Outside() && done.New.Flags&SetsLast != 0 {
			done.New.Flags = SetsExtended | done.New.Flags&SetsVolume // a source that does not say when the trade was cannot know
		}
		done.New.Flags = done.New.Flags.decided(done.Old.Flags&SetsLast != 0)
		if done.Old.Flags&OutOfOrder != 0 {
			done.New.Flags = done.New.Flags.AsOutOfOrder()
		}
		if d != nil {
			if r := d.replace(done.Old, done.New); r != Accepted {
				return Corrected{}, r
			}
		}
		id := c.NewID
		if id == 0 {
			id = t.id
		}
		k.mend(i, packTrade(done.New.Price, done.New.Size, id, t.since(), done.New.Flags))
		if d != nil {
			d.settle()
			y.showLast(d)
			y.advance(c.Time)
		}
		return done, Accepted
	}
	done.New.Flags = done.New.Flags.decided(false)
	d := y.dayOfForgotten(c)
	if d == nil {
		done.Applied = c.Traded != 0 && y.dayOf(c.Traded) == nil // it is older, and may count in bars
		return done, Accepted
	}
	done.Applied = true
	if r := d.replace(done.Old, done.New); r != Accepted {
		return Corrected{}, r
	}
	if f := done.New.Flags; f.SetsPrice() && !f.Outside() {
		at := c.Traded
		if at == 0 {
			at = c.Time
		}
		d.prices.Add(c.New.Price, at, false)
		d.ledger.addForgotten(c.New.Price, at)
	}
	y.advance(c.Time)
	return done, Accepted
}

// find is the place of the trade that a correction is about, and its session; nil where no ledger has it, and where it belongs to
// neither session. A source may use the same IDs each day.
func (y *Tally) find(c *Correction) (*day, *chunk, int) {
	for _, like := range [...]bool{true, false} {
		for _, d := range [...]*day{&y.today, y.before} {
			if d == nil {
				continue
			}
			if k, i := d.ledger.find(c, like); k != nil {
				return d, k, i
			}
		}
		if k, i := y.older.find(c, like); k != nil {
			return nil, k, i
		}
	}
	return nil, nil, 0
}

// dayOfForgotten is the session of a trade that no ledger has; nil where it has counted in none.
func (y *Tally) dayOfForgotten(c *Correction) *day {
	days := [...]*day{&y.today, y.before}
	for _, d := range days {
		if d == nil || c.Traded != 0 && d != y.dayOf(c.Traded) {
			continue
		}
		if d.ledger == nil || d.ledger.forgotten || d.imaged {
			return d
		}
	}
	return nil
}

// Between are the prices of the trades from from on and before to, in the regular session and outside of it. It returns false
// where not all of these trades are kept.
func (y *Tally) Between(from, to Time) (regular, outside Prices, complete bool) {
	var p prices
	complete = y.ledgers != nil && (y.dropped == 0 || from > y.dropped)
	for _, l := range [...]*ledger{y.older, y.ledgerBefore(), y.today.ledger} {
		complete = (l == nil || l.between(from, to, &p)) && complete
	}
	return p.regular, p.outside, complete
}

func (y *Tally) ledgerBefore() *ledger {
	if y.before == nil {
		return nil
	}
	return y.before.ledger
}

// ifKnown is the field, unless its value is the zero that stands for unknown.
func ifKnown(f Fields, q Quantity) Fields {
	if q.IsZero() {
		return 0
	}
	return f
}

// Image takes over the values that a source sums up: those that im sets or, where it replaces the quote, all.
func (y *Tally) Image(im *Quote) Reject {
	if r := im.CheckImage(); r != Accepted {
		return r
	}
	y.today.image(im)
	q := &y.quote
	if im.Replaces {
		q.Set, y.adjusted = 0, nil
	}
	if im.Set&FieldAdjusted != 0 {
		y.adjusted = nil // its previous close is adjusted already
	} else if im.Set&FieldPreviousClose != 0 {
		q.Set &^= FieldAdjusted
	}
	if im.Replaces || im.Set&FieldPreviousClose != 0 {
		y.closeIsLast = false
	}
	q.Merge(im)
	q.Set &^= FieldState | FieldReason | sessionFields
	return Accepted
}

// Quote is the quote so far.
func (y *Tally) Quote() Quote {
	q := y.quote
	y.today.show(&q)
	if y.adjusted != nil {
		y.showAdjusted(&q, y.adjusted.by)
	}
	return q
}

// AsTraded is the quote so far before what adjusts it today: a tick of [KindAdjust] makes the quote of it.
func (y *Tally) AsTraded() Quote {
	q := y.quote
	y.today.show(&q)
	if y.adjusted != nil {
		by := y.adjusted.by
		if n := len(by); n > 0 && by[n-1].start == y.today.start {
			by = by[:n-1]
		}
		y.showAdjusted(&q, by)
	}
	return q
}

// Began is when the newest session began; 0 unknown.
func (y *Tally) Began() Time { return y.today.start }

// Known are the fields of which anything is known.
func (y *Tally) Known() Fields {
	q := Quote{Set: y.quote.Set}
	y.today.show(&q)
	return q.Set
}
