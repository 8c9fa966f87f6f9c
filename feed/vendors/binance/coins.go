package binance

import (
	"strings"

	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

// coins are followed unless the configuration says otherwise.
var coins = strings.Fields("BTC ETH SOL XRP BNB DOGE ADA TRX SUI LINK AVAX LTC BCH HBAR XLM DOT UNI AAVE NEAR PEPE")

// quoted are the currencies that prices are in. Where a symbol can be read in two ways, the first that leaves a known
// coin counts, or else the first of all. The vendor says later which it is (quoteAsset).
var quoted = []string{"FDUSD", "USDT", "USDC", "TUSD", "BUSD", "USD", "EUR", "GBP", "TRY", "BRL", "JPY", "BTC", "ETH", "BNB"}

// record is what is known of a symbol by its spelling.
func record(symbol string) market.Symbol {
	r := market.Symbol{Symbol: symbol, Market: cryptoHours, Decimals: guessedDecimals}
	for _, currency := range quoted {
		code, found := strings.CutSuffix(symbol, currency)
		if !found || code == "" {
			continue
		}
		if coin := vendors.CoinName(code); coin != "" {
			r.Currency, r.Name = currency, coin
			return r
		}
		if r.Currency == "" {
			r.Currency = currency
		}
	}
	return r
}

// guessedDecimals hold until the vendor has sent them.
const guessedDecimals = 2
