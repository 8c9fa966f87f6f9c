package broadcast

import "tickertape/feed"

// cell is one symbol's state with every tick taken in.
type cell struct {
	quote    feed.Quote
	turnover feed.Turnover
	own      feed.State // the symbol's, without the feed's
	received feed.Time  // when the newest of its ticks came
	noVWAP   bool       // turnover is unknown: an image gave a volume without a VWAP
	changed  bool       // since the last flush
}

// reject is why a tick was not taken in; it is the label of a metric.
type reject uint8

const (
	accepted reject = iota
	rejectPrice
	rejectSize
	rejectOverflow
	rejectSymbol
	rejectKind

	numRejects = iota
)

var rejectNames = [numRejects]string{rejectPrice: "price", rejectSize: "size", rejectOverflow: "overflow", rejectSymbol: "symbol", rejectKind: "kind"}

// sessionFields are those that a new session starts without.
const sessionFields = feed.FieldOpen | feed.FieldHigh | feed.FieldLow | feed.FieldVolume | feed.FieldCount | feed.FieldVWAP

// apply takes in one tick, or leaves the cell as it was and says why.
func (c *cell) apply(t *feed.Tick) reject {
	q := &c.quote
	switch t.Kind {
	case feed.KindTrade:
		if r := c.trade(t); r != accepted {
			return r
		}
	case feed.KindQuote:
		if t.Flags&feed.HasBid != 0 && t.Bid <= 0 || t.Flags&feed.HasAsk != 0 && t.Ask <= 0 {
			return rejectPrice
		}
		q.Set &^= feed.FieldBid | feed.FieldBidSize | feed.FieldAsk | feed.FieldAskSize
		if t.Flags&feed.HasBid != 0 {
			q.Bid, q.BidSize = t.Bid, t.BidSize
			q.Set |= feed.FieldBid | ifKnown(feed.FieldBidSize, t.BidSize)
		}
		if t.Flags&feed.HasAsk != 0 {
			q.Ask, q.AskSize = t.Ask, t.AskSize
			q.Set |= feed.FieldAsk | ifKnown(feed.FieldAskSize, t.AskSize)
		}
	case feed.KindState:
		c.own = t.State
	case feed.KindSession:
		if t.Price < 0 {
			return rejectPrice
		}
		q.Set &^= sessionFields
		q.Volume, q.Count, c.turnover, c.noVWAP = feed.Quantity{}, 0, feed.Turnover{}, false
		q.Time = 0 // a recording that starts again goes back in time
		if t.Price > 0 {
			q.PreviousClose = t.Price
			q.Set |= feed.FieldPreviousClose
		}
	default:
		return rejectKind
	}
	at := t.Time
	if at == 0 {
		at = t.Received
	}
	if at > q.Time {
		q.Time = at
		q.Set |= feed.FieldTime
	}
	c.received = t.Received
	return accepted
}

func (c *cell) trade(t *feed.Tick) reject {
	q := &c.quote
	if t.Price <= 0 {
		return rejectPrice
	}
	if t.Flags&feed.SetsVolume != 0 {
		cost, fits := t.Size.Times(t.Price)
		volume, volumeFits := q.Volume.Add(t.Size)
		turnover, turnoverFits := c.turnover.Add(cost)
		if !fits || !volumeFits || !turnoverFits {
			return rejectOverflow
		}
		q.Volume, c.turnover = volume, turnover
		q.Count++
		q.Set |= feed.FieldVolume | feed.FieldCount
	}
	if t.Flags&feed.SetsLast != 0 {
		q.Price, q.Size = t.Price, t.Size
		q.Set = q.Set&^feed.FieldSize | feed.FieldPrice | ifKnown(feed.FieldSize, t.Size)
		if q.Set&feed.FieldOpen == 0 {
			q.Open = t.Price
			q.Set |= feed.FieldOpen
		}
	}
	if t.Flags&feed.SetsHighLow != 0 {
		if q.Set&feed.FieldHigh == 0 || t.Price > q.High {
			q.High = t.Price
		}
		if q.Set&feed.FieldLow == 0 || t.Price < q.Low {
			q.Low = t.Price
		}
		q.Set |= feed.FieldHigh | feed.FieldLow
	}
	return accepted
}

