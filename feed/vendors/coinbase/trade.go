package coinbase

import (
	"cmp"
	"slices"

	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

// trade is one trade as it was sent.
type trade struct {
	of *product
	vendors.Trade
}

// readTrade decodes one trade of a product.
func readTrade(f *fields, p *product) (t trade, err error) {
	t.of = p
	if t.ID, err = f.trade.Uint("trade_id"); err != nil {
		return t, err
	}
	if t.ID == 0 {
		return t, vendors.Bad(vendors.BadValue, "trade_id: 0 of %s is not the number of a trade", p.Symbol)
	}
	if t.Price, err = f.price.Price("price"); err != nil {
		return t, err
	}
	if t.Size, err = f.size.Quantity("size"); err != nil {
		return t, err
	}
	t.At, err = f.time.Time("time")
	return t, err
}

// oldestFirst sorts trades; those of one product have numbers in order.
func oldestFirst(trades []trade) {
	slices.SortFunc(trades, func(a, b trade) int { return cmp.Compare(a.ID, b.ID) })
}

// begin publishes the newest trade of a product as its last price, if none has come yet.
func (d *Decoder) begin(t *trade, b *market.Batch) {
	if t.of.Trades.Newest() == 0 && t.Price > 0 {
		d.note(t.of.Begin(&t.Trade, b))
	}
}

// add adds a trade that has just happened, or that was missing.
func (d *Decoder) add(t *trade, received market.Time, b *market.Batch) {
	p := t.of
	lost := b.Lost
	place, err := p.Add(&t.Trade, received, b)
	d.note(err)
	if d.numbered {
		b.Lost = lost // the missing messages were counted already
	}
	if place == vendors.Next {
		p.unsure = false // from here on, the numbers show what is missing
		if t.ID >= p.ahead {
			p.ahead = 0
		}
	}
}
