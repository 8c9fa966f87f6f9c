package relay

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

// mostSymbols is what a server lets one subscriber name unless its configuration says otherwise.
const mostSymbols = 10_000

// Config says whom to follow.
type Config struct {
	URL     string   `mapstructure:"url"`     // http, https, ws or wss, with or without the /ws at its end
	Symbols []string `mapstructure:"symbols"` // symbols, "#watchlist", "*" for all

	// what the program says, and no file
	intervals  []string // nil is all
	quotesOnly bool
}

// KeepBars has bars of these intervals alone be followed, such as "1m"; otherwise all that the server has are.
func (c *Config) KeepBars(intervals []string) { c.intervals = intervals }

// QuotesOnly has no bars and trades be followed.
func (c *Config) QuotesOnly() { c.quotesOnly = true }

// DefaultConfig follows everything of a server on this machine.
func DefaultConfig() Config {
	return Config{URL: "http://localhost:8080", Symbols: []string{"*"}}
}

// Validate reports every value that is not allowed, by key. It connects to nobody.
func (c Config) Validate() error {
	_, err := c.base()
	errs := []error{err}
	switch n := len(c.Symbols); {
	case n == 0:
		errs = append(errs, errors.New(`symbols: [] names none; "*" is all`))
	case n > mostSymbols:
		errs = append(errs, fmt.Errorf(`symbols: %d are more than %d; "*" is all`, n, mostSymbols))
	}
	seen := make(map[string]bool, len(c.Symbols))
	for i, s := range c.Symbols {
		if seen[s] {
			errs = append(errs, fmt.Errorf("symbols[%d]: %q is there twice", i, s))
		}
		seen[s] = true
		if s == all {
			continue
		}
		if err := market.CheckSymbol(strings.TrimPrefix(s, "#")); err != nil {
			errs = append(errs, fmt.Errorf(`symbols[%d]: %.40q is no symbol, "#watchlist" or "*": %w`, i, s, err))
		}
	}
	return errors.Join(errs...)
}

// all is the name of all symbols.
const all = "*"

// isList reports whether a name is one of more symbols than one.
func isList(s string) bool { return s == all || strings.HasPrefix(s, "#") }

// base is the server's address for HTTP, without a slash at its end.
func (c Config) base() (*url.URL, error) {
	u, err := url.Parse(c.URL)
	if err != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, c.badURL()
	}
	switch u.Scheme {
	case "http", "https":
	case "ws":
		u.Scheme = "http"
	case "wss":
		u.Scheme = "https"
	default:
		return nil, c.badURL()
	}
	u.Path = strings.TrimRight(strings.TrimSuffix(strings.TrimRight(u.Path, "/"), "/ws"), "/")
	u.RawPath = ""
	return u, nil
}

// badURL quotes the value without a password that may be in it.
func (c Config) badURL() error {
	return fmt.Errorf("url: %.100q is not the address of a tickertape, such as http://localhost:8080", vendors.Redact(c.URL))
}
