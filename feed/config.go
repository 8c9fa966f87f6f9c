package feed

import (
	"fmt"
	"time"
)

// Config is what holds for every source; each source has a section of its own beside it.
type Config struct {
	// Source names the source to run.
	Source string `mapstructure:"source"`
	// StaleAfter is how long a source may give no tick before its prices are called stale; 100ms to 1h.
	StaleAfter time.Duration `mapstructure:"stale_after"`
}

// DefaultConfig is the simulated feed, stale after 15 s.
func DefaultConfig() Config {
	return Config{Source: "sim", StaleAfter: 15 * time.Second}
}

// Validate reports every value out of range. Which sources there are, only the program knows.
func (c Config) Validate() error {
	if c.StaleAfter < 100*time.Millisecond || c.StaleAfter > time.Hour {
		return fmt.Errorf("stale_after: %v is not between 100ms and 1h", c.StaleAfter)
	}
	return nil
}
