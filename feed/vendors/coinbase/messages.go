package coinbase

import (
	"errors"
	"fmt"
	"slices"

	"tickertape/feed"
	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

// exchange decodes a message of the Exchange, which is of one product; errors have its shape at both feeds.
func (d *Decoder) exchange(m *fields, received market.Time, b *market.Batch) {
	kind, err := m.kind.Bytes("type")
	if err != nil {
		d.note(err)
		return
	}
	switch string(kind) {
	case "match", "last_match":
		p := d.find(m.product)
		if p == nil {
			return
		}
		t, err := readTrade(m, p)
		if err != nil {
			d.note(err)
			return
		}
		if string(kind) == "last_match" {
			d.begin(&t, b)
			return
		}
		d.skew.Note(t.At, received)
		d.add(&t, received, b)
	case "ticker":
		p := d.find(m.product)
		if p == nil {
			return
		}
		at := max(d.skew.Sent(received), 0) // before a product's first trade
		if !empty(m.time) {
			if at, err = m.time.Time("time"); err != nil { // of the last trade; the book has none
				d.note(err)
				return
			}
		}
		d.ticker(m, p, at, received, b)
	case "l2update", "snapshot":
		d.level2(m, string(kind) == "snapshot", received, b)
	case "heartbeat":
		d.heartbeat(m, received, b)
	case "status":
		d.status(m.products, 0, received, b)
	case "subscriptions":
		d.confirm(m.channels)
	case "error":
		d.refuse(m)
	default:
		d.faults.Count(name, vendors.Unknown, fmt.Errorf("type: %.40q is not known", kind))
	}
}

// heartbeat compares the last trade that has come with the vendor's last one. A trade that has just been made may be
// on its way, so it counts as missing only if it has not come by the next heartbeat.
func (d *Decoder) heartbeat(m *fields, received market.Time, b *market.Batch) {
	b.Alive = true
	p := d.find(m.product)
	if p == nil {
		return
	}
	at, err := m.time.Time("time")
	if err != nil {
		d.note(err)
		return
	}
	d.skew.Note(at, received)
	last, err := m.last.Uint("last_trade_id")
	if err != nil {
		d.note(err)
		return
	}
	if last == 0 { // it has not traded yet
		p.Trades.None()
	}
	newest := p.Trades.Newest()
	if late := p.ahead; late > newest {
		lost, err := p.Expect(late, at)
		d.note(err)
		if lost > 0 {
			b.Lost += lost
			p.Ask()
		}
		p.ahead, newest = 0, p.Trades.Newest()
	}
	if p.Trades.Begun() && last > newest {
		p.ahead = last
		return
	}
	if p.confirmed() {
		alive(p, at, received, b)
	}
}

// confirm decodes all that is subscribed to: a list of channels with their products.
func (d *Decoder) confirm(v vendors.Value) {
	a := reply{channels: map[string]map[string]bool{}}
	d.each(v, func(f *fields) {
		channel, err := f.name.String("name")
		if err != nil {
			d.note(err)
			return
		}
		products := map[string]bool{}
		if f.ids.Known() {
			d.list.Reset(f.ids.Raw())
			for d.list.Array(); d.list.More(); {
				product, err := d.list.Value().String("product_ids")
				d.note(err)
				products[product] = true
			}
			d.note(d.list.End())
		}
		a.channels[channel] = products
	})
	d.replies.Put(a)
}

// refuse decodes an error.
func (d *Decoder) refuse(m *fields) {
	text, err := m.message.String("message")
	if err != nil || text == "" {
		text = "an error without a message"
	}
	if m.reason.Known() {
		if reason, err := m.reason.String("reason"); err == nil {
			text += ": " + reason
		}
	}
	d.faults.Count(name, vendors.Failed, fmt.Errorf("error: %.200s", text))
	d.replies.Put(reply{refusal: text})
}

// advanced decodes a message of Advanced Trade: a list of events, in an envelope with a number of its own.
func (d *Decoder) advanced(m *fields, received market.Time, b *market.Batch) {
	channel, err := m.channel.Bytes("channel")
	if err != nil {
		d.note(err)
		return
	}
	at, err := m.sent.Time("timestamp")
	if err != nil {
		d.note(err)
		return
	}
	d.skew.Note(at, received)
	d.count(m.number, b)
	switch string(channel) {
	case "heartbeats":
		b.Alive = true
		for _, p := range d.all {
			if p.confirmed() { // every message is there, so that a trade would be, too
				alive(p, at, received, b)
			}
		}
	case "market_trades":
		d.events(m.events, func(f *fields) { d.trades(f, received, b) })
	case "ticker", "ticker_batch":
		d.events(m.events, func(f *fields) {
			d.each(f.tickers, func(f *fields) {
				if p := d.find(f.product); p != nil {
					d.ticker(f, p, at, received, b)
				}
			})
		})
	case "status":
		d.events(m.events, func(f *fields) { d.status(f.products, at, received, b) })
	case "subscriptions":
		a, readable := reply{channels: map[string]map[string]bool{}}, true
		d.events(m.events, func(f *fields) { readable = d.subscribed(f.subscribed, a.channels) && readable })
		if readable {
			d.replies.Put(a)
		}
	default:
		d.faults.Count(name, vendors.Unknown, fmt.Errorf("channel: %.40q is not known", channel))
	}
}

// count counts the messages that are missing before this one.
func (d *Decoder) count(number vendors.Value, b *market.Batch) {
	const mostLost = 1_000_000 // one connection does not lose a million messages: a larger jump is a bad number
	n, err := number.Uint("sequence_num")
	if err != nil {
		d.note(err)
		return
	}
	switch {
	case !d.numbered || n == d.next:
	case n > d.next && n-d.next <= mostLost:
		b.Lost += int(n - d.next)
		for _, p := range d.all { // nothing says what they were about
			p.unsure = true
			p.Ask()
		}
	default:
		d.note(vendors.Bad(vendors.BadValue, "sequence_num: %d comes where %d should be", n, d.next))
	}
	d.numbered, d.next = true, n+1
}

// events calls do for each event of a message. The lists in it are to be read with d.each.
func (d *Decoder) events(v vendors.Value, do func(*fields)) {
	if !v.Known() {
		d.note(vendors.Bad(vendors.BadValue, "events: there are none"))
		return
	}
	d.list.Reset(v.Raw())
	for d.list.Array(); d.list.More(); {
		d.event.read(&d.list)
		if d.list.Err() == nil {
			do(&d.event)
		}
	}
	d.note(d.list.End())
}

// trades decodes an event with trades of any products, the newest first. Those of a snapshot are what was.
func (d *Decoder) trades(f *fields, received market.Time, b *market.Batch) {
	kind, err := f.kind.Bytes("type")
	if err != nil {
		d.note(err)
		return
	}
	was := string(kind) == "snapshot"
	d.batch = d.batch[:0]
	d.each(f.trades, func(f *fields) {
		p := d.find(f.product)
		if p == nil {
			return
		}
		t, err := readTrade(f, p)
		if err != nil {
			d.note(err)
			return
		}
		d.batch = append(d.batch, t)
	})
	oldestFirst(d.batch)
	if was {
		for i := range slices.Backward(d.batch) {
			d.begin(&d.batch[i], b)
		}
	}
	for i := range d.batch {
		t := &d.batch[i]
		if was && t.ID <= t.of.Trades.Newest() {
			if t.of.Trades.Found(t.ID) {
				t.of.Publish(&t.Trade, feed.Late, received, b)
			}
			continue
		}
		d.add(t, received, b)
	}
}

// subscribed adds all that is subscribed to, an object of lists by channel, to channels. It returns false where the object
// cannot be read.
func (d *Decoder) subscribed(v vendors.Value, channels map[string]map[string]bool) (readable bool) {
	if !v.Known() {
		d.note(vendors.Bad(vendors.BadValue, "subscriptions: there are none"))
		return true
	}
	d.items.Reset(v.Raw())
	for d.items.Object(); d.items.More(); {
		channel := string(d.items.Key())
		products := map[string]bool{}
		for d.items.Array(); d.items.More(); {
			product, err := d.items.Value().String("subscriptions")
			d.note(err)
			products[product] = true
		}
		channels[channel] = products
	}
	err := d.items.End()
	d.note(err)
	return err == nil
}

// level2 decodes a message of a product's book: the whole of it, or changes.
func (d *Decoder) level2(m *fields, whole bool, received market.Time, b *market.Batch) {
	if !d.books {
		d.faults.Count(name, vendors.Unknown, errors.New("type: a book is not followed here"))
		return
	}
	p := d.find(m.product)
	if p == nil || !whole && !p.book.whole {
		return
	}
	k := &p.book
	at, err := max(d.skew.Sent(received), 0), error(nil)
	if !empty(m.time) {
		at, err = m.time.Time("time")
	}
	bid, ask := k.bids.best(), k.asks.best()
	switch {
	case err != nil:
	case whole:
		k.whole, err = !p.rounded, k.replace(&d.items, m, at) // prices that are rounded can fall together
	default:
		err = k.change(&d.items, m.changes, at)
	}
	switch d.note(err); {
	case err != nil || !k.whole || !k.sound():
		d.giveUp(p, received, b)
	case whole || bid != k.bids.best() || ask != k.asks.best():
		b.Ticks = append(b.Ticks, k.quote(p, received))
	}
}

// giveUp shows the newest ticker's quote instead of a book's, until a new book has come.
func (d *Decoder) giveUp(p *product, received market.Time, b *market.Batch) {
	k := &p.book
	k.whole = false
	if k.quoted {
		t := k.ticker
		t.Time, t.Received = max(t.Time, k.at), received // or it would be older than what it replaces
		b.Ticks = append(b.Ticks, t)
	}
	if d.again != nil && !p.rounded {
		d.again.Add(wanted{bookChannel, p})
	}
}

// quote publishes a ticker's quote, unless the book has it, or can be newer.
func (d *Decoder) quote(p *product, t market.Tick, b *market.Batch) {
	k := &p.book
	k.ticker, k.quoted = t, true
	switch {
	case !k.whole:
		b.Ticks = append(b.Ticks, t)
	case !k.fits(&t):
		k.at = max(k.at, t.Time)
		d.giveUp(p, t.Received, b)
	}
}
