package binance

import (
	"bytes"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tickertape/feed"
	"tickertape/feed/market"
	"tickertape/feed/vendors"
	"tickertape/feed/vendors/vendortest"
)

// open makes a feed that follows symbols.
func open(t *testing.T, x *exchange, symbols ...string) (vendors.Env, []feed.Source) {
	t.Helper()
	cfg := DefaultConfig()
	cfg.Symbols = symbols
	env := x.Env(t)
	return env, vendortest.Open(t, cfg, env, Open)
}

func TestLivesThroughAllMisbehaviour(t *testing.T) {
	vendortest.Misbehave(t, vendortest.Vendor{Symbol: "BTCUSDT", Start: func(t *testing.T) vendortest.Rig {
		x := newExchange(t, "BTCUSDT", "ETHUSDT")
		env, sources := open(t, x, "BTCUSDT", "ETHUSDT")
		return vendortest.Rig{Server: x.Server, Env: env, Sources: sources,
			Trade: func(price string, at time.Time) { x.trade("BTCUSDT", price, at, false) }}
	}})
}

// bitcoin is an exchange that has only that, and a feed that follows it.
func bitcoin(t *testing.T) vendortest.Numbered {
	const symbol = "BTCUSDT"
	x := newExchange(t, symbol)
	env, sources := open(t, x, symbol)
	trade := func(price string, at time.Time) { x.trade(symbol, price, at, false) }
	return vendortest.Numbered{Rig: vendortest.Rig{Server: x.Server, Env: env, Sources: sources, Trade: trade}, Symbol: symbol, Size: 1,
		Requests: 2, Lose: func(price string, at time.Time) { x.trade(symbol, price, at, true) }}
}

func TestDayIsWholeThoughItIsJoinedInTheMidst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		vendortest.Wednesday(12)
		x := bitcoin(t)
		w := vendortest.JoinDay(t, x, 12*time.Hour+30*time.Minute)
		q := w.Quote(x.Symbol)
		if d := x.Env.Dir.Symbol(q.Symbol); d.Decimals != 2 || d.Currency != "USDT" || d.Name != "Bitcoin" {
			t.Errorf("record %+v", d)
		}
		time.Sleep(12*time.Hour + 3*time.Second) // midnight, and the calendar's grace
		synctest.Wait()
		if q := w.Quote("BTCUSDT"); q.PreviousClose.String() != "111" || !q.Volume.IsZero() {
			t.Errorf("the next day: %+v", q)
		}
	})
}

func TestLastDayStandsInUntilTheHoursCome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		vendortest.Wednesday(12)
		x := newExchange(t, "BTCUSDT")
		x.breaks(pathHours, 500)
		env, sources := open(t, x, "BTCUSDT")
		w := vendortest.WatchJoined(t, x.Server, env, sources, 2)
		x.tell("btcusdt@miniTicker", `{"e":"24hrMiniTicker","s":"BTCUSDT","c":"100","o":"90","h":"130","l":"70","v":"50","q":"5000"}`)
		x.trade("BTCUSDT", "101", time.Now(), false)
		vendortest.Within(t, 3*time.Second, "the last 24 hours", func() bool {
			q := w.Quote("BTCUSDT")
			return q.PreviousClose.String() == "90" && q.High.String() == "130"
		})
		x.breaks(pathHours, 0)
		vendortest.Within(t, 2*time.Minute, "the day", func() bool {
			q := w.Quote("BTCUSDT")
			return q.High.String() == "101" &&
				q.Volume == market.Units(1)
		})
	})
}

func TestMissingTradesAreAskedFor(t *testing.T) {
	for name, lost := range map[string]int{"a few": 3, "more than REST tells at once": 1500} {
		t.Run(name, func(t *testing.T) { vendortest.LoseTrades(t, lost, bitcoin) })
	}
}

