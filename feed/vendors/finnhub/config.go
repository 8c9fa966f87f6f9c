package finnhub

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
	URL           string     `mapstructure:"url"`             // of the WebSocket
	REST          string     `mapstructure:"rest"`            // first part of the addresses of REST
	KeyFile       string     `mapstructure:"key_file"`        // has the key; "": FINNHUB_API_KEY in the environment
	Symbols       []string   `mapstructure:"symbols"`         // as AAPL, BINANCE:BTCUSDT or OANDA:EUR_USD
	MaxSymbols    int        `mapstructure:"max_symbols"`     // that the plan allows
	RESTPerMinute int        `mapstructure:"rest_per_minute"` // requests over REST
	Conditions    Conditions `mapstructure:"conditions"`
}

// DefaultConfig follows large companies, within the limits of the free plan.
func DefaultConfig() Config {
	return Config{
		URL:  "wss://ws.finnhub.io",
		REST: "https://finnhub.io/api/v1",
		Symbols: []string{"AAPL", "MSFT", "NVDA", "AMZN", "GOOGL", "META", "TSLA", "AVGO", "JPM", "V",
			"XOM", "UNH", "WMT", "JNJ", "PG", "HD", "KO", "DIS", "BA", "CAT"},
		MaxSymbols:    50,
		RESTPerMinute: 50, // of the 60 of the free plan
		Conditions:    DefaultConditions(),
	}
}

// Validate reports every value that is not allowed, by key. It connects to nothing and reads no file.
func (c Config) Validate() error {
	errs := []error{vendors.CheckAddress("url", c.URL, "wss", "ws"), vendors.CheckAddress("rest", c.REST, "https", "http")}
	if c.MaxSymbols < 1 || c.MaxSymbols > mostSymbols {
		errs = append(errs, fmt.Errorf("max_symbols: %d is not between 1 and %d", c.MaxSymbols, mostSymbols))
	} else if n := len(c.Symbols); n > c.MaxSymbols {
		errs = append(errs, fmt.Errorf("symbols: %d are more than max_symbols (%d), which is what the plan allows", n, c.MaxSymbols))
	}
	if len(c.Symbols) == 0 {
		errs = append(errs, errors.New("symbols: [] names none"))
	}
	errs = append(errs, vendors.CheckSymbols(c.Symbols, check)...)
	errs = append(errs, vendors.CheckBetween("rest_per_minute", c.RESTPerMinute, 1, mostRequests))
	return errors.Join(append(errs, c.Conditions.validate()...)...)
}

// check refuses what the vendor does not stream.
func check(s string) error {
	if err := market.CheckSymbol(s); err != nil {
		return fmt.Errorf("is no symbol: %w", err)
	}
	if strings.HasPrefix(s, ":") || strings.HasSuffix(s, ":") {
		return errors.New("is not a symbol such as AAPL or BINANCE:BTCUSDT")
	}
	if venue, _, prefixed := strings.Cut(s, ":"); prefixed && slices.Contains(notStreamed, venue) {
		return fmt.Errorf("cannot be followed: the vendor does not stream %s", venue)
	}
	return nil
}
