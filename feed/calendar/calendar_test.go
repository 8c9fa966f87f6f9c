package calendar

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func testMarket(tb testing.TB, cfg Config, name string) *Market {
	tb.Helper()
	c, err := New(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	m, ok := c.Market(name)
	if !ok {
		tb.Fatalf("no market %q", name)
	}
	return m
}

// newYork is when clocks in New York show a text such as "2026-11-27 12:59".
func newYork(tb testing.TB, text string) time.Time {
	tb.Helper()
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		tb.Fatal(err)
	}
	at, err := time.ParseInLocation("2006-01-02 15:04", text, zone)
	if err != nil {
		tb.Fatal(err)
	}
	return at
}

func TestEveryNameIsAMarket(t *testing.T) {
	c, err := New(DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range Names() {
		if m, ok := c.Market(name); m == nil || !ok {
			t.Errorf("%q: %v, %v", name, m, ok)
		}
	}
	if m, ok := c.Market(""); m != nil || !ok {
		t.Errorf("no name: %v, %v, want nil, true", m, ok)
	}
	for _, name := range []string{"US", "nyse", " "} {
		if m, ok := c.Market(name); m != nil || ok {
			t.Errorf("%q: %v, %v, want nil, false", name, m, ok)
		}
	}
}

// The dates are those that the NYSE announced (nyse.com/markets/hours-calendars), but for 24 November
// 2028, which follows from the other years. 5 December 2018 and 9 January 2025 are configured.
func TestNYSEKeepsItsAnnouncedDays(t *testing.T) {
	us := testMarket(t, DefaultConfig(), "us")
	for year, want := range map[int]struct{ closed, half string }{
		2013: {"1 Jan, 21 Jan, 18 Feb, 29 Mar, 27 May, 4 Jul, 2 Sep, 28 Nov, 25 Dec", "3 Jul, 29 Nov, 24 Dec"},
		2014: {"1 Jan, 20 Jan, 17 Feb, 18 Apr, 26 May, 4 Jul, 1 Sep, 27 Nov, 25 Dec", "3 Jul, 28 Nov, 24 Dec"},
		2015: {"1 Jan, 19 Jan, 16 Feb, 3 Apr, 25 May, 3 Jul, 7 Sep, 26 Nov, 25 Dec", "27 Nov, 24 Dec"},
		2016: {"1 Jan, 18 Jan, 15 Feb, 25 Mar, 30 May, 4 Jul, 5 Sep, 24 Nov, 26 Dec", "25 Nov"},
		2017: {"2 Jan, 16 Jan, 20 Feb, 14 Apr, 29 May, 4 Jul, 4 Sep, 23 Nov, 25 Dec", "3 Jul, 24 Nov"},
		2018: {"1 Jan, 15 Jan, 19 Feb, 30 Mar, 28 May, 4 Jul, 3 Sep, 22 Nov, 5 Dec, 25 Dec", "3 Jul, 23 Nov, 24 Dec"},
		2019: {"1 Jan, 21 Jan, 18 Feb, 19 Apr, 27 May, 4 Jul, 2 Sep, 28 Nov, 25 Dec", "3 Jul, 29 Nov, 24 Dec"},
		2020: {"1 Jan, 20 Jan, 17 Feb, 10 Apr, 25 May, 3 Jul, 7 Sep, 26 Nov, 25 Dec", "27 Nov, 24 Dec"},
		2021: {"1 Jan, 18 Jan, 15 Feb, 2 Apr, 31 May, 5 Jul, 6 Sep, 25 Nov, 24 Dec", "26 Nov"},
		2022: {"17 Jan, 21 Feb, 15 Apr, 30 May, 20 Jun, 4 Jul, 5 Sep, 24 Nov, 26 Dec", "25 Nov"},
		2023: {"2 Jan, 16 Jan, 20 Feb, 7 Apr, 29 May, 19 Jun, 4 Jul, 4 Sep, 23 Nov, 25 Dec", "3 Jul, 24 Nov"},
		2024: {"1 Jan, 15 Jan, 19 Feb, 29 Mar, 27 May, 19 Jun, 4 Jul, 2 Sep, 28 Nov, 25 Dec", "3 Jul, 29 Nov, 24 Dec"},
		2025: {"1 Jan, 9 Jan, 20 Jan, 17 Feb, 18 Apr, 26 May, 19 Jun, 4 Jul, 1 Sep, 27 Nov, 25 Dec", "3 Jul, 28 Nov, 24 Dec"},
		2026: {"1 Jan, 19 Jan, 16 Feb, 3 Apr, 25 May, 19 Jun, 3 Jul, 7 Sep, 26 Nov, 25 Dec", "27 Nov, 24 Dec"},
		2027: {"1 Jan, 18 Jan, 15 Feb, 26 Mar, 31 May, 18 Jun, 5 Jul, 6 Sep, 25 Nov, 24 Dec", "26 Nov"},
		2028: {"17 Jan, 21 Feb, 14 Apr, 29 May, 19 Jun, 4 Jul, 4 Sep, 23 Nov, 25 Dec", "3 Jul, 24 Nov"},
	} {
		t.Run(fmt.Sprint(year), func(t *testing.T) {
			var closed, half []string
			noon := time.Date(year, time.January, 1, 12, 0, 0, 0, us.Zone())
			for ; noon.Year() == year; noon = noon.AddDate(0, 0, 1) {
				day := noon.Format("2 Jan")
				weekday := noon.Weekday() != time.Saturday && noon.Weekday() != time.Sunday
				switch open := us.Phase(noon) == Regular; {
				case !open && weekday:
					closed = append(closed, day)
				case open && !weekday:
					t.Errorf("open on %s, a %v", day, noon.Weekday())
				case open && us.Phase(noon.Add(2*time.Hour)) == Post:
					half = append(half, day)
				}
			}
			if got := strings.Join(closed, ", "); got != want.closed {
				t.Errorf("closed on %s\nwant %s", got, want.closed)
			}
			if got := strings.Join(half, ", "); got != want.half {
				t.Errorf("half days %s\nwant %s", got, want.half)
			}
		})
	}
}

// The tapes' plan of trading from Sunday evening to Friday evening: a date's trading day begins at 20:00 of the evening before, and
// its overnight session at 21:00.
func TestTradingAroundTheClock(t *testing.T) {
	cfg := DefaultConfig()
	cfg.USRoll, cfg.USOvernight = "20:00", "21:00"
	us := testMarket(t, cfg, "us")
	for at, want := range map[string]string{
		"2026-11-22 19:59": "closed of 20 Nov",    // Sunday
		"2026-11-22 20:00": "closed of 23 Nov",    // the trading day has begun
		"2026-11-22 21:00": "overnight of 23 Nov", // and trading
		"2026-11-23 03:59": "overnight of 23 Nov",
		"2026-11-23 04:00": "pre of 23 Nov",
		"2026-11-23 09:30": "regular of 23 Nov",
		"2026-11-23 19:59": "post of 23 Nov",
		"2026-11-23 20:00": "closed of 24 Nov",
		"2026-11-23 21:00": "overnight of 24 Nov",
		"2026-11-25 19:59": "post of 25 Nov",
		"2026-11-25 21:00": "closed of 25 Nov", // the evening before Thanksgiving, whose eve begins nothing
		"2026-11-26 12:00": "closed of 25 Nov",
		"2026-11-26 21:00": "overnight of 27 Nov",
		"2026-11-27 13:00": "post of 27 Nov", // a half day
		"2026-11-27 17:00": "closed of 27 Nov",
		"2026-11-27 21:00": "closed of 27 Nov", // Friday: it stays the day that is shown
		"2026-11-28 12:00": "closed of 27 Nov",
		"2026-11-01 21:00": "overnight of 2 Nov", // clocks were set back that morning
	} {
		now := newYork(t, at)
		if got := fmt.Sprintf("%v of %s", us.Phase(now), us.Date(now).Format("2 Jan")); got != want {
			t.Errorf("%s: %s, want %s", at, got, want)
		}
	}
}

func TestDateOfADayOfCoins(t *testing.T) {
	for roll, want := range map[string]string{"00:00": "2026-11-22", "08:00": "2026-11-22", "19:00": "2026-11-22", "20:00": "2026-11-23"} {
		cfg := DefaultConfig()
		cfg.DayRoll = roll
		at := time.Date(2026, time.November, 22, 22, 30, 0, 0, time.UTC)
		if got := testMarket(t, cfg, "crypto").Date(at).Format(dateLayout); got != want {
			t.Errorf("days begin at %s: %v is of %s, want %s", roll, at, got, want)
		}
	}
}

func TestSessionsBeginAtTheirFirstInstant(t *testing.T) {
	us := testMarket(t, DefaultConfig(), "us")
	for at, want := range map[string][2]Phase{ // just before, and then
		"2026-08-24 00:00": {Closed, Closed},
		"2026-08-24 04:00": {Closed, Pre},
		"2026-08-24 09:30": {Pre, Regular},
		"2026-08-24 13:00": {Regular, Regular},
		"2026-08-24 16:00": {Regular, Post},
		"2026-08-24 17:00": {Post, Post},
		"2026-08-24 20:00": {Post, Closed},
		"2026-11-27 04:00": {Closed, Pre},
		"2026-11-27 09:30": {Pre, Regular},
		"2026-11-27 13:00": {Regular, Post},
		"2026-11-27 17:00": {Post, Closed},
		"2026-11-27 20:00": {Closed, Closed},
		"2026-11-26 09:30": {Closed, Closed}, // Thanksgiving
		"2026-08-22 09:30": {Closed, Closed}, // a Saturday
	} {
		then := newYork(t, at)
		got := [2]Phase{us.Phase(then.Add(-1)), us.Phase(then)}
		if got != want {
			t.Errorf("%s: %v, want %v", at, got, want)
		}
		if open := us.Open(then); open != (want[1] != Closed) {
			t.Errorf("%s: open %v in %v", at, open, want[1])
		}
	}
}

func TestUSRollsOnTradingDaysOnly(t *testing.T) {
	for name, c := range map[string]struct {
		roll                       string // "": the default
		at                         string // New York, like the rest
		rolled, nextRoll, nextOpen string
	}{
		"night":           {"", "2026-08-25 03:59", "2026-08-24 04:00", "2026-08-25 04:00", "2026-08-25 09:30"},
		"roll":            {"", "2026-08-25 04:00", "2026-08-25 04:00", "2026-08-26 04:00", "2026-08-25 09:30"},
		"before opening":  {"", "2026-08-25 09:29", "2026-08-25 04:00", "2026-08-26 04:00", "2026-08-25 09:30"},
		"opening":         {"", "2026-08-25 09:30", "2026-08-25 04:00", "2026-08-26 04:00", "2026-08-26 09:30"},
		"Friday night":    {"", "2026-08-28 23:00", "2026-08-28 04:00", "2026-08-31 04:00", "2026-08-31 09:30"},
		"Saturday":        {"", "2026-08-29 12:00", "2026-08-28 04:00", "2026-08-31 04:00", "2026-08-31 09:30"},
		"Monday night":    {"", "2026-08-31 03:59", "2026-08-28 04:00", "2026-08-31 04:00", "2026-08-31 09:30"},
		"long weekend":    {"", "2026-07-03 12:00", "2026-07-02 04:00", "2026-07-06 04:00", "2026-07-06 09:30"},
		"Thanksgiving":    {"", "2026-11-26 12:00", "2026-11-25 04:00", "2026-11-27 04:00", "2026-11-27 09:30"},
		"half day":        {"", "2026-11-27 14:00", "2026-11-27 04:00", "2026-11-30 04:00", "2026-11-30 09:30"},
		"turn of a year":  {"", "2026-01-01 12:00", "2025-12-31 04:00", "2026-01-02 04:00", "2026-01-02 09:30"},
		"unobserved year": {"", "2028-01-01 12:00", "2027-12-31 04:00", "2028-01-03 04:00", "2028-01-03 09:30"},
		"mourning":        {"", "2025-01-09 12:00", "2025-01-08 04:00", "2025-01-10 04:00", "2025-01-10 09:30"},
		"at midnight":     {"00:00", "2026-08-25 00:00", "2026-08-25 00:00", "2026-08-26 00:00", "2026-08-25 09:30"},
		"before midnight": {"00:00", "2026-08-30 23:59", "2026-08-28 00:00", "2026-08-31 00:00", "2026-08-31 09:30"},
		"pre, old day":    {"09:30", "2026-08-25 09:29", "2026-08-24 09:30", "2026-08-25 09:30", "2026-08-25 09:30"},
		"at the opening":  {"09:30", "2026-08-25 09:30", "2026-08-25 09:30", "2026-08-26 09:30", "2026-08-26 09:30"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := DefaultConfig()
			if c.roll != "" {
				cfg.USRoll = c.roll
			}
			us := testMarket(t, cfg, "us")
			at := newYork(t, c.at)
			for what, v := range map[string]struct {
				got  time.Time
				want string
			}{
				"rolled":    {us.Rolled(at), c.rolled},
				"next roll": {us.NextRoll(at), c.nextRoll},
				"next open": {us.NextOpen(at), c.nextOpen},
			} {
				if got := v.got.Format("2006-01-02 15:04"); got != v.want || v.got.Location() != us.Zone() {
					t.Errorf("%s is %v, want %s", what, v.got, v.want)
				}
			}
		})
	}
}