func TestSymbolThatTheVendorDoesNotHaveIsDownAndTheOthersAreNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		vendortest.Wednesday(12)
		x := newExchange(t, "BTCUSDT", "ETHUSDT")
		env, sources := open(t, x, "BTCUSDT", "NOPEUSDT", "ETHUSDT")
		w := vendortest.Watch(t, env, sources, feed.DefaultConfig())
		vendortest.Within(t, 5*time.Second, "it is found", func() bool {
			x.trade("ETHUSDT", "10", time.Now(), false)
			return w.Quote("NOPEUSDT").State == market.Down && w.Quote("ETHUSDT").State == market.Live && w.Status().State == market.Live
		})
		x.mu.Lock()
		x.symbols["NOPEUSDT"] = &listed{status: "TRADING", next: 1}
		x.mu.Unlock()
		vendortest.Within(t, 2*time.Minute, "it is listed", func() bool {
			x.trade("NOPEUSDT", "1", time.Now(), false)
			return w.Quote("NOPEUSDT").State == market.Live && w.Quote("NOPEUSDT").Price.String() == "1"
		})
	})
}

func TestHaltsAreAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		vendortest.Wednesday(12)
		x := newExchange(t, "BTCUSDT", "ETHUSDT")
		env, sources := open(t, x, "BTCUSDT", "ETHUSDT")
		w := vendortest.Watch(t, env, sources, feed.DefaultConfig())
		both := func(state market.State) func() bool {
			return func() bool {
				x.trade("ETHUSDT", "10", time.Now(), false)
				if state == market.Live {
					x.trade("BTCUSDT", "100", time.Now(), false)
				}
				return w.Quote("BTCUSDT").State == state && w.Quote("ETHUSDT").State == market.Live
			}
		}
		vendortest.Within(t, 5*time.Second, "both are live", both(market.Live))
		x.set("BTCUSDT", func(y *listed) { y.status = "BREAK" })
		vendortest.Within(t, 70*time.Second, "one is halted", both(market.Halted))
		x.set("BTCUSDT", func(y *listed) { y.status = "TRADING" })
		vendortest.Within(t, 70*time.Second, "it trades again", both(market.Live))
	})
}

func TestQuietSymbolHasItsLastTrade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		vendortest.Wednesday(12)
		x := newExchange(t, "BTCUSDT")
		x.trade("BTCUSDT", "42", time.Now().Add(-time.Hour), false)
		env, sources := open(t, x, "BTCUSDT")
		w := vendortest.Watch(t, env, sources, feed.DefaultConfig())
		vendortest.Within(t, 10*time.Second, "the last trade", func() bool { return w.Quote("BTCUSDT").Price.String() == "42" })
		if q := w.Quote("BTCUSDT"); q.State == market.Live || q.Volume != market.Units(1) {
			t.Errorf("a price of an hour ago is %v, volume %v", q.State, q.Volume)
		}
	})
}

// The first trade of a connection may be told over REST before the stream tells it, or instead.
func TestFirstTradeCountsOnce(t *testing.T) {
	for name, streamed := range map[string]bool{"REST is ahead of the stream": true, "the stream has lost it": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				vendortest.Wednesday(12)
				x := newExchange(t, "BTCUSDT")
				env, sources := open(t, x, "BTCUSDT")
				w := vendortest.Watch(t, env, sources, feed.DefaultConfig())
				time.Sleep(quiet - 100*time.Millisecond)
				at := time.Now()
				x.trade("BTCUSDT", "42", at, true)
				vendortest.Within(t, time.Second, "REST is asked", func() bool {
					return slices.ContainsFunc(x.Requests(), func(r string) bool { return strings.HasPrefix(r, pathTrades) })
				})
				if streamed {
					x.tell("btcusdt@trade",
						fmt.Sprintf(`{"e":"trade","E":%[1]d,"s":"BTCUSDT","t":1000,"p":"42","q":"1","T":%[1]d,"m":true,"M":true}`, at.UnixMilli()))
				}
				vendortest.Within(t, 2*quiet, "it counts", func() bool { q := w.Quote("BTCUSDT"); return q.Count == 1 && q.Volume == market.Units(1) })
				time.Sleep(2 * quiet)
				synctest.Wait()
				if q := w.Quote("BTCUSDT"); q.Count != 1 || q.Price.String() != "42" {
					t.Errorf("%d trades, last %s; want one of 42", q.Count, q.Price)
				}
			})
		})
	}
}

func TestManySymbolsKeepTheLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		vendortest.Wednesday(12)
		var symbols []string
		for i := range 650 {
			symbols = append(symbols, fmt.Sprintf("C%dUSDT", i))
		}
		x := newExchange(t, symbols...)
		env, sources := open(t, x, symbols...)
		if len(sources) != 3 {
			t.Errorf("%d connections for 650 symbols, want 3", len(sources))
		}
		w := vendortest.Watch(t, env, sources, feed.DefaultConfig())
		vendortest.Within(t, time.Minute, "all are subscribed to", func() bool { return len(x.Follows()) == 650*3 })
		x.trade("C649USDT", "5", time.Now(), false)
		vendortest.Within(t, time.Second, "the last one trades", func() bool { return w.Quote("C649USDT").Price.String() == "5" })
		if n := w.Metric("tickertape_feed_breaks_total"); n != 0 {
			t.Errorf("%v breaks", n)
		}
	})
}

// TestLongSymbolsAreSubscribedTo has the longest symbols that there can be, of which some are in no list of the vendor.
func TestLongSymbolsAreSubscribedTo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		vendortest.Wednesday(12)
		symbols := []string{"BTCUSDT", illegalSymbol}
		for i := range perConnection - 2 {
			symbols = append(symbols, fmt.Sprintf("币安人生币安人生%04dUSDT", i))
		}
		x := newExchange(t, slices.DeleteFunc(slices.Clone(symbols), func(s string) bool { return s == illegalSymbol })...)
		env, sources := open(t, x, symbols...)
		w := vendortest.Watch(t, env, sources, feed.DefaultConfig())
		vendortest.Within(t, 10*time.Second, "all are subscribed to", func() bool { return len(x.Follows()) == perConnection*3 })
		last := symbols[perConnection-1]
		vendortest.Within(t, 30*time.Second, "they are live, and one is not", func() bool {
			x.trade(last, "5", time.Now(), false)
			q := w.Quote(last)
			return q.Price.String() == "5" && q.State == market.Live && w.Quote(illegalSymbol).State == market.Down
		})
		if n := w.Metric("tickertape_feed_breaks_total"); n != 0 {
			t.Errorf("%v breaks: %s", n, w.Why())
		}
	})
}

func TestSymbolOfAnyScriptIsFollowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		vendortest.Wednesday(12)
		const symbol = "币安人生USDT"
		x := newExchange(t, symbol)
		x.trade(symbol, "42", time.Now().Add(-time.Hour), false)
		env, sources := open(t, x, symbol)
		w := vendortest.Watch(t, env, sources, feed.DefaultConfig())
		vendortest.Within(t, 10*time.Second, "the hours and the last trade", func() bool {
			q := w.Quote(symbol)
			return q.Price.String() == "42" && q.Volume == market.Units(1)
		})
		x.trade(symbol, "43", time.Now(), false)
		vendortest.Within(t, time.Second, "a trade", func() bool { return w.Quote(symbol).Price.String() == "43" })
		if d := env.Dir.Symbol(0); d.Currency != "USDT" || d.Decimals != 2 {
			t.Errorf("record %+v", d)
		}
	})
}

