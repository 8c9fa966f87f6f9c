package dashboard

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"
)

// Config says where the server listens, what it is called and how it ends.
type Config struct {
	Listen string        `mapstructure:"listen"` // host:port; an empty host is every address, port 0 any free one
	Hosts  []string      `mapstructure:"hosts"`  // names that it is asked by, beside loopback's and its address
	Admin  AdminConfig   `mapstructure:"admin"`
	Drain  time.Duration `mapstructure:"drain"` // subscribers are sent away over this long at the end
}

// AdminConfig says where health and metrics are served, apart from the public port.
type AdminConfig struct {
	Listen      string `mapstructure:"listen"`      // host:port as above; "" is the public port
	Connections int    `mapstructure:"connections"` // at once
}

// DefaultConfig listens on loopback only: a feed's terms may forbid showing its prices to others.
func DefaultConfig() Config {
	return Config{Listen: "127.0.0.1:8080", Hosts: []string{}, Admin: AdminConfig{Connections: 64}, Drain: 5 * time.Second}
}

// Validate reports every value out of range, by key.
func (c Config) Validate() error {
	errs := []error{checkListen("listen", c.Listen)}
	for i, entry := range c.Hosts {
		if err := checkHost(entry); err != nil {
			errs = append(errs, fmt.Errorf("hosts[%d]: %w", i, err))
		}
	}
	if c.Admin.Listen != "" {
		errs = append(errs, checkListen("admin.listen", c.Admin.Listen))
		if _, port, _ := net.SplitHostPort(c.Listen); c.Admin.Listen == c.Listen && port != "0" {
			errs = append(errs, fmt.Errorf("admin.listen: %q is the same as listen", c.Admin.Listen))
		}
	}
	if c.Admin.Connections < 1 || c.Admin.Connections > 10_000 {
		errs = append(errs, fmt.Errorf("admin.connections: %d is not between 1 and 10000", c.Admin.Connections))
	}
	if c.Drain < 0 || c.Drain > 10*time.Minute {
		errs = append(errs, fmt.Errorf("drain: %v is not between 0s and 10m", c.Drain))
	}
	return errors.Join(errs...)
}

func checkListen(key, value string) error {
	if _, port, err := net.SplitHostPort(value); err != nil {
		return fmt.Errorf("%s: %q is not host:port", key, value)
	} else if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return fmt.Errorf("%s: port %q of %q is not between 0 and 65535", key, port, value)
	}
	return nil
}