// The roll decides which day a session belongs to, not when the session is: with a roll at 09:30 the pre session belongs to
// the day before.
func TestSessionsDoNotMoveWithTheRoll(t *testing.T) {
	begin, end := newYork(t, "2026-11-24 00:00"), newYork(t, "2026-12-02 00:00")
	for _, roll := range []string{"00:00", "03:00", "04:00", "04:01", "07:30", "09:30"} {
		cfg := DefaultConfig()
		cfg.USRoll = roll
		us, usual := testMarket(t, cfg, "us"), testMarket(t, DefaultConfig(), "us")
		for at := begin; at.Before(end); at = at.Add(time.Minute) {
			if got, want := us.Phase(at), usual.Phase(at); got != want {
				t.Fatalf("rolling at %s: %v is %v, want %v", roll, at, got, want)
			}
			if got, want := us.NextOpen(at), usual.NextOpen(at); !got.Equal(want) {
				t.Fatalf("rolling at %s: after %v it opens %v, want %v", roll, at, got, want)
			}
		}
	}
}

func TestUSKeepsNewYorksClocksWhenTheyChange(t *testing.T) {
	us := testMarket(t, DefaultConfig(), "us")
	for name, c := range map[string]struct {
		sunday                     string // in UTC, within the hour of the change and around it
		friday, monday, mondayOpen string // the rolls and the opening around it, in UTC
	}{
		"to summer, before": {"2026-03-08T06:59:59Z", "2026-03-06T09:00:00Z", "2026-03-09T08:00:00Z", "2026-03-09T13:30:00Z"},
		"to summer, after":  {"2026-03-08T07:00:00Z", "2026-03-06T09:00:00Z", "2026-03-09T08:00:00Z", "2026-03-09T13:30:00Z"},
		"to summer, 04:00":  {"2026-03-08T08:00:00Z", "2026-03-06T09:00:00Z", "2026-03-09T08:00:00Z", "2026-03-09T13:30:00Z"},
		"last of winter":    {"2026-03-09T07:59:59Z", "2026-03-06T09:00:00Z", "2026-03-09T08:00:00Z", "2026-03-09T13:30:00Z"},
		"to winter, first":  {"2026-11-01T05:30:00Z", "2026-10-30T08:00:00Z", "2026-11-02T09:00:00Z", "2026-11-02T14:30:00Z"},
		"to winter, again":  {"2026-11-01T06:30:00Z", "2026-10-30T08:00:00Z", "2026-11-02T09:00:00Z", "2026-11-02T14:30:00Z"},
		"to winter, 04:00":  {"2026-11-01T09:00:00Z", "2026-10-30T08:00:00Z", "2026-11-02T09:00:00Z", "2026-11-02T14:30:00Z"},
		"an hour to go":     {"2026-11-02T08:00:00Z", "2026-10-30T08:00:00Z", "2026-11-02T09:00:00Z", "2026-11-02T14:30:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			at, err := time.Parse(time.RFC3339, c.sunday)
			if err != nil {
				t.Fatal(err)
			}
			if got := us.Phase(at); got != Closed {
				t.Errorf("%v is %v, want closed", at, got)
			}
			got := []string{us.Rolled(at).UTC().Format(time.RFC3339), us.NextRoll(at).UTC().Format(time.RFC3339),
				us.NextOpen(at).UTC().Format(time.RFC3339)}
			if want := []string{c.friday, c.monday, c.mondayOpen}; !slices.Equal(got, want) {
				t.Errorf("rolls and opening %v, want %v", got, want)
			}
		})
	}
}