func TestUnansweredSubscriptionIsALoss(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newExchange(t, "BTCUSDT")
		x.refusal = " " // which is no reply
		env, sources := open(t, x, "BTCUSDT")
		w := vendortest.Watch(t, env, sources, feed.DefaultConfig())
		vendortest.Within(t, 15*time.Second, "it says so", func() bool {
			return strings.HasPrefix(w.Why(), "subscribe, message 1 of 1, at wss://") && strings.Contains(w.Why(), "no answer within 10s")
		})
	})
}

func TestErrorsOverRESTNameTheSymbol(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		vendortest.Wednesday(12)
		x := newExchange(t, "BTCUSDT")
		x.breaks(pathHours, 500)
		env := x.Env(t)
		var log bytes.Buffer
		env.Faults = vendors.NewFaults(slog.New(slog.NewTextHandler(&log, nil)), prometheus.NewRegistry())
		sources := vendortest.Open(t, Config{URL: "wss://x", REST: "https://x", Symbols: []string{"BTCUSDT"}}, env, Open)
		vendortest.Watch(t, env, sources, feed.DefaultConfig())
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if !strings.Contains(log.String(), "BTCUSDT: get https://x"+pathHours) {
			t.Errorf("%s", &log)
		}
	})
}

func TestHoursOfASymbolThatTheVendorDoesNotHaveAreNotAskedForAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		vendortest.Wednesday(12)
		x := newExchange(t, "BTCUSDT")
		env, sources := open(t, x, "BTCUSDT", "NOPEUSDT")
		w := vendortest.Watch(t, env, sources, feed.DefaultConfig())
		for range 600 {
			x.trade("BTCUSDT", "5", time.Now(), false)
			time.Sleep(time.Second)
		}
		asked := 0
		for _, r := range x.Requests() {
			if strings.HasPrefix(r, pathHours) && strings.Contains(r, "NOPE") {
				asked++
			}
		}
		if asked > 2 {
			t.Errorf("asked %d times in 10 minutes", asked)
		}
		x.mu.Lock()
		x.symbols["NOPEUSDT"] = &listed{status: "TRADING", next: 1}
		x.mu.Unlock()
		vendortest.Within(t, 2*time.Minute, "it is listed", func() bool {
			x.trade("BTCUSDT", "5", time.Now(), false)
			x.trade("NOPEUSDT", "1", time.Now(), false)
			q := w.Quote("NOPEUSDT")
			return q.State == market.Live && q.PreviousClose.String() == "90"
		})
	})
}

func TestRefusedSubscriptionSaysWhy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newExchange(t, "BTCUSDT")
		x.refusal = `{"error":{"code":2,"msg":"Invalid request: too many"},"id":1}`
		env, sources := open(t, x, "BTCUSDT")
		w := vendortest.Watch(t, env, sources, feed.DefaultConfig())
		vendortest.Within(t, 5*time.Second, "it says why", func() bool { return strings.Contains(w.Why(), "too many") })
		if w.Metric("tickertape_feed_breaks_total", "cause", "refused") != 1 {
			t.Error("no refusal is counted")
		}
	})
}

func TestVendorWithoutAnyOfTheSymbolsIsARefusal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newExchange(t, "BTCUSDT")
		env, sources := open(t, x, "NOPEUSDT", "NADAUSDT")
		w := vendortest.Watch(t, env, sources, feed.DefaultConfig())
		vendortest.Within(t, 5*time.Second, "it says why", func() bool { return strings.Contains(w.Why(), "has none of the symbols") })
	})
}

func TestPlaceThatIsNotServedIsNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newExchange(t, "BTCUSDT")
		x.Refuse(451, nil)
		env, sources := open(t, x, "BTCUSDT")
		w := vendortest.Watch(t, env, sources, feed.DefaultConfig())
		vendortest.Within(t, 5*time.Second, "it says why", func() bool {
			return strings.Contains(w.Why(), "451") && strings.Contains(w.Why(), "place")
		})
	})
}

