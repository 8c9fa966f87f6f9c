package coinbase

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"tickertape/feed"
	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

// Response decodes the response to GET path: the candles or the newest trades of a product.
func (d *Decoder) Response(path string, body []byte, received market.Time, b *market.Batch) error {
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

// today sums up the hours since the trading day began. asOf is the instant of the vendor's clock that the sums are of: they
// include all trades before it.
func (d *Decoder) today(p *product, body []byte, received market.Time) (q market.Quote, asOf market.Time, err error) {
	asOf = d.skew.Sent(received)
	sum := vendors.NewDaySum(p.ID, market.TimeOf(d.hours.Rolled(asOf.Std())))
	if err := d.candles(body, sum.Add); err != nil {
		return q, 0, err
	}
	if q, err = sum.Image(false); err != nil {
		return q, 0, err
	}
	p.Known, p.AsOf = true, asOf
	return q, asOf, nil
}

// candles reads a list of candles, in any order: objects at Advanced Trade, and at the Exchange arrays of
// start, low, high, open, close, volume.
func (d *Decoder) candles(body []byte, do func(*vendors.Candle) error) error {
	d.scan.Reset(body)
	if d.scan.Kind() == '[' {
		for d.scan.Array(); d.scan.More(); {
			f := &d.item
			*f = fields{}
			d.scan.Row(&f.start, &f.low, &f.high, &f.open, &f.close, &f.volume)
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
func readCandle(f *fields, do func(*vendors.Candle) error) (err error) {
	var c vendors.Candle
	if c.Start, err = f.start.Unix("start", time.Second); err != nil {
		return err
	}
	if err := c.ReadPrices(f.open, f.high, f.low, f.close); err != nil {
		return err
	}
	if c.Volume, err = readVolume(f.volume); err != nil {
		return err
	}
	return do(&c)
}

// readVolume reads a volume and cuts it off after nine decimals: the Exchange computes volumes with floats, so they can end
// in ...0000001.
func readVolume(v vendors.Value) (market.Quantity, error) {
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

// missed decodes a product's newest trades, and adds those to b that should have come and did not.
func (d *Decoder) missed(p *product, body []byte, received market.Time, b *market.Batch) error {
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
		if t.ID > p.Trades.Newest() && t.At < d.skew.Sent(received)-arrival {
			lost, err := p.Expect(t.ID, t.At)
			d.note(err)
			if !d.numbered {
				b.Lost += lost
			}
		}
		if p.Trades.Found(t.ID) {
			p.Publish(&t.Trade, feed.Late, received, b)
		}
	}
	p.unsure = false
	return nil
}
