package coinbase

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tickertape/feed"
	"tickertape/feed/market"
	"tickertape/feed/vendors/vendortest"
)

// morning is when tests take place, from where a bubble begins: 20 June 2026, 10:00 UTC.
var morning = time.Date(2026, 6, 20, 10, 0, 0, 0, time.UTC)

// stage is the feed against a vendor.
type stage struct {
	*vendor
	*vendortest.Watcher
	*vendortest.Notes
	dir *market.Directory
	t   *testing.T
}

// onStage plays with either API, in a bubble.
func onStage(t *testing.T, products, symbols []string, before func(*vendor), play func(*testing.T, *stage)) {
	for name := range apis {
		t.Run(name, func(t *testing.T) { perform(t, Config{API: name, Symbols: symbols}, products, before, play) })
	}
}

// perform plays with one configuration, in a bubble.
func perform(t *testing.T, cfg Config, products []string, before func(*vendor), play func(*testing.T, *stage)) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(morning))
		s := &stage{vendor: newVendor(t, products...), t: t}
		if before != nil {
			before(s.vendor)
		}
		env := s.Env(t)
		s.Notes = vendortest.TakeNotes(&env)
		s.dir = env.Dir
		sources := vendortest.Open(t, cfg, env, Open)
		s.Watcher = vendortest.Watch(t, env, sources, feed.DefaultConfig())
		play(t, s)
	})
}

// figures are a quote's prices and sums.
func (s *stage) figures(symbol string) string {
	q := s.Quote(symbol)
	text := q.State.String()
	for _, f := range []struct {
		field market.Fields
		key   string
		value any
	}{
		{market.FieldPrice, "p", q.Price}, {market.FieldBid, "b", q.Bid}, {market.FieldAsk, "a", q.Ask},
		{market.FieldPreviousClose, "pc", q.PreviousClose},
		{market.FieldOpen, "o", q.Open}, {market.FieldHigh, "h", q.High}, {market.FieldLow, "l", q.Low}, {market.FieldVolume, "v", q.Volume},
	} {
		if q.Set&f.field != 0 {
			text += fmt.Sprintf(" %s=%v", f.key, f.value)
		}
	}
	return text
}

func (s *stage) want(symbol, want string) {
	s.t.Helper()
	if got := s.figures(symbol); got != want {
		s.t.Errorf("%s: %s; want %s", symbol, got, want)
	}
}

// today has some trades of this morning in the vendor's books.
func today(v *vendor) {
	for p := range v.products {
		v.trade(p, "100", "1", time.Now().Add(-9*time.Hour))
		v.trade(p, "120", "2", time.Now().Add(-5*time.Hour))
		v.trade(p, "95", "3.5", time.Now().Add(-3*time.Hour))
		v.trade(p, "101", "0.5", time.Now().Add(-10*time.Second))
	}
}

func TestTheDefaultWallHasPricesWithinSeconds(t *testing.T) {
	defaults := DefaultConfig().Symbols
	if len(defaults) != 20 {
		t.Fatalf("%d symbols", len(defaults))
	}
	onStage(t, defaults, defaults, today, func(t *testing.T, s *stage) {
		vendortest.Wait(500 * time.Millisecond)
		for _, symbol := range defaults {
			if got := s.figures(symbol); !strings.HasPrefix(got, "live p=101 b=100.99 a=101.01") {
				t.Errorf("%s: after half a second %s", symbol, got)
			}
		}
		vendortest.Wait(2500 * time.Millisecond)
		for _, symbol := range defaults {
			s.want(symbol, "live p=101 b=100.99 a=101.01 pc=90 o=100 h=120 l=95 v=7")
			s.trade(symbol, "105", "0.25", time.Now())
		}
		synctest.Wait()
		for _, symbol := range defaults {
			s.want(symbol, "live p=105 b=104.99 a=105.01 pc=90 o=100 h=120 l=95 v=7.25")
		}
		if got := s.Faults(t); len(got) != 0 {
			t.Errorf("faults: %v", got)
		}
		if s.Status().State != market.Live {
			t.Errorf("status %+v", s.Status())
		}
	})
}

