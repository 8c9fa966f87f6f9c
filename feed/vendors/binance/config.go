package binance

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

// Config says what is followed, and where.
type Config struct {
	URL     string   `mapstructure:"url"`     // first part of the addresses of the WebSocket
	REST    string   `mapstructure:"rest"`    // first part of the addresses of REST
	Symbols []string `mapstructure:"symbols"` // such as BTCUSDT; of any script
}

// DefaultConfig follows the most traded coins in USDT, at the addresses that have market data only.
func DefaultConfig() Config {
	c := Config{URL: "wss://data-stream.binance.vision", REST: "https://data-api.binance.vision"}
	for _, coin := range coins {
		c.Symbols = append(c.Symbols, coin+"USDT")
	}
	return c
}

// Validate reports every value that is not allowed, by key. It connects to nothing.
func (c Config) Validate() error {
	errs := vendors.CheckFeed(c.URL, c.REST, c.Symbols, mostSymbols, check)
	followed := make(map[string]string, len(c.Symbols)) // by what its streams are called
	for i, s := range c.Symbols {
		if check(s) != nil {
			continue
		}
		if other, there := followed[inStreams(s)]; there && other != s {
			errs = append(errs, fmt.Errorf("symbols[%d]: %q has the same streams as %q", i, s, other))
		}
		followed[inStreams(s)] = s
	}
	return errors.Join(errs...)
}

// check refuses what is no symbol of the vendor. It says of symbols in its errors that they match [\w\-._&&[^a-z]]{1,50}: letters and
// digits of any script, but no small ones of ASCII. (Code -1100, as quoted by its users since December 2025.)
func check(s string) error {
	for _, r := range s {
		if !isAllowed(r) {
			return fmt.Errorf("is not a symbol such as BTCUSDT: %q is not allowed", r)
		}
	}
	if market.CheckSymbol(s) != nil {
		return errors.New("is not a symbol such as BTCUSDT: want 1 to 32 bytes of UTF-8")
	}
	return nil
}

// isAllowed reports whether a symbol may have a character.
func isAllowed(r rune) bool {
	switch {
	case r == utf8.RuneError, r >= 'a' && r <= 'z':
		return false
	case r == '-', r == '.':
		return true
	}
	return unicode.In(r, unicode.L, unicode.M, unicode.Nd, unicode.Nl, unicode.Pc)
}

// inStreams is how the names of streams spell a symbol. The vendor says that they are in lower case; how it lowers letters beyond
// ASCII is not known.
func inStreams(symbol string) string { return strings.ToLower(symbol) }
