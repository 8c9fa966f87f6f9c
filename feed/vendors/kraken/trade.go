package kraken

import (
	"cmp"
	"slices"

	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

// trade is one trade as it was sent.
type trade struct {
	of *pair
	vendors.Trade
}

// trades decodes trades of any pairs. Those of a snapshot are what was.
func (d *Decoder) trades(m *message, received market.Time, b *market.Batch) {
	kind, err := m.kind.Bytes("type")
	if err != nil {
		d.note(err)
		return
	}
	d.batch = d.batch[:0]
	d.each(m.data, func(f *fields) error {
		t, err := d.readTrade(f)
		if err == nil {
			d.batch = append(d.batch, t)
		}
		return err
	})
	slices.SortStableFunc(d.batch, func(x, y trade) int { return cmp.Compare(x.ID, y.ID) })
	if string(kind) == "snapshot" {
		for i := range slices.Backward(d.batch) {
			t := &d.batch[i]
			switch {
			case t.of.Trades.Newest() != 0:
			case t.Price <= 0:
				d.note(vendors.Bad(vendors.BadNumber, "price: %s of %s is no price", t.Price, t.of.Symbol))
			default:
				d.note(t.of.Begin(&t.Trade, b))
			}
		}
		return
	}
	for i := range d.batch {
		t := &d.batch[i]
		_, err := t.of.Add(&t.Trade, received, b)
		d.note(err)
	}
}

// readTrade decodes one trade.
func (d *Decoder) readTrade(f *fields) (t trade, err error) {
	if t.of, err = d.find(f.symbol); err != nil {
		return t, err
	}
	if t.ID, err = f.trade.Uint("trade_id"); err != nil {
		return t, err
	}
	if t.ID == 0 {
		return t, vendors.Bad(vendors.BadValue, "trade_id: 0 of %s is not the number of a trade", t.of.Symbol)
	}
	if t.Price, err = f.price.Price("price"); err != nil {
		return t, err
	}
	if t.Size, err = f.size.Quantity("qty"); err != nil {
		return t, err
	}
	t.At, err = f.time.Time("timestamp")
	return t, err
}
