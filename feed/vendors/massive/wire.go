package massive

import (
	"fmt"
	"sync/atomic"
	"time"

	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

const name = "massive" // of the feed

// Decoder reads what comes in on one connection. One goroutine at a time calls its methods.
type Decoder struct {
	// static
	faults  *vendors.Faults
	symbols map[string]*entry
	all     []*entry
	lot     uint64                 // shares that the size of a quote is counted in
	rules   *atomic.Pointer[rules] // of conditions; all connections share them
	sale    market.Conditions

	replies  vendors.Replies[reply]
	recorded said // of a recording, so far

	frame vendors.Scanner
	list  vendors.Scanner // in a message
	m     message
}

// entry is what one connection knows of a stock.
type entry struct {
	*stock
	trades, quotes order
}

// order is where a stock's numbers are. They begin anew each day.
type order struct {
	newest uint64
	at     market.Time
}

// place is where something with a number belongs.
type place uint8

const (
	next place = iota
	late
	repeated
)

// anew is how much later something with a lower number has to be, to be of another day.
const anew = market.Time(time.Hour / time.Microsecond)

func (o *order) add(number uint64, at market.Time) place {
	switch {
	case number > o.newest || at > o.at+anew:
		o.newest, o.at = number, max(o.at, at)
		return next
	case number == o.newest:
		return repeated
	}
	return late
}

// reply is what the vendor says of the connection.
type reply struct{ status, message string }

const success = "success" // the status of a subscription that is accepted

// message is one object of a frame as it is written. A name means different things in different events.
type message struct {
	ev, sym, T, t, q vendors.Value // event, symbol (T for LULD), time, number
	i, x, trf        vendors.Value // id, exchange and off-exchange facility of a trade; i is a list otherwise
	p, s, ds, c      vendors.Value // price, size, exact size and conditions of a trade
	bp, bs, ap, as   vendors.Value // a quote's sides
	status, text     vendors.Value // of control messages
}

// field is where a message's field belongs; nil for one that is not used.
func (m *message) field(key []byte) *vendors.Value {
	switch string(key) {
	case "ev":
		return &m.ev
	case "sym":
		return &m.sym
	case "T":
		return &m.T
	case "t":
		return &m.t
	case "q":
		return &m.q
	case "i":
		return &m.i
	case "x":
		return &m.x
	case "trfi":
		return &m.trf
	case "p":
		return &m.p
	case "s":
		return &m.s
	case "ds":
		return &m.ds
	case "c":
		return &m.c
	case "bp":
		return &m.bp
	case "bs":
		return &m.bs
	case "ap":
		return &m.ap
	case "as":
		return &m.as
	case "status":
		return &m.status
	case "message":
		return &m.text
	}
	return nil
}

// NewDecoder reads recordings of one connection that follows all of cfg's symbols.
func NewDecoder(cfg Config, env vendors.Env) (vendors.Decoder, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	all, err := stocks(cfg.Symbols, cfg.delay(), &env)
	if err != nil {
		return nil, err
	}
	return newDecoder(all, cfg.Lot, newRules(), &env), nil
}

func newRules() *atomic.Pointer[rules] {
	var p atomic.Pointer[rules]
	p.Store(built)
	return &p
}

func newDecoder(all []*stock, lot int, r *atomic.Pointer[rules], env *vendors.Env) *Decoder {
	d := &Decoder{faults: env.Faults, frame: env.Faults.Scanner(name), symbols: make(map[string]*entry, len(all)), lot: uint64(lot), rules: r,
		replies: vendors.NewReplies[reply](repliesAtOnce)}
	for _, s := range all {
		e := &entry{stock: s}
		d.all = append(d.all, e)
		d.symbols[s.Symbol] = e
	}
	return d
}

func (d *Decoder) note(err error) {
	if err != nil {
		d.faults.Note(name, err)
	}
}

// Frame decodes one frame: a list of messages.
func (d *Decoder) Frame(text []byte, received market.Time, b *market.Batch) error {
	d.frame.Reset(text)
	for d.frame.Array(); d.frame.More(); {
		if d.frame.Kind() != '{' {
			if v := d.frame.Value(); v.Raw() != nil {
				d.note(vendors.Bad(vendors.BadValue, "%.60s is no message", v.Raw()))
			}
			continue
		}
		d.m = message{}
		d.frame.Fields(d.m.field)
		if d.frame.Err() == nil {
			d.note(d.decode(&d.m, received, b))
		}
	}
	d.note(d.frame.End())
	return nil
}

// decode decodes one message.
func (d *Decoder) decode(m *message, received market.Time, b *market.Batch) error {
	kind, err := m.ev.Bytes("ev")
	if err != nil {
		return err
	}
	switch string(kind) {
	case "status":
		return d.reply(m, b)
	case "T":
		return d.trade(m, received, b)
	case "Q":
		return d.quote(m, received, b)
	case "LULD":
		return d.halt(m, received, b)
	}
	return vendors.Bad(vendors.Unknown, "ev: %.40q was not asked for", kind)
}

// reply hands over a message about the connection. One that accepts a subscription is a sign of life.
func (d *Decoder) reply(m *message, b *market.Batch) (err error) {
	var a reply
	if a.status, err = m.status.String("status"); err != nil {
		return err
	}
	if m.text.Known() {
		if a.message, err = m.text.String("message"); err != nil {
			return err
		}
	}
	b.Alive = b.Alive || a.status == success
	d.replies.Put(a)
	return nil
}

// find is the stock of a message. One that was not asked for is an error.
func (d *Decoder) find(key string, v vendors.Value) (*entry, error) {
	text, err := v.Bytes(key)
	if err != nil {
		return nil, err
	}
	if e := d.symbols[string(text)]; e != nil {
		return e, nil
	}
	return nil, vendors.Bad(vendors.BadSymbol, "%s: %.40q was not asked for", key, text)
}

// place is where a message belongs by its number, which some do not have.
func (m *message) place(o *order, at market.Time) (place, error) {
	if !m.q.Known() {
		return next, nil
	}
	number, err := m.q.Uint("q")
	if err != nil {
		return next, err
	}
	return o.add(number, at), nil
}

func (d *Decoder) trade(m *message, received market.Time, b *market.Batch) error {
	e, err := d.find("sym", m.sym)
	if err != nil {
		return err
	}
	k := market.Tick{Symbol: e.ID, Kind: market.KindTrade, Received: received}
	if k.Time, err = m.t.UnixAny("t"); err != nil {
		return err
	}
	if k.Price, err = m.p.Price("p"); err != nil {
		return err
	}
	if m.ds.Known() {
		k.Size, err = m.ds.Quantity("ds")
	} else {
		k.Size, err = m.s.Quantity("s")
	}
	if err != nil {
		return err
	}
	if m.i.Known() {
		if k.ID, err = tradeID(m); err != nil {
			return err
		}
	}
	effects, err := d.rules.Load().of(m.c, &d.list)
	if err != nil {
		return err
	}
	k.Flags, k.Conditions = effects.FlagsAt(k.Time, e.Hours), d.sale.List(m.c.Raw())
	if k.Size.IsZero() {
		k.Flags &^= market.SetsVolume
	}
	where, err := m.place(&e.trades, k.Time)
	switch {
	case err != nil:
		return err
	case where == repeated:
		return vendors.Bad(vendors.BadValue, "q: %d of %s is there twice", e.trades.newest, e.Symbol)
	case where == late:
		k.Flags = k.Flags.AsOutOfOrder()
	}
	e.markAvailable(received, b)
	if k.Flags&market.SetsLast != 0 && e.halted != 0 && k.Time > e.halted+stillHalted {
		e.halted = 0 // the end of the halt was missed, as during an outage
		b.Ticks = append(b.Ticks, e.State(market.Live, k.Time, received))
	}
	if k.Flags&^market.OutOfOrder != 0 {
		b.Ticks = append(b.Ticks, k)
	}
	return nil
}

// markAvailable notes that the vendor has a stock, and publishes that if it was published as unknown.
func (e *entry) markAvailable(received market.Time, b *market.Batch) {
	e.known = true
	if e.MarkAvailable() {
		b.Ticks = append(b.Ticks, e.State(market.Live, 0, received))
	}
}

// tradeID is a number for a trade's id, which is unique for its exchange or facility only: FNV-1a of all three.
func tradeID(m *message) (uint64, error) {
	id, err := m.i.Bytes("i")
	if err != nil {
		return 0, err
	}
	h := uint64(14695981039346656037)
	for _, part := range [...][]byte{m.x.Raw(), m.trf.Raw(), id} {
		for _, c := range part {
			h = (h ^ uint64(c)) * 1099511628211
		}
		h = (h ^ '/') * 1099511628211
	}
	return max(h, 1), nil
}

// quote decodes the top of the book. A price of 0 is a side that is missing.
func (d *Decoder) quote(m *message, received market.Time, b *market.Batch) error {
	e, err := d.find("sym", m.sym)
	if err != nil {
		return err
	}
	k := market.Tick{Symbol: e.ID, Kind: market.KindQuote, Received: received}
	if k.Time, err = m.t.UnixAny("t"); err != nil {
		return err
	}
	if k.Bid, k.BidSize, err = d.bookSide(&k, market.HasBid, "bp", m.bp, "bs", m.bs); err != nil {
		return err
	}
	if k.Ask, k.AskSize, err = d.bookSide(&k, market.HasAsk, "ap", m.ap, "as", m.as); err != nil {
		return err
	}
	switch where, err := m.place(&e.quotes, k.Time); {
	case err != nil:
		return err
	case where != next:
		return vendors.Bad(vendors.BadValue, "q: %s of %s comes after %d", m.q.Raw(), e.Symbol, e.quotes.newest)
	}
	e.markAvailable(received, b)
	b.Ticks = append(b.Ticks, k)
	return nil
}

// mostSize is more than the size of any quote. Times the largest lot, it fits a uint64.
const mostSize = 1 << 32

func (d *Decoder) bookSide(k *market.Tick, flag market.Flags, priceKey string, price vendors.Value,
	sizeKey string, size vendors.Value) (p market.Price, q market.Quantity, err error) {
	if !price.Known() {
		return 0, q, nil
	}
	if p, err = price.Price(priceKey); err != nil || p == 0 {
		return 0, q, err
	}
	if size.Known() {
		n, err := size.Uint(sizeKey)
		if err != nil {
			return 0, q, err
		}
		if n > mostSize {
			return 0, q, vendors.Bad(vendors.BadNumber, "%s: %d is more than %d", sizeKey, n, uint64(mostSize))
		}
		q = market.Units(n * d.lot)
	}
	k.Flags |= flag
	return p, q, nil
}

// The vendor's indicators of a halt for volatility and of its end.
const (
	haltedIndicator  = 17
	resumedIndicator = 18
)

// stillHalted is shorter than any halt for volatility, and longer than trades from before a halt may take to be reported. So an
// ordinary trade later than this after the beginning of a halt shows that the halt is over.
const stillHalted = market.Time(time.Minute / time.Microsecond)

// halt decodes the price bands of a stock. Only whether it is halted is used.
func (d *Decoder) halt(m *message, received market.Time, b *market.Batch) error {
	e, err := d.find("T", m.T)
	if err != nil {
		return err
	}
	at, err := m.t.UnixAny("t")
	if err != nil {
		return err
	}
	if !m.i.Known() {
		return nil
	}
	d.list.Reset(m.i.Raw())
	for d.list.Array(); d.list.More(); {
		switch indicator, bad := d.list.Value().Uint("i"); {
		case bad != nil:
			err = bad
		case indicator == haltedIndicator:
			e.halted = max(at, 1)
			b.Ticks = append(b.Ticks, e.State(market.Halted, at, received))
		case indicator == resumedIndicator:
			e.halted = 0
			b.Ticks = append(b.Ticks, e.State(market.Live, at, received))
		}
	}
	if bad := d.list.End(); bad != nil {
		err = bad
	}
	return err
}
