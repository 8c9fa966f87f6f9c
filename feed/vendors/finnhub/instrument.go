package finnhub

import (
	"slices"
	"strings"

	"tickertape/feed/calendar"
	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

// notStreamed are venues that the vendor has, but does not stream.
var notStreamed = []string{"FXCM", "FOREX.COM", "FHFX"}

// coins are the venues of the vendor that trade coins (https://finnhub.io/docs/api/crypto-exchanges).
var coins = []string{"BINANCE", "BINANCEUS", "BITFINEX", "BITTREX", "COINBASE", "GEMINI", "HITBTC", "HUOBI",
	"KRAKEN", "KUCOIN", "OKEX", "POLONIEX", "ZB"}

const (
	us     = "us"
	crypto = "crypto"
)

// marketOf is whose hours a symbol keeps. A symbol without a venue is a US stock. Currencies have no calendar
// here, so they are never closed, and stale at weekends, when nobody trades them.
func marketOf(symbol string) string {
	venue, _, prefixed := strings.Cut(symbol, ":")
	switch {
	case !prefixed:
		return us
	case slices.Contains(coins, venue):
		return crypto
	}
	return ""
}

// quoted are the currencies at the end of a pair's name that has no separator, such as BTCUSDT. Where one ends with
// another, the longer comes first.
var quoted = []string{"FDUSD", "USDT", "USDC", "TUSD", "BUSD", "USD", "EUR", "GBP", "JPY", "TRY", "BRL", "BTC", "ETH", "BNB"}

// currencyOf is what prices are in, as far as the name says: what comes behind the mark, or the end of a pair.
func currencyOf(symbol string) string {
	_, pair, prefixed := strings.Cut(symbol, ":")
	if !prefixed {
		return "USD"
	}
	if i := strings.LastIndexAny(pair, "_-/"); i >= 0 {
		return pair[i+1:]
	}
	for _, c := range quoted {
		if base, ends := strings.CutSuffix(pair, c); ends && base != "" {
			return c
		}
	}
	return ""
}

// decimalsOf is how many decimals prices are shown with, until the prices themselves have more.
func decimalsOf(symbol string) int {
	switch {
	case marketOf(symbol) != "":
		return 2
	case currencyOf(symbol) == "JPY":
		return 3
	}
	return 5
}

// instrument is one symbol. All connections share it.
type instrument struct {
	*vendors.Instrument
	stock bool
}

// instruments puts symbols into the directory.
func instruments(symbols []string, env *vendors.Env) ([]*instrument, error) {
	records := make([]market.Symbol, len(symbols))
	for i, s := range symbols {
		records[i] = market.Symbol{Symbol: s, Currency: currencyOf(s), Decimals: decimalsOf(s), Market: marketOf(s)}
	}
	shared, err := env.Instruments(name, records)
	if err != nil {
		return nil, err
	}
	all := make([]*instrument, len(symbols))
	for i, s := range symbols {
		all[i] = &instrument{shared[i], marketOf(s) == us}
	}
	return all, nil
}

// rolled is when the trading day of an instant began; long ago for one that has no days.
func (in *instrument) rolled(at market.Time) market.Time {
	return market.TimeOf(in.Hours.Rolled(at.Std()))
}

// early reports whether an instant is before the regular session of its day.
func (in *instrument) early(at market.Time) bool {
	p := in.Hours.Phase(at.Std())
	return p == calendar.Pre || p == calendar.Overnight
}

// regular reports whether an instant is in the regular session.
func (in *instrument) regular(at market.Time) bool {
	return in.Hours.Phase(at.Std()) == calendar.Regular
}

// marketOfAll is the market of symbols that all keep the same; "" otherwise, which is never closed.
func marketOfAll(symbols []string) string {
	keeps := marketOf(symbols[0])
	for _, s := range symbols[1:] {
		if marketOf(s) != keeps {
			return ""
		}
	}
	return keeps
}
