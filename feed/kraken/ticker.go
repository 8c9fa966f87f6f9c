package kraken

import (
	"tickertape/feed"
	"tickertape/feed/upstream"
)

// ticker is the best bid and ask, and what the last 24 hours were.
func (d *Decoder) ticker(f *fields, received feed.Time, b *feed.Batch) error {
	p, err := d.find(f.symbol)
	if err != nil {
		return err
	}
	k := feed.Tick{Symbol: p.id, Kind: feed.KindQuote, Received: received}
	if f.time.Known() { // older messages have none
		if k.Time, err = f.time.Time("timestamp"); err != nil {
			return err
		}
	}
	if k.Bid, k.BidSize, err = side(&k, feed.HasBid, "bid", f.bid, "bid_qty", f.bidSize); err != nil {
		return err
	}
	if k.Ask, k.AskSize, err = side(&k, feed.HasAsk, "ask", f.ask, "ask_qty", f.askSize); err != nil {
		return err
	}
	b.Ticks = append(b.Ticks, k)
	if p.known {
		return nil
	}
	q, err := lastDay(f, p)
	switch {
	case err != nil:
		return err
	case d.live:
		p.rolling, p.fresh = q, true
	default:
		b.Images = append(b.Images, q)
	}
	return nil
}

// side reads one side of the book, which is gone where its price is missing or zero.
func side(k *feed.Tick, flag feed.Flags, priceKey string, price upstream.Value, sizeKey string, size upstream.Value) (p feed.Price, q feed.Quantity, err error) {
	if !price.Known() {
		return 0, q, nil
	}
	if p, err = price.Price(priceKey); err != nil || p == 0 {
		return 0, q, err
	}
	if q, err = size.Quantity(sizeKey); err != nil {
		return 0, q, err
	}
	k.Flags |= flag
	return p, q, nil
}

// lastDay is what a ticker says of the last 24 hours.
func lastDay(f *fields, p *pair) (feed.Quote, error) {
	q := feed.Quote{Symbol: p.id, Set: feed.FieldVolume}
	last, err := f.last.Average("last")
	if err != nil {
		return q, err
	}
	change, err := f.change.Average("change")
	if err != nil {
		return q, err
	}
	if last > 0 {
		set(&q, feed.FieldPreviousClose, &q.PreviousClose, last-change) // negative where it is too much
	}
	high, err := f.high.Average("high")
	if err != nil {
		return q, err
	}
	set(&q, feed.FieldHigh, &q.High, high)
	low, err := f.low.Average("low")
	if err != nil {
		return q, err
	}
	set(&q, feed.FieldLow, &q.Low, low)
	vwap, err := f.vwap.Average("vwap")
	if err != nil {
		return q, err
	}
	set(&q, feed.FieldVWAP, &q.VWAP, vwap)
	q.Volume, err = f.volume.Quantity("volume")
	return q, err
}

// set puts a price into a quote, if it is one: a pair without trades has zeros.
func set(q *feed.Quote, field feed.Fields, to *feed.Price, price feed.Price) {
	if price > 0 {
		*to = price
		q.Set |= field
	}
}

// lastFigures are those of the last 24 hours, and whether they have changed since the last call.
func (d *Decoder) lastFigures(p *pair) (image feed.Quote, changed bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	changed, p.fresh = p.fresh, false
	return p.rolling, changed
}
