package kraken

import (
	"errors"
	"fmt"
	"sync"

	"tickertape/feed/calendar"
	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

const (
	name        = "kraken" // of the feed
	cryptoHours = "crypto" // whose hours it keeps
)

// Decoder reads what comes in on one connection. Its methods may be called from several goroutines.
type Decoder struct {
	// static
	dir    *market.Directory
	faults *vendors.Faults
	hours  *calendar.Market // whose days count; nil: there are none
	pairs  map[string]*pair
	all    []*pair
	live   bool // somebody asks for the day's figures, and takes those of the last 24 hours where there are none

	mu      sync.Mutex
	scan    vendors.Scanner // guarded by mu: of the whole text
	items   vendors.Scanner // guarded by mu: of a list in it
	message message         // guarded by mu
	item    fields          // guarded by mu: of a list in it
	batch   []trade         // guarded by mu: of one message
	skew    vendors.Skew    // guarded by mu: by the answers, which say when they were sent
	answer  *answer         // guarded by mu: the message that was read last; nil: it was none
	system  string          // guarded by mu: why the exchange stands still; "": it does not
	status  market.Status   // guarded by mu: of the batch that is made
}

// NewDecoder reads recordings of one connection that follows all of cfg's pairs.
func NewDecoder(cfg Config, env vendors.Env) (vendors.Decoder, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	ids, err := enter(cfg.Symbols, env.Dir)
	if err != nil {
		return nil, err
	}
	return newDecoder(cfg.Symbols, ids, &env, false), nil
}

// enter puts pairs into the directory.
func enter(symbols []string, dir *market.Directory) ([]market.SymbolID, error) {
	ids := make([]market.SymbolID, len(symbols))
	for i, s := range symbols {
		id, err := dir.Add(record(s))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		ids[i] = id
	}
	return ids, nil
}

func newDecoder(symbols []string, ids []market.SymbolID, env *vendors.Env, live bool) *Decoder {
	d := &Decoder{dir: env.Dir, faults: env.Faults, live: live, pairs: make(map[string]*pair, len(symbols))}
	if env.Hours != nil {
		d.hours, _ = env.Hours.Market(cryptoHours) // there is one
	}
	for i, s := range symbols {
		p := &pair{name: s, id: ids[i], wants: make(chan struct{}, 1)}
		d.all = append(d.all, p)
		d.pairs[s] = p
	}
	return d
}

func (d *Decoder) note(err error) {
	if err != nil {
		d.faults.Note(name, err)
	}
}

// Frame takes in one message. It returns no error: nothing that the vendor sends ends a connection by itself.
func (d *Decoder) Frame(text []byte, received market.Time, b *market.Batch) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.answer = nil
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

// channel takes in what is told.
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
