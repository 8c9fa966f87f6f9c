package kraken

import (
	"errors"
	"fmt"

	"tickertape/feed/calendar"
	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

const (
	name        = "kraken" // of the feed
	cryptoHours = "crypto" // whose hours it keeps

	answersAtOnce = 2 * perConnection // that may wait: one for each pair of a request
)

// Decoder reads what comes in on one connection. One goroutine at a time calls its methods.
type Decoder struct {
	// static
	dir    *market.Directory
	faults *vendors.Faults
	hours  *calendar.Market // whose days count; nil: there are none
	pairs  map[string]*pair
	all    []*pair
	live   bool // a session asks for the day's figures; those of the last 24 hours only stand in for them

	answers vendors.Answers[answer]

	scan    vendors.Scanner // of the whole text
	items   vendors.Scanner // of a list in it
	message message
	item    fields        // of a list in it
	batch   []trade       // of one message
	skew    vendors.Skew  // by the answers, which say when they were sent
	system  string        // why the exchange stands still; "": it does not
	status  market.Status // of the batch that is made
}

// NewDecoder reads recordings of one connection that follows all of cfg's pairs.
func NewDecoder(cfg Config, env vendors.Env) (vendors.Decoder, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	pairs, err := instruments(cfg.Symbols, &env)
	if err != nil {
		return nil, err
	}
	return newDecoder(pairs, &env, false), nil
}

func newDecoder(pairs []*vendors.Instrument, env *vendors.Env, live bool) *Decoder {
	d := &Decoder{dir: env.Dir, faults: env.Faults, live: live, pairs: make(map[string]*pair, len(pairs)),
		answers: vendors.NewAnswers[answer](answersAtOnce), hours: pairs[0].Hours}
	for _, in := range pairs {
		p := &pair{Numbered: vendors.NewNumbered(in)}
		d.all = append(d.all, p)
		d.pairs[in.Symbol] = p
	}
	return d
}

func (d *Decoder) note(err error) {
	if err != nil {
		d.faults.Note(name, err)
	}
}

// Frame decodes one message. It returns no error: nothing that the vendor sends ends a connection by itself.
func (d *Decoder) Frame(text []byte, received market.Time, b *market.Batch) error {
	m := &d.message
	d.scan.Reset(text)
	list := d.scan.Kind() == '['
	if list {
		d.scan.Skip()
	} else {
		m.read(&d.scan)
	}
	if err := d.scan.End(); err != nil {
		d.note(err)
		return nil
	}
	switch {
	case list:
		d.faults.Count(name, vendors.Unknown, errors.New("a message that is a list is one of version 1"))
	case m.channel.Known():
		d.channel(m, received, b)
	case m.method.Known():
		d.reply(m, received, b)
	case m.failure.Known():
		d.note(d.refuse(m)) // a request that is no request
	default:
		d.faults.Count(name, vendors.Unknown, errors.New("a message without channel or method is not known"))
	}
	return nil
}

// channel decodes a message of a channel.
func (d *Decoder) channel(m *message, received market.Time, b *market.Batch) {
	word, err := m.channel.Bytes("channel")
	if err != nil {
		d.note(err)
		return
	}
	switch string(word) {
	case "heartbeat":
		b.Pulse = true
	case "trade":
		d.trades(m, received, b)
	case "ticker":
		d.each(m.data, func(f *fields) error { return d.ticker(f, received, b) })
	case "instrument":
		d.instruments(m, received, b)
	case "status":
		d.each(m.data, func(f *fields) error { return d.exchange(f, b) })
	default:
		d.faults.Count(name, vendors.Unknown, fmt.Errorf("channel: %.40q is not followed here", word))
	}
}

// each calls do for each object of a list.
func (d *Decoder) each(v vendors.Value, do func(*fields) error) {
	if !v.Known() {
		d.note(vendors.Bad(vendors.BadValue, "data: there is none"))
		return
	}
	d.items.Reset(v.Raw())
	for d.items.Array(); d.items.More(); {
		d.item.read(&d.items)
		if d.items.Err() == nil {
			d.note(do(&d.item))
		}
	}
	d.note(d.items.End())
}

// find is the pair of an object. One that was not asked for is an error.
func (d *Decoder) find(v vendors.Value) (*pair, error) {
	text, err := v.Bytes("symbol")
	if err != nil {
		return nil, err
	}
	if p := d.pairs[string(text)]; p != nil {
		return p, nil
	}
	return nil, vendors.Bad(vendors.BadSymbol, "symbol: %.40q was not asked for", text)
}
