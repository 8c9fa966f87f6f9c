package kraken

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/time/rate"

	"tickertape/feed"
	"tickertape/feed/market"
	"tickertape/feed/vendors"
	"tickertape/feed/vendors/vendortest"
)

// traded has a symbol trade until its price is shown and it is live.
func traded(x *exchange, w *vendortest.Watcher, symbol string) func() bool {
	return func() bool {
		x.trade(symbol, "100", time.Now(), false)
		q := w.Quote(symbol)
		return q.State == market.Live && q.Price.String() == "100" && w.Status().State == market.Live
	}
}

func TestMaintenanceIsWaitedForOnTheConnection(t *testing.T) {
	for name, tc := range map[string]struct {
		system, message string
		within          time.Duration // after the end, until prices are there
		tells           bool
	}{
		"it says so":     {"maintenance", "kraken says that it is in maintenance", 2 * time.Second, true},
		"it does not":    {"online", "kraken is in maintenance", time.Minute + 2*time.Second, false},
		"cancels only":   {"cancel_only", "kraken says that it is in cancel_only", 2 * time.Second, true},
		"but not online": {"maintenance", "kraken says that it is in maintenance", time.Minute + 2*time.Second, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				vendortest.Wednesday(12)
				x := newExchange(t, "BTC/USD", "ETH/USD")
				x.system = tc.system
				x.refuse("trade BTC/USD", "EService:Unavailable")
				x.refuse("trade ETH/USD", "EService:Market in cancel_only mode")
				env, sources := open(t, x, "BTC/USD", "ETH/USD")
				w := vendortest.Watch(t, env, sources, feed.DefaultConfig())
				vendortest.Within(t, 5*time.Second, "it says so", func() bool {
					s := w.Status()
					return s.State == market.Halted && s.Message == tc.message
				})
				time.Sleep(40 * time.Minute)
				synctest.Wait()
				if s := w.Status(); s.State != market.Halted || s.Message != tc.message {
					t.Errorf("status %v %q after 40 minutes", s.State, s.Message)
				}
				if n, breaks := len(x.Connects()), w.Metric("tickertape_feed_breaks_total"); n != 1 || breaks != 0 {
					t.Errorf("%d connections, %v breaks", n, breaks)
				}
				if len(x.Requests()) != 0 {
					t.Errorf("asked for %v in a maintenance", x.Requests())
				}
				x.refuse("trade BTC/USD", "")
				x.refuse("trade ETH/USD", "")
				if tc.tells {
					x.is("online")
				}
				if name == "but not online" {
					vendortest.Within(t, tc.within, "it subscribes", func() bool { return len(x.Follows()) == 5 })
					x.is("online")
				}
				vendortest.Within(t, tc.within, "prices", traded(x, w, "BTC/USD"))
				vendortest.Within(t, time.Second, "the other's prices", traded(x, w, "ETH/USD"))
			})
		})
	}
}

func TestPairInMaintenanceIsHaltedUntilItIsAccepted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		vendortest.Wednesday(12)
		x := newExchange(t, "BTC/USD", "ETH/USD")
		x.pairs["ETH/USD"].status = "cancel_only"
		x.refuse("trade ETH/USD", "EService:Market in cancel_only mode")
		env, sources := open(t, x, "BTC/USD", "ETH/USD")
		w := vendortest.Watch(t, env, sources, feed.DefaultConfig())
		vendortest.Within(t, 3*time.Second, "one trades, one is halted", func() bool {
			return traded(x, w, "BTC/USD")() && w.Quote("ETH/USD").State == market.Halted
		})
		vendortest.Wait(time.Hour)
		if n := len(x.Connects()); n != 1 || w.Quote("ETH/USD").State != market.Halted {
			t.Errorf("%d connections, %v after an hour", n, w.Quote("ETH/USD").State)
		}
		x.refuse("trade ETH/USD", "")
		x.becomes("ETH/USD", "online")
		vendortest.Within(t, 6*time.Second, "it trades", traded(x, w, "ETH/USD"))
	})
}

