package coinbase

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

// Answer takes in an answer to GET path: the candles or the newest trades of a product.
func (d *Decoder) Answer(path string, body []byte, received market.Time, b *market.Batch) error {
	path, _, _ = strings.Cut(path, "?")
	parts := strings.Split(path, "/")
	n := len(parts)
	if n < 3 || parts[n-3] != "products" || d.products[parts[n-2]] == nil {
		d.faults.Count(name, vendors.Unknown, fmt.Errorf("path: %.100q is not known", path))
		return nil
	}
	p := d.products[parts[n-2]]
	switch parts[n-1] {
	case "candles":
		if d.hours == nil {
			return nil
		}
		image, _, err := d.today(p, body, received)
		if err != nil {
			d.note(err)
			return nil
		}
		b.Images = append(b.Images, image)
	case apis["advanced"].recent, apis["exchange"].recent:
		if err := d.missed(p, body, received, b); err != nil {
			d.note(err)
		}
	default:
		d.faults.Count(name, vendors.Unknown, fmt.Errorf("path: %.100q is not known", path))
	}
	return nil
}

// candle is one hour of a product.
type candle struct {
	start                  market.Time
	open, high, low, close market.Price
	volume                 market.Quantity
}

const hour = market.Time(time.Hour / time.Microsecond)

// today sums up the hours since the trading day began; the close before them is the previous close. asOf is
// when they were so, by the vendor's clock: what was missing until then is not any more.
func (d *Decoder) today(p *product, body []byte, received market.Time) (q market.Quote, asOf market.Time, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	asOf = d.skew.Sent(received)
	rolled := market.TimeOf(d.hours.Rolled(asOf.Std()))
	q = market.Quote{Symbol: p.id, Set: market.FieldVolume}
	var first, before market.Time
	any := false
	err = d.candles(body, func(c *candle) error {
		any = true
		if c.start < rolled {
			if c.start+hour <= rolled && c.start >= before {
				before, q.PreviousClose = c.start, c.close
				q.Set |= market.FieldPreviousClose
			}
			return nil
		}
		if q.Set&market.FieldOpen == 0 || c.start < first {
			first, q.Open = c.start, c.open
		}
		if q.Set&market.FieldHigh == 0 || c.high > q.High {
			q.High = c.high
		}
		if q.Set&market.FieldLow == 0 || c.low < q.Low {
			q.Low = c.low
		}
		q.Set |= market.FieldOpen | market.FieldHigh | market.FieldLow
		var fits bool
		if q.Volume, fits = q.Volume.Add(c.volume); !fits {
			return vendors.Bad(vendors.BadNumber, "volume: the hours of %s have more than can be", p.name)
		}
		return nil
	})
	switch {
	case err != nil:
		return q, 0, err
	case !any:
		return q, 0, vendors.Bad(vendors.BadValue, "candles: there are none of %s", p.name)
	}
	p.known, p.asOf = true, asOf
	return q, asOf, nil
}

// candles reads a list of candles, in any order: objects at Advanced Trade, and at the Exchange arrays of
// start, low, high, open, close, volume. The caller holds mu.
func (d *Decoder) candles(body []byte, do func(*candle) error) error {
	d.scan.Reset(body)
	if d.scan.Kind() == '[' {
		for d.scan.Array(); d.scan.More(); {
			f := &d.item
			*f = fields{}
			i := 0
			for d.scan.Array(); d.scan.More(); i++ {
				if to := [...]*vendors.Value{&f.start, &f.low, &f.high, &f.open, &f.close, &f.volume}; i < len(to) {
					*to[i] = d.scan.Value()
				} else {
					d.scan.Skip()
				}
			}
			if d.scan.Err() != nil {
				break
			}
			if err := readCandle(f, do); err != nil {
				return err
			}
		}
		return d.scan.End()
	}
	var list vendors.Value
	for d.scan.Object(); d.scan.More(); {
		if string(d.scan.Key()) == "candles" {
			list = d.scan.Value()
		} else {
			d.scan.Skip()
		}
	}
	if err := d.scan.End(); err != nil {
		return err
	}
	if !list.Known() {
		return vendors.Bad(vendors.NoJSON, "candles: the answer has no list of them")
	}
	var bad error
	d.each(list, func(f *fields) {
		if bad == nil {
			bad = readCandle(f, do)
		}
	})
	return bad
}

// readCandle reads one candle. Figures that the vendor has computed can have more decimals than prices.
func readCandle(f *fields, do func(*candle) error) (err error) {
	var c candle
	if c.start, err = f.start.Unix("start", time.Second); err != nil {
		return err
	}
	for _, x := range [...]struct {
		key string
		v   vendors.Value
		to  *market.Price
	}{{"open", f.open, &c.open}, {"high", f.high, &c.high}, {"low", f.low, &c.low}, {"close", f.close, &c.close}} {
		if *x.to, err = x.v.Average(x.key); err != nil {
			return err
		}
		if *x.to <= 0 {
			return vendors.Bad(vendors.BadNumber, "%s: %s is no price", x.key, *x.to)
		}
	}
	if c.volume, err = sum(f.volume); err != nil {
		return err
	}
	return do(&c)
}

// sum reads a volume and leaves out what is beyond nine decimals: the sums of the Exchange have been floats
// and can end in ...0000001.
func sum(v vendors.Value) (market.Quantity, error) {
	const most = 9
	raw := bytes.Trim(v.Raw(), `"`)
	if point := bytes.IndexByte(raw, '.'); point >= 0 && len(raw) > point+1+most && !bytes.ContainsAny(raw, "eE") {
		if digits := bytes.TrimLeft(raw[point+1+most:], "0123456789"); len(digits) == 0 {
			raw = raw[:point+1+most]
			if q, err := market.ParseQuantity(raw); err == nil {
				return q, nil
			}
		}
	}
	return v.Quantity("volume")
}

// arrival is how long a trade may be on its way: they are sent in batches of 250 ms.
const arrival = 2 * market.Time(time.Second/time.Microsecond)

// missed takes in a product's newest trades, and adds those to b that should have come and did not.
func (d *Decoder) missed(p *product, body []byte, received market.Time, b *market.Batch) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.scan.Reset(body)
	var list vendors.Value
	if d.scan.Kind() == '[' {
		list = d.scan.Value()
	} else {
		d.item.read(&d.scan)
		list = d.item.trades
	}
	if err := d.scan.End(); err != nil {
		return err
	}
	if !list.Known() {
		return vendors.Bad(vendors.NoJSON, "trades: the answer has no list of them")
	}
	d.batch = d.batch[:0]
	d.each(list, func(f *fields) {
		t, err := readTrade(f, p)
		if err != nil {
			d.note(err)
			return
		}
		d.batch = append(d.batch, t)
	})
	oldestFirst(d.batch)
	for i := range d.batch {
		t := &d.batch[i]
		if t.id > p.numbers.Newest() && t.at < d.skew.Sent(received)-arrival {
			lost, err := p.numbers.Expect(t.id, t.at)
			d.note(err)
			if !d.numbered {
				b.Lost += lost
			}
		}
		if p.numbers.Found(t.id) {
			d.tell(t, vendors.Late, received, b)
		}
	}
	p.unsure = false
	return nil
}
