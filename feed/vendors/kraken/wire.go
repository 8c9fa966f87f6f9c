package kraken

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"tickertape/feed/calendar"
	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

const (
	name        = "kraken" // of the feed
	cryptoHours = "crypto" // whose hours it keeps
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

	replies vendors.Replies[reply]
	online  chan struct{} // one slot: the exchange says that it trades again. Never closed.
	notes   *vendors.Once
	again   *vendors.Again[wanted] // what was refused; nil: nobody asks for it
	log     *slog.Logger

	scan    vendors.Scanner // of the whole text
	items   vendors.Scanner // of a list in it
	message message
	item    fields        // of a list in it
	batch   []trade       // of one message
	skew    vendors.Skew  // by the replies, which say when they were sent
	system  string        // why the exchange does not trade; "": it does, as far as it says
	away    bool          // it refuses all for a maintenance, whatever it says of itself
	status  market.Status // what was published last; the batch's Status points to it
}

// NewDecoder reads recordings of one connection that follows all of cfg's pairs.
func NewDecoder(cfg Config, env vendors.Env) (vendors.Decoder, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	pairs, err := register(cfg.Symbols, &env)
	if err != nil {
		return nil, err
	}
	return newDecoder(pairs, &env, new(vendors.Once), false), nil
}

func newDecoder(pairs []*vendors.Instrument, env *vendors.Env, notes *vendors.Once, live bool) *Decoder {
	d := &Decoder{dir: env.Dir, faults: env.Faults, scan: env.Faults.Scanner(name),
		items: env.Faults.Scanner(name), live: live, pairs: make(map[string]*pair, len(pairs)),
		replies: vendors.NewReplies[reply](repliesAtOnce), hours: pairs[0].Hours,
		online: make(chan struct{}, 1), notes: notes, log: env.Log}
	for _, in := range pairs {
		p := &pair{NumberedSymbol: vendors.NewNumberedSymbol(in)}
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
		b.Alive = true
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

// trade is one trade as it was sent.
type trade struct {
	of *pair
	vendors.Trade
}

// trades decodes trades of any pairs. Those of a snapshot were made before the subscription.
func (d *Decoder) trades(m *message, received market.Time, b *market.Batch) {
	kind, err := m.kind.Bytes("type")
	if err != nil {
		d.note(err)
		return
	}
	d.batch = d.batch[:0]
	d.each(m.data, func(f *fields) error {
		t, err := d.readTrade(f)
		if err == nil {
			d.batch = append(d.batch, t)
		}
		return err
	})
	slices.SortStableFunc(d.batch, func(x, y trade) int { return cmp.Compare(x.ID, y.ID) })
	if string(kind) == "snapshot" {
		for i := range slices.Backward(d.batch) {
			t := &d.batch[i]
			switch {
			case t.of.Trades.Newest() != 0:
			case t.Price <= 0:
				d.note(vendors.Bad(vendors.BadNumber, "price: %s of %s is no price", t.Price, t.of.Symbol))
			default:
				d.note(t.of.Begin(&t.Trade, b))
			}
		}
		return
	}
	for i := range d.batch {
		t := &d.batch[i]
		_, err := t.of.Add(&t.Trade, received, b)
		d.note(err)
	}
}

// readTrade decodes one trade.
func (d *Decoder) readTrade(f *fields) (t trade, err error) {
	if t.of, err = d.find(f.symbol); err != nil {
		return t, err
	}
	if t.ID, err = f.trade.Uint("trade_id"); err != nil {
		return t, err
	}
	if t.ID == 0 {
		return t, vendors.Bad(vendors.BadValue, "trade_id: 0 of %s is not the number of a trade", t.of.Symbol)
	}
	if t.Price, err = f.price.Price("price"); err != nil {
		return t, err
	}
	if t.Size, err = f.size.Quantity("qty"); err != nil {
		return t, err
	}
	t.At, err = f.time.Time("timestamp")
	return t, err
}

// ticker is the best bid and ask, and what the last 24 hours were.
func (d *Decoder) ticker(f *fields, received market.Time, b *market.Batch) error {
	p, err := d.find(f.symbol)
	if err != nil {
		return err
	}
	k := market.Tick{Symbol: p.ID, Kind: market.KindQuote, Received: received}
	if f.time.Known() { // older messages have none
		if k.Time, err = f.time.Time("timestamp"); err != nil {
			return err
		}
	}
	if k.Bid, k.BidSize, err = bookSide(&k, market.HasBid, "bid", f.bid, "bid_qty", f.bidSize); err != nil {
		return err
	}
	if k.Ask, k.AskSize, err = bookSide(&k, market.HasAsk, "ask", f.ask, "ask_qty", f.askSize); err != nil {
		return err
	}
	b.Ticks = append(b.Ticks, k)
	if p.Known {
		return nil
	}
	q, err := lastDay(f, p)
	switch {
	case err != nil:
		return err
	case d.live:
		p.SetRolling(q)
	default:
		b.Images = append(b.Images, q)
	}
	return nil
}

// bookSide reads one side of the book, which is gone where its price is missing or zero.
func bookSide(k *market.Tick, flag market.Flags, priceKey string, price vendors.Value,
	sizeKey string, size vendors.Value) (p market.Price, q market.Quantity, err error) {
	if !price.Known() {
		return 0, q, nil
	}
	if p, err = price.Price(priceKey); err != nil || p == 0 {
		return 0, q, err
	}
	if q, err = size.Quantity(sizeKey); err != nil {
		return 0, q, err
	}
	k.Flags |= flag
	return p, q, nil
}

// lastDay is what a ticker says of the last 24 hours.
func lastDay(f *fields, p *pair) (market.Quote, error) {
	q := market.Quote{Symbol: p.ID, Set: market.FieldVolume}
	last, err := f.last.Average("last")
	if err != nil {
		return q, err
	}
	change, err := f.change.Average("change")
	if err != nil {
		return q, err
	}
	if last > 0 {
		vendors.SetPrice(&q, market.FieldPreviousClose, &q.PreviousClose, last-change) // negative where it is too much
	}
	high, err := f.high.Average("high")
	if err != nil {
		return q, err
	}
	vendors.SetPrice(&q, market.FieldHigh, &q.High, high)
	low, err := f.low.Average("low")
	if err != nil {
		return q, err
	}
	vendors.SetPrice(&q, market.FieldLow, &q.Low, low)
	vwap, err := f.vwap.Average("vwap")
	if err != nil {
		return q, err
	}
	vendors.SetPrice(&q, market.FieldVWAP, &q.VWAP, vwap)
	q.Volume, err = f.volume.Quantity("volume")
	return q, err
}

// instruments decodes whether pairs trade, and how many decimals their prices have. The vendor sends all pairs that it has.
func (d *Decoder) instruments(m *message, received market.Time, b *market.Batch) {
	var pairs vendors.Value
	d.items.Reset(m.data.Raw())
	for d.items.Object(); d.items.More(); {
		if string(d.items.Key()) == "pairs" {
			pairs = d.items.Value()
		} else {
			d.items.Skip()
		}
	}
	if err := d.items.End(); err != nil {
		d.note(err)
		return
	}
	if !pairs.Known() {
		return // it is about coins
	}
	d.each(pairs, func(f *fields) error {
		text, err := f.symbol.Bytes("symbol")
		if err != nil {
			return err
		}
		p := d.pairs[string(text)]
		if p == nil {
			return nil
		}
		if f.precision.Known() {
			if err := d.precision(f, p); err != nil {
				return err
			}
		}
		word, err := f.status.Bytes("status")
		if err != nil {
			return err
		}
		state, known := pairStates[string(word)]
		if !known {
			return vendors.Bad(vendors.Unknown, "status: %.40q of %s is not known", word, p.Symbol)
		}
		back := state == market.Live && p.status != market.Live
		if p.status = state; !p.absent {
			p.SetState(state, 0, received, b)
		} else if back && d.again != nil {
			d.again.Hurry(wanted{trades.Channel, p})
		}
		return nil
	})
}

// precision notes how many decimals the prices of a pair have. Those with more than nine are rounded.
func (d *Decoder) precision(f *fields, p *pair) error {
	n, err := f.precision.Uint("price_precision")
	if err != nil {
		return err
	}
	decimals, rounded := int(min(n, mostDecimals)), n > mostDecimals
	if decimals <= p.decimals && (p.rounded || !rounded) {
		return nil
	}
	p.decimals, p.rounded = max(p.decimals, decimals), rounded
	_, err = d.dir.Add(market.Symbol{Symbol: p.Symbol, Decimals: decimals, Rounded: rounded})
	return err
}

// mostDecimals is the most decimals that a price can have.
const mostDecimals = 9

// pairStates is what a pair's status means for its prices. With some kinds of orders only, the pair still trades; while orders
// can only be placed or only be cancelled, it does not.
var pairStates = map[string]market.State{
	"online": market.Live, "limit_only": market.Live, "reduce_only": market.Live,
	"cancel_only": market.Halted, "post_only": market.Halted, "maintenance": market.Halted, "work_in_progress": market.Halted,
	"delisted": market.Down,
}

// exchange decodes whether the exchange as a whole trades.
func (d *Decoder) exchange(f *fields, b *market.Batch) error {
	word, err := f.system.String("system")
	if err != nil {
		return err
	}
	why := ""
	switch word {
	case "online":
	case "cancel_only", "maintenance", "post_only":
		why = fmt.Sprintf("%s says that it is in %s", name, word)
	default:
		return vendors.Bad(vendors.Unknown, "system: %.40q is not known", word)
	}
	b.Alive = true
	if d.system = why; why == "" {
		select {
		case d.online <- struct{}{}:
		default:
		}
	}
	d.tell(b)
	return nil
}

// tell adds the status of the exchange to b where it has changed.
func (d *Decoder) tell(b *market.Batch) {
	why := d.system
	if why == "" && d.away {
		why = name + " is in maintenance"
	}
	if why == d.status.Message {
		return
	}
	d.status = market.Status{State: market.Live}
	if why != "" {
		d.status = market.Status{State: market.Halted, Message: why}
	}
	b.Status = &d.status
}
