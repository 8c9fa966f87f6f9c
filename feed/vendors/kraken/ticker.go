package kraken

import (
	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

// ticker is the best bid and ask, and what the last 24 hours were.
func (d *Decoder) ticker(f *fields, received market.Time, b *market.Batch) error {
	p, err := d.find(f.symbol)
	if err != nil {
		return err
	}
	k := market.Tick{Symbol: p.ID, Kind: market.KindQuote, Received: received}
	if f.time.Known() { // older messages have none
		if k.Time, err = f.time.Time("timestamp"); err != nil {
			return err
		}
	}
	if k.Bid, k.BidSize, err = side(&k, market.HasBid, "bid", f.bid, "bid_qty", f.bidSize); err != nil {
		return err
	}
	if k.Ask, k.AskSize, err = side(&k, market.HasAsk, "ask", f.ask, "ask_qty", f.askSize); err != nil {
		return err
	}
	b.Ticks = append(b.Ticks, k)
	if p.Known {
		return nil
	}
	q, err := lastDay(f, p)
	switch {
	case err != nil:
		return err
	case d.live:
		p.SetRolling(q)
	default:
		b.Images = append(b.Images, q)
	}
	return nil
}

// side reads one side of the book, which is gone where its price is missing or zero.
func side(k *market.Tick, flag market.Flags, priceKey string, price vendors.Value,
	sizeKey string, size vendors.Value) (p market.Price, q market.Quantity, err error) {
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
func lastDay(f *fields, p *pair) (market.Quote, error) {
	q := market.Quote{Symbol: p.ID, Set: market.FieldVolume}
	last, err := f.last.Average("last")
	if err != nil {
		return q, err
	}
	change, err := f.change.Average("change")
	if err != nil {
		return q, err
	}
	if last > 0 {
		vendors.SetPrice(&q, market.FieldPreviousClose, &q.PreviousClose, last-change) // negative where it is too much
	}
	high, err := f.high.Average("high")
	if err != nil {
		return q, err
	}
	vendors.SetPrice(&q, market.FieldHigh, &q.High, high)
	low, err := f.low.Average("low")
	if err != nil {
		return q, err
	}
	vendors.SetPrice(&q, market.FieldLow, &q.Low, low)
	vwap, err := f.vwap.Average("vwap")
	if err != nil {
		return q, err
	}
	vendors.SetPrice(&q, market.FieldVWAP, &q.VWAP, vwap)
	q.Volume, err = f.volume.Quantity("volume")
	return q, err
}
