package vendors

import (
	"tickertape/feed"
	"tickertape/feed/market"
)

// NumberedSymbol is what one connection knows of a symbol whose trades the vendor numbers one by one. One goroutine at a time,
// the one that decodes, uses it.
type NumberedSymbol struct {
	// static
	*Instrument
	Gap     chan struct{} // one slot: trades are missing that REST may have. Never closed.
	LateIDs bool          // trades that come late keep their number when they are published

	Trades  feed.Sequence
	Known   bool        // the trading day's figures are known
	AsOf    market.Time // the instant that these figures are of
	newest  uint64      // the number of the newest published trade
	rolling market.Quote
	changed bool         // rolling is newer than what Rolling returned last
	state   market.State // valid where stated
	stated  bool         // state was published
}

// NewNumberedSymbol is a symbol of which nothing has come.
func NewNumberedSymbol(in *Instrument) *NumberedSymbol {
	return &NumberedSymbol{Instrument: in, Gap: make(chan struct{}, 1)}
}

// Trade is one trade as it was sent.
type Trade struct {
	ID    uint64
	Price market.Price
	Size  market.Quantity
	At    market.Time
}

// Ask has [Session.FillGaps] ask for missing trades.
func (n *NumberedSymbol) Ask() {
	select {
	case n.Gap <- struct{}{}:
	default: // it is noted already
	}
}

// Missing reports whether trades are missing.
func (n *NumberedSymbol) Missing() bool {
	_, missing := n.Trades.Missing()
	return missing
}

// Place notes that a trade has come, and returns where it belongs and how many trades are newly missing before it.
func (n *NumberedSymbol) Place(t *Trade) (place feed.Place, lost int, err error) {
	place, lost, err = n.Trades.Add(t.ID, t.At)
	return place, lost, badNumber(err)
}

// Expect notes that the vendor has trade id as its newest at an instant, and returns how many trades are newly missing.
func (n *NumberedSymbol) Expect(id uint64, at market.Time) (lost int, err error) {
	lost, err = n.Trades.Expect(id, at)
	return lost, badNumber(err)
}

// badNumber is an error of a [feed.Sequence], for [Faults.Note].
func badNumber(err error) error {
	if err == nil {
		return nil
	}
	return &valueError{BadValue, err}
}

// Add adds a trade that has come to b, and counts those that are missing before it. An error is a trade that came before, which
// is left out, or a number that cannot follow.
func (n *NumberedSymbol) Add(t *Trade, received market.Time, b *market.Batch) (feed.Place, error) {
	place, lost, err := n.Place(t)
	if err != nil {
		n.newest = 0 // the numbers begin anew
	}
	if lost > 0 {
		b.Lost += lost
		n.Ask()
	}
	if place == feed.Repeated {
		return place, Bad(BadValue, "trade %d of %s has come before", t.ID, n.Symbol)
	}
	n.Publish(t, place, received, b)
	return place, err
}

// Publish adds a trade to b. One that comes late counts, but sets the last price only if no later one was published.
func (n *NumberedSymbol) Publish(t *Trade, place feed.Place, received market.Time, b *market.Batch) {
	k := market.Tick{Symbol: n.ID, Kind: market.KindTrade, Flags: market.Regular, Price: t.Price, Size: t.Size,
		Time: t.At, Received: received, ID: t.ID}
	if place == feed.Late {
		if t.ID < n.newest {
			k.Flags &^= market.SetsLast
		}
		if t.At <= n.AsOf {
			k.Flags &^= market.SetsHighLow | market.SetsVolume // the day's figures have it
		}
		if !n.LateIDs {
			k.ID = 0 // the consolidated feed would take it for a repetition
		}
	}
	n.newest = max(n.newest, t.ID)
	if k.Flags != 0 {
		b.Ticks = append(b.Ticks, k)
	}
}

// Begin adds the last trade before the connection to b, as the last price and not as a trade: nothing says which day's sums
// include it.
func (n *NumberedSymbol) Begin(t *Trade, b *market.Batch) error {
	_, _, err := n.Place(t)
	n.newest = t.ID
	q := market.Quote{Symbol: n.ID, Price: t.Price, Size: t.Size, Time: t.At, Set: market.FieldPrice | market.FieldTime}
	if !t.Size.IsZero() {
		q.Set |= market.FieldSize
	}
	b.Images = append(b.Images, q)
	return err
}

// SetState adds the state of the symbol to b, unless it was published before.
func (n *NumberedSymbol) SetState(state market.State, at, received market.Time, b *market.Batch) {
	if !n.stated || n.state != state {
		n.stated, n.state = true, state
		b.Ticks = append(b.Ticks, n.State(state, at, received))
	}
}

// SetRolling keeps the figures of the last 24 hours for Rolling.
func (n *NumberedSymbol) SetRolling(q market.Quote) { n.rolling, n.changed = q, true }

// Rolling is for [Day]: the figures of the last 24 hours, and whether they have changed since the last call.
func (n *NumberedSymbol) Rolling() (image market.Quote, changed bool) {
	changed, n.changed = n.changed, false
	return n.rolling, changed
}