// TestItLivesThroughAllMisbehaviour is with each of the two feeds.
func TestItLivesThroughAllMisbehaviour(t *testing.T) {
	for name := range apis {
		t.Run(name, func(t *testing.T) {
			vendortest.Misbehave(t, vendortest.Vendor{Symbol: "BTC-USD", Start: func(t *testing.T) vendortest.Rig {
				v := newVendor(t, "BTC-USD", "ETH-USD")
				env := v.Env(t)
				sources := vendortest.Open(t, Config{API: name, Symbols: []string{"BTC-USD", "ETH-USD"}, Book: true}, env, Open)
				return vendortest.Rig{Server: v.Server, Env: env, Sources: sources,
					Trade: func(price string, at time.Time) { v.trade("BTC-USD", price, "1", at) }}
			}})
		})
	}
}

func TestAQuietSymbolStaysLive(t *testing.T) {
	onStage(t, []string{"BTC-USD", "ETH-USD"}, []string{"BTC-USD", "ETH-USD"}, today, func(t *testing.T, s *stage) {
		vendortest.Wait(10 * time.Minute)
		s.want("BTC-USD", "live p=101 b=100.99 a=101.01 pc=90 o=100 h=120 l=95 v=7")
		if n := len(s.Connects()); n != 1 {
			t.Errorf("%d connections", n)
		}
	})
}

// TestTradesBetweenSubscriptionAndStatisticsCountOnce is with clocks that differ: which trades the statistics have
// is known by the vendor's.
func TestTradesBetweenSubscriptionAndStatisticsCountOnce(t *testing.T) {
	for name, ahead := range map[string]time.Duration{"right": 0, "ahead": 1272 * time.Millisecond, "behind": -3 * time.Second} {
		t.Run(name, func(t *testing.T) {
			onStage(t, []string{"BTC-USD"}, []string{"BTC-USD"}, func(v *vendor) {
				today(v)
				v.ahead = ahead
				v.Delay(700 * time.Millisecond) // of the handshake and of REST
			}, func(t *testing.T, s *stage) {
				vendortest.Wait(900 * time.Millisecond) // subscribed; REST is on its way
				if !strings.HasPrefix(s.figures("BTC-USD"), "live p=101") {
					t.Fatalf("not subscribed: %s", s.figures("BTC-USD"))
				}
				s.trade("BTC-USD", "110", "10", s.now())
				vendortest.Wait(100 * time.Millisecond)
				s.want("BTC-USD", "live p=110 b=109.99 a=110.01")
				vendortest.Wait(3 * time.Second)
				s.trade("BTC-USD", "121", "1", s.now())
				synctest.Wait()
				s.want("BTC-USD", "live p=121 b=120.99 a=121.01 pc=90 o=100 h=121 l=95 v=18")
			})
		})
	}
}

func TestASymbolThatTheVendorDoesNotHaveIsDown(t *testing.T) {
	for name, before := range map[string]func(*vendor){"named": func(*vendor) {}, "not named": func(v *vendor) { v.vague = true }} {
		t.Run(name, func(t *testing.T) {
			symbols := []string{"AAA-USD", "BTC-USD", "FOO-USD", "ETH-USD", "SOL-USD"}
			onStage(t, []string{"BTC-USD", "ETH-USD", "SOL-USD"}, symbols, before, func(t *testing.T, s *stage) {
				vendortest.Wait(8 * time.Second)
				for _, symbol := range symbols {
					want := "live p=90"
					if symbol == "AAA-USD" || symbol == "FOO-USD" {
						want = "down"
					}
					if got := s.figures(symbol); !strings.HasPrefix(got, want) {
						t.Errorf("%s: %s, want %s", symbol, got, want)
					}
				}
				if got := s.Faults(t)["symbol"]; got != 2 {
					t.Errorf("%d bad symbols were counted", got)
				}
				for _, c := range s.Sockets() {
					c.Drop()
				}
				vendortest.Wait(10 * time.Second)
				for _, symbol := range []string{"AAA-USD", "FOO-USD"} {
					if n := strings.Count(s.Log.String(), "symbol="+symbol); n != 1 {
						t.Errorf("%s was logged %d times:\n%s", symbol, n, &s.Log)
					}
				}
				s.set(func() {
					s.without = []string{"status"} // which would say so, too
					s.products["FOO-USD"] = &listing{status: "online", trades: []told{{"1", "FOO-USD", "5", "1", stamp(time.Now()), "BUY"}}}
				})
				for _, c := range s.Sockets() {
					c.Drop()
				}
				vendortest.Wait(10 * time.Second)
				if got := s.figures("FOO-USD"); !strings.HasPrefix(got, "live p=5") {
					t.Errorf("when it has come: %s", got)
				}
			})
		})
	}
}

