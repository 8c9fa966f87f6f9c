package kraken

import (
	"fmt"
	"net/url"
	"time"

	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

// pathHours is the resource of candles.
const pathHours = "/0/public/OHLC"

// Answer takes in an answer to GET path: the hours of a pair.
func (d *Decoder) Answer(path string, body []byte, received market.Time, b *market.Batch) error {
	u, err := url.Parse(path)
	if err != nil || u.Path != pathHours {
		d.faults.Count(name, vendors.Unknown, fmt.Errorf("path: %.100q is not known", path))
		return nil
	}
	asked := u.Query().Get("pair")
	for _, p := range d.all {
		if restName(p.name) != asked {
			continue
		}
		if d.hours == nil {
			return nil
		}
		image, _, err := d.today(p, body, received)
		if err != nil {
			d.note(err)
			return nil
		}
		b.Images = append(b.Images, image)
		return nil
	}
	d.faults.Count(name, vendors.BadSymbol, fmt.Errorf("pair: %.40q was not asked for", asked))
	return nil
}

// today sums up the hours since the trading day began; the close before them is the previous close. asOf is
// when they were so, by the vendor's clock: what was missing until then is not any more.
func (d *Decoder) today(p *pair, body []byte, received market.Time) (q market.Quote, asOf market.Time, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	asOf = d.skew.Sent(received)
	rolled := market.TimeOf(d.hours.Rolled(asOf.Std()))
	q = market.Quote{Symbol: p.id, Set: market.FieldVolume | market.FieldCount}
	list, err := d.candles(body)
	if err != nil {
		return q, 0, err
	}
	var cost market.Turnover
	hours := 0
	d.items.Reset(list.Raw())
	for d.items.Array(); d.items.More(); hours++ {
		h, err := readHour(&d.items)
		if err != nil {
			return q, 0, err
		}
		if d.items.Err() != nil {
			break
		}
		if h.start < rolled {
			q.PreviousClose = h.close
			q.Set |= market.FieldPreviousClose
			continue
		}
		if h.trades == 0 {
			continue // its prices are those before it
		}
		if q.Set&market.FieldOpen == 0 {
			q.Open, q.High, q.Low = h.open, h.high, h.low
			q.Set |= market.FieldOpen | market.FieldHigh | market.FieldLow
		}
		q.High, q.Low = max(q.High, h.high), min(q.Low, h.low)
		q.Count += h.trades
		turnover, fits := h.volume.Times(h.vwap)
		var costFits, volumeFits bool
		cost, costFits = cost.Add(turnover)
		q.Volume, volumeFits = q.Volume.Add(h.volume)
		if !fits || !costFits || !volumeFits {
			return q, 0, vendors.Bad(vendors.BadNumber, "volume: the hours of %s have more than can be", p.name)
		}
	}
	switch err := d.items.End(); {
	case err != nil:
		return q, 0, err
	case hours == 0:
		return q, 0, vendors.Bad(vendors.BadValue, "result: there are no hours of %s", p.name)
	}
	if !q.Volume.IsZero() {
		if q.VWAP = cost.Over(q.Volume); q.VWAP > 0 {
			q.Set |= market.FieldVWAP
		}
	}
	p.known, p.asOf = true, asOf
	return q, asOf, nil
}

// candles is the list in an answer, whose name is the vendor's own spelling of the pair. An error of the vendor
// comes with a good status.
func (d *Decoder) candles(body []byte) (list vendors.Value, err error) {
	var failures vendors.Value
	d.scan.Reset(body)
	for d.scan.Object(); d.scan.More(); {
		switch string(d.scan.Key()) {
		case "error":
			failures = d.scan.Value()
		case "result":
			for d.scan.Object(); d.scan.More(); {
				if d.scan.Key(); d.scan.Kind() == '[' {
					list = d.scan.Value()
				} else {
					d.scan.Skip()
				}
			}
		default:
			d.scan.Skip()
		}
	}
	if err := d.scan.End(); err != nil {
		return list, err
	}
	if text := string(failures.Raw()); text != "" && text != "[]" {
		return list, vendors.Bad(vendors.Failed, "error: %.200s", text)
	}
	if !list.Known() {
		return list, vendors.Bad(vendors.NoJSON, "result: the answer has no list")
	}
	return list, nil
}

// hour is one candle.
type hour struct {
	start                        market.Time
	open, high, low, close, vwap market.Price
	volume                       market.Quantity
	trades                       uint64
}

// readHour reads an array of start, open, high, low, close, vwap, volume and trades.
func readHour(s *vendors.Scanner) (h hour, err error) {
	var v [8]vendors.Value
	i := 0
	for s.Array(); s.More(); i++ {
		if i < len(v) {
			v[i] = s.Value()
		} else {
			s.Skip()
		}
	}
	if s.Err() != nil {
		return h, nil
	}
	if h.start, err = v[0].Unix("time", time.Second); err != nil {
		return h, err
	}
	for i, to := range []*market.Price{&h.open, &h.high, &h.low, &h.close} {
		key := [...]string{"open", "high", "low", "close"}[i]
		if *to, err = v[i+1].Price(key); err != nil {
			return h, err
		}
		if *to <= 0 {
			return h, vendors.Bad(vendors.BadNumber, "%s: %s is no price", key, *to)
		}
	}
	if h.vwap, err = v[5].Average("vwap"); err != nil { // 0 in an hour without a trade
		return h, err
	}
	if h.volume, err = v[6].Quantity("volume"); err != nil {
		return h, err
	}
	h.trades, err = v[7].Uint("count")
	return h, err
}
