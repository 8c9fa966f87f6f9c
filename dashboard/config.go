package dashboard

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"
)

// Config says where the server listens and how it ends.
type Config struct {
	Listen string        `mapstructure:"listen"` // host:port; an empty host is every address, port 0 any free one
	Drain  time.Duration `mapstructure:"drain"`  // subscribers are sent away over this long at the end
}

// DefaultConfig listens on loopback only: a feed's terms may forbid showing its prices to others.
func DefaultConfig() Config {
	return Config{Listen: "127.0.0.1:8080", Drain: 5 * time.Second}
}

// Validate reports every value out of range, by key.
func (c Config) Validate() error {
	var errs []error
	if _, port, err := net.SplitHostPort(c.Listen); err != nil {
		errs = append(errs, fmt.Errorf("listen: %q is not host:port", c.Listen))
	} else if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		errs = append(errs, fmt.Errorf("listen: port %q of %q is not between 0 and 65535", port, c.Listen))
	}
	if c.Drain < 0 || c.Drain > 10*time.Minute {
		errs = append(errs, fmt.Errorf("drain: %v is not between 0s and 10m", c.Drain))
	}
	return errors.Join(errs...)
}
