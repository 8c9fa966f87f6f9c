package coinbase

import (
	"strings"

	"tickertape/feed/market"
)

// wall is the coins that are followed where nobody says which.
var wall = [...]struct{ code, name string }{
	{"BTC", "Bitcoin"},
	{"ETH", "Ethereum"},
	{"SOL", "Solana"},
	{"XRP", "XRP"},
	{"DOGE", "Dogecoin"},
	{"ADA", "Cardano"},
	{"LINK", "Chainlink"},
	{"SUI", "Sui"},
	{"AVAX", "Avalanche"},
	{"LTC", "Litecoin"},
	{"BCH", "Bitcoin Cash"},
	{"HBAR", "Hedera"},
	{"XLM", "Stellar"},
	{"DOT", "Polkadot"},
	{"UNI", "Uniswap"},
	{"AAVE", "Aave"},
	{"NEAR", "NEAR Protocol"},
	{"ICP", "Internet Computer"},
	{"SHIB", "Shiba Inu"},
	{"PEPE", "Pepe"},
}

// record is what a product's name says of it. The vendor tells later how many decimals its prices have.
func record(product string) market.Symbol {
	s := market.Symbol{Symbol: product, Decimals: 2, Market: cryptoHours}
	base, rest, _ := strings.Cut(product, "-")
	if !strings.Contains(rest, "-") {
		s.Currency = rest
	}
	for _, coin := range wall {
		if coin.code == base {
			s.Name = coin.name
		}
	}
	return s
}
