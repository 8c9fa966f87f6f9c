package calendar

import (
	"time"
	_ "time/tzdata" // New York, where the machine has no zones
)

// Names are the markets that a symbol's record may name.
func Names() []string { return []string{"us", "crypto"} }

// Calendar is all markets. Its methods and theirs may be called at any time from anywhere.
type Calendar struct {
	us, crypto *Market
}

// New returns the markets as cfg has them; its error is that of [Config.Validate].
func New(cfg Config) (*Calendar, error) {
	s, err := cfg.settings()
	if err != nil {
		return nil, err
	}
	return &Calendar{
		us:     &Market{zone: s.exchange.zone, exchange: s.exchange},
		crypto: &Market{zone: time.UTC, roll: s.dayRoll},
	}, nil
}

// Market finds a market by the name that symbols have it by: "us" is US equities, "crypto" is open
// all the time and rolls once a day, and "" is nil, which neither closes nor rolls.
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
