package broadcast

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"tickertape/feed/market"
)

// A poll is woken by the frames of its watch, so what it has not asked for does not touch it. In real time a flush
// that takes long would wake it, too.
func TestPollsSleepThroughWhatTheyDidNotAskFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serveOver(t, network{pipe: true}, nil)
		s.trade("AAPL", "10")
		done := make(chan error, 2)
		for _, query := range []string{"symbols=AAPL&fields=st", "symbols=QUIET"} {
			go func() { done <- s.poll(t.Context(), "wait=10s&since="+s.board.Position().String()+"&"+query, nil) }()
		}
		until(t, "both wait", func() bool { return s.pollsWaiting() == 2 })
		looks := testutil.ToFloat64(s.metrics.gone.WithLabelValues(LongPoll.String(), "answered"))
		before := s.polled()
		for i := range 20 {
			s.trade("AAPL", fmt.Sprint(20+i))
		}
		synctest.Wait()
		if after := s.polled(); !maps.Equal(after, before) ||
			testutil.ToFloat64(s.metrics.gone.WithLabelValues(LongPoll.String(), "answered")) != looks {
			t.Errorf("%v wait after 20 flushes that do not concern them, want %v as before", after, before)
		}
		s.Apply(market.Batch{Status: &market.Status{State: market.Stale, Since: 2}})
		if err := <-done; err != nil {
			t.Errorf("answered with %v", err)
		}
		s.trade("QUIET", "5")
		if err := <-done; err != nil {
			t.Errorf("answered with %v", err)
		}
		until(t, "nobody waits", func() bool { return s.pollsWaiting() == 0 && s.left() == "" })
	})
}

// The same for bars and trades: a trade that no bar counts is for those who follow the trades.
func TestPollsWakeForTheBarsAndTradesThatTheyAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serveOver(t, network{pipe: true}, nil)
		s.trade("AAPL", "10")
		since := s.board.Position().String()
		answered := map[string]chan string{}
		poll := func(query string) {
			done := make(chan string, 1)
			answered[query] = done
			go func() {
				var messages strings.Builder
				if err := s.poll(t.Context(), "wait=30s&since="+since+"&"+query, &messages); err != nil {
					done <- err.Error()
					return
				}
				done <- messages.String()
			}()
		}
		const bars, trades, mixed, others = "bars=AAPL&interval=1s", "trades=AAPL", "symbols=QUIET&bars=MSFT&trades=AAPL",
			"bars=MSFT,QUIET&interval=1m&trades=MSFT"
		for _, query := range []string{bars, trades, mixed, others} {
			poll(query)
		}
		until(t, "all wait", func() bool { return s.pollsWaiting() == 4 })
		expect := func(when string, want map[string]string) {
			t.Helper()
			synctest.Wait()
			for query, done := range answered {
				select {
				case body := <-done:
					delete(answered, query)
					if part, expected := want[query]; !expected || !strings.Contains(body, part) {
						t.Errorf("%s: %s is answered with %s, want %q", when, query, body, part)
					}
				default:
					if _, expected := want[query]; expected {
						t.Errorf("%s: %s still waits", when, query)
					}
				}
			}
		}
		tick := func(id market.SymbolID, flags market.Flags) {
			s.Apply(market.Batch{Ticks: []market.Tick{stamped(market.Tick{Symbol: id, ID: 7, Kind: market.KindTrade, Flags: flags,
				Price: market.Scale, Size: market.Units(1)})}})
			time.Sleep(time.Second)
		}
		tick(0, 0)
		expect("a trade that no bar counts", map[string]string{trades: `{"type":"trades"`, mixed: `{"type":"trades"`})
		tick(0, market.Regular)
		expect("a trade", map[string]string{bars: `{"type":"bars"`})
		tick(1, market.Regular)
		expect("a trade of another symbol", map[string]string{others: `{"type":"trades"`})
		since = s.board.Position().String()
		poll(trades)
		poll(bars)
		poll(others)
		until(t, "all wait", func() bool { return s.pollsWaiting() == 3 })
		s.Apply(market.Batch{Corrections: []market.Correction{{Symbol: 1, ID: 7,
			Old: market.Print{Price: market.Scale, Size: market.Units(1), Flags: market.Regular}}}})
		time.Sleep(time.Second)
		expect("a correction", map[string]string{others: `"st":"cancelled"`})
		s.Apply(market.Batch{Ticks: []market.Tick{{Kind: market.KindSession, Time: 1}}})
		time.Sleep(time.Second)
		expect("a recording that begins anew", map[string]string{trades: `"reset":true`, bars: `"reset":true`})
		until(t, "nobody waits", func() bool { return s.left() == "" })
	})
}

func (s *served) pollsWaiting() int {
	all := 0
	for _, n := range s.polled() {
		all += n
	}
	return all
}

// polled are the watches that polls wait for, with how many do. Whoever is woken and waits again has another watch.
func (s *served) polled() map[*watch]int {
	said := make(chan map[*watch]int, len(s.shards))
	for _, sh := range s.shards {
		sh.post(func() {
			here := map[*watch]int{}
			for _, x := range sh.watches.byKey {
				if n := len(x.polls); n > 0 {
					here[x] = n
				}
			}
			said <- here
		})
	}
	all := map[*watch]int{}
	for range s.shards {
		maps.Copy(all, <-said)
	}
	return all
}
