package coinbase

import (
	"fmt"

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
		at, err := m.time.Time("time") // of the last trade; the book has none
		if err != nil {
			d.note(err)
			return
		}
		d.ticker(m, p, at, received, b)
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

// heartbeat compares the last trade with the one that it should be. A trade that was just made may be on its
// way, so that it is missing only when the next heartbeat finds it missing still.
func (d *Decoder) heartbeat(m *fields, received market.Time, b *market.Batch) {
	b.Pulse = true
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
	newest := p.Trades.Newest()
	if late := p.ahead; late > newest {
		lost, err := p.Trades.Expect(late, at)
		d.note(err)
		if lost > 0 {
			b.Lost += lost
			p.Ask()
		}
		p.ahead, newest = 0, p.Trades.Newest()
	}
	if newest != 0 && last > newest {
		p.ahead = last
		return
	}
	if p.confirmed() {
		alive(p, at, received, b)
	}
}

// confirm decodes all that is subscribed to: a list of channels with their products.
func (d *Decoder) confirm(v vendors.Value) {
	a := answer{channels: map[string]map[string]bool{}}
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
	d.answers.Tell(a)
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
	d.answers.Tell(answer{refusal: text})
}
