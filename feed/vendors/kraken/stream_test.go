package kraken

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

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

// watch follows symbols, and waits until their figures were asked for.
func watch(t *testing.T, x *exchange, symbols ...string) *vendortest.Watcher {
	t.Helper()
	env, sources := open(t, x, symbols...)
	return vendortest.WatchJoined(t, x.Server, env, sources, len(symbols))
}

func TestLivesThroughAllMisbehaviour(t *testing.T) {
	vendortest.Misbehave(t, vendortest.Vendor{Symbol: "BTC/USD", Start: func(t *testing.T) vendortest.Rig {
		x := newExchange(t, "BTC/USD", "ETH/USD")
		env, sources := open(t, x, "BTC/USD", "ETH/USD")
		return vendortest.Rig{Server: x.Server, Env: env, Sources: sources,
			Trade: func(price string, at time.Time) { x.trade("BTC/USD", price, at, false) }}
	}})
}

// bitcoin is an exchange that has only that, and a feed that follows it.
func bitcoin(t *testing.T) vendortest.Numbered {
	const symbol = "BTC/USD"
	x := newExchange(t, symbol)
	env, sources := open(t, x, symbol)
	trade := func(price string, at time.Time) { x.trade(symbol, price, at, false) }
	return vendortest.Numbered{Rig: vendortest.Rig{Server: x.Server, Env: env, Sources: sources, Trade: trade}, Symbol: symbol, Size: 2.5,
		Requests: 1, Lose: func(price string, at time.Time) { x.trade(symbol, price, at, true) }}
}

func TestDayIsWholeThoughItIsJoinedInTheMidst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		vendortest.Wednesday(12)
		x := bitcoin(t)
		w := vendortest.JoinDay(t, x, 14*time.Hour)
		q := w.Quote(x.Symbol)
		if d := x.Env.Dir.Symbol(q.Symbol); d.Decimals != 2 || d.Currency != "USD" || d.Name != "Bitcoin" || d.Market != "crypto" {
			t.Errorf("record %+v", d)
		}
		time.Sleep(12*time.Hour + 3*time.Second) // midnight, and the calendar's grace
		synctest.Wait()
		if q := w.Quote("BTC/USD"); q.PreviousClose.String() != "111" || q.Set&market.FieldVolume != 0 {
			t.Errorf("the next day: %+v", q)
		}
		if n := len(x.Server.Connects()); n != 1 {
			t.Errorf("%d connections in half a day", n)
		}
	})
}

func TestQuotesAreShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		vendortest.Wednesday(12)
		x := newExchange(t, "BTC/USD")
		w := watch(t, x, "BTC/USD")
		x.Tell("ticker BTC/USD", tickerText("BTC/USD", "100.5", "740.0", "100.6", "2.5e-05", lastDayText+`,"timestamp":"`+
			time.Now().UTC().Format(time.RFC3339Nano)+`"`))
		synctest.Wait()
		q := w.Quote("BTC/USD")
		if got := fmt.Sprint(q.Bid, q.BidSize, q.Ask, q.AskSize, q.State); got != "100.5 740 100.6 0.000025 live" {
			t.Errorf("bid, ask: %s", got)
		}
	})
}

func TestLastDayStandsInUntilTheHoursCome(t *testing.T) {
	for name, tc := range map[string]struct {
		failure string
		status  int
	}{"an error": {"EGeneral:Too many requests", 0}, "a bad gateway": {"", http.StatusBadGateway}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				vendortest.Wednesday(12)
				x := newExchange(t, "BTC/USD")
				x.answers(tc.failure, tc.status)
				w := watch(t, x, "BTC/USD")
				x.Tell("ticker BTC/USD", tickerText("BTC/USD", "99", "1", "101", "1",
					`,"last":100.0,"volume":50,"vwap":100,"low":70.0,"high":130.0,"change":10.0`))
				x.trade("BTC/USD", "101", time.Now(), false)
				vendortest.Within(t, 4*time.Second, "the last 24 hours", func() bool {
					q := w.Quote("BTC/USD")
					return q.PreviousClose.String() == "90" && q.High.String() == "130"
				})
				x.answers("", 0)
				vendortest.Within(t, 2*time.Minute, "the day", func() bool {
					q := w.Quote("BTC/USD")
					return q.High.String() == "101" &&
						q.Volume.String() == "2.5"
				})
			})
		})
	}
}

func TestMissingTradesCount(t *testing.T) {
	for name, lost := range map[string]int{"a few": 3, "many": 1500} {
		t.Run(name, func(t *testing.T) { vendortest.LoseTrades(t, lost, bitcoin) })
	}
}

func TestLateTradeCountsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		vendortest.Wednesday(12)
		x := newExchange(t, "BTC/USD")
		w := watch(t, x, "BTC/USD")
		x.trade("BTC/USD", "100", time.Now(), false)
		vendortest.Within(t, time.Second, "the first trade", func() bool { return w.Quote("BTC/USD").Count == 1 })
		time.Sleep(10 * time.Millisecond) // after the day's figures
		x.trade("BTC/USD", "105", time.Now(), true)
		late := x.pairs["BTC/USD"].trades[1].text("BTC/USD")
		time.Sleep(10 * time.Millisecond)
		x.trade("BTC/USD", "101", time.Now(), false)
		time.Sleep(500 * time.Millisecond)
		asked := len(x.Requests())
		x.Tell("trade BTC/USD", `{"channel":"trade","type":"update","data":[`+late+`]}`)
		time.Sleep(30 * time.Second)
		synctest.Wait()
		if q := w.Quote("BTC/USD"); q.Count != 3 || q.High.String() != "105" || q.Price.String() != "101" || q.Volume.String() != "7.5" {
			t.Errorf("%d trades, high %v, last %v, volume %v", q.Count, q.High, q.Price, q.Volume)
		}
		if n := len(x.Requests()); n != asked {
			t.Errorf("%d requests for what has come", n-asked)
		}
	})
}

func TestPairThatTheVendorDoesNotHaveIsDownAndTheOthersAreNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		vendortest.Wednesday(12)
		x := newExchange(t, "BTC/USD", "ETH/USD")
		env, sources := open(t, x, "BTC/USD", "NOPE/USD", "ETH/USD")
		w := vendortest.Watch(t, env, sources, feed.DefaultConfig())
		vendortest.Within(t, 5*time.Second, "it is found", func() bool {
			x.trade("ETH/USD", "10", time.Now(), false)
			return w.Quote("NOPE/USD").State == market.Down && w.Quote("ETH/USD").State == market.Live && w.Status().State == market.Live
		})
		for _, path := range x.Requests() {
			if strings.Contains(path, "NOPE") {
				t.Errorf("asked for %s", path)
			}
		}
		x.mu.Lock()
		x.pairs["NOPE/USD"] = &listed{status: "online", next: 1}
		x.mu.Unlock()
		for _, s := range x.Sockets() {
			s.Drop()
		}
		vendortest.Within(t, 10*time.Second, "it is listed when the connection is another", func() bool {
			x.trade("NOPE/USD", "1", time.Now(), false)
			return w.Quote("NOPE/USD").State == market.Live && w.Quote("NOPE/USD").Price.String() == "1"
		})
	})
}

func TestHaltsAreShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		vendortest.Wednesday(12)
		x := newExchange(t, "BTC/USD", "ETH/USD")
		w := watch(t, x, "BTC/USD", "ETH/USD")
		states := func(btc, eth market.State) func() bool {
			return func() bool {
				if btc == market.Live {
					x.trade("BTC/USD", "100", time.Now(), false)
				}
				if eth == market.Live {
					x.trade("ETH/USD", "10", time.Now(), false)
				}
				return w.Quote("BTC/USD").State == btc && w.Quote("ETH/USD").State == eth
			}
		}
		vendortest.Within(t, 2*time.Second, "both are live", states(market.Live, market.Live))
		x.becomes("BTC/USD", "cancel_only")
		vendortest.Within(t, time.Second, "one is halted", states(market.Halted, market.Live))
		x.becomes("BTC/USD", "online")
		vendortest.Within(t, time.Second, "it trades again", states(market.Live, market.Live))
		x.is("maintenance")
		vendortest.Within(t, time.Second, "all are halted", states(market.Halted, market.Halted))
		if s := w.Status(); s.State != market.Halted || s.Message != "kraken says that it is in maintenance" {
			t.Errorf("status %v %q", s.State, s.Message)
		}
		time.Sleep(5 * time.Minute) // heartbeats go on
		synctest.Wait()
		if s := w.Status(); s.State != market.Halted || len(x.Connects()) != 1 {
			t.Errorf("status %v, %d connections", s.State, len(x.Connects()))
		}
		x.is("online")
		vendortest.Within(t, time.Second, "all trade again", states(market.Live, market.Live))
	})
}

func TestConnectionIntoAMaintenanceIsHalted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		vendortest.Wednesday(12)
		x := newExchange(t, "BTC/USD")
		x.system = "maintenance"
		w := watch(t, x, "BTC/USD")
		if s := w.Status(); s.State != market.Halted {
			t.Errorf("status %v %q", s.State, s.Message)
		}
		x.is("online")
		vendortest.Within(t, time.Second, "it trades", func() bool {
			x.trade("BTC/USD", "100", time.Now(), false)
			return w.Quote("BTC/USD").State == market.Live && w.Status().State == market.Live
		})
	})
}

