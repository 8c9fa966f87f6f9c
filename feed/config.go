package feed

import (
	"errors"
	"fmt"
	"time"
)

// Config holds for every source. What one source needs is in a section of its own.
type Config struct {
	// Source names the sources to run, the preferred one first.
	Source []string `mapstructure:"source"`
	// Silence is how long a source may give no sign of life while its market is open, 100ms to 1h. After that, a remote
	// source is redialled and any other is stale.
	Silence time.Duration `mapstructure:"silence"`
}

// DefaultConfig runs the simulated feed and allows 15 s of silence.
func DefaultConfig() Config {
	return Config{Source: []string{"sim"}, Silence: 15 * time.Second}
}

// Validate reports every value out of range. Whether a source exists only the program knows.
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
