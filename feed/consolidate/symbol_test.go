package consolidate

import (
	"testing"
	"testing/synctest"
	"time"

	"tickertape/feed/market"
)

func TestSilentSymbolIsStaleByItsOwnRhythm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := DefaultConfig()
		w := newFixture(t, cfg, []market.Symbol{{Symbol: "BUSY"}, {Symbol: "RARE"}}, remote)
		w.live("market")
		for range 4 {
			w.says("market", ticks(trade(0, "1"), trade(1, "1")))
			for range 19 {
				time.Sleep(time.Second)
				w.says("market", ticks(trade(0, "1")))
			}
			time.Sleep(time.Second)
		}
		w.says("market", ticks(trade(0, "1"), trade(1, "1")))
		time.Sleep(cfg.StaleAfter + 2*visitEvery)
		synctest.Wait()
		if got := w.quote(0).State; got != market.Stale {
			t.Errorf("busy after %v: %v", cfg.StaleAfter, got)
		}
		if got := w.quote(1).State; got != market.Live {
			t.Errorf("rare after %v: %v", cfg.StaleAfter, got)
		}
		time.Sleep(gapsUntilStale * 20 * time.Second)
		synctest.Wait()
		if got := w.quote(1).State; got != market.Stale {
			t.Errorf("rare after ten pauses: %v", got)
		}
		w.says("market", ticks(market.Tick{Symbol: 1, Kind: market.KindAlive}))
		if got := w.quote(1).State; got != market.Live {
			t.Errorf("rare, confirmed by its market: %v", got)
		}
	})
}

func TestSymbolOfAClosedMarketIsClosedNotStale(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // the bubble begins on Saturday, 1 January 2000
		time.Sleep(2*24*time.Hour + 14*time.Hour + 30*time.Minute) // Monday 09:30 in New York
		w := newFixture(t, DefaultConfig(), []market.Symbol{{Symbol: "AAPL", Market: "us"}}, remote)
		w.live("market")
		w.says("market", ticks(trade(0, "100")))
		time.Sleep(20 * time.Second)
		synctest.Wait()
		if got := w.quote(0).State; got != market.Stale {
			t.Errorf("silent at 09:30: %v", got)
		}
		time.Sleep(6*time.Hour + 30*time.Minute)
		synctest.Wait()
		if got := w.quote(0).State; got != market.Closed {
			t.Errorf("silent after 16:00: %v", got)
		}
	})
}

func TestSessionRollsWhenTheTradingDayBegins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(2*24*time.Hour + 20*time.Hour) // Monday 15:00 in New York
		w := newFixture(t, DefaultConfig(), []market.Symbol{{Symbol: "AAPL", Market: "us"}, {Symbol: "BTC-USD", Market: "crypto"}}, remote)
		w.live("market")
		w.says("market", ticks(trade(0, "100"), trade(0, "101"), trade(1, "50000")))
		late := trade(0, "105")
		late.Flags = market.SetsExtended | market.SetsVolume
		time.Sleep(90 * time.Minute)
		late.Time, late.Received = now(), now()
		w.says("market", ticks(late))
		if q := w.quote(0); q.Price != parse("101") || q.Extended != parse("105") || q.High != parse("101") || q.Count != 3 {
			t.Errorf("after hours %+v", q)
		}
		time.Sleep(2*time.Hour + 30*time.Minute + 3*time.Second) // midnight UTC
		synctest.Wait()
		if q := w.quote(1); q.PreviousClose != parse("50000") || q.Set&(market.FieldVolume|market.FieldHigh) != 0 {
			t.Errorf("a coin after midnight UTC: %+v", q)
		}
		if q := w.quote(0); q.Set&market.FieldVolume == 0 {
			t.Error("a stock rolls at midnight UTC")
		}
		time.Sleep(9 * time.Hour) // 04:00 in New York
		synctest.Wait()
		q := w.quote(0)
		if q.PreviousClose != parse("101") || q.Price != parse("101") || q.Set&ofSession != 0 {
			t.Errorf("after the roll %+v", q)
		}
		stale := trade(0, "99")
		stale.Time -= 3600e6
		w.says("market", ticks(stale))
		if q := w.quote(0); q.Set&market.FieldVolume != 0 {
			t.Error("a trade of the last session counts in this one")
		}
	})
}

// TestFirstTradeOfADayBeginsIt has the exchange's clock ahead of this machine's.
func TestFirstTradeOfADayBeginsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(24*time.Hour - 2*time.Second)
		w := newFixture(t, DefaultConfig(), []market.Symbol{{Symbol: "BTC-USD", Market: "crypto"}}, remote)
		w.live("market")
		w.says("market", ticks(trade(0, "100")))
		for _, p := range []string{"100.5", "101", "102", "103"} { // the second is made after midnight, and comes before it
			time.Sleep(650 * time.Millisecond)
			k := trade(0, p)
			k.Time += 1_270_000
			w.says("market", ticks(k))
		}
		if q := w.quote(0); q.PreviousClose != parse("100.5") || q.Open != parse("101") || q.Count != 3 {
			t.Errorf("previous close %v, open %v, %d trades; want 100.5, 101, 3", q.PreviousClose, q.Open, q.Count)
		}
	})
}