func TestSideChannelIsMissedByNobody(t *testing.T) {
	for _, channel := range []string{"instrument", "ticker", "ticker BTC/USD"} {
		t.Run(channel, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				vendortest.Wednesday(12)
				x := newExchange(t, "BTC/USD", "ETH/USD")
				x.refuse(channel, "EGeneral:Internal error")
				env, sources := open(t, x, "BTC/USD", "ETH/USD")
				w := vendortest.Watch(t, env, sources, feed.DefaultConfig())
				vendortest.Within(t, 3*time.Second, "prices", traded(x, w, "BTC/USD"))
				vendortest.Within(t, 3*time.Second, "figures", func() bool { return len(x.Requests()) == 2 })
				time.Sleep(20 * time.Minute)
				synctest.Wait()
				if n, breaks := len(x.Connects()), w.Metric("tickertape_feed_breaks_total"); n != 1 || breaks != 0 || w.Status().State != market.Live {
					t.Errorf("%d connections, %v breaks, status %v", n, breaks, w.Status().State)
				}
				if n := w.Metric("tickertape_feed_bad_messages_total"); n < 2 {
					t.Errorf("%v refusals are counted", n)
				}
				x.refuse(channel, "")
				vendortest.Within(t, 15*time.Minute+10*time.Second, "it is subscribed to", func() bool { return len(x.Follows()) == 5 })
				x.becomes("BTC/USD", "cancel_only")
				vendortest.Within(t, time.Second, "its status counts", func() bool { return w.Quote("BTC/USD").State == market.Halted })
			})
		})
	}
}

func TestRefusedPairIsAskedForAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		vendortest.Wednesday(12)
		x := newExchange(t, "BTC/USD", "ETH/USD")
		x.refuse("trade ETH/USD", "Currency pair not supported ETH/USD")
		env, sources := open(t, x, "BTC/USD", "ETH/USD")
		w := vendortest.Watch(t, env, sources, feed.DefaultConfig())
		vendortest.Within(t, 3*time.Second, "one trades, one is down, whatever its status says", func() bool {
			return traded(x, w, "BTC/USD")() && w.Quote("ETH/USD").State == market.Down && len(x.Follows()) == 3
		})
		x.becomes("ETH/USD", "online")
		vendortest.Wait(time.Second)
		if q := w.Quote("ETH/USD"); q.State != market.Down {
			t.Errorf("a pair without trades is %v", q.State)
		}
		at := time.Now().Add(-time.Second)
		x.trade("ETH/USD", "90", at, true)
		x.refuse("trade ETH/USD", "")
		vendortest.Within(t, time.Minute+5*time.Second, "it trades", traded(x, w, "ETH/USD"))
		vendortest.Within(t, 5*time.Second, "its day and its quotes", func() bool {
			x.Tell("ticker ETH/USD", tickerText("ETH/USD", "99", "1", "101", "1", lastDayText))
			q := w.Quote("ETH/USD")
			return q.Low.String() == "90" && q.Bid.String() == "99" && q.PreviousClose.String() == "90"
		})
		if n := len(x.Connects()); n != 1 {
			t.Errorf("%d connections", n)
		}
	})
}

func TestLostRequestIsRepeatedMoreSlowly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		vendortest.Wednesday(12)
		x := newExchange(t, "BTC/USD")
		x.loses(3)
		env, sources := open(t, x, "BTC/USD")
		w := vendortest.Watch(t, env, sources, feed.DefaultConfig())
		vendortest.Within(t, 15*time.Second, "prices", traded(x, w, "BTC/USD"))
		vendortest.Within(t, 5*time.Second, "all channels", func() bool { return len(x.Follows()) == 3 })
		if n, breaks := len(x.Connects()), w.Metric("tickertape_feed_breaks_total"); n != 1 || breaks != 0 {
			t.Errorf("%d connections, %v breaks", n, breaks)
		}
	})
}

func TestPairsOfALostRequestAreAskedForAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		vendortest.Wednesday(12)
		x := newExchange(t, "BTC/USD", "ETH/USD")
		x.refuse("trade ETH/USD", "Exceeded msg rate")
		env, sources := open(t, x, "BTC/USD", "ETH/USD")
		w := vendortest.Watch(t, env, sources, feed.DefaultConfig())
		time.Sleep(2 * time.Second)
		x.refuse("trade ETH/USD", "")
		vendortest.Within(t, 5*time.Second, "one trades", traded(x, w, "BTC/USD"))
		vendortest.Within(t, 8*time.Second, "the other trades", traded(x, w, "ETH/USD"))
	})
}

func TestWarningBesideAResultIsNoError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		vendortest.Wednesday(12)
		x := newExchange(t, "BTC/USD")
		x.warning = "WDatabase:replication is late"
		x.trade("BTC/USD", "100", time.Now().Add(-time.Hour), false)
		w := watch(t, x, "BTC/USD")
		vendortest.Within(t, 2*time.Second, "the day", func() bool {
			q := w.Quote("BTC/USD")
			return q.PreviousClose.String() == "90" && q.Volume.String() == "2.5"
		})
		if n := w.Metric("tickertape_feed_bad_messages_total"); n != 0 || len(x.Requests()) != 1 {
			t.Errorf("%v bad messages, %d requests", n, len(x.Requests()))
		}
	})
}

