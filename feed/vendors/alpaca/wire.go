package alpaca

import (
	"errors"
	"fmt"
	"log/slog"
	"math/bits"
	"net/url"

	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

const name = "alpaca" // of the feed

// Decoder reads what comes in on one connection. One goroutine at a time calls its methods.
type Decoder struct {
	// static
	dir     *market.Directory
	log     *slog.Logger
	faults  *vendors.Faults
	symbols map[string]*entry
	all     []*entry
	stocks  *stockFeed // that the stocks are of

	replies vendors.Replies[reply]

	frame vendors.Scanner
	list  vendors.Scanner // of a trade's conditions
	sale  market.Conditions
	m     message
}

// NewDecoder reads recordings of connections that follow all of cfg's symbols.
func NewDecoder(cfg Config, env vendors.Env) (vendors.Decoder, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	stocks := findFeed(cfg.Feed)
	all, err := instruments(cfg.Symbols, &env, stocks)
	if err != nil {
		return nil, err
	}
	return newDecoder(all, &env, stocks), nil
}

// newDecoder reads symbols of a feed of stocks, and coins. It can be nil where all are coins.
func newDecoder(all []*instrument, env *vendors.Env, stocks *stockFeed) *Decoder {
	if stocks == nil {
		stocks = &stockFeed{}
	}
	d := &Decoder{dir: env.Dir, log: env.Log, faults: env.Faults, frame: env.Faults.Scanner(name), symbols: make(map[string]*entry, len(all)),
		replies: vendors.NewReplies[reply](repliesAtOnce), stocks: stocks}
	for _, in := range all {
		e := &entry{Instrument: in.Instrument, stock: in.stock, precision: vendors.NewPrecision(2)}
		d.all = append(d.all, e)
		d.symbols[in.Symbol] = e
	}
	return d
}

func (d *Decoder) note(err error) {
	if err != nil {
		d.faults.Note(name, err)
	}
}

// message is one object of a frame as it is written. A name means different things in different types.
type message struct {
	T, S, t, x, z  vendors.Value // type, symbol, time, exchange, tape
	i, p, s, c     vendors.Value // id, price, size and conditions of a trade
	bp, bs, ap, as vendors.Value // a quote's sides
	sc, rc         vendors.Value // a status and its reason
	oi, op, os, oc vendors.Value // a corrected trade as it was
	ci, cp, cs, cc vendors.Value // and as it is
	msg, code      vendors.Value // of control messages
}

// field is where a message's field belongs; nil for one that is not used.
func (m *message) field(key []byte) *vendors.Value {
	switch string(key) {
	case "T":
		return &m.T
	case "S":
		return &m.S
	case "t":
		return &m.t
	case "x":
		return &m.x
	case "z":
		return &m.z
	case "i":
		return &m.i
	case "p":
		return &m.p
	case "s":
		return &m.s
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
	case "sc":
		return &m.sc
	case "rc":
		return &m.rc
	case "oi":
		return &m.oi
	case "op":
		return &m.op
	case "os":
		return &m.os
	case "oc":
		return &m.oc
	case "ci":
		return &m.ci
	case "cp":
		return &m.cp
	case "cs":
		return &m.cs
	case "cc":
		return &m.cc
	case "msg":
		return &m.msg
	case "code":
		return &m.code
	}
	return nil
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
		for d.frame.Object(); d.frame.More(); { // as [vendors.Scanner.Fields], without a call through a function value
			if to := d.m.field(d.frame.Key()); to != nil {
				*to = d.frame.Value()
			} else {
				d.frame.Skip()
			}
		}
		if d.frame.Err() == nil {
			d.note(d.decode(&d.m, received, b))
		}
	}
	d.note(d.frame.End())
	return nil
}

// decode decodes one message.
func (d *Decoder) decode(m *message, received market.Time, b *market.Batch) error {
	kind, err := m.T.Bytes("T")
	if err != nil {
		return err
	}
	switch string(kind) {
	case success, failure, subscribed:
		return d.reply(string(kind), m, b)
	case "t", "q", "c", "x", "s":
	case "l", "i", "b", "u", "d", "o":
		return vendors.Bad(vendors.Unknown, "T: %q was not asked for", kind) // bands, imbalances, bars, order books
	default:
		return vendors.Bad(vendors.Unknown, "T: %.40q is not known", kind)
	}
	symbol, err := m.S.Bytes("S")
	if err != nil {
		return err
	}
	e := d.symbols[string(symbol)]
	if e == nil {
		return vendors.Bad(vendors.BadSymbol, "S: %.40q was not asked for", symbol)
	}
	at, err := m.t.Time("t")
	if err != nil {
		return err
	}
	switch kind[0] {
	case 't':
		return d.trade(e, m, at, received, b)
	case 'q':
		return d.quote(e, m, at, received, b)
	case 'c':
		return d.correction(e, m, at, received, b)
	case 'x':
		return d.cancel(e, m, at, received, b)
	}
	return d.status(e, m, at, received, b)
}

