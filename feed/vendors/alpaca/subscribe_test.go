package alpaca

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tickertape/feed/market"
	"tickertape/feed/vendors/alpaca/alpacatest"
	"tickertape/feed/vendors/vendortest"
)

// subscriptions are what clients of a path have asked for.
func subscriptions(m *venue, path string) (asked []string) {
	for _, text := range m.Messages(path) {
		if rest, found := strings.CutPrefix(text, `{"action":"subscribe",`); found {
			asked = append(asked, strings.TrimSuffix(rest, "}"))
		}
	}
	return asked
}

// dealIn trades and quotes every symbol, and returns which are live, which have a quote, and which are down.
func dealIn(m *venue, w *vendortest.Watcher, symbols []string) (live, quoted, down []string) {
	for _, s := range symbols {
		m.Trade(s, "101", time.Now())
		at := time.Now().UTC().Format(time.RFC3339Nano)
		m.Send("quotes", s, fmt.Sprintf(`{"T":"q","S":%q,"bx":"V","bp":100.9,"bs":1,"ax":"V","ap":101.1,"as":1,"c":["R"],"z":"C","t":%q}`, s, at))
	}
	vendortest.Wait(time.Second)
	for _, s := range symbols {
		q := w.Quote(s)
		if q.State == market.Live && q.Price.String() == "101" {
			live = append(live, s)
		}
		if q.State == market.Down {
			down = append(down, s)
		}
		if q.Set&market.FieldBid != 0 {
			quoted = append(quoted, s)
		}
	}
	return live, quoted, down
}

func (m *venue) snapshots(symbols []string) {
	for _, s := range symbols {
		m.Snapshot(s, shot(time.Now(), "100", "99"))
	}
}

// The free plan has 30 pairs of a symbol and a channel: trades of all 20, and quotes of the first ten.
func TestTheDefaultListFitsTheFreePlan(t *testing.T) {
	inSession(t, func(t *testing.T, m *venue) {
		symbols, _ := split(DefaultConfig().Symbols)
		m.snapshots(symbols)
		w := vendortest.Watch(t, m.env, m.open(symbols...), silence)
		vendortest.Wait(5 * time.Second)
		live, quoted, down := dealIn(m, w, symbols)
		if len(live) != 20 || !slices.Equal(quoted, symbols[:10]) || len(down) != 0 {
			t.Errorf("live %q\nquoted %q\ndown %q", live, quoted, down)
		}
		if got := subscriptions(m, "/v2/iex"); len(got) > 8 {
			t.Errorf("%d requests: %q", len(got), got)
		}
		m.Break(alpacatest.SlowClient)
		vendortest.Wait(10 * time.Second)
		if live, quoted, down = dealIn(m, w, symbols); len(live) != 20 || len(quoted) != 10 || len(down) != 0 {
			t.Errorf("on the next connection: live %q\nquoted %q\ndown %q", live, quoted, down)
		}
		const want = `msg="quotes refused; trades come without them" source=alpaca channel=quotes count=10 ` +
			`symbols="[XOM UNH WMT JNJ PG HD KO DIS BA CAT]" code=405 reason="symbol limit exceeded" limit=30`
		if n := strings.Count(m.Log.String(), want); n != 1 {
			t.Errorf("it is logged %d times:\n%s", n, m.Log.String())
		}
		if strings.Contains(m.Log.String(), "halts refused") {
			t.Error("halts were refused")
		}
	})
}

func TestMoreSymbolsThanThePlanAllowsHaveTradesWhileTheyFit(t *testing.T) {
	inSession(t, func(t *testing.T, m *venue) {
		var symbols []string
		for i := range 37 {
			symbols = append(symbols, fmt.Sprintf("S%c%c", 'A'+i/26, 'A'+i%26))
		}
		m.snapshots(symbols)
		cfg := DefaultConfig()
		cfg.Symbols, cfg.MaxSymbols = symbols, 40
		w := vendortest.Watch(t, m.env, vendortest.Open(t, cfg, m.env, Open), silence)
		vendortest.Wait(5 * time.Second)
		live, quoted, down := dealIn(m, w, symbols)
		if !slices.Equal(live, symbols[:30]) || len(quoted) != 0 || !slices.Equal(down, symbols[30:]) {
			t.Errorf("live %q\nquoted %q\ndown %q", live, quoted, down)
		}
		if n := strings.Count(m.Log.String(), `reason="405 symbol limit exceeded: the plan has no room for its trades"`); n != 7 {
			t.Errorf("it is logged of %d symbols", n)
		}
		if got := subscriptions(m, "/v2/iex"); len(got) > 16 {
			t.Errorf("%d requests: %q", len(got), got)
		}
	})
}

// Whether statuses count is not documented.
func TestEveryWayOfCountingIsLivedWith(t *testing.T) {
	symbols, _ := split(DefaultConfig().Symbols)
	for name, test := range map[string]struct {
		limit    int
		channels []string
		quoted   int
		halts    int
	}{
		"trades alone":                {20, []string{"trades"}, 20, 20},
		"trades, quotes and statuses": {45, []string{"trades", "quotes", "statuses"}, 20, 5},
		"all three, and few":          {30, []string{"trades", "quotes", "statuses"}, 10, 0},
		"nothing":                     {1, []string{"bars"}, 20, 20},
		"room for no quote":           {20, []string{"trades", "quotes"}, 0, 20},
		"room for one":                {21, []string{"trades", "quotes"}, 1, 20},
		"room for all but one":        {39, []string{"trades", "quotes"}, 19, 20},
	} {
		t.Run(name, func(t *testing.T) {
			inSession(t, func(t *testing.T, m *venue) {
				m.Limit(test.limit, test.channels...)
				m.snapshots(symbols)
				w := vendortest.Watch(t, m.env, m.open(symbols...), silence)
				vendortest.Wait(5 * time.Second)
				live, quoted, down := dealIn(m, w, symbols)
				if len(live) != 20 || len(down) != 0 || !slices.Equal(quoted, symbols[:test.quoted]) {
					t.Errorf("live %q\nquoted %q\ndown %q", live, quoted, down)
				}
				halted := 0
				for _, s := range symbols {
					m.Send("statuses", s, fmt.Sprintf(`{"T":"s","S":%q,"sc":"H","rc":"T12","t":%q,"z":"C"}`, s, time.Now().UTC().Format(time.RFC3339Nano)))
					vendortest.Wait(time.Second)
					if w.Quote(s).State == market.Halted {
						halted++
					}
				}
				if halted != test.halts {
					t.Errorf("%d were halted, want %d", halted, test.halts)
				}
			})
		})
	}
}

// A quiet feed is asked for a sign of life by a symbol that the vendor has.
func TestASymbolThatIsRefusedIsNoSignOfLife(t *testing.T) {
	inSession(t, func(t *testing.T, m *venue) {
		m.snapshots([]string{"AAPL"})
		w := vendortest.Watch(t, m.env, m.open("C?", "AAPL"), silence)
		vendortest.Wait(time.Minute)
		if got := w.Metric("tickertape_feed_bad_messages_total", "source", "alpaca", "kind", "request"); got > 5 {
			t.Errorf("%v refusals within a minute", got)
		}
		if got := subscriptions(m, "/v2/iex"); got[len(got)-1] != `"trades":["AAPL"]` {
			t.Errorf("asked %q", got[len(got)-1])
		}
	})
}