func TestRESTIsAskedByTheClassOfAPair(t *testing.T) {
	for pair, tc := range map[string]struct {
		class    string
		requests int
	}{
		"BTC/USD": {"", 1}, "AAPLx/USD": {"tokenized_asset", 1}, "EUR/USD": {"forex", 1},
		"FLx/USD": {"", 3}, "GOLD/USD": {"tokenized_asset", 2}, "EURC/EUR": {"forex", 3}, "GBP/USD": {"", 2},
	} {
		t.Run(fmt.Sprint(pair, " ", tc.class), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				vendortest.Wednesday(12)
				x := newExchange(t, pair)
				x.pairs[pair].class = tc.class
				env, sources := open(t, x, pair)
				w := vendortest.Watch(t, env, sources, feed.DefaultConfig())
				vendortest.Within(t, 10*time.Second, "the day", func() bool { return w.Quote(pair).PreviousClose.String() == "90" })
				if got := x.Requests(); len(got) != tc.requests {
					t.Errorf("asked for %v, want %d requests", got, tc.requests)
				}
			})
		})
	}
}

func TestPricesWithMoreThanNineDecimalsAreMarked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		vendortest.Wednesday(12)
		x := newExchange(t, "MOG/USD", "BTC/USD")
		x.pairs["MOG/USD"].precision = 10
		env, sources := open(t, x, "MOG/USD", "BTC/USD")
		w := vendortest.Watch(t, env, sources, feed.DefaultConfig())
		vendortest.Within(t, 5*time.Second, "it is known", func() bool {
			s := env.Dir.Symbol(w.Quote("MOG/USD").Symbol)
			return s.Decimals == 9 && s.Rounded
		})
		if s := env.Dir.Symbol(w.Quote("BTC/USD").Symbol); s.Decimals != 2 || s.Rounded {
			t.Errorf("record %+v", s)
		}
		x.trade("MOG/USD", "0.0000001536", time.Now(), false)
		vendortest.Within(t, time.Second, "its price", func() bool { return w.Quote("MOG/USD").Price.String() == "0.000000154" })
	})
}

func TestRESTIsLeftAloneWhereItIsLocked(t *testing.T) {
	for failure, tc := range map[string]struct {
		most     time.Duration // until the day is there, after the failure is over
		requests int           // in 14 minutes of failure, of 40 pairs; at most
	}{
		"EGeneral:Temporary lockout": {3*time.Minute + lockout, 5},
		"EService:Unavailable":       {2*time.Minute + 45*time.Second, 14 * 60},
		"EService:Busy":              {2*time.Minute + 45*time.Second, 14 * 60},
		"EGeneral:Too many requests": {2*time.Minute + 45*time.Second, 14 * 60},
		"EGeneral:Internal error":    {2*time.Minute + 45*time.Second, 14 * 60},
	} {
		t.Run(failure, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				vendortest.Wednesday(12)
				var symbols []string
				for i := range 40 {
					symbols = append(symbols, fmt.Sprintf("C%d/USD", i))
				}
				x := newExchange(t, symbols...)
				x.answers(failure, 0)
				env, sources := open(t, x, symbols...)
				w := vendortest.Watch(t, env, sources, feed.DefaultConfig())
				vendortest.Wait(14 * time.Minute)
				if n := len(x.Requests()); n > tc.requests || n < 1 {
					t.Errorf("%d requests, want up to %d", n, tc.requests)
				}
				x.answers("", 0)
				vendortest.Within(t, tc.most, "the day", func() bool { return w.Quote("C39/USD").PreviousClose.String() == "90" })
				if n := w.Metric("tickertape_feed_breaks_total"); n != 0 {
					t.Errorf("%v breaks", n)
				}
			})
		})
	}
}

func TestMessagesAreSlowedDownAndQuickenedWithinBounds(t *testing.T) {
	c := &connection{shared: &shared{endpoint: vendors.Endpoint{Writes: rate.NewLimiter(rate.Every(messageEvery), messagesAtOnce)}}}
	c.slowDown()
	if got := c.endpoint.Writes.Limit(); got != rate.Every(2*messageEvery) {
		t.Errorf("%v a second after one loss", got)
	}
	for range 20 {
		c.slowDown()
	}
	if got := c.endpoint.Writes.Limit(); got != rate.Every(slowestMessages) {
		t.Errorf("%v a second after many", got)
	}
	for range 50 {
		c.quicken()
	}
	if got := c.endpoint.Writes.Limit(); got != rate.Every(messageEvery) {
		t.Errorf("%v a second when all is well", got)
	}
}
