package calendar

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// drawConfig draws a valid configuration.
func drawConfig(t *rapid.T) Config {
	cfg := DefaultConfig()
	clock := func(minutes int) string { return fmt.Sprintf("%02d:%02d", minutes/60, minutes%60) }
	evening := rapid.IntRange(20*60, 24*60-1)
	cfg.USRoll = clock(rapid.OneOf(rapid.IntRange(0, 9*60+30), evening).Draw(t, "us_roll"))
	if rapid.Bool().Draw(t, "overnight") {
		cfg.USOvernight = clock(evening.Draw(t, "us_overnight"))
	}
	cfg.DayRoll = fmt.Sprintf("%02d:00", rapid.IntRange(0, 23).Draw(t, "day_roll"))
	date := rapid.Custom(func(t *rapid.T) string {
		return time.Unix(rapid.Int64Range(first, last).Draw(t, "date"), 0).UTC().Format(dateLayout)
	})
	cfg.Closed = rapid.SliceOfN(date, 0, 20).Draw(t, "closed")
	for _, date := range rapid.SliceOfNDistinct(date, 0, 20, rapid.ID).Draw(t, "early") {
		minutes := rapid.IntRange(9*60+31, 15*60+59).Draw(t, "end")
		early := fmt.Sprintf("%s %02d:%02d", date, minutes/60, minutes%60)
		with := cfg
		if with.Early = append(slices.Clone(cfg.Early), early); with.Validate() == nil {
			cfg = with // not a day without trading
		}
	}
	return cfg
}

// The years that the rules are checked for, in Unix seconds.
const (
	first = 631152000  // 1990
	last  = 4133980799 // 2100
)

func drawTime(t *rapid.T) time.Time {
	at := rapid.OneOf(
		rapid.Int64Range(first, last),
		rapid.Map(rapid.Int64Range(first/1800, last/1800), func(n int64) int64 { return n * 1800 }), // on a boundary, often
	).Draw(t, "at")
	return time.Unix(at, rapid.SampledFrom([]int64{0, 0, 1, 999_999_999}).Draw(t, "nanoseconds"))
}

func TestMarketsKeepTheirPromises(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := drawConfig(t)
		c, err := New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		for range 20 {
			at := drawTime(t)
			checkRolls(t, c.us, at)
			checkRolls(t, c.crypto, at)
			checkUS(t, c.us, cfg, at)
		}
	})
}

// checkRolls holds for every market that rolls.
func checkRolls(t *rapid.T, m *Market, at time.Time) {
	rolled, next := m.Rolled(at), m.NextRoll(at)
	if rolled.After(at) || !next.After(at) {
		t.Fatalf("%v is not from its roll %v to the next %v", at, rolled, next)
	}
	for _, within := range []time.Time{rolled, at, next.Add(-1)} {
		if r, n := m.Rolled(within), m.NextRoll(within); !r.Equal(rolled) || !n.Equal(next) {
			t.Fatalf("%v is from %v to %v, and within it %v from %v to %v", at, rolled, next, within, r, n)
		}
	}
	if got := m.Rolled(next); !got.Equal(next) {
		t.Fatalf("after %v it rolls %v, and then has rolled %v", at, next, got)
	}
	if got := m.NextRoll(rolled.Add(-1)); !got.Equal(rolled) {
		t.Fatalf("at %v it has rolled %v, which was to be %v", at, rolled, got)
	}
	if m.Open(at) != (m.Phase(at) != Closed) {
		t.Fatalf("%v: open %v while %v", at, m.Open(at), m.Phase(at))
	}
}

