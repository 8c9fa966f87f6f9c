package relay

import (
	"fmt"
	"time"

	"tickertape/feed"
	"tickertape/feed/upstream"
)

// reading is one quote of a message: its values and the keys that are null.
type reading struct {
	symbol string
	values feed.Quote
	gone   feed.Fields
}

// read takes in the quote that comes next. note gets what cannot be used of it.
func (r *reading) read(scan *upstream.Scanner, note func(error)) {
	*r = reading{}
	for scan.Object(); scan.More(); {
		key := scan.Key()
		if string(key) == "s" {
			var err error
			if r.symbol, err = scan.Value().String("s"); err != nil {
				note(err)
			}
			continue
		}
		field, known := feed.FieldOf(key)
		if !known {
			scan.Skip() // of a newer version
			continue
		}
		v := scan.Value()
		if !v.Known() {
			r.gone |= field
			continue
		}
		if err := set(&r.values, field, v); err != nil {
			note(err)
			continue
		}
		r.values.Set |= field
	}
}

// set reads one value.
func set(q *feed.Quote, field feed.Fields, v upstream.Value) (err error) {
	switch field {
	case feed.FieldPrice:
		q.Price, err = price("p", v)
	case feed.FieldBid:
		q.Bid, err = price("b", v)
	case feed.FieldAsk:
		q.Ask, err = price("a", v)
	case feed.FieldOpen:
		q.Open, err = price("o", v)
	case feed.FieldHigh:
		q.High, err = price("h", v)
	case feed.FieldLow:
		q.Low, err = price("l", v)
	case feed.FieldPreviousClose:
		q.PreviousClose, err = price("pc", v)
	case feed.FieldVWAP:
		q.VWAP, err = price("vw", v)
	case feed.FieldExtended:
		q.Extended, err = price("x", v)
	case feed.FieldSize:
		q.Size, err = v.Quantity("z")
	case feed.FieldBidSize:
		q.BidSize, err = v.Quantity("bz")
	case feed.FieldAskSize:
		q.AskSize, err = v.Quantity("az")
	case feed.FieldVolume:
		q.Volume, err = v.Quantity("v")
	case feed.FieldCount:
		q.Count, err = v.Uint("n")
	case feed.FieldTime:
		q.Time, err = v.Unix("t", time.Microsecond)
	case feed.FieldExtendedTime:
		q.ExtendedTime, err = v.Unix("xt", time.Microsecond)
	case feed.FieldState:
		q.State, err = state("st", v)
	case feed.FieldSource:
		q.Source, err = sourceName("src", v)
	default:
		err = fmt.Errorf("%b is not one field", field)
	}
	return err
}

// price reads a price. An image with one that is none would be refused as a whole.
func price(key string, v upstream.Value) (feed.Price, error) {
	p, err := v.Price(key)
	if err == nil && p <= 0 {
		err = upstream.Bad(upstream.BadNumber, "%s: %v is not above zero", key, p)
	}
	return p, err
}

// state reads one of the protocol's states.
func state(key string, v upstream.Value) (feed.State, error) {
	word, err := v.String(key)
	if err != nil {
		return 0, err
	}
	s, err := feed.ParseState(word)
	if err != nil {
		return 0, upstream.Bad(upstream.BadValue, "%s: %w", key, err)
	}
	return s, nil
}

// sourceName reads the name of a source, which goes out again as it is.
func sourceName(key string, v upstream.Value) (string, error) {
	name, err := v.String(key)
	if err == nil && feed.CheckSymbol(name) != nil {
		err = upstream.Bad(upstream.BadValue, "%s: %.40q is not the name of a source", key, name)
	}
	return name, err
}

// decimals is how many a price needs.
func decimals(p feed.Price) int {
	n := 9
	for ; n > 0 && p%10 == 0; n-- {
		p /= 10
	}
	return n
}
