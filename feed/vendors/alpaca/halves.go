package alpaca

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"

	"tickertape/feed/vendors"
)

// asker asks over REST for several symbols at once.
type asker struct{ *connection }

// question is a symbol that was asked for under a path.
type question struct {
	path string
	*instrument
}

// ask calls get for some symbols until it succeeds, the vendor refuses, or ctx ends; path is what get asks. A symbol that cannot be has
// the vendor refuse all: then ask calls get for each half, until that symbol is alone, and passes it to bad, if that is not nil. It is
// asked for alone under other paths, and not again under this one over this connection. ask returns the symbols that the vendor refuses
// for another reason, as one of the plan, and calls failed, if that is not nil, after each failure that is no refusal.
func (c asker) ask(ctx context.Context, path string, some []*instrument, get func(context.Context, []*instrument) error,
	bad func(*instrument, string), failed func()) (refused []*instrument) {
	for _, some := range c.groups(path, some) {
		vendors.Subscribe(some, func(some []*instrument) (v vendors.Verdict[*instrument], err error) {
			isBad := false
			denied := c.RetryUntilRefused(ctx, func(ctx context.Context) error {
				err := get(ctx, some)
				if v.Reason, isBad = badSymbol(err); isBad {
					return nil
				}
				return err
			}, failed)
			if denied {
				refused = append(refused, some...)
			}
			if !isBad {
				v.Accepted = some
			}
			return v, context.Cause(ctx)
		}, func(in *instrument, reason string) {
			c.badMu.Lock()
			c.bad[question{path, in}], c.bad[question{"", in}] = true, true
			c.badMu.Unlock()
			c.env.Faults.Note(name, vendors.Bad(vendors.BadSymbol, "symbols: %q is refused: %.100s", in.Symbol, reason))
			if bad != nil {
				bad(in, reason)
			}
		})
	}
	return refused
}

// groups are the symbols that are asked for together: all but those that were refused under another path, each of which is alone. Those
// that were refused under this one are left out.
func (c asker) groups(path string, some []*instrument) (groups [][]*instrument) {
	c.badMu.Lock()
	defer c.badMu.Unlock()
	var good []*instrument
	for _, in := range some {
		switch {
		case c.bad[question{path, in}]:
		case c.bad[question{"", in}]:
			groups = append(groups, []*instrument{in})
		default:
			good = append(good, in)
		}
	}
	return append([][]*instrument{good}, groups...)
}

// badSymbol is what the vendor says in the answer with which it refuses a request for a symbol in it.
func badSymbol(err error) (reason string, is bool) {
	var failed *vendors.StatusError
	if !errors.As(err, &failed) || failed.Code != http.StatusBadRequest || !strings.Contains(strings.ToLower(failed.Body), "symbol") {
		return "", false
	}
	var answer struct {
		Message string `json:"message"`
	}
	if json.Unmarshal([]byte(failed.Body), &answer) == nil && answer.Message != "" {
		return answer.Message, true
	}
	return failed.Body, true
}

// symbolsOf is what a query names symbols as.
func symbolsOf(some []*instrument) string {
	symbols := make([]string, len(some))
	for i, in := range some {
		symbols[i] = in.Symbol
	}
	return strings.Join(symbols, ",")
}
