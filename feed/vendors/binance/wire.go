package binance

import (
	"errors"
	"fmt"

	"tickertape/feed/calendar"
	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

const (
	name        = "binance" // of the feed
	cryptoHours = "crypto"  // whose hours it keeps
)

// Decoder reads what comes in on one connection. One goroutine at a time calls its methods.
type Decoder struct {
	// static
	dir     *market.Directory
	faults  *vendors.Faults
	hours   *calendar.Market // whose days count; nil: there are none
	symbols map[string]*symbol
	all     []*symbol
	live    bool // a session asks for the day's figures; those of the last 24 hours only stand in for them

	replies vendors.Replies[reply]

	scan    vendors.Scanner // of the whole text
	items   vendors.Scanner // of a list in it
	message message
	skew    vendors.Skew
}

// reply is the vendor's reply to a request.
type reply struct {
	id      uint64 // of the request; 0: it does not say
	refusal string // why the vendor refuses; "": it accepts
}

// NewDecoder reads recordings of one connection that follows all of cfg's symbols.
func NewDecoder(cfg Config, env vendors.Env) (vendors.Decoder, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	symbols, err := instruments(cfg.Symbols, &env)
	if err != nil {
		return nil, err
	}
	return newDecoder(symbols, &env, false), nil
}

func newDecoder(symbols []*vendors.Instrument, env *vendors.Env, live bool) *Decoder {
	d := &Decoder{dir: env.Dir, faults: env.Faults, scan: env.Faults.Scanner(name),
		items: env.Faults.Scanner(name), live: live, symbols: make(map[string]*symbol, len(symbols)),
		replies: vendors.NewReplies[reply](repliesAtOnce), hours: symbols[0].Hours}
	for _, in := range symbols {
		sym := &symbol{NumberedSymbol: vendors.NewNumberedSymbol(in)}
		sym.LateIDs = true
		d.all = append(d.all, sym)
		d.symbols[in.Symbol] = sym
	}
	return d
}

func (d *Decoder) note(err error) {
	if err != nil {
		d.faults.Note(name, err)
	}
}

// Frame decodes one message. It never returns an error.
func (d *Decoder) Frame(text []byte, received market.Time, b *market.Batch) error {
	d.message = message{}
	d.scan.Reset(text)
	if d.scan.Kind() == '[' {
		d.message.list, d.message.hasList = d.scan.Value(), true
	} else {
		d.message.read(&d.scan, true)
	}
	if err := d.scan.End(); err != nil {
		d.note(err)
		return nil
	}
	if !d.message.hasList {
		d.decode(&d.message, received, b)
		return nil
	}
	d.items.Reset(d.message.list.Raw())
	for d.items.Array(); d.items.More(); {
		d.message = message{}
		d.message.read(&d.items, false)
		if d.items.Err() == nil {
			d.decode(&d.message, received, b)
		}
	}
	d.note(d.items.End())
	return nil
}

// decode decodes one message without its envelope.
func (d *Decoder) decode(m *message, received market.Time, b *market.Batch) {
	switch {
	case m.event.Known():
		kind, err := m.event.Bytes("e")
		if err != nil {
			d.note(err)
			return
		}
		switch string(kind) {
		case "trade":
			d.note(d.trade(m, received, b))
		case "bookTicker": // as other markets of the vendor call what has no e here
			d.note(d.top(m, received, b))
		case "24hrMiniTicker":
			d.note(d.mini(m, b))
		case "serverShutdown":
			b.Ending = true
		default:
			d.faults.Count(name, vendors.Unknown, fmt.Errorf("e: %.40q is not followed here", kind))
		}
	case m.update.Known() && m.symbol.Known():
		d.note(d.top(m, received, b))
	case m.hasAnswer:
		d.note(d.reply(m))
	default:
		d.faults.Count(name, vendors.Unknown, errors.New("a message without e, u or result is not known"))
	}
}

// find is the symbol of a message. One that was not asked for is an error.
func (d *Decoder) find(v vendors.Value) (*symbol, error) {
	text, err := v.Bytes("s")
	if err != nil {
		return nil, err
	}
	if sym := d.symbols[string(text)]; sym != nil {
		return sym, nil
	}
	return nil, vendors.Bad(vendors.BadSymbol, "s: %.40q was not asked for", text)
}

// trade decodes one trade.
func (d *Decoder) trade(m *message, received market.Time, b *market.Batch) error {
	sym, err := d.find(m.symbol)
	if err != nil {
		return err
	}
	var t vendors.Trade
	if t.ID, err = m.number.Uint("t"); err != nil {
		return err
	}
	if t.Price, err = m.price.Price("p"); err != nil {
		return err
	}
	if t.Size, err = m.size.Quantity("q"); err != nil {
		return err
	}
	if t.At, err = m.at.UnixAny("T"); err != nil {
		return err
	}
	d.skew.Note(t.At, received)
	_, err = sym.Add(&t, received, b)
	return err
}

// mostBehind is from how many numbers in a row that are below the newest on they are believed: the vendor has begun anew.
const mostBehind = 16

// top decodes the best bid and ask, which have a number and no time.
func (d *Decoder) top(m *message, received market.Time, b *market.Batch) error {
	sym, err := d.find(m.symbol)
	if err != nil {
		return err
	}
	number, err := m.update.Uint("u")
	if err != nil {
		return err
	}
	if number < sym.book {
		if sym.behind++; sym.behind < mostBehind {
			return vendors.Bad(vendors.BadValue, "u: %d of %s comes after %d", number, sym.Symbol, sym.book)
		}
	}
	sym.behind = 0
	k := market.Tick{Symbol: sym.ID, Kind: market.KindQuote, Received: received}
	if k.Bid, k.BidSize, err = bookSide(&k, market.HasBid, "b", m.bid, "B", m.bidSize); err != nil {
		return err
	}
	if k.Ask, k.AskSize, err = bookSide(&k, market.HasAsk, "a", m.ask, "A", m.askSize); err != nil {
		return err
	}
	sym.book = number
	b.Ticks = append(b.Ticks, k)
	return nil
}

// bookSide reads one side of the book, which is gone where its price and its size are zero.
func bookSide(k *market.Tick, flag market.Flags, priceKey string, price vendors.Value,
	sizeKey string, size vendors.Value) (p market.Price, q market.Quantity, err error) {
	if p, err = price.Price(priceKey); err != nil {
		return 0, q, err
	}
	if q, err = size.Quantity(sizeKey); err != nil {
		return 0, q, err
	}
	if p != 0 || !q.IsZero() {
		k.Flags |= flag
	}
	return p, q, nil
}

// mini decodes the figures of the last 24 hours.
func (d *Decoder) mini(m *message, b *market.Batch) error {
	sym, err := d.find(m.symbol)
	if err != nil {
		return err
	}
	b.Alive = true
	if sym.Known {
		return nil
	}
	q := market.Quote{Symbol: sym.ID}
	for _, x := range [...]struct {
		key   string
		v     vendors.Value
		to    *market.Price
		field market.Fields
	}{
		{"o", m.open, &q.PreviousClose, market.FieldPreviousClose},
		{"h", m.high, &q.High, market.FieldHigh}, {"l", m.low, &q.Low, market.FieldLow},
	} {
		if *x.to, err = x.v.Price(x.key); err != nil {
			return err
		}
		if *x.to > 0 {
			q.Set |= x.field
		}
	}
	if q.Volume, err = m.volume.Quantity("v"); err != nil {
		return err
	}
	q.Set |= market.FieldVolume
	if cost, err := m.size.Quantity("q"); err == nil {
		if turnover, fits := cost.Times(market.Scale); fits {
			vendors.SetVWAP(&q, turnover)
		}
	}
	if d.live {
		sym.SetRolling(q)
	} else {
		b.Images = append(b.Images, q)
	}
	return nil
}

// reply decodes a reply.
func (d *Decoder) reply(m *message) (err error) {
	var a reply
	if m.id.Known() {
		if a.id, err = m.id.Uint("id"); err != nil {
			return err
		}
	}
	code, text := m.code, m.text
	if m.failure.Known() {
		d.items.Reset(m.failure.Raw())
		for d.items.Object(); d.items.More(); {
			switch string(d.items.Key()) {
			case "code":
				code = d.items.Value()
			case "msg":
				text = d.items.Value()
			default:
				d.items.Skip()
			}
		}
		if err := d.items.End(); err != nil {
			return err
		}
	}
	if m.failure.Known() || code.Known() {
		a.refusal, err = text.String("msg")
		if err != nil || a.refusal == "" {
			a.refusal = fmt.Sprintf("error %.20s without a message", code.Raw())
		}
		d.faults.Count(name, vendors.Failed, fmt.Errorf("error %.20s: %.200s", code.Raw(), a.refusal))
	}
	d.replies.Put(a)
	return nil
}
