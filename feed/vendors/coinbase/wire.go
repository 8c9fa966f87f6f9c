package coinbase

import (
	"cmp"
	"fmt"
	"slices"

	"tickertape/feed"
	"tickertape/feed/calendar"
	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

const (
	name        = "coinbase" // of the feed
	cryptoHours = "crypto"   // whose hours it keeps
)

// Decoder reads what comes in on one connection, be it of Advanced Trade or of the Exchange. One goroutine
// at a time calls its methods.
type Decoder struct {
	// static
	dir      *market.Directory
	faults   *vendors.Faults
	hours    *calendar.Market    // whose days count; nil: there are none
	products map[string]*product // by the names that messages use
	all      []*product
	live     bool                   // a session asks for the day's figures; those of the last 24 hours only stand in for them
	books    bool                   // the best bid and ask are those of the book, where it is there
	again    *vendors.Again[wanted] // gets books that were given up; nil: nobody asks for them

	replies vendors.Replies[reply]

	scan     vendors.Scanner // of the whole text
	list     vendors.Scanner // of a list in it
	items    vendors.Scanner // of a list in that
	message  fields
	event    fields  // of the message's list
	item     fields  // of a list in either
	batch    []trade // of one message
	skew     vendors.Skew
	numbered bool   // messages have numbers
	next     uint64 // the number of the next message
}

// reply is the vendor's reply to a subscription.
type reply struct {
	refusal  string                     // why the vendor refuses; "": it accepts
	channels map[string]map[string]bool // the products of each channel: all that are subscribed to
}

// NewDecoder reads recordings of one connection that follows all of cfg's symbols.
func NewDecoder(cfg Config, env vendors.Env) (vendors.Decoder, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	products, err := instruments(cfg.Symbols, &env)
	if err != nil {
		return nil, err
	}
	d := newDecoder(products, &env, false)
	d.books = cfg.Book
	return d, nil
}

func newDecoder(products []*vendors.Instrument, env *vendors.Env, live bool) *Decoder {
	d := &Decoder{dir: env.Dir, faults: env.Faults, scan: env.Faults.Scanner(name), list: env.Faults.Scanner(name),
		items: env.Faults.Scanner(name), live: live, products: make(map[string]*product, len(products)),
		replies: vendors.NewReplies[reply](repliesAtOnce), hours: products[0].Hours}
	for _, in := range products {
		p := &product{NumberedSymbol: vendors.NewNumberedSymbol(in)}
		d.all = append(d.all, p)
		d.products[in.Symbol] = p
		if other := twin(in.Symbol); other != "" {
			d.products[other] = p
		}
	}
	return d
}

// Frame decodes one message. It returns no error: nothing that the vendor sends ends a connection by itself.
func (d *Decoder) Frame(text []byte, received market.Time, b *market.Batch) error {
	d.scan.Reset(text)
	m := &d.message
	m.read(&d.scan)
	if err := d.scan.End(); err != nil {
		d.note(err)
		return nil
	}
	if m.channel.Known() {
		d.advanced(m, received, b)
	} else {
		d.exchange(m, received, b)
	}
	return nil
}

func (d *Decoder) note(err error) {
	if err != nil {
		d.faults.Note(name, err)
	}
}

// find is the product of a message. What was not asked for is counted.
func (d *Decoder) find(v vendors.Value) *product {
	text, err := v.Bytes("product_id")
	if err != nil {
		d.note(err)
		return nil
	}
	p := d.products[string(text)]
	if p == nil {
		d.faults.Count(name, vendors.BadSymbol, fmt.Errorf("product_id: %.40q was not asked for", text))
	}
	return p
}

// each calls do for each object of a list, which is in d.item then.
func (d *Decoder) each(v vendors.Value, do func(*fields)) {
	if !v.Known() {
		return
	}
	d.items.Reset(v.Raw())
	for d.items.Array(); d.items.More(); {
		d.item.read(&d.items)
		if d.items.Err() == nil {
			do(&d.item)
		}
	}
	d.note(d.items.End())
}

// ticker is the best bid and ask, and what the last 24 hours were.
func (d *Decoder) ticker(m *fields, p *product, at, received market.Time, b *market.Batch) {
	if m.bid.Known() || m.ask.Known() {
		k := market.Tick{Symbol: p.ID, Kind: market.KindQuote, Time: at, Received: received}
		bid, err := bookSide(&k, market.HasBid, "best_bid", m.bid, m.bidSize, &k.BidSize)
		ask, askErr := bookSide(&k, market.HasAsk, "best_ask", m.ask, m.askSize, &k.AskSize)
		if err == nil {
			err = askErr
		}
		if err == nil {
			k.Bid, k.Ask = bid, ask
			d.quote(p, k, b)
		} else {
			d.note(err)
		}
	}
	if p.Known {
		return
	}
	image, err := d.lastDay(m, p)
	switch {
	case err != nil:
		d.note(err)
	case image.Set == 0:
	case d.live:
		p.SetRolling(image)
	default:
		b.Images = append(b.Images, image)
	}
}

// bookSide reads one side of the book. It is gone where its price is empty or zero.
func bookSide(k *market.Tick, flag market.Flags, key string, price, size vendors.Value, to *market.Quantity) (market.Price, error) {
	if empty(price) {
		return 0, nil
	}
	p, err := price.Price(key)
	if err != nil || p == 0 {
		return 0, err
	}
	if size.Known() {
		if *to, err = size.Quantity(key); err != nil {
			return 0, fmt.Errorf("size of %w", err)
		}
	}
	k.Flags |= flag
	return p, nil
}

// lastDay is what a ticker says of the last 24 hours.
func (d *Decoder) lastDay(m *fields, p *product) (q market.Quote, err error) {
	q.Symbol = p.ID
	read := func(v vendors.Value, key string, field market.Fields, to *market.Price) {
		if err == nil && v.Known() {
			if *to, err = v.Price(key); *to > 0 {
				q.Set |= field
			}
		}
	}
	read(m.high, "high_24h", market.FieldHigh, &q.High)
	read(m.low, "low_24h", market.FieldLow, &q.Low)
	read(m.open, "open_24h", market.FieldPreviousClose, &q.PreviousClose)
	if err == nil && m.volume.Known() {
		q.Volume, err = m.volume.Quantity("volume_24h")
		q.Set |= market.FieldVolume
	}
	if err == nil && m.percent.Known() && m.price.Known() {
		price, bad := m.price.Price("price")
		percent, badPercent := m.percent.Average("price_percent_chg_24_h")
		if err = bad; err == nil {
			err = badPercent
		}
		q.PreviousClose = before(price, percent, max(price.Decimals(), q.High.Decimals(), q.Low.Decimals(), p.decimals))
		if err == nil && q.PreviousClose > 0 {
			q.Set |= market.FieldPreviousClose
		}
	}
	return q, err
}

// status is whether products trade, and in which steps their prices move. The vendor may send all
// products there are.
func (d *Decoder) status(list vendors.Value, at, received market.Time, b *market.Batch) {
	d.each(list, func(f *fields) {
		id, err := f.id.Bytes("id")
		if err != nil {
			d.note(err)
			return
		}
		p := d.products[string(id)]
		if p == nil {
			return
		}
		if f.increment.Known() {
			d.note(d.increment(f, p))
		}
		word, err := f.status.Bytes("status")
		if err != nil {
			d.note(err)
			return
		}
		p.status = market.Live // also where it is limit_only: it trades, though without market orders
		if string(word) != "online" || isTrue(f.postOnly) || isTrue(f.cancelOnly) || isTrue(f.auction) || isTrue(f.stopped) {
			p.status = market.Halted
		}
		if !p.absent {
			p.SetState(p.status, at, received, b)
		}
	})
}

// increment notes how many decimals the prices of a product have. Those with more than nine are rounded.
func (d *Decoder) increment(f *fields, p *product) error {
	n, rounded, err := f.increment.Step("quote_increment")
	if err != nil || n <= p.decimals && (p.rounded || !rounded) {
		return err
	}
	p.decimals, p.rounded = max(n, p.decimals), rounded
	_, err = d.dir.Add(market.Symbol{Symbol: p.Symbol, Decimals: n, Rounded: rounded})
	return err
}

// empty reports whether a member is not there, or says nothing.
func empty(v vendors.Value) bool {
	switch string(v.Raw()) {
	case "", `""`, "null":
		return true
	}
	return false
}

func isTrue(v vendors.Value) bool { return string(v.Raw()) == "true" }

// alive says that a product's last trade still is the last one.
func alive(p *product, at, received market.Time, b *market.Batch) {
	b.Ticks = append(b.Ticks, market.Tick{Symbol: p.ID, Kind: market.KindAlive, Time: at, Received: received})
}

// trade is one trade as it was sent.
type trade struct {
	of *product
	vendors.Trade
}

// readTrade decodes one trade of a product.
func readTrade(f *fields, p *product) (t trade, err error) {
	t.of = p
	if t.ID, err = f.trade.Uint("trade_id"); err != nil {
		return t, err
	}
	if t.ID == 0 {
		return t, vendors.Bad(vendors.BadValue, "trade_id: 0 of %s is not the number of a trade", p.Symbol)
	}
	if t.Price, err = f.price.Price("price"); err != nil {
		return t, err
	}
	if t.Size, err = f.size.Quantity("size"); err != nil {
		return t, err
	}
	t.At, err = f.time.Time("time")
	return t, err
}

// oldestFirst sorts trades; those of one product have numbers in order.
func oldestFirst(trades []trade) {
	slices.SortFunc(trades, func(a, b trade) int { return cmp.Compare(a.ID, b.ID) })
}

// begin publishes the newest trade of a product as its last price, if none has come yet.
func (d *Decoder) begin(t *trade, b *market.Batch) {
	if t.of.Trades.Newest() == 0 && t.Price > 0 {
		d.note(t.of.Begin(&t.Trade, b))
	}
}

// add adds a trade that has just happened, or that was missing.
func (d *Decoder) add(t *trade, received market.Time, b *market.Batch) {
	p := t.of
	lost := b.Lost
	place, err := p.Add(&t.Trade, received, b)
	d.note(err)
	if d.numbered {
		b.Lost = lost // the missing messages were counted already
	}
	if place == feed.InOrder {
		p.unsure = false // from here on, the numbers show what is missing
		if t.ID >= p.ahead {
			p.ahead = 0
		}
	}
}
