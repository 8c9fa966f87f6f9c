package binance

import (
	"errors"

	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

// Config says what is followed, and where.
type Config struct {
	URL     string   `mapstructure:"url"`     // first part of the addresses of the WebSocket
	REST    string   `mapstructure:"rest"`    // first part of the addresses of REST
	Symbols []string `mapstructure:"symbols"` // such as BTCUSDT
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
	return errors.Join(vendors.CheckFeed(c.URL, c.REST, c.Symbols, mostSymbols, check)...)
}

// isSymbol reports whether s is spelt as symbols are: capital letters and digits, so that nothing in it has to be
// escaped, and no two symbols are the same in lower case.
func isSymbol(s string) bool {
	if market.CheckSymbol(s) != nil {
		return false
	}
	for _, c := range []byte(s) {
		if (c < 'A' || c > 'Z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// check refuses what is no symbol of the vendor.
func check(s string) error {
	if !isSymbol(s) {
		return errors.New("is not a symbol such as BTCUSDT")
	}
	return nil
}
