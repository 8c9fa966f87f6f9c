package coinbase

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tickertape/feed/market"
	"tickertape/feed/vendors/vendortest"
)

// untraded has the only product not traded yet.
func untraded(v *vendor) { v.products["NEW-USD"].trades = nil }

func TestProductHasItsBookBeforeItsFirstTrade(t *testing.T) {
	onStage(t, []string{"NEW-USD"}, []string{"NEW-USD"}, untraded, func(t *testing.T, s *stage) {
		vendortest.Wait(4 * time.Second)
		q := s.Quote("NEW-USD")
		if got := s.figures("NEW-USD"); got != "live b=41.5 a=42.5 v=0" && got != "live b=41.5 a=42.5" {
			t.Errorf("before the first trade: %s", got)
		}
		if q.BidSize.String() != "1.5" || q.AskSize.String() != "2.5" {
			t.Errorf("sizes %v and %v", q.BidSize, q.AskSize)
		}
		s.trade("NEW-USD", "42", "2", time.Now())
		synctest.Wait()
		if q := s.Quote("NEW-USD"); q.Price.String() != "42" || q.Bid.String() != "41.99" || q.State != market.Live {
			t.Errorf("at the first trade: %s", s.figures("NEW-USD"))
		}
	})
}

// TestFirstTradesThatGetLostAreFetched has the vendor say first that there are none.
func TestFirstTradesThatGetLostAreFetched(t *testing.T) {
	for name, comes := range map[string]bool{"until one comes": true, "though none comes": false} {
		t.Run(name, func(t *testing.T) {
			perform(t, Config{API: "exchange", Symbols: []string{"NEW-USD"}}, []string{"NEW-USD"}, untraded, func(t *testing.T, s *stage) {
				vendortest.Wait(4 * time.Second)
				s.lose(4) // two matches and two tickers
				s.trade("NEW-USD", "42", "2", time.Now())
				s.trade("NEW-USD", "44", "3", time.Now())
				s.lose(0)
				want := "2 trades, volume 5, high 44"
				if comes {
					s.trade("NEW-USD", "43", "1", time.Now())
					want = "3 trades, volume 6, high 44"
				}
				vendortest.Within(t, 30*time.Second, want, func() bool {
					q := s.Quote("NEW-USD")
					return q.High.String() == "44" && (q.Volume.String() == "6") == comes && (q.Volume.String() == "5") == !comes
				})
				if n := s.Metric("tickertape_feed_lost_messages_total"); n != 2 {
					t.Errorf("%v are counted as lost", n)
				}
			})
		})
	}
}

func TestProductThatMayNotTradeIsHalted(t *testing.T) {
	for may, want := range map[string]market.State{"auction_mode": market.Halted, "post_only": market.Halted, "cancel_only": market.Halted,
		"trading_disabled": market.Halted, "limit_only": market.Live} {
		t.Run(may, func(t *testing.T) {
			onStage(t, []string{"BTC-USD", "ETH-USD"}, []string{"BTC-USD", "ETH-USD"}, today, func(t *testing.T, s *stage) {
				vendortest.Wait(4 * time.Second)
				s.restrict("BTC-USD", may)
				synctest.Wait()
				if a, b := s.Quote("BTC-USD").State, s.Quote("ETH-USD").State; a != want || b != market.Live {
					t.Errorf("states %v and %v, want %v and live", a, b, want)
				}
				s.restrict("BTC-USD", "")
				synctest.Wait()
				if a := s.Quote("BTC-USD").State; a != market.Live {
					t.Errorf("after it: %v", a)
				}
			})
		})
	}
}

