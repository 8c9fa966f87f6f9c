package relay

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"tickertape/feed"
)

// Config says whom to follow.
type Config struct {
	URL     string   `mapstructure:"url"`     // http, https, ws or wss, with or without the /ws at its end
	Symbols []string `mapstructure:"symbols"` // symbols, "#watchlist", "*" for all
}

// DefaultConfig follows everything. It names no server.
func DefaultConfig() Config {
	return Config{Symbols: []string{"*"}}
}

// Validate reports every value that is not allowed, by key. It connects to nobody.
func (c Config) Validate() error {
	_, err := c.base()
	errs := []error{err}
	if len(c.Symbols) == 0 {
		errs = append(errs, errors.New(`symbols: [] names none; "*" is all`))
	}
	for i, s := range c.Symbols {
		name := strings.TrimPrefix(s, "#")
		if s == "*" {
			continue
		}
		if err := feed.CheckSymbol(name); err != nil {
			errs = append(errs, fmt.Errorf(`symbols[%d]: %.40q is no symbol, "#watchlist" or "*": %w`, i, s, err))
		}
	}
	return errors.Join(errs...)
}

// base is the server's address for HTTP, without a slash at its end.
func (c Config) base() (*url.URL, error) {
	u, err := url.Parse(c.URL)
	if err != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, c.badURL(u)
	}
	switch u.Scheme {
	case "http", "https":
	case "ws":
		u.Scheme = "http"
	case "wss":
		u.Scheme = "https"
	default:
		return nil, c.badURL(u)
	}
	u.Path = strings.TrimRight(strings.TrimSuffix(strings.TrimRight(u.Path, "/"), "/ws"), "/")
	u.RawPath = ""
	return u, nil
}

// badURL tells the value without a password that may be in it.
func (c Config) badURL(u *url.URL) error {
	shown := c.URL
	if u != nil {
		shown = u.Redacted()
	} else if _, after, found := strings.Cut(shown, "@"); found {
		shown = "…@" + after
	}
	return fmt.Errorf("url: %.100q is not the address of a tickertape, such as http://localhost:8080", shown)
}
