package massive

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

const mostLot = 1_000_000

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

// Validate reports every value that is not allowed, by key. It connects to nothing and reads no file.
func (c Config) Validate() error {
	errs := vendors.CheckFeed(c.URL, c.REST, c.Symbols, mostSymbols, check)
	errs = append(errs, vendors.CheckBetween("rest_per_minute", c.RESTPerMinute, 1, mostRequests))
	errs = append(errs, vendors.CheckBetween("lot", c.Lot, 1, mostLot))
	return errors.Join(errs...)
}

// delay is how late the prices of the cluster are by contract: those of delayed.massive.com are, and of the same cluster under
// the vendor's former name.
func (c Config) delay() time.Duration {
	if u, err := url.Parse(c.URL); err == nil && strings.HasPrefix(u.Hostname(), "delayed.") {
		return clusterDelay
	}
	return 0
}

// advice is what to try, in an error, where the vendor refuses a key; "" for a cluster that is late itself. The vendor does not let
// plans without data in real time use the cluster that has them, and says no more than that authentication has failed.
func (c Config) advice() string {
	u, err := url.Parse(c.URL)
	if err != nil || !strings.HasPrefix(u.Hostname(), "socket.") {
		return ""
	}
	u.Host = "delayed." + strings.TrimPrefix(u.Host, "socket.")
	return "; if the plan has delayed data only, set feed.massive.url to " + u.String()
}

// check refuses what is no stock.
func check(s string) error {
	if err := market.CheckSymbol(s); err != nil {
		return fmt.Errorf("is no symbol: %w", err)
	}
	if strings.ContainsAny(s, ":*/") {
		return errors.New("is not a stock such as AAPL or BRK.A")
	}
	return nil
}