// TestASymbolThatIsNotConfirmedIsDown has a vendor that leaves one out without a word.
func TestASymbolThatIsNotConfirmedIsDown(t *testing.T) {
	onStage(t, []string{"BTC-USD", "ETH-USD"}, []string{"BTC-USD", "ETH-USD"}, func(v *vendor) { v.silently = "ETH-USD" },
		func(t *testing.T, s *stage) {
			vendortest.Wait(15 * time.Second)
			if got := s.figures("BTC-USD"); !strings.HasPrefix(got, "live p=90") {
				t.Errorf("BTC-USD: %s", got)
			}
			if got := s.Quote("ETH-USD").State; got != market.Down {
				t.Errorf("ETH-USD: %v", got)
			}
			if n := strings.Count(s.Log.String(), "symbol=ETH-USD"); n != 1 {
				t.Errorf("logged %d times:\n%s", n, &s.Log)
			}
		})
}

func TestAVendorWithNoneOfTheSymbolsIsAskedSeldom(t *testing.T) {
	onStage(t, []string{"BTC-USD"}, []string{"FOO-USD"}, nil, func(t *testing.T, s *stage) {
		vendortest.Wait(time.Second)
		if st := s.Status(); st.State != market.Down || !strings.Contains(s.Why(), "none of the products") {
			t.Errorf("status %+v", st)
		}
		vendortest.Wait(10 * time.Minute)
		if n := len(s.Connects()); n > 10 {
			t.Errorf("%d connections in ten minutes", n)
		}
		if s.Quote("FOO-USD").State != market.Down {
			t.Errorf("state %v", s.Quote("FOO-USD").State)
		}
	})
}

func TestAnErrorThatIsAboutNoProductEndsTheConnection(t *testing.T) {
	onStage(t, []string{"BTC-USD"}, []string{"BTC-USD"}, func(v *vendor) { v.limited = true }, func(t *testing.T, s *stage) {
		vendortest.Wait(time.Second)
		if st := s.Status(); st.State != market.Down || !strings.Contains(s.Why(), "rate limit exceeded") {
			t.Errorf("status %+v", st)
		}
		s.set(func() { s.limited = false })
		vendortest.Wait(2 * time.Minute)
		if got := s.figures("BTC-USD"); !strings.HasPrefix(got, "live p=90") {
			t.Errorf("afterwards: %s", got)
		}
	})
}

func TestAChannelThatTheVendorDoesNotHaveIsDoneWithout(t *testing.T) {
	onStage(t, []string{"BTC-USD"}, []string{"BTC-USD"}, func(v *vendor) {
		today(v)
		v.without = []string{"ticker", "heartbeat", "heartbeats", "status"}
	}, func(t *testing.T, s *stage) {
		vendortest.Wait(4 * time.Second)
		s.want("BTC-USD", "live p=101 pc=90 o=100 h=120 l=95 v=7")
		for _, c := range s.Sockets() {
			c.Drop()
		}
		vendortest.Wait(4 * time.Second)
		for _, channel := range []string{"ticker", "heartbeat", "status"} {
			if n := strings.Count(s.Log.String(), "channel="+channel); n != 1 {
				t.Errorf("%s was logged %d times:\n%s", channel, n, &s.Log)
			}
		}
	})
}

