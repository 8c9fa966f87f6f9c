package kraken

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/go-json-experiment/json"

	"tickertape/feed"
	"tickertape/feed/market"
)

const (
	// answerTime is how long the answers to a subscription may take.
	answerTime = 10 * time.Second
	// perMessage is how many pairs are asked for at once.
	perMessage = 100
)

// subscription is what is asked for.
type subscription struct {
	Channel  string   `json:"channel"`
	Symbols  []string `json:"symbol,omitempty"`
	Snapshot bool     `json:"snapshot"`
	Trigger  string   `json:"event_trigger,omitempty"`
	Tokens   bool     `json:"include_tokenized_assets,omitzero"`
}

// subscribe asks for a channel of pairs and returns those that are subscribed to then; no pairs are a channel of all.
func (l *line) subscribe(ctx context.Context, s subscription, pairs []*pair) (good []*pair, err error) {
	if len(pairs) == 0 {
		return nil, l.ask(ctx, s, nil, &good)
	}
	for some := range slices.Chunk(pairs, perMessage) {
		s.Symbols = nil
		for _, p := range some {
			s.Symbols = append(s.Symbols, p.name)
		}
		if err := l.ask(ctx, s, some, &good); err != nil {
			return nil, err
		}
	}
	return good, nil
}

// ask sends one request and waits for its answers, one for each pair.
func (l *line) ask(ctx context.Context, s subscription, pairs []*pair, good *[]*pair) error {
	l.request++
	text, err := json.Marshal(struct {
		Method string       `json:"method"`
		Params subscription `json:"params"`
		ID     uint64       `json:"req_id"`
	}{"subscribe", s, l.request})
	if err != nil {
		return fmt.Errorf("subscribe to %s: %w", s.Channel, err)
	}
	if err := l.conn.Write(ctx, text); err != nil {
		return err
	}
	timer := time.NewTimer(answerTime)
	defer timer.Stop()
	for waiting := slices.Clone(pairs); ; {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case a := <-l.answers:
			if a.request != 0 && a.request != l.request {
				continue
			}
			i := slices.IndexFunc(waiting, func(p *pair) bool { return p.name == a.pair })
			switch {
			case i >= 0 && a.refusal == "":
				*good = append(*good, waiting[i])
			case i >= 0:
				l.env.Log.Debug("kraken refuses a pair", "pair", a.pair, "channel", s.Channel, "message", a.refusal)
			case a.refusal != "":
				return feed.Breakf(feed.Refused, "subscribe to %s at %s: it says %.200q", s.Channel, l.conn.Where(), a.refusal)
			case len(pairs) > 0:
				continue
			}
			if i >= 0 {
				waiting = slices.Delete(waiting, i, i+1)
			}
			if len(waiting) == 0 {
				return nil
			}
		case <-timer.C:
			return feed.Breakf(feed.Lost, "subscribe to %s at %s: no answer within %v", s.Channel, l.conn.Where(), answerTime)
		}
	}
}

// judge says that there are no prices of those pairs that are not among the good ones, and that there are again of
// those that were refused before.
func (l *line) judge(good []*pair) {
	var b market.Batch
	now := market.TimeOf(time.Now())
	for _, p := range l.decoder.all {
		lacks := !slices.Contains(good, p)
		if !l.expel(p.name, lacks) {
			continue
		}
		state := market.Live
		if lacks {
			state = market.Down
			l.env.Log.Warn("kraken does not have a pair", "pair", p.name)
		}
		b.Ticks = append(b.Ticks, market.Tick{Symbol: p.id, Kind: market.KindState, State: state, Received: now})
	}
	if len(b.Ticks) > 0 {
		l.opening.Publish(b)
	}
}
