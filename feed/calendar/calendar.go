package calendar

import (
	"time"
	_ "time/tzdata" // New York, where the machine has no zones
)

// Names are the names of all markets, as in the record of a symbol.
func Names() []string { return []string{"us", "crypto"} }

// Calendar has all markets. Its methods and theirs are safe for concurrent use.
type Calendar struct {
	us, crypto *Market
}

// New makes the markets of a configuration. Its error is that of [Config.Validate].
func New(cfg Config) (*Calendar, error) {
	s, err := cfg.settings()
	if err != nil {
		return nil, err
	}
	return &Calendar{
		us:     &Market{zone: s.us.zone, hours: s.us, grace: s.grace},
		crypto: &Market{zone: time.UTC, roll: s.dayRoll, grace: s.grace},
	}, nil
}

// Market finds a market by its name: "us" is US equities; "crypto" is always open and rolls once a day; "" is nil, a market
// that neither closes nor rolls. It returns false for a name that it does not know.
func (c *Calendar) Market(name string) (*Market, bool) {
	switch name {
	case "us":
		return c.us, true
	case "crypto":
		return c.crypto, true
	case "":
		return nil, true
	default:
		return nil, false
	}
}
