package relay

import (
	"fmt"
	"time"

	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

// reading is one quote of a message: its values and the keys that are null.
type reading struct {
	symbol string
	values market.Quote
	gone   market.Fields
}

// read takes in the quote that comes next. note gets what cannot be used of it.
func (r *reading) read(scan *vendors.Scanner, note func(error)) {
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
		field, known := market.FieldOf(key)
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
func set(q *market.Quote, field market.Fields, v vendors.Value) (err error) {
	switch field {
	case market.FieldPrice:
		q.Price, err = price("p", v)
	case market.FieldBid:
		q.Bid, err = price("b", v)
	case market.FieldAsk:
		q.Ask, err = price("a", v)
	case market.FieldOpen:
		q.Open, err = price("o", v)
	case market.FieldHigh:
		q.High, err = price("h", v)
	case market.FieldLow:
		q.Low, err = price("l", v)
	case market.FieldPreviousClose:
		q.PreviousClose, err = price("pc", v)
	case market.FieldVWAP:
		q.VWAP, err = price("vw", v)
	case market.FieldExtended:
		q.Extended, err = price("x", v)
	case market.FieldSize:
		q.Size, err = v.Quantity("z")
	case market.FieldBidSize:
		q.BidSize, err = v.Quantity("bz")
	case market.FieldAskSize:
		q.AskSize, err = v.Quantity("az")
	case market.FieldVolume:
		q.Volume, err = v.Quantity("v")
	case market.FieldCount:
		q.Count, err = v.Uint("n")
	case market.FieldTime:
		q.Time, err = v.Unix("t", time.Microsecond)
	case market.FieldExtendedTime:
		q.ExtendedTime, err = v.Unix("xt", time.Microsecond)
	case market.FieldState:
		q.State, err = state("st", v)
	case market.FieldSource:
		q.Source, err = sourceName("src", v)
	default:
		err = fmt.Errorf("%b is not one field", field)
	}
	return err
}

// price reads a price. An image with one that is none would be refused as a whole.
func price(key string, v vendors.Value) (market.Price, error) {
	p, err := v.Price(key)
	if err == nil && p <= 0 {
		err = vendors.Bad(vendors.BadNumber, "%s: %v is not above zero", key, p)
	}
	return p, err
}

// state reads one of the protocol's states.
func state(key string, v vendors.Value) (market.State, error) {
	word, err := v.String(key)
	if err != nil {
		return 0, err
	}
	s, err := market.ParseState(word)
	if err != nil {
		return 0, vendors.Bad(vendors.BadValue, "%s: %w", key, err)
	}
	return s, nil
}

// sourceName reads the name of a source, which goes out again as it is.
func sourceName(key string, v vendors.Value) (string, error) {
	name, err := v.String(key)
	if err == nil && market.CheckSymbol(name) != nil {
		err = vendors.Bad(vendors.BadValue, "%s: %.40q is not the name of a source", key, name)
	}
	return name, err
}

// decimals is how many a price needs.
func decimals(p market.Price) int {
	n := 9
	for ; n > 0 && p%10 == 0; n-- {
		p /= 10
	}
	return n
}