func TestCryptoRollsOnceADay(t *testing.T) {
	for name, c := range map[string]struct {
		roll, at, rolled, nextRoll string
	}{
		"midnight":          {"00:00", "2026-03-08T00:00:00Z", "2026-03-08T00:00:00Z", "2026-03-09T00:00:00Z"},
		"last of the day":   {"00:00", "2026-03-07T23:59:59.999999999Z", "2026-03-07T00:00:00Z", "2026-03-08T00:00:00Z"},
		"elsewhere":         {"00:00", "2026-03-08T01:00:00+02:00", "2026-03-07T00:00:00Z", "2026-03-08T00:00:00Z"},
		"evening":           {"22:00", "2026-12-25T22:00:00Z", "2026-12-25T22:00:00Z", "2026-12-26T22:00:00Z"},
		"before evening":    {"22:00", "2026-12-25T21:59:59Z", "2026-12-24T22:00:00Z", "2026-12-25T22:00:00Z"},
		"before the epoch":  {"01:00", "1969-12-31T00:59:59Z", "1969-12-30T01:00:00Z", "1969-12-31T01:00:00Z"},
		"turn of the years": {"00:00", "2099-12-31T12:00:00Z", "2099-12-31T00:00:00Z", "2100-01-01T00:00:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := DefaultConfig()
			cfg.DayRoll = c.roll
			m := testMarket(t, cfg, "crypto")
			at, err := time.Parse(time.RFC3339, c.at)
			if err != nil {
				t.Fatal(err)
			}
			if got := m.Rolled(at).Format(time.RFC3339Nano); got != c.rolled {
				t.Errorf("rolled %s, want %s", got, c.rolled)
			}
			if got := m.NextRoll(at).Format(time.RFC3339Nano); got != c.nextRoll {
				t.Errorf("next roll %s, want %s", got, c.nextRoll)
			}
			if got := m.Phase(at); got != Regular || !m.Open(at) || !m.NextOpen(at).IsZero() || m.Zone() != time.UTC {
				t.Errorf("%v, open %v, next %v, in %v; want always regular, in UTC", got, m.Open(at), m.NextOpen(at), m.Zone())
			}
		})
	}
}

