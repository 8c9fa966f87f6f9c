package relay

import (
	"time"

	"tickertape/feed"
)

// mirror is the upstream's board as far as it was told.
type mirror struct {
	quotes []feed.Quote // by id; what was published
	told   []int        // by id; the round that last told it, 0 none
	round  int          // counts the images of everything

	// what a message changes, to be published: first ticks, then images
	ticks  []feed.Tick
	images []feed.Quote
}

const (
	sides   = feed.FieldBid | feed.FieldBidSize | feed.FieldAsk | feed.FieldAskSize
	session = feed.FieldOpen | feed.FieldVolume | feed.FieldCount
)

// apply takes in what a message says of a symbol: all that is known of it when whole, else what changed.
func (m *mirror) apply(id feed.SymbolID, q *quote, whole bool) {
	for int(id) >= len(m.quotes) {
		m.quotes = append(m.quotes, feed.Quote{Symbol: feed.SymbolID(len(m.quotes))})
		m.told = append(m.told, 0)
	}
	old := m.quotes[id]
	next := old
	if whole {
		next = feed.Quote{Symbol: id}
	}
	overlay(&next, &q.values)
	next.Set &^= q.gone
	if next.Set&feed.FieldState == 0 {
		next.State = feed.Live // left out or taken away: live
	}
	m.quotes[id], m.told[id] = next, m.round
	m.tell(&old, &next)
}

// tell publishes the change from old to next. An image takes no value away, so ticks before it do: a
// quote with the sides that are left, and a new session. The size of a last trade that has none
// becomes zero, which stands for unknown.
func (m *mirror) tell(old, next *feed.Quote) {
	lost := old.Set &^ next.Set
	if lost&(sides|session) != 0 {
		now := feed.TimeOf(time.Now())
		if lost&session != 0 {
			m.ticks = append(m.ticks, feed.Tick{Symbol: next.Symbol, Kind: feed.KindSession, Time: next.Time, Received: now})
		}
		if lost&sides != 0 {
			t := feed.Tick{Symbol: next.Symbol, Kind: feed.KindQuote, Time: next.Time, Received: now}
			if next.Set&feed.FieldBid != 0 {
				t.Flags |= feed.HasBid
				t.Bid = next.Bid
			}
			if next.Set&feed.FieldAsk != 0 {
				t.Flags |= feed.HasAsk
				t.Ask = next.Ask
			}
			m.ticks = append(m.ticks, t) // its sizes come with the image
		}
	}
	image := *next
	image.Set |= feed.FieldState
	if lost&feed.FieldSize != 0 {
		image.Size = feed.Quantity{}
		image.Set |= feed.FieldSize
	}
	m.images = append(m.images, image)
}

// forget tells that symbols are down which the newest image of everything leaves out.
func (m *mirror) forget() {
	for id := range m.quotes {
		q := &m.quotes[id]
		if m.told[id] != 0 && m.told[id] != m.round && q.State != feed.Down {
			q.State = feed.Down
			q.Set |= feed.FieldState
			m.images = append(m.images, *q)
		}
	}
}

// publish hands on what has changed.
func (m *mirror) publish(publish func(feed.Batch)) {
	if len(m.ticks) > 0 {
		publish(feed.Batch{Ticks: m.ticks})
	}
	if len(m.images) > 0 {
		publish(feed.Batch{Images: m.images})
	}
	m.ticks, m.images = m.ticks[:0], m.images[:0]
}

// overlay puts the values that from knows into to.
func overlay(to, from *feed.Quote) {
	set := func(f feed.Fields) bool { return from.Set&f != 0 }
	for _, p := range [...]struct {
		field    feed.Fields
		to, from *feed.Price
	}{
		{feed.FieldPrice, &to.Price, &from.Price}, {feed.FieldBid, &to.Bid, &from.Bid}, {feed.FieldAsk, &to.Ask, &from.Ask},
		{feed.FieldOpen, &to.Open, &from.Open}, {feed.FieldHigh, &to.High, &from.High}, {feed.FieldLow, &to.Low, &from.Low},
		{feed.FieldPreviousClose, &to.PreviousClose, &from.PreviousClose}, {feed.FieldVWAP, &to.VWAP, &from.VWAP},
	} {
		if set(p.field) {
			*p.to = *p.from
		}
	}
	for _, p := range [...]struct {
		field    feed.Fields
		to, from *feed.Quantity
	}{
		{feed.FieldSize, &to.Size, &from.Size}, {feed.FieldBidSize, &to.BidSize, &from.BidSize},
		{feed.FieldAskSize, &to.AskSize, &from.AskSize}, {feed.FieldVolume, &to.Volume, &from.Volume},
	} {
		if set(p.field) {
			*p.to = *p.from
		}
	}
	if set(feed.FieldCount) {
		to.Count = from.Count
	}
	if set(feed.FieldTime) {
		to.Time = from.Time
	}
	if set(feed.FieldState) {
		to.State = from.State
	}
	to.Set |= from.Set
}
