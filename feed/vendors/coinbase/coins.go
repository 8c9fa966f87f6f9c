package coinbase

import (
	"strings"

	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

// coins are followed unless the configuration says otherwise.
var coins = strings.Fields("BTC ETH SOL XRP DOGE ADA LINK SUI AVAX LTC BCH HBAR XLM DOT UNI AAVE NEAR ICP SHIB PEPE")

// record is what a product's name says of it. The vendor says later how many decimals its prices have.
func record(product string) market.Symbol {
	base, rest, _ := strings.Cut(product, "-")
	s := market.Symbol{Symbol: product, Name: vendors.CoinName(base), Decimals: 2, Market: cryptoHours}
	if !strings.Contains(rest, "-") {
		s.Currency = rest
	}
	return s
}