func TestQuietPairHasItsLastTrade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		vendortest.Wednesday(12)
		x := newExchange(t, "BTC/USD")
		x.trade("BTC/USD", "42", time.Now().Add(-time.Hour), false)
		w := watch(t, x, "BTC/USD")
		vendortest.Within(t, 5*time.Second, "the last trade", func() bool { return w.Quote("BTC/USD").Price.String() == "42" })
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		if q := w.Quote("BTC/USD"); q.State == market.Live || q.Volume.String() != "2.5" {
			t.Errorf("a price of an hour ago is %v, volume %v", q.State, q.Volume)
		}
		if n := len(x.Connects()); n != 1 || w.Status().State != market.Live {
			t.Errorf("%d connections, status %v: heartbeats are signs of life", n, w.Status().State)
		}
	})
}

func TestManyPairsKeepTheLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		vendortest.Wednesday(12)
		var symbols []string
		for i := range 450 {
			symbols = append(symbols, fmt.Sprintf("C%d/USD", i))
		}
		x := newExchange(t, symbols...)
		env, sources := open(t, x, symbols...)
		if len(sources) != 3 {
			t.Errorf("%d connections for 450 pairs, want 3", len(sources))
		}
		w := vendortest.Watch(t, env, sources, feed.DefaultConfig())
		vendortest.Within(t, time.Minute, "all are subscribed to", func() bool { return len(x.Follows()) == 450*2+3 })
		x.trade("C449/USD", "5", time.Now(), false)
		vendortest.Within(t, time.Second, "the last one trades", func() bool { return w.Quote("C449/USD").Price.String() == "5" })
		time.Sleep(10 * time.Minute) // all hours are asked for; the server counts
		if n := w.Metric("tickertape_feed_breaks_total"); n != 0 {
			t.Errorf("%v breaks", n)
		}
	})
}

func TestRefusalsSayWhy(t *testing.T) {
	for name, tc := range map[string]struct{ refusal, want, cause string }{
		"a request that is refused": {`{"error":"Malformed request","method":"subscribe","success":false,"req_id":1}`,
			"Malformed request", "refused"},
		"no answer": {"mute", "no answer within 10s", "lost"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				x := newExchange(t, "BTC/USD")
				x.refusal = tc.refusal
				env, sources := open(t, x, "BTC/USD")
				w := vendortest.Watch(t, env, sources, feed.DefaultConfig())
				vendortest.Within(t, 15*time.Second, "it says why", func() bool {
					return w.Status().State == market.Down && strings.Contains(w.Why(), tc.want)
				})
				if w.Metric("tickertape_feed_breaks_total", "cause", tc.cause) < 1 {
					t.Error("it is not counted")
				}
			})
		})
	}
}

func TestVendorWithoutAnyOfThePairsIsARefusal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newExchange(t, "BTC/USD")
		env, sources := open(t, x, "NOPE/USD", "NADA/USD")
		w := vendortest.Watch(t, env, sources, feed.DefaultConfig())
		vendortest.Within(t, 5*time.Second, "it says why", func() bool { return strings.Contains(w.Why(), "has none of the pairs") })
		if w.Metric("tickertape_feed_breaks_total", "cause", "refused") != 1 {
			t.Error("no refusal is counted")
		}
	})
}

// TestAttemptsKeepTheLimit has a server that refuses all of ten connections for an hour: more than about 150
// attempts in ten minutes shut an address out.
func TestAttemptsKeepTheLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var symbols []string
		for i := range 10 * perConnection {
			symbols = append(symbols, fmt.Sprintf("C%d/USD", i))
		}
		x := newExchange(t)
		x.Refuse(http.StatusServiceUnavailable, nil)
		env, sources := open(t, x, symbols...)
		vendortest.Watch(t, env, sources, feed.DefaultConfig())
		time.Sleep(time.Hour)
		connects := x.Connects()
		for i := 150; i < len(connects); i++ {
			if d := connects[i].Sub(connects[i-150]); d < 10*time.Minute {
				t.Fatalf("151 attempts within %v", d)
			}
		}
		if len(connects) < 300 {
			t.Errorf("%d attempts in an hour", len(connects))
		}
	})
}

func TestWithoutANetworkItSaysWhatItCannotReach(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newExchange(t, "BTC/USD")
		env := x.Env(t)
		env.HTTP = &http.Client{Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
			return nil, errors.New("network is unreachable")
		}}}
		sources := vendortest.Open(t, DefaultConfig(), env, Open)
		w := vendortest.Watch(t, env, sources, feed.DefaultConfig())
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		if s, why := w.Status(), w.Why(); s.State != market.Down || !strings.HasPrefix(why, "dial wss://ws.kraken.com/v2: ") ||
			!strings.Contains(why, "network is unreachable") {
			t.Errorf("status %v %q, logged %q", s.State, s.Message, why)
		}
		if n := w.Metric("tickertape_feed_breaks_total", "cause", "lost"); n < 10 {
			t.Errorf("%v attempts in ten minutes", n)
		}
	})
}
