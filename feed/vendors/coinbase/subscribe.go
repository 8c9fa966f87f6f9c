package coinbase

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"tickertape/feed"
	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

// answerTime is how long an answer to a subscription may take.
const answerTime = 10 * time.Second

// begin subscribes to all channels, and tends the products that the vendor has once their trades stream.
func (l *line) begin(ctx context.Context) error {
	trades := l.api.channels[0]
	products, err := l.subscribe(ctx, trades, l.decoder.all, func(p *product, why string) { l.refuse(p, trades, why) })
	if err != nil {
		return err
	}
	l.judge(l.decoder.all, products)
	if len(products) == 0 {
		return feed.Breakf(feed.Refused, "subscribe to %s at %s: it has none of the products", trades.name, l.conn.Where())
	}
	for _, p := range products {
		l.group.Go(func() error {
			l.tend(ctx, p)
			return nil
		})
	}
	for _, ch := range l.api.channels[1:] {
		asked := products
		if ch.whole {
			asked = nil
		}
		lacks := func(why string) {
			if ctx.Err() == nil && l.expel(ch.name) {
				l.env.Log.Warn("coinbase refuses a channel; prices come without it", "channel", ch.name, "message", why)
			}
		}
		_, err := l.subscribe(ctx, ch, asked, func(p *product, why string) { lacks(fmt.Sprintf("%s: %.200s", p.name, why)) })
		if err != nil { // a connection that has ended shows where it is read
			lacks(err.Error())
		}
	}
	return nil
}

// judge says that there are no prices of those products that are not among the good ones, and that there are
// again of those that were refused before.
func (l *line) judge(products, good []*product) {
	var b market.Batch
	now := market.TimeOf(time.Now())
	for _, p := range products {
		state := market.Live
		if !slices.Contains(good, p) {
			state = market.Down
			l.decoder.leaveOut(p)
		} else if !l.readmit(p.name) {
			continue
		}
		b.Ticks = append(b.Ticks, market.Tick{Symbol: p.id, Kind: market.KindState, State: state, Received: now})
	}
	if len(b.Ticks) > 0 {
		l.opening.Publish(b)
	}
}

// subscribe asks for a channel and returns the products that are subscribed to then; refused gets the others. An
// error does not always say which product it is about: then it is looked for in halves.
func (l *line) subscribe(ctx context.Context, ch channel, products []*product, refused func(*product, string)) (good []*product, err error) {
	a, err := l.ask(ctx, ch, products)
	if err != nil {
		return nil, err
	}
	if a.refusal == "" {
		for _, p := range products {
			if l.has(a, ch, p) {
				good = append(good, p)
			} else {
				refused(p, "it is not among those that are subscribed to")
			}
		}
		return good, nil
	}
	var named, rest []*product
	for _, p := range products {
		if names(a.refusal, p.name) {
			named = append(named, p)
		} else {
			rest = append(rest, p)
		}
	}
	if len(named) == 0 {
		about := strings.ToLower(a.refusal)
		switch n := len(products); {
		case n == 0 || !strings.Contains(about, "product") && !strings.Contains(about, "delisted"):
			return nil, feed.Breakf(feed.Refused, "subscribe to %s at %s: it says %.200q", ch.name, l.conn.Where(), a.refusal)
		case n == 1:
			named, rest = products, nil
		default:
			if good, err = l.subscribe(ctx, ch, products[:n/2], refused); err != nil {
				return nil, err
			}
			rest = products[n/2:]
		}
	}
	for _, p := range named {
		refused(p, a.refusal)
	}
	if len(rest) == 0 {
		return good, nil
	}
	more, err := l.subscribe(ctx, ch, rest, refused)
	return append(good, more...), err
}

// names tells whether a text has a product's name as a word of its own.
func names(text, product string) bool {
	for _, word := range strings.FieldsFunc(text, func(r rune) bool {
		return (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-'
	}) {
		if word == product {
			return true
		}
	}
	return false
}

// refuse counts a product that the vendor does not have, and logs it once.
func (l *line) refuse(p *product, ch channel, why string) {
	l.env.Faults.Count(name, vendors.BadSymbol, fmt.Errorf("subscribe to %s of %s: %.200s", ch.name, p.name, why))
	if l.expel(p.name) {
		l.env.Log.Warn("coinbase refuses a symbol", "symbol", p.name, "channel", ch.name, "message", fmt.Sprintf("%.200s", why))
	}
}

// has tells whether an answer confirms a channel of a product; without one, the channel.
func (l *line) has(a answer, ch channel, p *product) bool {
	told, subscribed := a.channels[ch.name]
	return subscribed && (p == nil || told[p.name] || told[twin(p.name)])
}

// ask sends one request and waits for its answer: a refusal, or a list that has all that was asked for. Where
// there is none such, it is the last list that has the channel.
func (l *line) ask(ctx context.Context, ch channel, products []*product) (answer, error) {
	wanted := make([]string, len(products))
	for i, p := range products {
		wanted[i] = p.name
	}
	text, err := json.Marshal(l.api.subscribe(ch, wanted))
	if err != nil {
		return answer{}, fmt.Errorf("subscribe to %s: %w", ch.name, err)
	}
	for len(l.answers) > 0 {
		<-l.answers // to an earlier request
	}
	if err := l.conn.Write(ctx, text); err != nil {
		return answer{}, err
	}
	timer := time.NewTimer(answerTime)
	defer timer.Stop()
	var partial *answer
	for {
		select {
		case <-ctx.Done():
			return answer{}, context.Cause(ctx)
		case a := <-l.answers:
			if a.refusal != "" || l.hasAll(a, ch, products) {
				return a, nil
			}
			if l.has(a, ch, nil) {
				partial = &a
			}
		case <-timer.C:
			if partial != nil {
				return *partial, nil
			}
			return answer{}, feed.Breakf(feed.Lost, "subscribe to %s at %s: no answer within %v", ch.name, l.conn.Where(), answerTime)
		}
	}
}

func (l *line) hasAll(a answer, ch channel, products []*product) bool {
	if len(products) == 0 {
		return l.has(a, ch, nil)
	}
	return !slices.ContainsFunc(products, func(p *product) bool { return !l.has(a, ch, p) })
}