// TestRESTIsLeftAloneAsLongAsItWants has many symbols whose requests wait when the first is turned away: to send
// them all the same is what a ban is for.
func TestRESTIsLeftAloneAsLongAsItWants(t *testing.T) {
	for _, status := range []int{429, 418, 403} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				vendortest.Wednesday(12)
				symbols := DefaultConfig().Symbols
				x := newExchange(t, symbols...)
				for _, path := range []string{pathHours, pathTrades, pathProducts} {
					x.breaks(path, status)
				}
				env, sources := open(t, x, symbols...)
				w := vendortest.Watch(t, env, sources, feed.DefaultConfig())
				vendortest.Within(t, 5*time.Second, "it asks", func() bool { return len(x.Requests()) > 0 })
				time.Sleep(100 * time.Millisecond) // what was under way with the first
				before := len(x.Requests())
				if before > requestsAtOnce+listsAtOnce {
					t.Errorf("%d requests at once", before)
				}
				live := func() {
					x.trade(symbols[0], "100", time.Now(), false)
					time.Sleep(time.Second)
				}
				for range 58 {
					live()
				}
				if n := len(x.Requests()) - before; n != 0 {
					t.Errorf("%d requests within the time that it wants to be left alone", n)
				}
				if q := w.Quote(symbols[0]); q.Price.String() != "100" || q.State != market.Live {
					t.Errorf("meanwhile the stream says %v %v", q.Price, q.State)
				}
				for _, path := range []string{pathHours, pathTrades, pathProducts} {
					x.breaks(path, 0)
				}
				for range 30 {
					live()
				}
				if q := w.Quote(symbols[0]); q.Count != 88 || q.PreviousClose.String() != "90" {
					t.Errorf("then: previous close %v, %d trades, want 90 and 88", q.PreviousClose, q.Count)
				}
			})
		})
	}
}

func TestSymbolsThatTheVendorDoesNotHaveCostLittle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		vendortest.Wednesday(12)
		x := newExchange(t, "BTCUSDT")
		symbols := []string{"BTCUSDT"}
		for i := range 30 {
			symbols = append(symbols, fmt.Sprintf("NOPE%dUSDT", i))
		}
		env, sources := open(t, x, symbols...)
		w := vendortest.Watch(t, env, sources, feed.DefaultConfig())
		asked := func() (n int) {
			for _, r := range x.Requests() {
				if strings.HasPrefix(r, pathProducts) {
					n++
				}
			}
			return n
		}
		vendortest.Within(t, 2*time.Minute, "they are found", func() bool {
			x.trade("BTCUSDT", "100", time.Now(), false)
			return w.Quote("NOPE29USDT").State == market.Down
		})
		before := asked()
		for range 10 * 60 {
			time.Sleep(time.Second)
			x.trade("BTCUSDT", "100", time.Now(), false)
		}
		if n := asked() - before; n < 10 || n > 44 {
			t.Errorf("%d requests in 10 minutes", n)
		}
		x.mu.Lock()
		x.symbols["NOPE7USDT"] = &listed{status: "TRADING", next: 1}
		x.mu.Unlock()
		vendortest.Within(t, 12*time.Minute, "one is listed", func() bool {
			x.trade("BTCUSDT", "100", time.Now(), false)
			x.trade("NOPE7USDT", "1", time.Now(), false)
			return w.Quote("NOPE7USDT").State == market.Live
		})
	})
}

func TestVendorTellsWhatPricesAreIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		vendortest.Wednesday(12)
		x := newExchange(t, "ABCTUSD")
		x.set("ABCTUSD", func(y *listed) { y.asset = "USD" })
		env, sources := open(t, x, "ABCTUSD")
		if c := env.Dir.Symbol(0).Currency; c != "TUSD" {
			t.Errorf("the guess is %s", c)
		}
		vendortest.Watch(t, env, sources, feed.DefaultConfig())
		vendortest.Within(t, 5*time.Second, "it is told", func() bool { return env.Dir.Symbol(0).Currency == "USD" })
	})
}