func TestSubscriptionsThatAreNotAnsweredEndTheConnection(t *testing.T) {
	onStage(t, []string{"BTC-USD"}, []string{"BTC-USD"}, func(v *vendor) { v.mute = true }, func(t *testing.T, s *stage) {
		vendortest.Wait(11 * time.Second)
		if st := s.Status(); st.State != market.Down || !strings.Contains(s.Why(), "no answer within 10s") {
			t.Errorf("status %+v", st)
		}
		s.set(func() { s.mute = false })
		vendortest.Wait(25 * time.Second)
		if got := s.figures("BTC-USD"); !strings.HasPrefix(got, "live p=90") {
			t.Errorf("afterwards: %s", got)
		}
	})
}

// TestTradesThatGetLostAreFetched loses three trades, with all that tells of them, between two that come.
func TestTradesThatGetLostAreFetched(t *testing.T) {
	onStage(t, []string{"BTC-USD", "ETH-USD"}, []string{"BTC-USD", "ETH-USD"}, today, func(t *testing.T, s *stage) {
		vendortest.Wait(4 * time.Second)
		s.lose(6) // trade and ticker each
		for _, price := range []string{"110", "92", "130"} {
			s.trade("BTC-USD", price, "1", time.Now())
		}
		s.trade("BTC-USD", "102", "1", time.Now())
		synctest.Wait()
		s.want("BTC-USD", "live p=102 b=101.99 a=102.01 pc=90 o=100 h=120 l=95 v=8")
		if got := s.Metric("tickertape_feed_lost_messages_total"); got < 3 {
			t.Errorf("%v messages were lost", got)
		}
		vendortest.Wait(4 * time.Second)
		s.want("BTC-USD", "live p=102 b=101.99 a=102.01 pc=90 o=100 h=130 l=92 v=11")
		vendortest.Wait(time.Minute)
		s.want("BTC-USD", "live p=102 b=101.99 a=102.01 pc=90 o=100 h=130 l=92 v=11")
		s.want("ETH-USD", "live p=101 b=100.99 a=101.01 pc=90 o=100 h=120 l=95 v=7")
	})
}

// TestTheLastTradeThatGetsLostIsFetched has no later trade that would show it, and no ticker.
func TestTheLastTradeThatGetsLostIsFetched(t *testing.T) {
	onStage(t, []string{"BTC-USD"}, []string{"BTC-USD"}, today, func(t *testing.T, s *stage) {
		vendortest.Wait(4 * time.Second)
		s.lose(2)
		s.trade("BTC-USD", "110", "1", time.Now())
		vendortest.Wait(7 * time.Second)
		s.want("BTC-USD", "live p=110 b=100.99 a=101.01 pc=90 o=100 h=120 l=95 v=8")
		if got := s.Metric("tickertape_feed_lost_messages_total"); got < 1 {
			t.Errorf("%v messages were lost", got)
		}
	})
}

// TestMoreThanCanBeFetchedIsSummedUp loses more trades than one answer has.
func TestMoreThanCanBeFetchedIsSummedUp(t *testing.T) {
	onStage(t, []string{"BTC-USD"}, []string{"BTC-USD"}, today, func(t *testing.T, s *stage) {
		vendortest.Wait(4 * time.Second)
		s.lose(600)
		for i := range 300 {
			s.trade("BTC-USD", fmt.Sprintf("1%02d.5", i%30), "1", time.Now())
		}
		s.trade("BTC-USD", "102", "1", time.Now())
		vendortest.Wait(10 * time.Second)
		s.trade("BTC-USD", "103", "1", time.Now())
		synctest.Wait()
		s.want("BTC-USD", "live p=103 b=102.99 a=103.01 pc=90 o=100 h=129.5 l=95 v=309")
		vendortest.Wait(20 * time.Minute) // nothing is missing any more
		s.want("BTC-USD", "live p=103 b=102.99 a=103.01 pc=90 o=100 h=129.5 l=95 v=309")
	})
}