func TestRefusedProductIsAskedForAgain(t *testing.T) {
	onStage(t, []string{"BTC-USD"}, []string{"BTC-USD", "ETH-USD"}, today, func(t *testing.T, s *stage) {
		vendortest.Wait(4 * time.Second)
		if s.Quote("ETH-USD").State != market.Down {
			t.Errorf("it is %v", s.Quote("ETH-USD").State)
		}
		s.set(func() {
			s.products["ETH-USD"] = &listing{status: "online", trades: []told{
				{"1", "ETH-USD", "80", "2", stamp(time.Now().Add(-24 * time.Hour)), "BUY"}, {"2", "ETH-USD", "5", "1", stamp(time.Now()), "BUY"}}}
		})
		vendortest.Within(t, time.Minute+10*time.Second, "it has prices, a book and its day", func() bool {
			return s.figures("ETH-USD") == "live p=5 b=4.99 a=5.01 pc=80 o=5 h=5 l=5 v=1"
		})
		vendortest.Wait(2 * time.Second) // for the last channel
		if n := len(s.Connects()); n != 1 {
			t.Errorf("%d connections", n)
		}
		s.halt("ETH-USD", "offline")
		synctest.Wait()
		if s.Quote("ETH-USD").State != market.Halted {
			t.Errorf("its status: %v", s.Quote("ETH-USD").State)
		}
	})
}

func TestRefusedChannelIsAskedForAgain(t *testing.T) {
	onStage(t, []string{"BTC-USD"}, []string{"BTC-USD"}, func(v *vendor) {
		today(v)
		v.without = []string{"ticker", "heartbeat", "status"}
	}, func(t *testing.T, s *stage) {
		vendortest.Wait(20 * time.Minute)
		if n, breaks := len(s.Connects()), s.Metric("tickertape_feed_breaks_total"); n > 1 && breaks == 0 {
			t.Errorf("%d connections, %v breaks", n, breaks)
		}
		connects := len(s.Connects())
		s.set(func() { s.without = nil })
		vendortest.Wait(15*time.Minute + 30*time.Second)
		s.restrict("BTC-USD", "post_only")
		synctest.Wait()
		if got := s.figures("BTC-USD"); !strings.HasPrefix(got, "halted p=101 b=100.99 a=101.01") || len(s.Connects()) != connects {
			t.Errorf("%s, %d connections more", got, len(s.Connects())-connects)
		}
	})
}

func TestStableCoinsInUSDCAreProductsOfTheirOwn(t *testing.T) {
	symbols := []string{"USDT-USD", "USDT-USDC", "EURC-USD", "EURC-USDC"}
	prices := []string{"90.1", "90.2", "90.3", "90.4"}
	onStage(t, symbols, symbols, nil, func(t *testing.T, s *stage) {
		for i, symbol := range symbols {
			s.trade(symbol, prices[i], "1", time.Now())
		}
		vendortest.Wait(4 * time.Second)
		for i, symbol := range symbols {
			if got, want := s.Quote(symbol).Price.String(), prices[i]; got != want {
				t.Errorf("%s: %s, want %s", symbol, got, want)
			}
		}
	})
}

func TestPricesWithMoreThanNineDecimalsAreMarked(t *testing.T) {
	onStage(t, []string{"MOG-USD", "BTC-USD"}, []string{"MOG-USD", "BTC-USD"}, func(v *vendor) {
		v.products["MOG-USD"].increment = "0.0000000001"
		v.trade("MOG-USD", "0.0000001536", "1", time.Now())
	}, func(t *testing.T, s *stage) {
		vendortest.Wait(4 * time.Second)
		if r := s.dir.Symbol(s.Quote("MOG-USD").Symbol); r.Decimals != 9 || !r.Rounded {
			t.Errorf("record %+v", r)
		}
		if r := s.dir.Symbol(s.Quote("BTC-USD").Symbol); r.Decimals != 3 || r.Rounded {
			t.Errorf("record %+v", r)
		}
		if got := s.Quote("MOG-USD").Price.String(); got != "0.000000154" {
			t.Errorf("price %s", got)
		}
		if got := s.Faults(t); got["number"] != 0 || got["rounded"] == 0 {
			t.Errorf("faults: %v", got)
		}
	})
}
