package consolidate

import (
	"testing"
	"time"

	"tickertape/feed/market"
)

func TestClockGoesOnEvenlyWhateverTheMachinesShows(t *testing.T) {
	const hour, tolerance = market.Time(3600e6), market.Time(5e6)
	right := time.Date(2026, time.June, 1, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		begins market.Time // how far the machine's clock is ahead at first
		sleeps bool        // durations stand still while the machine sleeps for an hour, and not its clock
		then   market.Time // how far it is ahead after that
		tick   bool        // a tick comes at once after it
		ahead  market.Time // how far this clock is ahead in the end
	}{
		"nothing happens":                             {0, false, 0, true, 0},
		"it is slewed a little":                       {0, false, 400_000, true, 400_000},
		"it is set ahead":                             {0, false, 24 * hour, true, 0},
		"it is set back":                              {0, false, -hour, true, 0},
		"it is set back, and no tick comes":           {0, false, -hour, false, 0},
		"it was wrong from the beginning, and is set": {24 * hour, false, 0, true, 0},
		"it was behind, and is set":                   {-24 * hour, false, 0, true, 0},
		"it slept":                                    {0, true, 0, true, 0},
		"it slept, and no tick comes":                 {0, true, 0, false, -hour},
	} {
		t.Run(name, func(t *testing.T) {
			now, elapsed, ahead := right, right, c.begins // elapsed is what durations are measured with
			k := clock{wall: func(time.Time) market.Time { return market.TimeOf(now) + ahead }}
			k.set(elapsed)
			if at := market.TimeOf(now); k.ahead(at) <= tolerance {
				k.compare(at, 0, tolerance)
			}
			if now = now.Add(time.Hour); !c.sleeps {
				elapsed = elapsed.Add(time.Hour)
			}
			ahead = c.then
			k.set(elapsed)
			if at := market.TimeOf(now); c.tick {
				if k.ahead(at) > tolerance {
					t.Fatal("the tick is refused")
				}
				k.compare(at, 0, tolerance)
			}
			if got := k.steady - market.TimeOf(now); got != c.ahead {
				t.Errorf("ahead by %v, want %v", time.Duration(got)*time.Microsecond, time.Duration(c.ahead)*time.Microsecond)
			}
			if got := k.received(market.TimeOf(now) + ahead); got != k.steady {
				t.Errorf("what came now came at %v, want %v", got.Std(), k.steady.Std())
			}
		})
	}
}
