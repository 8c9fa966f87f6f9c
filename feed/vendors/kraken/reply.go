package kraken

import (
	"fmt"
	"strings"

	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

// reply is the vendor's reply to a subscription to one pair, or to a channel of no pair.
type reply struct {
	request uint64 // 0: it does not say
	pair    string // "": none
	refusal string // why the vendor refuses; "": it accepts
}

// trouble is why a vendor refuses a request though the request is good.
type trouble uint8

const (
	none        trouble = iota
	tooFast             // there were too many messages: the request is lost
	maintenance         // the exchange, or a pair, is in maintenance
)

// troubles are words in the vendor's errors.
var troubles = []struct {
	word string
	is   trouble
}{
	{"exceeded msg rate", tooFast}, {"rate limit", tooFast}, {"too many requests", tooFast},
	{"eservice:", maintenance}, {"maintenance", maintenance}, {"cancel_only", maintenance}, {"post_only", maintenance},
	{"temporarily unavailable", maintenance},
}

// troubleOf is what a refusal tells beside that a request is refused.
func troubleOf(refusal string) trouble {
	refusal = strings.ToLower(refusal)
	for _, t := range troubles {
		if strings.Contains(refusal, t.word) {
			return t.is
		}
	}
	return none
}

// reply decodes a reply.
func (d *Decoder) reply(m *message, received market.Time, b *market.Batch) {
	method, err := m.method.Bytes("method")
	if err != nil {
		d.note(err)
		return
	}
	if m.sent.Known() {
		sent, err := m.sent.Time("time_out")
		d.note(err)
		d.skew.Note(sent, received) // 0 is no time
	}
	switch string(method) {
	case "pong":
		b.Alive = true
	case "subscribe":
		d.note(d.confirm(m))
	default:
		d.faults.Count(name, vendors.Unknown, fmt.Errorf("method: %.40q is not known", method))
	}
}

// confirm decodes the reply to a subscription.
func (d *Decoder) confirm(m *message) (err error) {
	if m.failure.Known() || string(m.success.Raw()) != "true" {
		return d.refuse(m)
	}
	var a reply
	if a.request, err = request(m); err != nil {
		return err
	}
	if m.result.Known() {
		d.items.Reset(m.result.Raw())
		d.item.read(&d.items)
		if err := d.items.End(); err != nil {
			return err
		}
		if d.item.symbol.Known() {
			if a.pair, err = d.item.symbol.String("symbol"); err != nil {
				return err
			}
		}
	}
	d.replies.Put(a)
	return nil
}

// refuse decodes an error, which is about one pair if it names one.
func (d *Decoder) refuse(m *message) (err error) {
	var a reply
	if a.request, err = request(m); err != nil {
		return err
	}
	if a.refusal, err = m.failure.String("error"); err != nil || a.refusal == "" {
		a.refusal = "an error without a message"
	}
	if m.symbol.Known() {
		if a.pair, err = m.symbol.String("symbol"); err != nil {
			return err
		}
	} else {
		a.pair = d.named(a.refusal)
	}
	if strings.Contains(strings.ToLower(a.refusal), "already subscribed") { // by a request that seemed to be lost
		a.refusal = ""
		d.replies.Put(a)
		return nil
	}
	d.replies.Put(a)
	if d.pairs[a.pair] != nil && troubleOf(a.refusal) == none {
		return vendors.Bad(vendors.BadSymbol, "symbol: %s: %.200q", a.pair, a.refusal)
	}
	return vendors.Bad(vendors.Failed, "error: %.200q", a.refusal)
}

// named is the pair whose name stands in a text as a word of its own; "" where there is none.
func (d *Decoder) named(text string) string {
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" ,;:'\"[]()", r) }) {
		if d.pairs[word] != nil {
			return word
		}
	}
	return ""
}

// request is the number of the request that a message answers; 0 where it does not say.
func request(m *message) (uint64, error) {
	if !m.request.Known() {
		return 0, nil
	}
	return m.request.Uint("req_id")
}