func TestTheLast24HoursStandInForADayThatCannotBeHad(t *testing.T) {
	onStage(t, []string{"BTC-USD"}, []string{"BTC-USD"}, func(v *vendor) {
		today(v)
		v.broken = true
		v.Delay(200 * time.Millisecond) // so that not everything happens on the second
	}, func(t *testing.T, s *stage) {
		vendortest.Wait(3 * time.Second)
		s.want("BTC-USD", "live p=101 b=100.99 a=101.01 pc=80 h=130 l=79 v=1234.5")
		s.trade("BTC-USD", "102", "1", time.Now())
		vendortest.Wait(2 * time.Second)
		s.want("BTC-USD", "live p=102 b=101.99 a=102.01 pc=80 h=130 l=79 v=1234.5")
		if n := s.Faults(t)["request"]; n < 1 || !strings.Contains(s.Log.String(), "/products/BTC-USD/candles: 500") {
			t.Errorf("%d failures; logged:\n%s", n, &s.Log)
		}
		s.set(func() { s.broken = false })
		for range 300 { // so that there always are figures which have not been told
			s.trade("BTC-USD", "103", "0.01", time.Now())
			vendortest.Wait(100 * time.Millisecond)
		}
		s.want("BTC-USD", "live p=103 b=102.99 a=103.01 pc=90 o=100 h=120 l=95 v=11")
	})
}

func TestALineThatAlwaysLosesIsNotAskedAboutAlways(t *testing.T) {
	onStage(t, []string{"BTC-USD"}, []string{"BTC-USD"}, today, func(t *testing.T, s *stage) {
		vendortest.Wait(4 * time.Second)
		before := len(s.Requests())
		for range 120 {
			s.lose(2)
			s.trade("BTC-USD", "101", "1", time.Now())
			s.trade("BTC-USD", "101", "1", time.Now())
			vendortest.Wait(500 * time.Millisecond)
		}
		if n := len(s.Requests()) - before; n < 3 || n > 12 {
			t.Errorf("%d requests in a minute", n)
		}
		vendortest.Wait(20 * time.Second)
		s.want("BTC-USD", "live p=101 b=100.99 a=101.01 pc=90 o=100 h=120 l=95 v=247")
	})
}

func TestHaltsAreTold(t *testing.T) {
	onStage(t, []string{"BTC-USD", "ETH-USD"}, []string{"BTC-USD", "ETH-USD"}, today, func(t *testing.T, s *stage) {
		vendortest.Wait(4 * time.Second)
		s.halt("BTC-USD", "offline")
		synctest.Wait()
		if a, b := s.Quote("BTC-USD").State, s.Quote("ETH-USD").State; a != market.Halted || b != market.Live {
			t.Errorf("states %v and %v", a, b)
		}
		for _, c := range s.Sockets() {
			c.Drop()
		}
		s.set(func() { s.products["BTC-USD"].status = "online" }) // meanwhile
		vendortest.Wait(5 * time.Second)
		if got := s.Quote("BTC-USD").State; got != market.Live {
			t.Errorf("after it: %v", got)
		}
	})
}

func TestADayBeginsAtTheRoll(t *testing.T) {
	onStage(t, []string{"BTC-USD"}, []string{"BTC-USD"}, func(v *vendor) {
		today(v)
		time.Sleep(14*time.Hour - time.Minute) // 23:59
	}, func(t *testing.T, s *stage) {
		vendortest.Wait(4 * time.Second)
		s.want("BTC-USD", "live p=101 b=100.99 a=101.01 pc=90 o=100 h=120 l=95 v=7")
		s.trade("BTC-USD", "110", "1", time.Now())
		vendortest.Wait(2 * time.Minute)
		s.want("BTC-USD", "live p=110 b=109.99 a=110.01 pc=110")
		s.trade("BTC-USD", "111", "1", time.Now())
		synctest.Wait()
		s.want("BTC-USD", "live p=111 b=110.99 a=111.01 pc=110 o=111 h=111 l=111 v=1")
		for _, c := range s.Sockets() {
			c.Drop()
		}
		vendortest.Wait(8 * time.Second)
		s.want("BTC-USD", "live p=111 b=110.99 a=111.01 pc=110 o=111 h=111 l=111 v=1")
	})
}

