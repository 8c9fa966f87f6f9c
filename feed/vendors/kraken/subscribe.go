package kraken

import (
	"context"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json"

	"tickertape/feed"
	"tickertape/feed/vendors"
)

// subscription is what is asked for.
type subscription struct {
	Channel  string   `json:"channel"`
	Symbols  []string `json:"symbol,omitempty"`
	Snapshot bool     `json:"snapshot"`
	Trigger  string   `json:"event_trigger,omitempty"`
	Tokens   bool     `json:"include_tokenized_assets,omitzero"`
}

// subscribe asks for a channel of pairs and returns the accepted ones. Without pairs it is a channel of all pairs.
func (c *connection) subscribe(ctx context.Context, s subscription, pairs []*pair) (accepted []*pair, err error) {
	if len(pairs) == 0 {
		_, err := c.ask(ctx, s, nil)
		return nil, err
	}
	for some := range slices.Chunk(pairs, perMessage) {
		s.Symbols = nil
		for _, p := range some {
			s.Symbols = append(s.Symbols, p.Symbol)
		}
		good, err := c.ask(ctx, s, some)
		if err != nil {
			return nil, err
		}
		accepted = append(accepted, good...)
	}
	return accepted, nil
}

// ask sends one request and waits for its answers, one for each pair.
func (c *connection) ask(ctx context.Context, s subscription, pairs []*pair) (accepted []*pair, err error) {
	c.request++
	text, err := json.Marshal(struct {
		Method string       `json:"method"`
		Params subscription `json:"params"`
		ID     uint64       `json:"req_id"`
	}{"subscribe", s, c.request})
	if err != nil {
		return nil, fmt.Errorf("subscribe to %s: %w", s.Channel, err)
	}
	if err := c.Write(ctx, text); err != nil {
		return nil, err
	}
	what := fmt.Sprintf("subscribe to %s at %s", s.Channel, c.Where())
	waiting := slices.Clone(pairs)
	err = c.decoder.replies.Await(ctx, 0, what, func(a reply) (bool, error) {
		if a.request != 0 && a.request != c.request {
			return false, nil
		}
		i := slices.IndexFunc(waiting, func(p *pair) bool { return p.Symbol == a.pair })
		switch {
		case i >= 0:
			if a.refusal == "" {
				accepted = append(accepted, waiting[i])
			} else {
				c.env.Log.Debug("channel of a symbol refused", vendors.KeySource, name, vendors.KeySymbol, a.pair,
					vendors.KeyChannel, s.Channel, vendors.KeyReason, a.refusal)
			}
			waiting = slices.Delete(waiting, i, i+1)
		case a.refusal != "":
			return false, feed.Breakf(feed.Refused, "%s: the vendor says %.200q", what, a.refusal)
		case len(pairs) > 0:
			return false, nil
		}
		return len(waiting) == 0, nil
	})
	return accepted, err
}
