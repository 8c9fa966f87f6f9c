package calendar

import (
	"strings"
	"testing"
	"time"
)

func TestDefaultConfigIsValid(t *testing.T) {
	if err := DefaultConfig().Validate(); err != nil {
		t.Error(err)
	}
}

func TestValidateNamesEveryBadValue(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Config)
		want   []string // none: it is valid
	}{
		"no extra days":       {func(c *Config) { c.Closed, c.Early = nil, nil }, nil},
		"weekend closed":      {func(c *Config) { c.Closed = []string{"2026-11-28"} }, nil},
		"closed twice":        {func(c *Config) { c.Closed = []string{"2026-11-24", "2026-11-24"} }, nil},
		"earliest":            {func(c *Config) { c.USRoll, c.Early = "00:00", []string{"2026-11-24 09:31"} }, nil},
		"latest":              {func(c *Config) { c.USRoll, c.DayRoll, c.Early = "09:30", "23:00", []string{"2026-11-24 15:59"} }, nil},
		"half day ends later": {func(c *Config) { c.Early = []string{"2026-11-27 14:00"} }, nil},
		"no date": {func(c *Config) { c.Closed = []string{"2025-01-09", "x"} },
			[]string{`closed[1]: "x" is not a date such as 2025-01-09`}},
		"no such date": {func(c *Config) { c.Closed = []string{"2025-02-29"} }, []string{`closed[0]: "2025-02-29" is not`}},
		"instant closed": {func(c *Config) { c.Closed = []string{"2025-01-09T00:00:00Z"} },
			[]string{`closed[0]: "2025-01-09T00:00:00Z" is not`}},
		"early without time": {func(c *Config) { c.Early = []string{"2026-11-24"} },
			[]string{`early[0]: "2026-11-24" is not a date and time such as 2026-11-27 13:00`}},
		"one digit": {func(c *Config) { c.Early = []string{"2026-11-24 9:45"} },
			[]string{`early[0]: "2026-11-24 9:45" is not a date and time`}},
		"early at the opening": {func(c *Config) { c.Early = []string{"2026-11-24 09:30"} },
			[]string{`early[0]: "2026-11-24 09:30" is not between 09:30 and 16:00`}},
		"early at the close": {func(c *Config) { c.Early = []string{"2026-11-24 16:00"} },
			[]string{`early[0]: "2026-11-24 16:00" is not between 09:30 and 16:00`}},
		"early on a holiday": {func(c *Config) { c.Early = []string{"2026-11-26 13:00"} },
			[]string{`early[0]: "2026-11-26 13:00" is not a day with trading`}},
		"early on a Sunday": {func(c *Config) { c.Early = []string{"2026-11-29 13:00"} },
			[]string{`early[0]: "2026-11-29 13:00" is not a day with trading`}},
		"early and closed": {func(c *Config) { c.Closed, c.Early = []string{"2026-11-24"}, []string{"2026-11-24 13:00"} },
			[]string{`early[0]: "2026-11-24 13:00" is not a day with trading`}},
		"early twice": {func(c *Config) { c.Early = []string{"2026-11-24 13:00", "2026-11-24 14:00"} },
			[]string{`early[1]: "2026-11-24 14:00" is a date listed before`}},
		"roll after opening": {func(c *Config) { c.USRoll = "09:31" }, []string{`us_roll: "09:31" is not a time between 00:00 and 09:30`}},
		"no roll":            {func(c *Config) { c.USRoll = "" }, []string{`us_roll: "" is not`}},
		"roll of one digit":  {func(c *Config) { c.USRoll = "4:00" }, []string{`us_roll: "4:00" is not`}},
		"roll with seconds":  {func(c *Config) { c.USRoll = "04:00:00" }, []string{`us_roll: "04:00:00" is not`}},
		"day roll off hour": {func(c *Config) { c.DayRoll = "00:30" },
			[]string{`day_roll: "00:30" is not a full hour between 00:00 and 23:00`}},
		"end of the day": {func(c *Config) { c.DayRoll = "24:00" }, []string{`day_roll: "24:00" is not`}},
		"all at once": {func(c *Config) { *c = Config{Closed: []string{"x"}, Early: []string{"y"}, USRoll: "z"} },
			[]string{"closed[0]: ", "early[0]: ", "us_roll: ", "day_roll: "}},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := DefaultConfig()
			c.change(&cfg)
			err := cfg.Validate()
			if _, newErr := New(cfg); (newErr == nil) != (err == nil) {
				t.Errorf("New says %v, Validate %v", newErr, err)
			}
			if c.want == nil {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil {
				t.Fatalf("no error, want %q", c.want)
			}
			got := strings.Split(err.Error(), "\n")
			if len(got) != len(c.want) {
				t.Fatalf("got %q, want %d", got, len(c.want))
			}
			for i, want := range c.want {
				if !strings.HasPrefix(got[i], want) {
					t.Errorf("got %q, want %q", got[i], want)
				}
			}
		})
	}
}

func TestConfiguredDaysDifferFromTheRules(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Closed = []string{"2026-11-24"}
	cfg.Early = []string{"2026-11-25 10:15", "2026-11-27 14:30"}
	m := testMarket(t, cfg, "us")
	for at, want := range map[string]Phase{
		"2026-11-23 10:00": Regular,
		"2026-11-24 10:00": Closed,
		"2026-11-25 10:14": Regular,
		"2026-11-25 10:15": Post, // the post session is as long as ever
		"2026-11-25 14:14": Post,
		"2026-11-25 14:15": Closed,
		"2026-11-27 14:29": Regular, // a half day by rule
		"2026-11-27 14:30": Post,
		"2026-11-27 18:30": Closed,
		"2025-01-09 10:00": Regular, // the default's closed days are replaced
	} {
		if got := m.Phase(newYork(t, at)); got != want {
			t.Errorf("%s: %v, want %v", at, got, want)
		}
	}
}

// A time that is accepted reads the same when it is formatted again.
func FuzzTimes(f *testing.F) {
	for _, text := range []string{"2026-11-27 13:00", "2026-11-24 09:31", "2026-11-24 15:59", "2026-11-24 9:45", "04:00", "23:59", "4:00",
		"24:00", "x", ""} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		midnight := time.Date(2026, time.November, 27, 0, 0, 0, 0, time.UTC)
		if clock, ok := parseClock(text); ok && midnight.Add(clock).Format(clockLayout) != text {
			t.Errorf("%q was read as %v", text, clock)
		}
		if date, end, err := parseEarly(text); err == nil && date.Add(end).Format(dateLayout+" "+clockLayout) != text {
			t.Errorf("%q was read as %v of %v", text, end, date)
		}
	})
}