func TestNoMarketNeitherClosesNorRolls(t *testing.T) {
	var m *Market
	at := newYork(t, "2026-12-25 12:00")
	if got := m.Phase(at); got != Regular || !m.Open(at) {
		t.Errorf("%v, open %v, want regular and open", got, m.Open(at))
	}
	if rolled, next, open := m.Rolled(at), m.NextRoll(at), m.NextOpen(at); !rolled.IsZero() || !next.IsZero() || !open.IsZero() {
		t.Errorf("rolled %v, next %v, opens %v; want no time", rolled, next, open)
	}
	if got := m.Zone(); got != time.UTC {
		t.Errorf("zone %v, want UTC", got)
	}
}

func TestPhasesHaveTheirNames(t *testing.T) {
	got := []string{Closed.String(), Pre.String(), Regular.String(), Post.String()}
	if want := []string{"closed", "pre", "regular", "post"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAnswersDoNotAllocate(t *testing.T) {
	at := newYork(t, "2026-11-27 12:59")
	for _, name := range append(Names(), "") {
		m := testMarket(t, DefaultConfig(), name)
		for what, ask := range map[string]func(){
			"Phase":    func() { m.Phase(at) },
			"Open":     func() { m.Open(at) },
			"Rolled":   func() { m.Rolled(at) },
			"NextRoll": func() { m.NextRoll(at) },
			"NextOpen": func() { m.NextOpen(at) },
		} {
			if got := testing.AllocsPerRun(100, ask); got != 0 { // it asks once before it counts
				t.Errorf("market %q: %s allocates %v times, want 0", name, what, got)
			}
		}
	}
}