func checkUS(t *rapid.T, us *Market, cfg Config, at time.Time) {
	local := at.In(us.Zone())
	date := local.Format(dateLayout)
	if p := us.Phase(at); p != Closed && p != Overnight && (local.Weekday() == time.Saturday || local.Weekday() == time.Sunday ||
		slices.Contains(cfg.Closed, date)) {
		t.Fatalf("%v is %v", local, p)
	}

	if p := us.Phase(at); p == Overnight && (cfg.USOvernight == "" || us.Phase(at.Add(9*time.Hour+30*time.Minute)) == Closed) {
		t.Fatalf("%v is %v, and no day with trading follows", local, p)
	}

	rolled := us.Rolled(at)
	year, month, day := us.Date(at).Date()
	opening := time.Date(year, month, day, 9, 30, 0, 0, us.Zone())
	if before := opening.Sub(rolled); before < 0 || before > 15*time.Hour {
		t.Fatalf("%v: its trading day begins %v, and its date is %v", local, rolled, us.Date(at))
	}
	if got := rolled.Format(clockLayout); got != cfg.USRoll || us.Phase(opening) != Regular {
		t.Fatalf("%v: rolled %v, not at %s of a day with trading", local, rolled, cfg.USRoll)
	}
	if days := us.NextRoll(at).Sub(rolled); days < 23*time.Hour {
		t.Fatalf("%v: it rolls twice within %v", local, days)
	}

	open := us.NextOpen(at)
	if !open.After(at) || open.Format(clockLayout) != "09:30" || us.Phase(open) != Regular || us.Phase(open.Add(-1)) != Pre {
		t.Fatalf("%v: opens %v, %v after %v", local, open, us.Phase(open), us.Phase(open.Add(-1)))
	}
	if at.Before(us.NextOpen(rolled)) != open.Equal(us.NextOpen(rolled)) {
		t.Fatalf("%v: opens %v, from its roll on %v", local, open, us.NextOpen(rolled))
	}

	// Every phase begins where the clocks say, and on whole minutes only.
	minute := local.Truncate(time.Minute)
	if got, want := us.Phase(local), us.Phase(minute); got != want {
		t.Fatalf("%v is %v, and %v where its minute begins", local, got, want)
	}
	before, now := us.Phase(minute.Add(-1)), us.Phase(minute)
	night := []string{cfg.USOvernight}
	if before == now {
		return
	}
	ends, over := []string{"13:00", "16:00"}, []string{"17:00", "20:00"}
	for _, early := range cfg.Early {
		if end, ok := strings.CutPrefix(early, date+" "); ok {
			clock, _ := parseClock(end)
			ends, over = []string{end}, []string{time.Time{}.Add(clock + postLength).Format(clockLayout)}
		}
	}
	for _, c := range []struct {
		before, now Phase
		at          []string
	}{{Closed, Overnight, night}, {Post, Overnight, night}, {Overnight, Pre, []string{"04:00"}},
		{Closed, Pre, []string{"04:00"}}, {Pre, Regular, []string{"09:30"}}, {Regular, Post, ends}, {Post, Closed, over}} {
		if c.before == before && c.now == now && slices.Contains(c.at, minute.Format(clockLayout)) {
			return
		}
	}
	t.Fatalf("from %v to %v at %v", before, now, minute)
}

// Times come in any order: the day that is kept of one must not show in the answer about another.
func TestAnswersDoNotDependOnEarlierQuestions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := drawConfig(t)
		asked, err := New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		at := drawTime(t)
		for range 20 {
			fresh, err := New(cfg)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := asked.us.Phase(at), fresh.us.Phase(at); got != want {
				t.Fatalf("%v is %v, want %v", at, got, want)
			}
			if got, want := asked.us.NextOpen(at), fresh.us.NextOpen(at); !got.Equal(want) {
				t.Fatalf("after %v it opens %v, want %v", at, got, want)
			}
			at = at.Add(time.Duration(rapid.Int64Range(-int64(100*time.Hour), int64(100*time.Hour)).Draw(t, "step")))
		}
	})
}

// A time that is unset or absurd must not stop the program.
func TestStrangeTimesHaveAnswers(t *testing.T) {
	for name, at := range map[string]time.Time{
		"zero":     {},
		"epoch":    time.Unix(0, 0),
		"micros":   time.UnixMicro(math.MaxInt64),
		"before":   time.UnixMicro(math.MinInt64),
		"earliest": time.Unix(math.MinInt64, 0),
		"latest":   time.Unix(math.MaxInt64, 0),
	} {
		t.Run(name, func(t *testing.T) {
			for _, market := range append(Names(), "") {
				m := testMarket(t, DefaultConfig(), market)
				t.Log(market, m.Phase(at), m.Open(at), m.Rolled(at), m.NextRoll(at), m.NextOpen(at))
			}
		})
	}
}
