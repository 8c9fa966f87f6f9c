package calendar

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// From Wednesday to Tuesday around Thanksgiving, one goroutine asks for the phase every minute, and one sleeps from roll to
// roll.
func TestHalfDayPassesUnderAFakeClock(t *testing.T) {
	us := testMarket(t, DefaultConfig(), "us")
	begin, end := newYork(t, "2026-11-25 12:00"), newYork(t, "2026-12-01 12:00")
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(begin))
		var rolls []string
		var wg sync.WaitGroup
		wg.Go(func() {
			for next := us.NextRoll(time.Now()); next.Before(end); next = us.NextRoll(time.Now()) {
				time.Sleep(time.Until(next))
				if got := us.Rolled(time.Now()); !got.Equal(time.Now()) {
					t.Errorf("awake at %v for the roll of %v", time.Now(), got)
				}
				rolls = append(rolls, clock(us))
			}
		})
		var phases []string
		last := us.Phase(time.Now())
		for time.Now().Before(end) {
			time.Sleep(time.Minute)
			if p := us.Phase(time.Now()); p != last {
				phases = append(phases, fmt.Sprint(clock(us), " ", p))
				last = p
			}
		}
		wg.Wait()
		if want := []string{"Fri 04:00", "Mon 04:00", "Tue 04:00"}; !slices.Equal(rolls, want) {
			t.Errorf("rolls\n%q, want\n%q", rolls, want)
		}
		if want := []string{
			"Wed 16:00 post", "Wed 20:00 closed",
			"Fri 04:00 pre", "Fri 09:30 regular", "Fri 13:00 post", "Fri 17:00 closed",
			"Mon 04:00 pre", "Mon 09:30 regular", "Mon 16:00 post", "Mon 20:00 closed",
			"Tue 04:00 pre", "Tue 09:30 regular",
		}; !slices.Equal(phases, want) {
			t.Errorf("phases\n%q, want\n%q", phases, want)
		}
	})
}

// Whoever sleeps from roll to roll wakes at the same time of day in New York, but not in UTC, when the clocks change.
func TestRollsFollowTheClocksOfTheirZone(t *testing.T) {
	for name, c := range map[string]struct {
		market, begin string
		want          []string // in UTC
	}{
		"us to summer":     {"us", "2026-03-05 12:00", []string{"6 Mar 09:00", "9 Mar 08:00", "10 Mar 08:00"}},
		"us to winter":     {"us", "2026-10-29 12:00", []string{"30 Oct 08:00", "2 Nov 09:00", "3 Nov 09:00"}},
		"crypto to summer": {"crypto", "2026-03-07 12:00", []string{"8 Mar 00:00", "9 Mar 00:00", "10 Mar 00:00"}},
		"crypto to winter": {"crypto", "2026-10-31 12:00", []string{"1 Nov 00:00", "2 Nov 00:00", "3 Nov 00:00"}},
	} {
		t.Run(name, func(t *testing.T) {
			m, begin := testMarket(t, DefaultConfig(), c.market), newYork(t, c.begin)
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(time.Until(begin))
				var got []string
				for range c.want {
					time.Sleep(time.Until(m.NextRoll(time.Now())))
					got = append(got, time.Now().UTC().Format("2 Jan 15:04"))
				}
				if !slices.Equal(got, c.want) {
					t.Errorf("got %q, want %q", got, c.want)
				}
			})
		})
	}
}

func clock(m *Market) string { return time.Now().In(m.Zone()).Format("Mon 15:04") }

// The day that is kept must not show in answers about other days, with many goroutines asking at once.
func TestMarketsAnswerManyAtOnce(t *testing.T) {
	us := testMarket(t, DefaultConfig(), "us")
	var wg sync.WaitGroup
	for year := 2020; year < 2028; year++ {
		wg.Go(func() {
			alone := testMarket(t, DefaultConfig(), "us")
			for at := newYork(t, fmt.Sprintf("%d-06-25 00:00", year)); at.Month() < time.August; at = at.Add(37 * time.Minute) {
				if got, want := us.Phase(at), alone.Phase(at); got != want {
					t.Errorf("%v is %v, want %v", at, got, want)
				}
				if got, want := us.NextRoll(at), alone.NextRoll(at); !got.Equal(want) {
					t.Errorf("after %v it rolls %v, want %v", at, got, want)
				}
			}
		})
	}
	wg.Wait()
}
