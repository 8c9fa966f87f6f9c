package kraken

import (
	"errors"
	"fmt"
	"strings"

	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

// Config says what is followed, and where.
type Config struct {
	URL     string   `mapstructure:"url"`     // of the WebSocket
	REST    string   `mapstructure:"rest"`    // first part of the addresses of REST
	Symbols []string `mapstructure:"symbols"` // pairs such as BTC/USD
}

// DefaultConfig follows the most traded coins in dollars.
func DefaultConfig() Config {
	c := Config{URL: "wss://ws.kraken.com/v2", REST: "https://api.kraken.com"}
	for _, coin := range coins {
		c.Symbols = append(c.Symbols, coin+"/USD")
	}
	return c
}

// Validate reports every value that is not allowed, by key. It connects to nothing.
func (c Config) Validate() error {
	return errors.Join(vendors.CheckFeed(c.URL, c.REST, c.Symbols, mostSymbols, check)...)
}

// isPair reports whether s is spelt as pairs are: two codes and a slash.
func isPair(s string) bool {
	base, quote, found := strings.Cut(s, "/")
	return found && market.CheckSymbol(s) == nil && isCode(base) && isCode(quote)
}

func isCode(s string) bool {
	for _, c := range []byte(s) {
		if (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '.' {
			return false
		}
	}
	return s != ""
}

// check refuses what is no pair.
func check(s string) error {
	switch {
	case !isPair(s):
		return errors.New("is not a pair such as BTC/USD")
	case current(s) != s:
		return fmt.Errorf("is how version 1 spells %q", current(s))
	}
	return nil
}
