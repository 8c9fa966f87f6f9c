package sim

import (
	"testing"
	"time"

	"tickertape/feed/market"
)

func TestAHaltIsFiveSilentMinutesAndAnAuction(t *testing.T) {
	cfg := opening()
	cfg.Rate, cfg.Symbols = 100, 100
	m := testMarket(t, cfg)
	w := newTickChecker(t, m) // it fails where a halted symbol ticks
	began := map[market.SymbolID]market.Time{}
	next := map[market.SymbolID][]market.Kind{} // what must follow the end of a halt
	ends := 0
	each(m, 2*time.Hour, func(tick market.Tick) {
		w.see(tick)
		if must := next[tick.Symbol]; len(must) > 0 {
			if tick.Kind != must[0] || tick.Kind == market.KindTrade && tick.Flags != market.Regular {
				t.Errorf("after a halt: %+v, want kind %d", tick, must[0])
			}
			next[tick.Symbol] = must[1:]
		}
		switch {
		case tick.Kind == market.KindState && tick.State == market.Halted:
			began[tick.Symbol] = tick.Time
		case tick.Kind == market.KindState:
			ends++
			next[tick.Symbol] = []market.Kind{market.KindQuote, market.KindTrade}
			if d := tick.Time - began[tick.Symbol]; d != 300e6 {
				t.Errorf("a halt of %d µs, want 300 s", d)
			}
		}
	})
	if ends < 5 || ends > 13 { // of eight
		t.Errorf("%d halts in two hours", ends)
	}
}

func TestMostSymbolsAlwaysTrade(t *testing.T) {
	for symbols, most := range map[int]int{1: 0, 9: 0, 10: 1, 100: 10} {
		cfg := Config{Seed: 1, Rate: 500, Symbols: symbols, Session: 10 * time.Minute, HaltEvery: time.Second}
		m := testMarket(t, cfg)
		halted, peak := 0, 0
		each(m, 9*time.Minute, func(tick market.Tick) {
			if tick.Kind != market.KindState {
				return
			}
			if tick.State == market.Halted {
				halted++
			} else {
				halted--
			}
			peak = max(peak, halted)
		})
		if peak != most {
			t.Errorf("of %d symbols %d were halted at once, want %d", symbols, peak, most)
		}
	}
}