func (d *Decoder) trade(e *entry, m *message, at, received market.Time, b *market.Batch) (err error) {
	k := market.Tick{Symbol: e.ID, Kind: market.KindTrade, Time: at, Received: received}
	if k.Price, err = m.p.Price("p"); err != nil {
		return err
	}
	if k.Size, err = m.s.Quantity("s"); err != nil {
		return err
	}
	if k.ID, err = tradeID("i", m.i, m.x); err != nil {
		return err
	}
	effects, err := d.effects("c", m.c, m.z)
	if err != nil {
		return err
	}
	k.Flags, k.Conditions = e.flags(effects, at), d.sale.List(m.c.Raw())
	if k.Size.IsZero() {
		k.Flags &^= market.SetsVolume
	}
	e.remember(&k)
	if !e.precision.Fits(k.Price) {
		d.note(e.precision.Learn(k.Price, e.Instrument, e.stock, d.dir))
	}
	d.markAvailable(e, received, b)
	b.Ticks = append(b.Ticks, k)
	return nil
}

// quote decodes the top of the book. A price of 0 is a side that is missing.
func (d *Decoder) quote(e *entry, m *message, at, received market.Time, b *market.Batch) (err error) {
	k := market.Tick{Symbol: e.ID, Kind: market.KindQuote, Time: at, Received: received}
	if k.Bid, k.BidSize, err = bookSide("bp", m.bp, "bs", m.bs); err != nil {
		return err
	}
	if k.Ask, k.AskSize, err = bookSide("ap", m.ap, "as", m.as); err != nil {
		return err
	}
	if k.Bid != 0 {
		k.Flags |= market.HasBid
	}
	if k.Ask != 0 {
		k.Flags |= market.HasAsk
	}
	d.markAvailable(e, received, b)
	b.Ticks = append(b.Ticks, k)
	return nil
}

func bookSide(priceKey string, price vendors.Value, sizeKey string, size vendors.Value) (p market.Price, q market.Quantity, err error) {
	if p, err = price.Price(priceKey); err != nil || p == 0 {
		return 0, q, err
	}
	q, err = size.Quantity(sizeKey)
	return p, q, err
}

// correction puts one trade in the place of another.
func (d *Decoder) correction(e *entry, m *message, at, received market.Time, b *market.Batch) (err error) {
	c := market.Correction{Symbol: e.ID, Time: at, Received: received}
	if c.ID, err = tradeID("oi", m.oi, m.x); err != nil {
		return err
	}
	if c.Old, err = d.print(m, "op", m.op, "os", m.os, "oc", m.oc); err != nil {
		return err
	}
	if c.New, err = d.print(m, "cp", m.cp, "cs", m.cs, "cc", m.cc); err != nil {
		return err
	}
	if c.NewID, err = tradeID("ci", m.ci, m.x); err != nil {
		return err
	}
	if old, known := e.recall(c.ID, c.Old.Price, c.Old.Size); known {
		if c.Old.Flags&market.SetsLast != 0 && old.flags&market.SetsExtended != 0 && c.New.Flags&market.SetsLast != 0 {
			c.New.Flags = market.SetsExtended | c.New.Flags&market.SetsVolume // the clock said so, and it has moved on
		}
		c.Old.Flags, c.Traded = old.flags, old.at
		*old = sale{c.NewID, c.New.Price, c.New.Size, c.New.Flags, old.at}
	}
	b.Corrections = append(b.Corrections, c)
	return nil
}

// print reads one of the two trades of a correction. Its time is the correction's, so that the clock does not say
// whether it was within the session.
func (d *Decoder) print(m *message, priceKey string, price vendors.Value, sizeKey string, size vendors.Value,
	codesKey string, codes vendors.Value) (p market.Print, err error) {
	if p.Price, err = price.Price(priceKey); err != nil {
		return p, err
	}
	if p.Size, err = size.Quantity(sizeKey); err != nil {
		return p, err
	}
	effects, err := d.effects(codesKey, codes, m.z)
	p.Flags = effects.Flags()
	return p, err
}

