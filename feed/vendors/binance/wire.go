package binance

import (
	"errors"
	"fmt"
	"sync"

	"tickertape/feed"
	"tickertape/feed/calendar"
	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

const (
	name        = "binance" // of the feed
	cryptoHours = "crypto"  // whose hours it keeps
)

// Decoder reads what comes in on one connection. Its methods may be called from several goroutines.
type Decoder struct {
	// static
	dir     *market.Directory
	faults  *vendors.Faults
	hours   *calendar.Market // whose days count; nil: there are none
	symbols map[string]*symbol
	all     []*symbol
	live    bool // somebody asks for the day's figures, and takes those of the last 24 hours where there are none

	mu      sync.Mutex
	scan    vendors.Scanner // guarded by mu: of the whole text
	items   vendors.Scanner // guarded by mu: of a list in it
	message message         // guarded by mu
	skew    vendors.Skew    // guarded by mu
	answer  *answer         // guarded by mu: the message that was read last; nil: it was none
}

// answer is what the vendor says to a request.
type answer struct {
	id      uint64 // of the request; 0: it does not say
	refusal string // why it did nothing; "": it did
}

// NewDecoder reads recordings of one connection that follows all of cfg's symbols.
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

// enter puts symbols into the directory.
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
	d := &Decoder{dir: env.Dir, faults: env.Faults, live: live, symbols: make(map[string]*symbol, len(symbols))}
	if env.Hours != nil {
		d.hours, _ = env.Hours.Market(cryptoHours) // there is one
	}
	for i, s := range symbols {
		y := &symbol{name: s, id: ids[i], wants: make(chan struct{}, 1)}
		d.all = append(d.all, y)
		d.symbols[s] = y
	}
	return d
}

func (d *Decoder) note(err error) {
	if err != nil {
		d.faults.Note(name, err)
	}
}

// Frame takes in one message. An error is one that ends the connection: the vendor says that it shuts down.
func (d *Decoder) Frame(text []byte, received market.Time, b *market.Batch) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.answer = nil
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
		return d.take(&d.message, received, b)
	}
	var ends error
	d.items.Reset(d.message.list.Raw())
	for d.items.Array(); d.items.More(); {
		d.message = message{}
		d.message.read(&d.items, false)
		if d.items.Err() == nil {
			ends = errors.Join(ends, d.take(&d.message, received, b))
		}
	}
	d.note(d.items.End())
	return ends
}

