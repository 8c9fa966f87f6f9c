package alpaca

import (
	"context"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"tickertape/feed/vendors"
)

// subscriber subscribes. A plan allows so many pairs of a symbol and one of the channels trades and quotes, 30 of the free one: 20
// symbols with both are 40. Which other channels count is not documented well, nor does the vendor ever say the number. A refusal
// leaves everything as it was. So trades of all symbols come first, then quotes while they fit, and last the rest.
type subscriber struct{ *connection }

// refusal is a symbol of which the vendor streams no channel, and why.
type refusal struct {
	*entry
	why reply
}

// all subscribes to all symbols, and returns those whose trades come.
func (s subscriber) all(ctx context.Context) (followed []*entry, err error) {
	followed, refused, err := s.channel(ctx, "trades", s.decoder.all)
	if err != nil {
		return nil, err
	}
	for _, r := range refused {
		s.refused(ctx, r)
	}
	quoted, refused, err := s.channel(ctx, "quotes", followed)
	if err != nil {
		return nil, err
	}
	s.without("quotes refused; trades come without them", "quotes", refused, len(followed)+len(quoted))
	if s.stocks != nil && s.stocks.market == us {
		if _, refused, err = s.channel(ctx, "statuses", followed); err != nil {
			return nil, err
		}
		s.without("halts refused; prices come without them", "statuses", refused, len(followed)+len(quoted))
	}
	return followed, nil
}

// channel adds symbols to a channel, as many as there is room for, in their order. The vendor adds nothing of a subscription that it
// refuses, and does not say which symbol is the reason, so it is asked for halves. From each refusal for want of room follows how
// many symbols fit at most: what cannot fit is not asked for.
func (s subscriber) channel(ctx context.Context, channel string, wanted []*entry) (accepted []*entry, refused []refusal, err error) {
	most, full := len(wanted), reply{}
	var last reply
	for some := range slices.Chunk(wanted, symbolsAtOnce) {
		_, err := vendors.Subscribe(some, func(some []*entry) (v vendors.Verdict[*entry], err error) {
			if len(accepted)+len(some) > most {
				last = full
				return v, nil
			}
			if last, err = s.ask(ctx, channel, some); err != nil {
				return v, err
			}
			switch {
			case last.kind == subscribed:
				v.Accepted = some
				accepted = append(accepted, some...)
			case last.code == symbolLimit:
				most, full = len(accepted)+len(some)-1, last
			case last.code == wrongAction || last.code == noPlan: // of the channel: no half of it is accepted
				v.Refused = some
			}
			return v, nil
		}, func(e *entry, _ string) { refused = append(refused, refusal{e, last}) })
		if err != nil {
			return nil, nil, err
		}
	}
	return accepted, refused, nil
}

// ask asks for a channel of some symbols and waits for the reply: that they are subscribed to, or the vendor's error.
func (s subscriber) ask(ctx context.Context, channel string, some []*entry) (is reply, err error) {
	if err := s.Write(ctx, subscription(some, channel)); err != nil {
		return is, err
	}
	return is, s.await(ctx, "subscribe", func(a reply) (bool, error) {
		switch {
		case a.kind == subscribed:
			is = a
			return true, nil
		case a.kind == failure && (a.breaks() == nil || a.code == noPlan && channel == "statuses"):
			if is = a; a.code != symbolLimit {
				s.env.Faults.Note(name, a.fault())
			}
			return true, nil
		}
		return false, s.heed(ctx, a)
	})
}

// subscription adds symbols to a channel; it changes nothing for those that are in.
func subscription(symbols []*entry, channel string) []byte {
	text := append(append([]byte(`{"action":"subscribe","`), channel...), `":[`...)
	for i, e := range symbols {
		if i > 0 {
			text = append(text, ',')
		}
		text, _ = jsontext.AppendQuote(text, e.Symbol) // it is UTF-8, or it were no symbol
	}
	return append(text, `]}`...)
}

// refused publishes that the vendor does not stream a symbol.
func (s subscriber) refused(ctx context.Context, r refusal) {
	reason := fmt.Sprintf("%d %s", r.why.code, r.why.text)
	if r.why.code == symbolLimit {
		reason += ": the plan has no room for its trades"
	} else {
		s.env.Faults.Note(name, vendors.Bad(vendors.BadSymbol, "symbol: %q is refused: %d %.100q", r.Symbol, r.why.code, r.why.text))
	}
	s.MarkUnavailable(ctx, r.Instrument, reason)
}

// without logs which symbols the vendor streams no channel of, once for the same ones. room is how many pairs of a symbol and a
// channel there are.
func (s subscriber) without(what, channel string, refused []refusal, room int) {
	if len(refused) == 0 {
		return
	}
	symbols := make([]string, len(refused))
	for i, r := range refused {
		symbols[i] = r.Symbol
	}
	s.mu.Lock()
	isNew := !slices.Equal(s.lacking[channel], symbols)
	s.lacking[channel] = symbols
	s.mu.Unlock()
	if !isNew {
		return
	}
	why := refused[0].why
	args := []any{vendors.KeySource, name, vendors.KeyChannel, channel, vendors.KeyCount, len(symbols), vendors.KeySymbols, symbols,
		vendors.KeyCode, why.code, vendors.KeyReason, why.text}
	if why.code == symbolLimit {
		args = append(args, keyLimit, room)
	}
	s.env.Log.Warn(what, args...)
}

// keyLimit is how many pairs of a symbol and a channel the plan allows.
const keyLimit = "limit"
