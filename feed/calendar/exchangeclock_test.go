package calendar

import (
	"testing"

	"pgregory.net/rapid"

	"tickertape/feed/market"
)

const second = market.Time(1e6)

func TestAnExchangesClockIsThatOfTheTickDelayedLeast(t *testing.T) {
	var c ExchangeClock
	now := market.Time(1e15)
	if got := c.Time(now); got != now {
		t.Errorf("before any tick %v, want this machine's clock %v", got, now)
	}
	for i, lead := range []market.Time{-3 * second, 2 * second, -3600 * second} {
		c.Note(now+lead, now)
		if got, want := c.Time(now)-now, []market.Time{-3 * second, 2 * second, 2 * second}[i]; got != want {
			t.Errorf("after tick %d it is ahead by %v, want %v", i, got, want)
		}
	}
	for range 3 { // one that stands still for so long is believed no more, but nothing better is known
		now += clockWindow + second
		c.advance(now)
	}
	if lead, known := c.Lead(now); known || lead != 2*second || c.Time(now) != now+2*second {
		t.Errorf("long after the last tick: ahead by %v, known %t", lead, known)
	}
	c.Note(now-3600*second, now) // a report that came late
	if got := c.Time(now) - now; got != 2*second {
		t.Errorf("one late tick sets it back to %v", got)
	}
}

// A clock that has drifted is followed within two windows.
func TestAnExchangesClockFollowsItsTicks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var c ExchangeClock
		now := market.Time(1e15)
		for range rapid.IntRange(1, 5).Draw(t, "drifts") {
			lead := market.Time(rapid.Int64Range(-5e6, 5e6).Draw(t, "lead"))
			for end := now + 2*clockWindow + second; now < end; now += second {
				c.Note(now+lead-market.Time(rapid.Int64Range(0, 3e5).Draw(t, "delay")), now)
			}
			if got, known := c.Lead(now); !known || got > lead || got < lead-3e5 {
				t.Fatalf("ahead by %v, known %t; want %v or up to 0.3 s less", got, known, lead)
			}
		}
	})
}
