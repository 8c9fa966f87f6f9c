package kraken

import (
	"tickertape/feed"
	"tickertape/feed/upstream"
)

// pair is what one connection knows of one pair. The [Decoder] guards it.
type pair struct {
	// static
	name  string
	id    feed.SymbolID
	wants chan struct{} // of one place: trades are missing. Never closed.

	numbers  upstream.Sequence
	told     uint64     // the number of the newest trade that was told
	known    bool       // the trading day's figures are known
	asOf     feed.Time  // of them
	rolling  feed.Quote // the figures of the last 24 hours, until the day's are known
	fresh    bool       // they have changed since they were taken
	state    feed.State // as it was told; valid where stated
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
func (p *pair) begin(t *trade, b *feed.Batch) error {
	if t.price <= 0 {
		return upstream.Bad(upstream.BadNumber, "price: %s of %s is no price", t.price, p.name)
	}
	if _, _, err := p.numbers.Take(t.id, t.at); err != nil {
		return err
	}
	p.told = t.id
	q := feed.Quote{Symbol: p.id, Price: t.price, Size: t.size, Time: t.at, Set: feed.FieldPrice | feed.FieldTime}
	if !t.size.IsZero() {
		q.Set |= feed.FieldSize
	}
	b.Images = append(b.Images, q)
	return nil
}

// tell adds a trade to b. One that comes late counts, but is the last one only if none is later.
func (p *pair) tell(t *trade, place upstream.Place, received feed.Time, b *feed.Batch) {
	k := feed.Tick{Symbol: p.id, Kind: feed.KindTrade, Flags: feed.Regular, Price: t.price, Size: t.size, Time: t.at, Received: received, ID: t.id}
	if place == upstream.Late {
		if t.id < p.told {
			k.Flags &^= feed.SetsLast
		}
		if t.at <= p.asOf {
			k.Flags &^= feed.SetsHighLow | feed.SetsVolume // the day's figures have it
		}
		k.ID = 0 // whoever has not seen a trade before it on this connection would take it for a repetition
	}
	p.told = max(p.told, t.id)
	if k.Flags != 0 {
		b.Ticks = append(b.Ticks, k)
	}
}
