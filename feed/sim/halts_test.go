package sim

import (
	"testing"
	"time"

	"tickertape/feed"
)

func TestAHaltIsFiveSilentMinutesAndAnAuction(t *testing.T) {
	cfg := opening()
	cfg.Rate, cfg.Symbols = 100, 100
	m := testMarket(t, cfg)
	w := newWatch(t, m) // it fails where a halted symbol ticks
	began := map[feed.SymbolID]feed.Time{}
	next := map[feed.SymbolID][]feed.Kind{} // what must follow the end of a halt
	ends := 0
	each(m, 2*time.Hour, func(tick feed.Tick) {
		w.see(tick)
		if must := next[tick.Symbol]; len(must) > 0 {
			if tick.Kind != must[0] || tick.Kind == feed.KindTrade && tick.Flags != feed.Regular {
				t.Errorf("after a halt: %+v, want kind %d", tick, must[0])
			}
			next[tick.Symbol] = must[1:]
		}
		switch {
		case tick.Kind == feed.KindState && tick.State == feed.Halted:
			began[tick.Symbol] = tick.Time
		case tick.Kind == feed.KindState:
			ends++
			next[tick.Symbol] = []feed.Kind{feed.KindQuote, feed.KindTrade}
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
		each(m, 9*time.Minute, func(tick feed.Tick) {
			if tick.Kind != feed.KindState {
				return
			}
			if tick.State == feed.Halted {
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
