package kraken

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"tickertape/feed"
	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

// pathHours is the resource of candles.
const pathHours = "/0/public/OHLC"

// Response decodes the response to GET path: the hours of a pair.
func (d *Decoder) Response(path string, body []byte, received market.Time, b *market.Batch) error {
	u, err := url.Parse(path)
	if err != nil || u.Path != pathHours {
		d.faults.Count(name, vendors.Unknown, fmt.Errorf("path: %.100q is not known", path))
		return nil
	}
	asked := u.Query().Get("pair")
	for _, p := range d.all {
		if restName(p.Symbol) != asked {
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

// today sums up the hours since the trading day began. asOf is the instant of the vendor's clock that the sums are of: they
// include all trades before it.
func (d *Decoder) today(p *pair, body []byte, received market.Time) (q market.Quote, asOf market.Time, err error) {
	asOf = d.skew.Sent(received)
	list, err := d.candles(body)
	if err != nil {
		return q, 0, err
	}
	sum := vendors.NewDaySum(p.ID, market.TimeOf(d.hours.Rolled(asOf.Std())))
	d.items.Reset(list.Raw())
	for d.items.Array(); d.items.More(); {
		h, err := readHour(&d.items)
		if err == nil && d.items.Err() == nil {
			err = sum.Add(&h)
		}
		if err != nil {
			return q, 0, err
		}
	}
	if err := d.items.End(); err != nil {
		return q, 0, err
	}
	if q, err = sum.Image(true); err != nil {
		return q, 0, err
	}
	p.Known, p.AsOf = true, asOf
	return q, asOf, nil
}

// candles is the list in a response, whose name is the vendor's own spelling of the pair. An error of the vendor
// comes with the status 200.
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
	if err := d.failure(failures); err != nil {
		return list, err
	}
	if !list.Known() {
		return list, vendors.Bad(vendors.NoJSON, "result: the answer has no list")
	}
	return list, nil
}

// failure is the first error in a response's list of errors and warnings. What begins with W is a warning: the result beside it
// is good.
func (d *Decoder) failure(list vendors.Value) (err error) {
	if !list.Known() {
		return nil
	}
	d.items.Reset(list.Raw())
	for d.items.Array(); d.items.More(); {
		text, bad := d.items.Value().String("error")
		switch {
		case err != nil:
		case bad != nil:
			err = bad
		case !strings.HasPrefix(text, "W"):
			err = refusedFor(text)
		case d.notes.First("warning"):
			d.log.Warn("vendor warns over REST; more warnings are not logged", vendors.KeySource, name, vendors.KeyReason,
				fmt.Sprintf("%.200s", text))
		}
	}
	if bad := d.items.End(); err == nil {
		err = bad
	}
	return err
}

// errUnknownPair is wrapped by the error of a response that says that there is no such pair, or none of such a class.
var errUnknownPair = errors.New("the vendor does not know it")

// refusedFor is the error for a text of the vendor. It says how long nothing is to be asked, where that is known.
func refusedFor(text string) error {
	failure := vendors.Bad(vendors.Failed, "error: %.200q", text)
	switch {
	case strings.HasPrefix(text, "EQuery:Unknown asset"), strings.Contains(text, "asset_class"):
		return fmt.Errorf("%w: %w", failure, errUnknownPair)
	case strings.Contains(text, "Temporary lockout"):
		return &feed.Break{Cause: feed.Refused, After: lockout, Err: failure}
	case troubleOf(text) == tooFast:
		return &feed.Break{Cause: feed.Lost, After: afterTooMany, Err: failure}
	case troubleOf(text) == maintenance:
		return &feed.Break{Cause: feed.Maintenance, After: duringMaintenance, Err: failure}
	}
	return failure
}

// readHour reads an array of start, open, high, low, close, vwap, volume and trades.
func readHour(s *vendors.Scanner) (h vendors.Candle, err error) {
	var start, open, high, low, closing, average, volume, trades vendors.Value
	s.Row(&start, &open, &high, &low, &closing, &average, &volume, &trades)
	if s.Err() != nil {
		return h, nil
	}
	if h.Start, err = start.Unix("time", time.Second); err != nil {
		return h, err
	}
	if err := h.ReadPrices(open, high, low, closing); err != nil {
		return h, err
	}
	vwap, err := average.Average("vwap")
	if err != nil { // 0 in an hour without a trade
		return h, err
	}
	if h.Volume, err = volume.Quantity("volume"); err != nil {
		return h, err
	}
	var fits bool
	if h.Cost, fits = h.Volume.Times(vwap); !fits {
		return h, vendors.Bad(vendors.BadNumber, "volume: %s at %s is more than can be", h.Volume, vwap)
	}
	h.Trades, err = trades.Uint("count")
	h.Empty = h.Trades == 0
	return h, err
}