func TestManySymbolsHaveSeveralConnections(t *testing.T) {
	var symbols []string
	for i := range 2*perConnection + 1 {
		symbols = append(symbols, fmt.Sprintf("C%d-USD", i))
	}
	onStage(t, symbols, symbols, today, func(t *testing.T, s *stage) {
		vendortest.Wait(40 * time.Second) // 201 requests, 8 a second
		if n := len(s.Sockets()); n != 3 {
			t.Errorf("%d connections", n)
		}
		for _, symbol := range symbols {
			s.want(symbol, "live p=101 b=100.99 a=101.01 pc=90 o=100 h=120 l=95 v=7")
		}
	})
}

func TestManyConnectionsAreNotMadeAtOnce(t *testing.T) {
	var symbols []string
	for i := range 12 * perConnection {
		symbols = append(symbols, fmt.Sprintf("C%d-USD", i))
	}
	onStage(t, symbols, symbols, nil, func(t *testing.T, s *stage) {
		vendortest.Wait(999 * time.Millisecond)
		if n := len(s.Connects()); n < 2 || n > 8 {
			t.Errorf("%d connections within a second", n)
		}
	})
}

func TestRunEndsWithoutAnErrorWhenItIsToldTo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(morning))
		v := newVendor(t, "BTC-USD")
		env := v.Env(t)
		sources := vendortest.Open(t, Config{API: "advanced", Symbols: []string{"BTC-USD"}}, env, Open)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		told := 0
		if err := sources[0].Run(ctx, func(market.Batch) { told++ }); err != nil || told == 0 {
			t.Errorf("error %v after %d batches", err, told)
		}
	})
}

func TestAProductInUSDCIsThatInDollars(t *testing.T) {
	onStage(t, []string{"BTC-USD"}, []string{"BTC-USDC"}, today, func(t *testing.T, s *stage) {
		vendortest.Wait(4 * time.Second)
		s.want("BTC-USDC", "live p=101 b=100.99 a=101.01 pc=90 o=100 h=120 l=95 v=7")
	})
}

func TestWithoutANetworkItSaysWhatItCannotReach(t *testing.T) {
	hosts := map[string]string{"advanced": "dial wss://advanced-trade-ws.coinbase.com: ",
		"exchange": "dial wss://ws-feed.exchange.coinbase.com: "}
	onStage(t, []string{"BTC-USD"}, []string{"BTC-USD"}, func(v *vendor) { v.Vanish() }, func(t *testing.T, s *stage) {
		vendortest.Wait(time.Minute)
		st := s.Status()
		_, api, _ := strings.Cut(t.Name(), "/")
		if st.State != market.Down || !strings.HasPrefix(s.Why(), hosts[api]) || !strings.Contains(s.Why(), "connection refused") {
			t.Errorf("status %+v", st)
		}
		if n := strings.Count(s.Log.String(), "level=ERROR"); n != 0 {
			t.Errorf("logged:\n%s", &s.Log)
		}
		s.Accept()
		vendortest.Wait(2 * time.Minute)
		if got := s.figures("BTC-USD"); !strings.HasPrefix(got, "live p=90") {
			t.Errorf("afterwards: %s", got)
		}
	})
}

func TestOpenReachesForNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVendor(t)
		env := v.Env(t)
		sources, err := Open(DefaultConfig(), env)
		if err != nil || len(sources) != 1 {
			t.Fatalf("%d sources, error %v", len(sources), err)
		}
		vendortest.Wait(time.Minute)
		if len(v.Connects())+len(v.Requests()) != 0 {
			t.Errorf("it asked for %v and connected at %v", v.Requests(), v.Connects())
		}
		btc := env.Dir.Symbol(0)
		if want := (market.Symbol{Symbol: "BTC-USD", Name: "Bitcoin", Currency: "USD", Decimals: 2, Market: "crypto"}); btc != want {
			t.Errorf("record %+v, want %+v", btc, want)
		}
		if got, want := sources[0].Info(), (feed.Info{Name: "coinbase", Numbered: true, Market: "crypto", Remote: true}); got != want {
			t.Errorf("info %+v, want %+v", got, want)
		}
		if _, err := Open(Config{API: "advanced"}, env); err == nil || !strings.Contains(err.Error(), "symbols") {
			t.Errorf("without symbols: error %v", err)
		}
	})
}
