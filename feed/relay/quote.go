package relay

import (
	"time"

	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

// reading is one quote of a message, as it is read.
type reading struct {
	symbol string
	values market.Quote
	gone   market.Fields // those whose value is null
}

// read decodes the quote that comes next. note gets what cannot be used of it.
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
			r.gone |= field.Bit
			continue
		}
		if err := set(&r.values, field, v); err != nil {
			note(err)
			continue
		}
		r.values.Set |= field.Bit
	}
}

// set reads the value of a field into q.
func set(q *market.Quote, field *market.Field, v vendors.Value) (err error) {
	switch at := field.Value(q).(type) {
	case *market.Price:
		*at, err = price(field.Key, v)
	case *market.Quantity:
		*at, err = v.Quantity(field.Key)
	case *market.Time:
		*at, err = v.Unix(field.Key, time.Microsecond)
	case *uint64:
		*at, err = v.Uint(field.Key)
	case *market.State:
		*at, err = state(field.Key, v)
	case *string:
		*at, err = text(field, v)
	}
	return err
}

// price reads a price above zero. An image with any other price would be refused as a whole.
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

// text reads the text of a field, published as it is.
func text(field *market.Field, v vendors.Value) (string, error) {
	if field.Bit == market.FieldSource {
		return sourceName(field.Key, v)
	}
	text, err := v.String(field.Key)
	if err == nil && market.CheckText(text) != nil {
		err = vendors.Bad(vendors.BadValue, "%s: %.80q is not such a text", field.Key, text)
	}
	return text, err
}

// sourceName reads the name of a source. It is published as it is, so it must not need an escape.
func sourceName(key string, v vendors.Value) (string, error) {
	name, err := v.String(key)
	if err == nil && market.CheckSymbol(name) != nil {
		err = vendors.Bad(vendors.BadValue, "%s: %.40q is not the name of a source", key, name)
	}
	return name, err
}
