package kraken

import (
	"cmp"
	"slices"

	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

// trade is one trade as it was sent.
type trade struct {
	of    *pair
	id    uint64
	price market.Price
	size  market.Quantity
	at    market.Time
}

// trades takes in trades of any pairs. Those of a snapshot are what was.
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
	slices.SortStableFunc(d.batch, func(x, y trade) int { return cmp.Compare(x.id, y.id) })
	if string(kind) == "snapshot" {
		for i := range slices.Backward(d.batch) {
			if t := &d.batch[i]; t.of.numbers.Newest() == 0 {
				d.note(t.of.begin(t, b))
			}
		}
		return
	}
	for i := range d.batch {
		d.note(d.news(&d.batch[i], received, b))
	}
}

// readTrade takes in one trade.
func (d *Decoder) readTrade(f *fields) (t trade, err error) {
	if t.of, err = d.find(f.symbol); err != nil {
		return t, err
	}
	if t.id, err = f.trade.Uint("trade_id"); err != nil {
		return t, err
	}
	if t.id == 0 {
		return t, vendors.Bad(vendors.BadValue, "trade_id: 0 of %s is not the number of a trade", t.of.name)
	}
	if t.price, err = f.price.Price("price"); err != nil {
		return t, err
	}
	if t.size, err = f.size.Quantity("qty"); err != nil {
		return t, err
	}
	t.at, err = f.time.Time("timestamp")
	return t, err
}

// news takes in a trade that has just happened.
func (d *Decoder) news(t *trade, received market.Time, b *market.Batch) error {
	p := t.of
	place, lost, err := p.numbers.Take(t.id, t.at)
	if err != nil {
		p.told = 0 // the numbers begin anew
	}
	if lost > 0 {
		b.Lost += lost
		p.call()
	}
	if place == vendors.Repeated {
		return vendors.Bad(vendors.BadValue, "trade_id: %d of %s is there twice", t.id, p.name)
	}
	p.tell(t, place, received, b)
	return err
}

// missing tells whether trades are.
func (d *Decoder) missing(p *pair) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, any := p.numbers.Missing()
	return any
}

// forget gives up what is missing.
func (d *Decoder) forget(p *pair) {
	d.mu.Lock()
	defer d.mu.Unlock()
	p.numbers.Forget()
}