// take takes in one message without its envelope.
func (d *Decoder) take(m *message, received market.Time, b *market.Batch) error {
	switch {
	case m.event.Known():
		kind, err := m.event.Bytes("e")
		if err != nil {
			d.note(err)
			return nil
		}
		switch string(kind) {
		case "trade":
			d.note(d.trade(m, received, b))
		case "24hrMiniTicker":
			d.note(d.mini(m, b))
		case "serverShutdown":
			return feed.Breakf(feed.Restart, "%s says that it shuts down", name)
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
	return nil
}

// find is the symbol of a message. One that was not asked for is an error.
func (d *Decoder) find(v vendors.Value) (*symbol, error) {
	text, err := v.Bytes("s")
	if err != nil {
		return nil, err
	}
	if y := d.symbols[string(text)]; y != nil {
		return y, nil
	}
	return nil, vendors.Bad(vendors.BadSymbol, "s: %.40q was not asked for", text)
}

// trade takes in one trade.
func (d *Decoder) trade(m *message, received market.Time, b *market.Batch) error {
	y, err := d.find(m.symbol)
	if err != nil {
		return err
	}
	var t trade
	if t.id, err = m.number.Uint("t"); err != nil {
		return err
	}
	if t.price, err = m.price.Price("p"); err != nil {
		return err
	}
	if t.size, err = m.size.Quantity("q"); err != nil {
		return err
	}
	if t.at, err = m.at.UnixAny("T"); err != nil {
		return err
	}
	d.skew.Note(t.at, received)
	place, lost, err := y.numbers.Take(t.id, t.at)
	if err != nil {
		y.told = 0 // the numbers begin anew
	}
	if lost > 0 {
		b.Lost += lost
		y.call()
	}
	if place == vendors.Repeated {
		return vendors.Bad(vendors.BadValue, "t: %d of %s is there twice", t.id, y.name)
	}
	y.tell(&t, place, received, b)
	return err
}

// trade is one trade as it was sent.
type trade struct {
	id    uint64
	price market.Price
	size  market.Quantity
	at    market.Time
}

// tell adds a trade to b. One that comes late counts, but is the last one only if none is later.
func (y *symbol) tell(t *trade, place vendors.Place, received market.Time, b *market.Batch) {
	k := market.Tick{Symbol: y.id, Kind: market.KindTrade, Flags: market.Regular, Price: t.price, Size: t.size, Time: t.at, Received: received, ID: t.id}
	if place == vendors.Late {
		if t.id < y.told {
			k.Flags &^= market.SetsLast
		}
		if t.at <= y.asOf {
			k.Flags &^= market.SetsHighLow | market.SetsVolume // the day's figures have it
		}
	}
	y.told = max(y.told, t.id)
	if k.Flags != 0 {
		b.Ticks = append(b.Ticks, k)
	}
}

// top takes in the best bid and ask, which have a number and no time.
func (d *Decoder) top(m *message, received market.Time, b *market.Batch) error {
	y, err := d.find(m.symbol)
	if err != nil {
		return err
	}
	number, err := m.update.Uint("u")
	if err != nil {
		return err
	}
	if number < y.book {
		return vendors.Bad(vendors.BadValue, "u: %d of %s comes after %d", number, y.name, y.book)
	}
	k := market.Tick{Symbol: y.id, Kind: market.KindQuote, Received: received}
	if k.Bid, k.BidSize, err = side(&k, market.HasBid, "b", m.bid, "B", m.bidSize); err != nil {
		return err
	}
	if k.Ask, k.AskSize, err = side(&k, market.HasAsk, "a", m.ask, "A", m.askSize); err != nil {
		return err
	}
	y.book = number
	b.Ticks = append(b.Ticks, k)
	return nil
}

// side reads one side of the book, which is gone where its price and its size are zero.
func side(k *market.Tick, flag market.Flags, priceKey string, price vendors.Value, sizeKey string, size vendors.Value) (p market.Price, q market.Quantity, err error) {
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

// mini takes in the figures of the last 24 hours.
func (d *Decoder) mini(m *message, b *market.Batch) error {
	y, err := d.find(m.symbol)
	if err != nil {
		return err
	}
	b.Pulse = true
	if y.known {
		return nil
	}
	q := market.Quote{Symbol: y.id}
	for _, x := range [...]struct {
		key   string
		v     vendors.Value
		to    *market.Price
		field market.Fields
	}{{"o", m.open, &q.PreviousClose, market.FieldPreviousClose}, {"h", m.high, &q.High, market.FieldHigh}, {"l", m.low, &q.Low, market.FieldLow}} {
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
	if turnover, err := m.size.Quantity("q"); err == nil {
		setVWAP(&q, turnover)
	}
	if d.live {
		y.rolling, y.fresh = q, true
	} else {
		b.Images = append(b.Images, q)
	}
	return nil
}

// setVWAP sets what a volume cost on average, in all.
func setVWAP(q *market.Quote, cost market.Quantity) {
	if q.Volume.IsZero() {
		return
	}
	if turnover, fits := cost.Times(market.Scale); fits {
		if q.VWAP = turnover.Over(q.Volume); q.VWAP > 0 {
			q.Set |= market.FieldVWAP
		}
	}
}

// reply takes in an answer.
func (d *Decoder) reply(m *message) (err error) {
	a := &answer{}
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
	d.answer = a
	return nil
}

// answered is the answer that the message which was read last is; nil: it is none.
func (d *Decoder) answered() *answer {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.answer
}

// lastFigures are those of the last 24 hours, and whether they have changed since the last call.
func (d *Decoder) lastFigures(y *symbol) (image market.Quote, changed bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	changed, y.fresh = y.fresh, false
	return y.rolling, changed
}

// traded tells whether any trade of a symbol has come.
func (d *Decoder) traded(y *symbol) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return y.numbers.Newest() != 0
}

// awaits tells whether the first trade of a symbol should still come in the stream.
func (d *Decoder) awaits(y *symbol) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return y.underway && y.numbers.Newest() == 0
}

// missing tells whether trades are.
func (d *Decoder) missing(y *symbol) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, any := y.numbers.Missing()
	return any
}

// forget gives up what is missing.
func (d *Decoder) forget(y *symbol) {
	d.mu.Lock()
	defer d.mu.Unlock()
	y.numbers.Forget()
}
