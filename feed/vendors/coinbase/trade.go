package coinbase

import (
	"cmp"
	"slices"

	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

// trade is one trade as it was sent.
type trade struct {
	of    *product
	id    uint64
	price market.Price
	size  market.Quantity
	at    market.Time
}

// readTrade takes in one trade of a product.
func readTrade(f *fields, p *product) (t trade, err error) {
	t.of = p
	if t.id, err = f.trade.Uint("trade_id"); err != nil {
		return t, err
	}
	if t.id == 0 {
		return t, vendors.Bad(vendors.BadValue, "trade_id: 0 of %s is not the number of a trade", p.name)
	}
	if t.price, err = f.price.Price("price"); err != nil {
		return t, err
	}
	if t.size, err = f.size.Quantity("size"); err != nil {
		return t, err
	}
	t.at, err = f.time.Time("time")
	return t, err
}

// oldestFirst sorts trades; those of one product have numbers in order.
func oldestFirst(trades []trade) {
	slices.SortFunc(trades, func(a, b trade) int { return cmp.Compare(a.id, b.id) })
}

// begin takes the newest trade of a product as what is so far, if there was none before: not as news, since
// nothing says which day's sums it is in.
func (d *Decoder) begin(t *trade, b *market.Batch) {
	p := t.of
	if p.numbers.Newest() != 0 || t.price <= 0 {
		return
	}
	_, _, err := p.numbers.Take(t.id, t.at)
	d.note(err)
	p.told = t.id
	q := market.Quote{Symbol: p.id, Price: t.price, Size: t.size, Time: t.at, Set: market.FieldPrice | market.FieldTime}
	if !t.size.IsZero() {
		q.Set |= market.FieldSize
	}
	b.Images = append(b.Images, q)
}

// news takes in a trade that has just happened, or that was missing.
func (d *Decoder) news(t *trade, received market.Time, b *market.Batch) {
	p := t.of
	place, lost, err := p.numbers.Take(t.id, t.at)
	if err != nil {
		d.note(err)
		p.told = 0 // the numbers begin anew
	}
	if place == vendors.Next {
		p.unsure = false // the numbers show what is missing
	}
	if lost > 0 {
		p.call()
		if !d.numbered { // otherwise the messages that are missing were counted
			b.Lost += lost
		}
	}
	if place == vendors.Repeated {
		d.note(vendors.Bad(vendors.BadValue, "trade_id: %d of %s is there twice", t.id, p.name))
		return
	}
	d.tell(t, place, received, b)
}

// tell adds a trade to b. One that comes late counts, but is the last one only if none is later.
func (d *Decoder) tell(t *trade, place vendors.Place, received market.Time, b *market.Batch) {
	p := t.of
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
	if p.ahead != 0 && t.id >= p.ahead {
		p.ahead = 0
	}
	p.told = max(p.told, t.id)
	if k.Flags == 0 {
		return
	}
	b.Ticks = append(b.Ticks, k)
}
