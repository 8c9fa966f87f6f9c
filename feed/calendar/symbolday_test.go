package calendar

import (
	"slices"
	"testing"
	"time"

	"tickertape/feed/market"
)

func TestASymbolsDayBeginsWithItsOwnTradeOrByTheClock(t *testing.T) {
	hours, err := New(DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	coins, _ := hours.Market("crypto")
	shares, _ := hours.Market("us")
	instant := func(text string) market.Time {
		at, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			t.Fatal(err)
		}
		return market.TimeOf(at)
	}
	type step struct {
		trade, clock string // the time of a trade, or "" for a visit; and what the exchange's clock shows
		want         Turn
	}
	for name, c := range map[string]struct {
		of    *Market
		steps []step
		began string
	}{
		"by a trade": {coins, []step{
			{"2026-06-01T23:59:59Z", "2026-06-01T23:59:59.1Z", Begins},
			{"2026-06-01T23:59:59.9Z", "2026-06-02T00:00:00Z", Goes},
			{"2026-06-02T00:00:00Z", "2026-06-02T00:00:00.1Z", Begins},
			{"", "2026-06-02T00:00:03Z", Goes},
			{"2026-06-01T23:59:59.95Z", "2026-06-02T00:00:04Z", Goes},
		}, "2026-06-02T00:00:00Z"},
		"by the clock, after the grace": {coins, []step{
			{"2026-06-01T12:00:00Z", "2026-06-01T12:00:00Z", Begins},
			{"", "2026-06-02T00:00:01.999Z", Goes},
			{"", "2026-06-02T00:00:02Z", Begins},
			{"", "2026-06-02T00:00:02.25Z", Goes},
			{"2026-06-01T23:59:59.95Z", "2026-06-02T00:00:03Z", Goes},
			{"2026-06-02T00:00:01Z", "2026-06-02T00:00:03Z", Goes},
		}, "2026-06-02T00:00:00Z"},
		"over a weekend": {shares, []step{
			{"2026-05-29T19:59:00Z", "2026-05-29T19:59:00Z", Begins},
			{"", "2026-05-31T12:00:00Z", Goes},
			{"", "2026-06-01T08:00:02Z", Begins},
		}, "2026-06-01T08:00:00Z"},
		"a clock that was wrong": {coins, []step{
			{"", "2026-06-05T00:00:00Z", Begins},
			{"2026-06-01T12:00:00Z", "2026-06-01T12:00:00Z", Reopens},
			{"2026-06-01T12:00:01Z", "2026-06-01T12:00:01Z", Goes},
		}, "2026-06-01T00:00:00Z"},
		"a wrong clock cannot end a day with trades": {coins, []step{
			{"2026-06-02T00:00:01Z", "2026-06-02T00:00:01Z", Begins},
			{"2026-06-01T12:00:00Z", "2026-06-01T12:00:00Z", Goes},
		}, "2026-06-02T00:00:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			var d SymbolDay
			var got, want []Turn
			for _, s := range c.steps {
				turn := Goes
				if s.trade == "" {
					turn = d.Clock(c.of, instant(s.clock))
				} else {
					turn = d.Trade(c.of, instant(s.trade), instant(s.clock))
				}
				got, want = append(got, turn), append(want, s.want)
			}
			if !slices.Equal(got, want) {
				t.Errorf("turns %v, want %v", got, want)
			}
			if d.Began() != instant(c.began) {
				t.Errorf("it began at %v, want %s", d.Began().Std(), c.began)
			}
		})
	}
}
