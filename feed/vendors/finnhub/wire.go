package finnhub

import (
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

const name = "finnhub" // of the feed

// Decoder reads what comes in on one connection. One goroutine at a time calls its methods.
type Decoder struct {
	// static
	dir     *market.Directory
	log     *slog.Logger
	faults  *vendors.Faults
	effects map[string]vendors.Effect // by condition
	symbols map[string]*entry
	all     []*entry // in the order in which they are subscribed to

	subscribed atomic.Int32 // how many of all have been asked for

	message vendors.Scanner
	trades  vendors.Scanner // of the list in the message
	codes   []byte          // of a trade's conditions, with commas
	sale    market.Conditions
}

// entry is what one connection knows of an instrument.
type entry struct {
	*instrument
	precision vendors.Precision
	traded    bool // prices come
	refused   bool // the vendor said that it was one symbol too many
}

// NewDecoder reads recordings of one connection that follows all of cfg's symbols.
func NewDecoder(cfg Config, env vendors.Env) (vendors.Decoder, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	all, err := instruments(cfg.Symbols, &env)
	if err != nil {
		return nil, err
	}
	d := newDecoder(all, cfg.Conditions.effects(), &env)
	d.subscribed.Store(int32(len(all)))
	return d, nil
}

func newDecoder(all []*instrument, effects map[string]vendors.Effect, env *vendors.Env) *Decoder {
	d := &Decoder{dir: env.Dir, log: env.Log, faults: env.Faults, message: env.Faults.Scanner(name),
		trades: env.Faults.Scanner(name), effects: effects, symbols: make(map[string]*entry, len(all))}
	for _, in := range all {
		e := &entry{instrument: in, precision: vendors.NewPrecision(decimalsOf(in.Symbol))}
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

// Frame decodes one message. It returns no error: nothing that the vendor sends ends a connection by itself.
func (d *Decoder) Frame(text []byte, received market.Time, b *market.Batch) error {
	var kind, data, why vendors.Value
	d.message.Reset(text)
	for d.message.Object(); d.message.More(); {
		switch string(d.message.Key()) {
		case "type":
			kind = d.message.Value()
		case "data":
			data = d.message.Value()
		case "msg":
			why = d.message.Value()
		default:
			d.message.Skip()
		}
	}
	if err := d.message.End(); err != nil {
		d.note(err)
		return nil
	}
	word, err := kind.Bytes("type")
	if err != nil {
		d.note(err)
		return nil
	}
	switch string(word) {
	case "trade":
		d.list(data, received, b)
	case "ping":
		b.Alive = true
	case "error":
		d.refusal(why, received, b)
	default:
		d.faults.Count(name, vendors.Unknown, fmt.Errorf("type: %.40q is not known", word))
	}
	return nil
}

// list decodes the trades of a message, of any symbols.
func (d *Decoder) list(data vendors.Value, received market.Time, b *market.Batch) {
	if !data.Known() {
		d.note(vendors.Bad(vendors.BadValue, "data: a message of trades has none"))
		return
	}
	d.trades.Reset(data.Raw())
	for d.trades.Array(); d.trades.More(); {
		if d.trades.Kind() != '{' {
			d.note(vendors.Bad(vendors.BadValue, "data: %.60s is no trade", d.trades.Value().Raw()))
			continue
		}
		d.note(d.trade(received, b))
	}
	d.note(d.trades.End())
}

// trade decodes one trade.
func (d *Decoder) trade(received market.Time, b *market.Batch) (err error) {
	var price, size, symbol, at vendors.Value
	var effects vendors.Effect
	var conditions int
	for d.trades.Object(); d.trades.More(); {
		switch string(d.trades.Key()) {
		case "p":
			price = d.trades.Value()
		case "v":
			size = d.trades.Value()
		case "s":
			symbol = d.trades.Value()
		case "t":
			at = d.trades.Value()
		case "c":
			effects, conditions, err = d.conditions()
		default:
			d.trades.Skip()
		}
	}
	if d.trades.Err() != nil {
		return nil // the list ends with it
	}
	if err != nil {
		return err
	}
	word, err := symbol.Bytes("s")
	if err != nil {
		return err
	}
	e := d.symbols[string(word)]
	if e == nil {
		return vendors.Bad(vendors.BadSymbol, "s: %.40q was not asked for", word)
	}
	k := market.Tick{Symbol: e.ID, Kind: market.KindTrade, Received: received}
	if k.Price, err = price.Price("p"); err != nil {
		return err
	}
	if k.Time, err = at.Unix("t", time.Millisecond); err != nil {
		return err
	}
	if size.Known() {
		if k.Size, err = size.Quantity("v"); err != nil {
			return err
		}
	}
	if conditions == 0 && e.stock && !e.regular(k.Time) {
		effects = vendors.Extended // nothing but the clock says so
	}
	k.Flags, k.Conditions = effects.Flags(), d.sale.Joined(d.codes)
	if k.Size.IsZero() {
		k.Flags &^= market.SetsVolume // a price without a trade
	}
	if !e.precision.Fits(k.Price) {
		d.note(e.precision.Learn(k.Price, e.instrument.Instrument, e.stock, d.dir))
	}
	if e.traded = true; e.MarkAvailable() {
		d.log.Info("symbol has prices after all", vendors.KeySource, name, vendors.KeySymbol, e.Symbol)
		b.Ticks = append(b.Ticks, e.State(market.Live, 0, received))
	}
	b.Ticks = append(b.Ticks, k)
	return nil
}

// conditions reads the list of a trade's conditions, which may be null: their effects, and how many there are.
func (d *Decoder) conditions() (effects vendors.Effect, n int, err error) {
	d.codes = d.codes[:0]
	if d.trades.Kind() != '[' {
		if v := d.trades.Value(); v.Known() {
			err = vendors.Bad(vendors.BadValue, "c: %.60s is not a list", v.Raw())
		}
		return 0, 0, err
	}
	for d.trades.Array(); d.trades.More(); n++ {
		code, bad := d.trades.Value().Bytes("c")
		if bad != nil && err == nil {
			err = bad
		}
		effects |= d.effects[string(code)]
		if n > 0 {
			d.codes = append(d.codes, ',')
		}
		d.codes = append(d.codes, code...)
	}
	return effects, n, err
}

// refusal decodes an error. The only known one says that there was one subscription too many, but not to which symbol.
// The vendor accepts them in the order in which they are sent, so the refused symbol is the last one without a price.
func (d *Decoder) refusal(why vendors.Value, received market.Time, b *market.Batch) {
	text, err := why.String("msg")
	if err != nil {
		d.note(err)
		return
	}
	if !strings.Contains(strings.ToLower(text), "too many symbols") {
		d.faults.Count(name, vendors.Failed, fmt.Errorf("msg: %.200q", text))
		return
	}
	d.faults.Count(name, vendors.BadSymbol, fmt.Errorf("msg: %.200q", text))
	for i := int(d.subscribed.Load()) - 1; i >= 0; i-- {
		e := d.all[i]
		if e.traded || e.refused {
			continue
		}
		if e.refused = true; e.MarkUnavailable() {
			d.log.Warn("symbol refused: the plan allows fewer", vendors.KeySource, name, vendors.KeySymbol, e.Symbol, vendors.KeyCount, len(d.all))
			b.Ticks = append(b.Ticks, e.State(market.Down, 0, received))
		}
		return
	}
}

// Response decodes the response to GET path: the figures of a symbol.
func (d *Decoder) Response(path string, body []byte, received market.Time, b *market.Batch) error {
	u, err := url.Parse(path)
	if err != nil || u.Path != quotePath || d.symbols[u.Query().Get("symbol")] == nil {
		d.faults.Count(name, vendors.Unknown, fmt.Errorf("path: %.100q is not known", path))
		return nil
	}
	f, err := readFigures(body, received)
	if err == nil {
		err = f.early
	}
	d.note(err)
	if image := f.image(d.symbols[u.Query().Get("symbol")].instrument, received); image.Set != 0 {
		b.Images = append(b.Images, image)
	}
	return nil
}
