package coinbase

import (
	"fmt"
	"slices"

	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

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
		b.Pulse = true
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
		a, readable := answer{channels: map[string]map[string]bool{}}, true
		d.events(m.events, func(f *fields) { readable = d.subscribed(f.subscribed, a.channels) && readable })
		if readable {
			d.answers.Tell(a)
		}
	default:
		d.faults.Count(name, vendors.Unknown, fmt.Errorf("channel: %.40q is not known", channel))
	}
}

// count looks whether messages are missing before this one.
func (d *Decoder) count(number vendors.Value, b *market.Batch) {
	const mostLost = 1_000_000 // a million messages do not get lost in a connection that stands
	n, err := number.Uint("sequence_num")
	if err != nil {
		d.note(err)
		return
	}
	switch {
	case !d.numbered || n == d.next:
	case n > d.next && n-d.next <= mostLost:
		b.Lost += int(n - d.next)
		for _, p := range d.all { // nothing tells what they were about
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
				t.of.Publish(&t.Trade, vendors.Late, received, b)
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
