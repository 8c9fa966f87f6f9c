package massive

import (
	"fmt"
	"net/url"
	"strings"

	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

// Response decodes the response to GET path: the conditions, or the figures of stocks.
func (d *Decoder) Response(path string, body []byte, received market.Time, b *market.Batch) error {
	path, query, _ := strings.Cut(path, "?")
	switch {
	case path == pathConditions:
		r, err := readRules(body)
		if err != nil {
			d.note(err)
			return nil
		}
		d.rules.Store(r)
	case strings.HasPrefix(path, pathSnapshots):
		known, err := d.readSnapshots(body, received)
		if err != nil {
			d.note(err)
			return nil
		}
		for _, e := range d.all {
			if f, there := known[e.Symbol]; there && f.image.Set != 0 {
				b.Images = append(b.Images, f.image)
			}
		}
	case path == pathSplits, path == pathDividends:
		d.note(d.actionsResponse(path, query, body, received, b))
	case strings.HasPrefix(path, pathDays):
		d.daysResponse(path, body, received, b)
	default:
		d.faults.Count(name, vendors.Unknown, fmt.Errorf("path: %.100q is not known", path))
	}
	return nil
}

// actionsResponse decodes a page of splits or dividends. A recording has them one by one: all that have come are said with each.
func (d *Decoder) actionsResponse(path, rawQuery string, body []byte, received market.Time, b *market.Batch) error {
	query, err := url.ParseQuery(rawQuery)
	if err != nil {
		return vendors.Bad(vendors.BadValue, "path: %.100q has no query", rawQuery)
	}
	if d.recorded.all == nil {
		d.recorded.all = map[string][]market.Action{}
	}
	d.recorded.from, d.recorded.to = vendors.ActionDates(received.Std())
	r := actionReader{d}
	if _, err := r.read(path, query, body, &d.recorded); err != nil {
		return err
	}
	r.noteSplits(&d.recorded, received.Std())
	r.add(b, &d.recorded)
	return nil
}

// daysResponse decodes the response to a path of one stock's days.
func (d *Decoder) daysResponse(path string, body []byte, received market.Time, b *market.Batch) {
	escaped, what, _ := strings.Cut(strings.TrimPrefix(path, pathDays), "/")
	symbol, err := url.PathUnescape(escaped)
	e := d.symbols[symbol]
	if err != nil || e == nil {
		d.note(vendors.Bad(vendors.BadSymbol, "path: %.100q is of no stock that was asked for", path))
		return
	}
	known, _, err := readDays(d.faults, body, e.stock, received)
	if d.note(err); err != nil {
		return
	}
	image := known.image(e.stock)
	if "/"+what != previousDay {
		image = known.closeImage(e.stock)
	}
	if image.Set != 0 {
		b.Images = append(b.Images, image)
	}
}
