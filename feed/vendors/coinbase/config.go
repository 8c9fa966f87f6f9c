package coinbase

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

// Config says what is followed, and where.
type Config struct {
	API     string   `mapstructure:"api"`     // "advanced" or "exchange"
	URL     string   `mapstructure:"url"`     // of the WebSocket; "" is that of the API
	REST    string   `mapstructure:"rest"`    // first part of the addresses of REST; "" is that of the API
	Book    bool     `mapstructure:"book"`    // quotes are those of the order book of the Exchange, and not only of tickers
	Symbols []string `mapstructure:"symbols"` // products such as BTC-USD
}

// DefaultConfig follows the most traded coins in dollars.
func DefaultConfig() Config {
	c := Config{API: "exchange", Book: true}
	for _, coin := range coins {
		c.Symbols = append(c.Symbols, coin+"-USD")
	}
	return c
}

// Validate reports every value that is not allowed, by key. It connects to nothing.
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
	errs = append(errs, vendors.CheckBetween("symbols", len(c.Symbols), 1, mostSymbols))
	errs = append(errs, vendors.CheckSymbols(c.Symbols, func(s string) error {
		if !isProduct(s) {
			return errors.New("is not a product such as BTC-USD")
		}
		if other := twin(s); other != "" && slices.Contains(c.Symbols, other) {
			return fmt.Errorf("is published as %q, which is there, too", other)
		}
		return nil
	})...)
	return errors.Join(errs...)
}

// isProduct reports whether s is spelt as products are: BTC-USD, or BIT-28NOV26-CDE of the futures. So none
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
// there is none. Those of other stable coins are products of their own.
func twin(s string) string {
	if coin, shared := strings.CutSuffix(s, "-USDC"); shared && coin != "USDT" && coin != "EURC" {
		return coin + "-USD"
	}
	return ""
}
