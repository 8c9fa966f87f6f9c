package broadcast

import (
	"errors"
	"fmt"
	"time"

	"tickertape/broadcast/admission"
	"tickertape/broadcast/history"
	"tickertape/feed/market"
)

// Config says how often there is a flush, and what one subscriber may ask for.
type Config struct {
	Interval       time.Duration  `mapstructure:"interval"`        // least time between two flushes
	Heartbeat      time.Duration  `mapstructure:"heartbeat"`       // longest silence towards a subscriber
	WriteTimeout   time.Duration  `mapstructure:"write_timeout"`   // a socket that takes nothing for this long is closed
	Retry          time.Duration  `mapstructure:"retry"`           // subscribers that are sent away come back after a random part of it
	MaxSubscribers int            `mapstructure:"max_subscribers"` // 0: as many as the descriptor limit allows
	MaxSymbols     int            `mapstructure:"max_symbols"`     // one subscriber may name
	MaxMessage     int            `mapstructure:"max_message"`     // bytes of one client message
	MaxSeries      int            `mapstructure:"max_series"`      // bars and trades that one subscriber may follow
	Relays         int            `mapstructure:"relays"`          // subscribers that may follow more of them, and those of all symbols
	MaxWait        time.Duration  `mapstructure:"max_wait"`        // longest long poll
	History        history.Config `mapstructure:",squash"`         // how many bars and trades are kept of each symbol
	Compression    bool           `mapstructure:"compression"`     // permessage-deflate for WebSocket clients that offer it

	Memory admission.Size `mapstructure:"memory"` // that subscribers and requests may take altogether; 0: a share of what there is
}

// DefaultConfig flushes ten times a second.
func DefaultConfig() Config {
	return Config{
		Interval:     100 * time.Millisecond,
		Heartbeat:    5 * time.Second,
		WriteTimeout: 30 * time.Second,
		Retry:        5 * time.Second,
		MaxSymbols:   10_000,
		MaxMessage:   64 << 10,
		MaxSeries:    50,
		Relays:       4,
		MaxWait:      time.Minute,
		History:      history.DefaultConfig(),
	}
}

// Validate reports every value out of range, by key.
func (c Config) Validate() error {
	var errs []error
	between := func(key string, d, low, high time.Duration, allowed string) {
		if d < low || d > high {
			errs = append(errs, fmt.Errorf("%s: %v is not between %s", key, d, allowed))
		}
	}
	between("interval", c.Interval, time.Millisecond, time.Minute, "1ms and 1m")
	between("heartbeat", c.Heartbeat, 100*time.Millisecond, 5*time.Minute, "100ms and 5m")
	between("write_timeout", c.WriteTimeout, time.Second, 10*time.Minute, "1s and 10m")
	between("retry", c.Retry, 100*time.Millisecond, 10*time.Minute, "100ms and 10m")
	between("max_wait", c.MaxWait, time.Second, 10*time.Minute, "1s and 10m")
	if c.MaxSubscribers < 0 || c.MaxSubscribers > 10_000_000 {
		errs = append(errs, fmt.Errorf("max_subscribers: %d is not between 0 and 10000000", c.MaxSubscribers))
	}
	if c.Memory != 0 && (c.Memory < 16<<20 || c.Memory > 1<<40) {
		errs = append(errs, fmt.Errorf("memory: %v is neither 0 nor between 16MiB and 1024GiB", c.Memory))
	}
	if c.MaxSymbols < 1 || c.MaxSymbols > market.MaxSymbols {
		errs = append(errs, fmt.Errorf("max_symbols: %d is not between 1 and %d", c.MaxSymbols, market.MaxSymbols))
	}
	if c.MaxSeries < 0 || c.MaxSeries > 10_000 {
		errs = append(errs, fmt.Errorf("max_series: %d is not between 0 and 10000", c.MaxSeries))
	}
	if c.Relays < 0 || c.Relays > 1000 {
		errs = append(errs, fmt.Errorf("relays: %d is not between 0 and 1000", c.Relays))
	}
	errs = append(errs, c.History.Validate())
	if c.MaxMessage < 1<<10 || c.MaxMessage > 4<<20 {
		errs = append(errs, fmt.Errorf("max_message: %d is not between %d and %d bytes", c.MaxMessage, 1<<10, 4<<20))
	}
	return errors.Join(errs...)
}

// Watchlist is a named list of symbols that a subscriber can follow as "#name".
type Watchlist struct {
	Name    string   `mapstructure:"name"`
	Symbols []string `mapstructure:"symbols"`
}

// CheckWatchlists reports every bad name or symbol, by index.
func CheckWatchlists(lists []Watchlist) error {
	var errs []error
	seen := map[string]bool{}
	for i, l := range lists {
		if err := market.CheckSymbol(l.Name); err != nil {
			errs = append(errs, fmt.Errorf(
				"watchlists[%d].name: %q is not 1 to 32 letters, digits or marks without space, comma or quote", i, l.Name))
		} else if seen[l.Name] {
			errs = append(errs, fmt.Errorf("watchlists[%d].name: %q is there twice", i, l.Name))
		}
		seen[l.Name] = true
		if len(l.Symbols) == 0 {
			errs = append(errs, fmt.Errorf("watchlists[%d].symbols: the list %q is empty", i, l.Name))
		}
		for j, s := range l.Symbols {
			if s == "*" {
				continue
			}
			if err := market.CheckSymbol(s); err != nil {
				errs = append(errs, fmt.Errorf("watchlists[%d].symbols[%d]: %q is no symbol: %w", i, j, s, err))
			}
		}
	}
	return errors.Join(errs...)
}
