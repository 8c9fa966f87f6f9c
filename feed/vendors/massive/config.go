package massive

import (
	"errors"
	"fmt"
	"strings"

	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

const (
	mostSymbols  = 20_000
	mostRequests = 6000 // a minute
	mostLot      = 1_000_000
)

// Config says what is followed, and where.
type Config struct {
	URL           string   `mapstructure:"url"`             // of the WebSocket, with the cluster
	REST          string   `mapstructure:"rest"`            // first part of the addresses of REST
	KeyFile       string   `mapstructure:"key_file"`        // has the key; "": MASSIVE_API_KEY or POLYGON_API_KEY in the environment
	Symbols       []string `mapstructure:"symbols"`         // as AAPL or BRK.A
	RESTPerMinute int      `mapstructure:"rest_per_minute"` // requests over REST
	Lot           int      `mapstructure:"lot"`             // shares that the size of a quote is counted in
}

// DefaultConfig follows large companies in real time.
func DefaultConfig() Config {
	return Config{
		URL:  "wss://socket.massive.com/stocks",
		REST: "https://api.massive.com",
		Symbols: []string{"AAPL", "MSFT", "NVDA", "AMZN", "GOOGL", "META", "TSLA", "AVGO", "JPM", "V",
			"XOM", "UNH", "WMT", "JNJ", "PG", "HD", "KO", "DIS", "BA", "CAT"},
		RESTPerMinute: 5, // of the least plan
		Lot:           1,
	}
}

// Validate reports every value that is not allowed, by key. It reaches for nothing and reads no file.
func (c Config) Validate() error {
	errs := []error{vendors.CheckAddress("url", c.URL, "wss", "ws"), vendors.CheckAddress("rest", c.REST, "https", "http")}
	if n := len(c.Symbols); n == 0 || n > mostSymbols {
		errs = append(errs, fmt.Errorf("symbols: %d is not between 1 and %d", n, mostSymbols))
	}
	seen := make(map[string]bool, len(c.Symbols))
	for i, s := range c.Symbols {
		switch {
		case market.CheckSymbol(s) != nil:
			errs = append(errs, fmt.Errorf("symbols[%d]: %.40q is no symbol: %w", i, s, market.CheckSymbol(s)))
		case strings.ContainsAny(s, ":*/"):
			errs = append(errs, fmt.Errorf("symbols[%d]: %q is not a stock such as AAPL or BRK.A", i, s))
		case seen[s]:
			errs = append(errs, fmt.Errorf("symbols[%d]: %q is there twice", i, s))
		}
		seen[s] = true
	}
	if c.RESTPerMinute < 1 || c.RESTPerMinute > mostRequests {
		errs = append(errs, fmt.Errorf("rest_per_minute: %d is not between 1 and %d", c.RESTPerMinute, mostRequests))
	}
	if c.Lot < 1 || c.Lot > mostLot {
		errs = append(errs, fmt.Errorf("lot: %d is not between 1 and %d", c.Lot, mostLot))
	}
	return errors.Join(errs...)
}