// cancel cancels a trade. Of one that is no longer known, nothing says whether it set more than volume.
func (d *Decoder) cancel(e *entry, m *message, at, received market.Time, b *market.Batch) (err error) {
	c := market.Correction{Symbol: e.ID, Time: at, Received: received}
	if c.ID, err = tradeID("i", m.i, m.x); err != nil {
		return err
	}
	if c.Old.Price, err = m.p.Price("p"); err != nil {
		return err
	}
	if c.Old.Size, err = m.s.Quantity("s"); err != nil {
		return err
	}
	c.Old.Flags = market.SetsVolume
	if old, known := e.recall(c.ID, c.Old.Price, c.Old.Size); known {
		c.Old.Flags, c.Traded = old.flags, old.at
		*old = sale{}
	}
	b.Corrections = append(b.Corrections, c)
	return nil
}

// status decodes halts and resumptions. The tapes spell them differently; a pause for volatility is a halt, and
// codes that are neither, such as quotes that resume or imbalances, change nothing.
func (d *Decoder) status(e *entry, m *message, at, received market.Time, b *market.Batch) error {
	code, err := m.sc.Bytes("sc")
	if err != nil {
		return err
	}
	var state market.State
	switch string(code) {
	case "H", "P", "2":
		state = market.Halted
	case "T", "3":
		state = market.Live
	case "Q", "5", "6", "7", "8", "9", "A", "C", "D", "E", "F":
		return nil
	default:
		return vendors.Bad(vendors.Unknown, "sc: %.40q is not known", code)
	}
	d.log.Info("trading status", vendors.KeySource, name, vendors.KeySymbol, e.Symbol,
		vendors.KeyState, state.String(), vendors.KeyReason, string(m.rc.Raw()))
	b.Ticks = append(b.Ticks, e.State(state, at, received))
	return nil
}

// tradeID makes an id of the vendor's and the exchange, which is one letter. It is unique for a symbol but on exchange D: that is
// all of FINRA's reporting facilities, each of which numbers its trades by itself. Coins have no exchange.
func tradeID(key string, id, exchange vendors.Value) (uint64, error) {
	if !id.Known() {
		return 0, nil
	}
	n, err := id.Uint(key)
	if err != nil || n == 0 || !exchange.Known() {
		return n, err
	}
	letter, err := exchange.Bytes("x")
	if err != nil || len(letter) == 0 {
		return n, err
	}
	return bits.RotateLeft64(n, 8) ^ uint64(letter[0]), nil
}

// effects reads the list of a trade's conditions, which coins do not have.
func (d *Decoder) effects(key string, list, letter vendors.Value) (e vendors.Effect, err error) {
	if !list.Known() {
		return 0, nil
	}
	var rules tape
	if word, bad := letter.Bytes("z"); bad == nil {
		rules = tapeOf(word)
	}
	d.list.Reset(list.Raw())
	for d.list.Array(); d.list.More(); {
		code, bad := d.list.Value().Bytes(key)
		if bad != nil && err == nil {
			err = bad
		}
		e |= effectOf(rules, code)
	}
	return e, errors.Join(err, d.list.End())
}

// markAvailable publishes that a symbol which was published as unknown has prices.
func (d *Decoder) markAvailable(e *entry, received market.Time, b *market.Batch) {
	if e.MarkAvailable() {
		d.log.Info("symbol has prices after all", vendors.KeySource, name, vendors.KeySymbol, e.Symbol)
		b.Ticks = append(b.Ticks, e.State(market.Live, 0, received))
	}
}

// Response decodes the response to GET path: snapshots, daily bars and actions of stocks, or hourly bars of coins.
func (d *Decoder) Response(path string, body []byte, received market.Time, b *market.Batch) error {
	u, err := url.Parse(path)
	if err != nil {
		d.faults.Count(name, vendors.Unknown, fmt.Errorf("path: %.100q is not known", path))
		return nil
	}
	var figures map[string]figures
	switch {
	case u.Path == snapshotsPath:
		figures, err = d.readSnapshots(body, received)
	case u.Path == actionsPath:
		_, err = actionReader{d}.read(u.Query(), body, b)
	case u.Path == daysPath:
		_, err = closeReader{d}.read(body, received, b)
	case barsPath.MatchString(u.Path):
		figures, err = d.readBars(body, received)
	default:
		err = vendors.Bad(vendors.Unknown, "path: %.100q is not known", path)
	}
	d.note(err)
	for symbol, f := range figures {
		if e := d.symbols[symbol]; e != nil && f.image.Set != 0 {
			b.Images = append(b.Images, f.image)
		}
	}
	return nil
}
