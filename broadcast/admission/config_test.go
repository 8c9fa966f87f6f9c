package admission

import (
	"math"
	"strings"
	"testing"
)

func TestDefaultsAreAllowed(t *testing.T) {
	if err := DefaultConfig().Validate(); err != nil {
		t.Error(err)
	}
}

func TestWhatIsAllowedIsSaid(t *testing.T) {
	for want, change := range map[string]func(*Config){
		"connection.work: 0 is not between 1 and 1000000000":                 func(c *Config) { c.Connection.Work = 0 },
		"total.work: 0.5 is neither 0 nor between 1 and 1000000000":          func(c *Config) { c.Total.Work = 0.5 },
		"total.requests: NaN is neither 0 nor between 1 and 1000000000":      func(c *Config) { c.Total.Requests = math.NaN() },
		"address.bytes_out: 0 is not between 1KiB and 1024GiB":               func(c *Config) { c.Address.BytesOut = 0 },
		"total.bytes_out: 1KB is neither 0 nor between 1KiB and 1024GiB":     func(c *Config) { c.Total.BytesOut = 1000 },
		"total.bytes_out: 2048GiB is neither 0 nor between 1KiB and 1024GiB": func(c *Config) { c.Total.BytesOut = 2 << 40 },
	} {
		c := DefaultConfig()
		change(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
