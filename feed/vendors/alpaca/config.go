package alpaca

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
	URL        string   `mapstructure:"url"`         // of the WebSocket, without the name of the feed
	REST       string   `mapstructure:"rest"`        // first part of the addresses of REST
	Feed       string   `mapstructure:"feed"`        // of stocks: iex, sip, delayed_sip, boats, overnight, otc or test
	Crypto     string   `mapstructure:"crypto"`      // of coins: us is Alpaca's own market, us-1 and eu-1 are Kraken's; or us-2, bs-1
	KeyFile    string   `mapstructure:"key_file"`    // has the key; "": APCA_API_KEY_ID in the environment
	SecretFile string   `mapstructure:"secret_file"` // has the secret; "": APCA_API_SECRET_KEY in the environment
	Symbols    []string `mapstructure:"symbols"`     // as AAPL or, with a slash, BTC/USD
	MaxSymbols int      `mapstructure:"max_symbols"` // whose trades the plan allows, of stocks and of coins each
}

// DefaultConfig follows large companies and coins, within the limits of the free plan.
func DefaultConfig() Config {
	return Config{
		URL:    "wss://stream.data.alpaca.markets",
		REST:   "https://data.alpaca.markets",
		Feed:   "iex",
		Crypto: "us",
		Symbols: []string{"AAPL", "MSFT", "NVDA", "AMZN", "GOOGL", "META", "TSLA", "AVGO", "JPM", "V",
			"XOM", "UNH", "WMT", "JNJ", "PG", "HD", "KO", "DIS", "BA", "CAT", "BTC/USD", "ETH/USD", "SOL/USD"},
		MaxSymbols: 30,
	}
}

// TradesAtNight reports whether the feed of stocks trades overnight alone.
func (c Config) TradesAtNight() bool {
	of := findFeed(c.Feed)
	return of != nil && of.night
}

// Validate reports every value that is not allowed, by key. It connects to nothing and reads no file.
func (c Config) Validate() error {
	errs := []error{vendors.CheckAddress("url", c.URL, "wss", "ws"), vendors.CheckAddress("rest", c.REST, "https", "http"),
		oneOf("feed", c.Feed, stockFeedNames()), oneOf("crypto", c.Crypto, cryptoFeeds)}
	if c.MaxSymbols < 1 || c.MaxSymbols > mostSymbols {
		errs = append(errs, fmt.Errorf("max_symbols: %d is not between 1 and %d", c.MaxSymbols, mostSymbols))
	} else {
		stocks, coins := split(c.Symbols)
		for name, n := range map[string]int{"stocks": len(stocks), "coins": len(coins)} {
			if n > c.MaxSymbols {
				errs = append(errs, fmt.Errorf("symbols: %d %s are more than max_symbols (%d), which is what the plan allows", n, name, c.MaxSymbols))
			}
		}
	}
	if len(c.Symbols) == 0 {
		errs = append(errs, errors.New("symbols: [] names none"))
	}
	errs = append(errs, vendors.CheckSymbols(c.Symbols, check)...)
	return errors.Join(errs...)
}

// split separates stocks from coins, whose symbols have a slash.
func split(symbols []string) (stocks, coins []string) {
	for _, s := range symbols {
		if strings.Contains(s, "/") {
			coins = append(coins, s)
		} else {
			stocks = append(stocks, s)
		}
	}
	return stocks, coins
}

func oneOf(key, value string, words []string) error {
	if slices.Contains(words, value) {
		return nil
	}
	return fmt.Errorf("%s: %.40q is not one of %s", key, value, strings.Join(words, ", "))
}

// check refuses what is neither a stock nor a coin.
func check(s string) error {
	if err := market.CheckSymbol(s); err != nil {
		return fmt.Errorf("is no symbol: %w", err)
	}
	if strings.HasPrefix(s, "/") || strings.HasSuffix(s, "/") || strings.Count(s, "/") > 1 {
		return errors.New("is not a symbol such as AAPL or BTC/USD")
	}
	return nil
}
