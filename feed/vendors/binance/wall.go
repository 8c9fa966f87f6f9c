package binance

import (
	"slices"
	"strings"

	"tickertape/feed/market"
)

// coin is one of those that are followed unless the configuration says otherwise.
type coin struct{ code, name string }

var wall = []coin{
	{"BTC", "Bitcoin"}, {"ETH", "Ethereum"}, {"SOL", "Solana"}, {"XRP", "XRP"}, {"BNB", "BNB"}, {"DOGE", "Dogecoin"}, {"ADA", "Cardano"},
	{"TRX", "TRON"}, {"SUI", "Sui"}, {"LINK", "Chainlink"}, {"AVAX", "Avalanche"}, {"LTC", "Litecoin"}, {"BCH", "Bitcoin Cash"},
	{"HBAR", "Hedera"}, {"XLM", "Stellar"}, {"DOT", "Polkadot"}, {"UNI", "Uniswap"}, {"AAVE", "Aave"}, {"NEAR", "NEAR Protocol"}, {"PEPE", "Pepe"},
}

// quoted are the currencies that prices are in. Where a symbol can be read in two ways, the first one of a coin
// that is known counts, or else the first: the vendor tells later (quoteAsset).
var quoted = []string{"FDUSD", "USDT", "USDC", "TUSD", "BUSD", "USD", "EUR", "GBP", "TRY", "BRL", "JPY", "BTC", "ETH", "BNB"}

// record is what is known of a symbol by its spelling.
func record(symbol string) market.Symbol {
	r := market.Symbol{Symbol: symbol, Market: cryptoHours, Decimals: guessedDecimals}
	for _, currency := range quoted {
		code, found := strings.CutSuffix(symbol, currency)
		if !found || code == "" {
			continue
		}
		if i := slices.IndexFunc(wall, func(c coin) bool { return c.code == code }); i >= 0 {
			r.Currency, r.Name = currency, wall[i].name
			return r
		}
		if r.Currency == "" {
			r.Currency = currency
		}
	}
	return r
}

// guessedDecimals hold until the vendor tells them.
const guessedDecimals = 2
