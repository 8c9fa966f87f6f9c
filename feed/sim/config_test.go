package sim

import (
	"strings"
	"testing"
	"time"

	"tickertape/feed/market"
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
		"slowest":      {func(c *Config) { c.Rate, c.Symbols, c.Session = 1, 1, time.Minute }, nil},
		"fastest":      {func(c *Config) { c.Rate, c.Symbols, c.Session = maxRate, maxSymbols, 24*time.Hour }, nil},
		"no halts":     {func(c *Config) { c.HaltEvery = 0 }, nil},
		"fixed start":  {func(c *Config) { c.Start = "2026-08-24T09:30:00.5-04:00" }, nil},
		"no rate":      {func(c *Config) { c.Rate = 0 }, []string{"rate: 0 is not between 1 and 1000000"}},
		"rate":         {func(c *Config) { c.Rate = 1_000_001 }, []string{"rate: 1000001 is not between 1 and 1000000"}},
		"no symbols":   {func(c *Config) { c.Symbols = -1 }, []string{"symbols: -1 is not between 1 and 10000"}},
		"symbols":      {func(c *Config) { c.Symbols = 10_001 }, []string{"symbols: 10001 is not between 1 and 10000"}},
		"session":      {func(c *Config) { c.Session = 59 * time.Second }, []string{"session: 59s is not between 1m and 24h"}},
		"part second":  {func(c *Config) { c.Session = 61*time.Second - 1 }, []string{"session: 1m0.999999999s is not a whole number"}},
		"long session": {func(c *Config) { c.Session = 25 * time.Hour }, []string{"session: 25h0m0s is not between 1m and 24h"}},
		"halts":        {func(c *Config) { c.HaltEvery = -1 }, []string{"halt_every: -1ns is neither 0 nor between 1s and 24h"}},
		"start":        {func(c *Config) { c.Start = "9:30" }, []string{`start: "9:30" is neither empty nor an RFC 3339 instant after 1970`}},
		"old start":    {func(c *Config) { c.Start = "1969-12-31T00:00:00Z" }, []string{`start: "1969-12-31T00:00:00Z" is neither`}},
		"all at once": {func(c *Config) { *c = Config{Start: "x", HaltEvery: 1} },
			[]string{"rate: ", "symbols: ", "start: ", "session: ", "halt_every: "}},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := DefaultConfig()
			c.change(&cfg)
			err := cfg.Validate()
			_, refused := New(cfg, market.NewDirectory())
			if (err == nil) != (refused == nil) {
				t.Errorf("Validate says %v, New says %v", err, refused)
			}
			if err == nil {
				if len(c.want) > 0 {
					t.Errorf("no error, want %q", c.want)
				}
				return
			}
			lines := strings.Split(err.Error(), "\n")
			if len(lines) != len(c.want) {
				t.Fatalf("got %q, want %q", lines, c.want)
			}
			for i := range lines {
				if !strings.HasPrefix(lines[i], c.want[i]) {
					t.Errorf("got %q, want %q", lines[i], c.want[i])
				}
			}
		})
	}
}