// ifKnown is the field, unless its value is the zero that stands for unknown.
func ifKnown(f feed.Fields, q feed.Quantity) feed.Fields {
	if q.IsZero() {
		return 0
	}
	return f
}

// image takes over the values that an upstream sums up.
func (c *cell) image(im *feed.Quote, now feed.Time) reject {
	for _, p := range []struct {
		field feed.Fields
		price feed.Price
	}{
		{feed.FieldPrice, im.Price}, {feed.FieldBid, im.Bid}, {feed.FieldAsk, im.Ask}, {feed.FieldOpen, im.Open},
		{feed.FieldHigh, im.High}, {feed.FieldLow, im.Low}, {feed.FieldPreviousClose, im.PreviousClose}, {feed.FieldVWAP, im.VWAP},
	} {
		if im.Set&p.field != 0 && p.price <= 0 {
			return rejectPrice
		}
	}
	if im.Set&(feed.FieldVolume|feed.FieldVWAP) == feed.FieldVolume|feed.FieldVWAP {
		turnover, fits := im.Volume.Times(im.VWAP)
		if !fits {
			return rejectOverflow
		}
		c.turnover, c.noVWAP = turnover, false
	} else if im.Set&feed.FieldVolume != 0 && im.Volume != c.quote.Volume {
		c.noVWAP = true
	}
	c.copyFrom(im)
	c.received = now
	return accepted
}

func (c *cell) copyFrom(im *feed.Quote) {
	q := &c.quote
	for _, p := range []struct {
		field    feed.Fields
		from, to *feed.Price
	}{
		{feed.FieldPrice, &im.Price, &q.Price}, {feed.FieldBid, &im.Bid, &q.Bid}, {feed.FieldAsk, &im.Ask, &q.Ask},
		{feed.FieldOpen, &im.Open, &q.Open}, {feed.FieldHigh, &im.High, &q.High}, {feed.FieldLow, &im.Low, &q.Low},
		{feed.FieldPreviousClose, &im.PreviousClose, &q.PreviousClose}, {feed.FieldVWAP, &im.VWAP, &q.VWAP},
	} {
		if im.Set&p.field != 0 {
			*p.to = *p.from
		}
	}
	for _, p := range []struct {
		field    feed.Fields
		from, to *feed.Quantity
	}{
		{feed.FieldSize, &im.Size, &q.Size}, {feed.FieldBidSize, &im.BidSize, &q.BidSize},
		{feed.FieldAskSize, &im.AskSize, &q.AskSize}, {feed.FieldVolume, &im.Volume, &q.Volume},
	} {
		if im.Set&p.field != 0 {
			*p.to = *p.from
		}
	}
	if im.Set&feed.FieldCount != 0 {
		q.Count = im.Count
	}
	if im.Set&feed.FieldTime != 0 {
		q.Time = im.Time
	}
	if im.Set&feed.FieldState != 0 {
		c.own = im.State
	}
	q.Set |= im.Set &^ feed.FieldState
}

// published is the cell's quote as subscribers see it, under a feed in the given state.
func (c *cell) published(source feed.State) feed.Quote {
	q := c.quote
	if q.Set&feed.FieldVolume != 0 && !c.noVWAP && !q.Volume.IsZero() {
		q.VWAP = c.turnover.Over(q.Volume)
		q.Set |= feed.FieldVWAP
	} else {
		q.Set &^= feed.FieldVWAP
	}
	q.State = max(c.own, source)
	q.Set &^= feed.FieldState
	if q.State != feed.Live {
		q.Set |= feed.FieldState
	}
	return q
}
