package coinbase

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

// mostSymbols is more than there are products.
const mostSymbols = 2000

// Config says what is followed, and where.
type Config struct {
	API     string   `mapstructure:"api"`     // "advanced" or "exchange"
	URL     string   `mapstructure:"url"`     // of the WebSocket; "" is that of the API
	REST    string   `mapstructure:"rest"`    // first part of the addresses of REST; "" is that of the API
	Symbols []string `mapstructure:"symbols"` // products such as BTC-USD
}

// DefaultConfig follows the most traded coins in dollars.
func DefaultConfig() Config {
	c := Config{API: "exchange"}
	for _, coin := range wall {
		c.Symbols = append(c.Symbols, coin.code+"-USD")
	}
	return c
}

// Validate reports every value that is not allowed, by key. It reaches for nothing.
func (c Config) Validate() error {
	var errs []error
	if _, known := apis[c.API]; !known {
		errs = append(errs, fmt.Errorf("api: %q is not advanced or exchange", c.API))
	}
	if c.URL != "" {
		errs = append(errs, vendors.CheckAddress("url", c.URL, "wss", "ws"))
	}
	if c.REST != "" {
		errs = append(errs, vendors.CheckAddress("rest", c.REST, "https", "http"))
	}
	if n := len(c.Symbols); n == 0 || n > mostSymbols {
		errs = append(errs, fmt.Errorf("symbols: %d is not between 1 and %d", n, mostSymbols))
	}
	for i, s := range c.Symbols {
		switch {
		case !isProduct(s):
			errs = append(errs, fmt.Errorf("symbols[%d]: %.40q is not a product such as BTC-USD", i, s))
		case slices.Index(c.Symbols, s) < i:
			errs = append(errs, fmt.Errorf("symbols[%d]: %q is there twice", i, s))
		case twin(s) != "" && slices.Contains(c.Symbols, twin(s)):
			errs = append(errs, fmt.Errorf("symbols[%d]: %q is told as %q, which is there, too", i, s, twin(s)))
		}
	}
	return errors.Join(errs...)
}

// isProduct tells whether s is spelt as products are: BTC-USD, or BIT-28NOV26-CDE of the futures. So none
// has to be escaped in an address.
func isProduct(s string) bool {
	if market.CheckSymbol(s) != nil || !strings.Contains(strings.Trim(s, "-"), "-") {
		return false
	}
	for _, c := range []byte(s) {
		if (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}

// twin is the product whose book a product in USDC shares and by whose name its messages come; "" where
// there is none.
func twin(s string) string {
	if coin, shared := strings.CutSuffix(s, "-USDC"); shared {
		return coin + "-USD"
	}
	return ""
}
