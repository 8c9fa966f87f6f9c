package kraken

import (
	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

// pair is what one connection knows of one pair. The [Decoder] guards it.
type pair struct {
	// static
	name  string
	id    market.SymbolID
	wants chan struct{} // of one place: trades are missing. Never closed.

	numbers  vendors.Sequence
	told     uint64       // the number of the newest trade that was told
	known    bool         // the trading day's figures are known
	asOf     market.Time  // of them
	rolling  market.Quote // the figures of the last 24 hours, until the day's are known
	fresh    bool         // they have changed since they were taken
	state    market.State // as it was told; valid where stated
	stated   bool
	decimals int
}

// call asks for the day's figures anew.
func (p *pair) call() {
	select {
	case p.wants <- struct{}{}:
	default: // has been asked for
	}
}

// begin takes the newest trade of a snapshot as what is so far: not as news, since nothing says which day's sums
// it is in.
func (p *pair) begin(t *trade, b *market.Batch) error {
	if t.price <= 0 {
		return vendors.Bad(vendors.BadNumber, "price: %s of %s is no price", t.price, p.name)
	}
	if _, _, err := p.numbers.Take(t.id, t.at); err != nil {
		return err
	}
	p.told = t.id
	q := market.Quote{Symbol: p.id, Price: t.price, Size: t.size, Time: t.at, Set: market.FieldPrice | market.FieldTime}
	if !t.size.IsZero() {
		q.Set |= market.FieldSize
	}
	b.Images = append(b.Images, q)
	return nil
}

// tell adds a trade to b. One that comes late counts, but is the last one only if none is later.
func (p *pair) tell(t *trade, place vendors.Place, received market.Time, b *market.Batch) {
	k := market.Tick{Symbol: p.id, Kind: market.KindTrade, Flags: market.Regular, Price: t.price, Size: t.size, Time: t.at, Received: received, ID: t.id}
	if place == vendors.Late {
		if t.id < p.told {
			k.Flags &^= market.SetsLast
		}
		if t.at <= p.asOf {
			k.Flags &^= market.SetsHighLow | market.SetsVolume // the day's figures have it
		}
		k.ID = 0 // whoever has not seen a trade before it on this connection would take it for a repetition
	}
	p.told = max(p.told, t.id)
	if k.Flags != 0 {
		b.Ticks = append(b.Ticks, k)
	}
}
