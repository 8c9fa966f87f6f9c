package feed

import (
	"errors"
	"fmt"
	"time"
)

// Config is what holds for every source; each source has a section of its own beside it.
type Config struct {
	// Source names the sources to run, the preferred first.
	Source []string `mapstructure:"source"`
	// Silence is how long a source may give no sign of life while its market is open: then one that is
	// somewhere else is dialled again, and any other is stale; 100ms to 1h.
	Silence time.Duration `mapstructure:"silence"`
}

// DefaultConfig is the simulated feed, silent for 15 s at most.
func DefaultConfig() Config {
	return Config{Source: []string{"sim"}, Silence: 15 * time.Second}
}

// Validate reports every value out of range. Which sources there are, only the program knows.
func (c Config) Validate() error {
	var errs []error
	if len(c.Source) == 0 {
		errs = append(errs, errors.New("source: [] names none"))
	}
	if c.Silence < 100*time.Millisecond || c.Silence > time.Hour {
		errs = append(errs, fmt.Errorf("silence: %v is not between 100ms and 1h", c.Silence))
	}
	return errors.Join(errs...)
}
