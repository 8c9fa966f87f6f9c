package kraken

import (
	"strings"

	"tickertape/feed/market"
)

// coin is one of those that are followed unless the configuration says otherwise.
type coin struct{ code, name string }

var wall = []coin{
	{"BTC", "Bitcoin"}, {"ETH", "Ethereum"}, {"SOL", "Solana"}, {"XRP", "XRP"}, {"DOGE", "Dogecoin"}, {"ADA", "Cardano"}, {"LINK", "Chainlink"},
	{"SUI", "Sui"}, {"AVAX", "Avalanche"}, {"LTC", "Litecoin"}, {"BCH", "Bitcoin Cash"}, {"XLM", "Stellar"}, {"DOT", "Polkadot"},
	{"TRX", "TRON"}, {"UNI", "Uniswap"}, {"AAVE", "Aave"}, {"NEAR", "NEAR Protocol"}, {"XMR", "Monero"}, {"ATOM", "Cosmos"}, {"PEPE", "Pepe"},
}

// record is what a pair's name says of it. The vendor tells later how many decimals its prices have.
func record(pair string) market.Symbol {
	base, quote, _ := strings.Cut(pair, "/")
	r := market.Symbol{Symbol: pair, Decimals: 2, Market: cryptoHours, Currency: quote}
	for _, c := range wall {
		if c.code == base {
			r.Name = c.name
		}
	}
	return r
}

// renamed are the codes of REST, and of version 1 of the WebSocket, that are others here.
var renamed = [...]struct{ old, code string }{{"XBT", "BTC"}, {"XDG", "DOGE"}}

// restName is how REST spells a pair, its "altname": with the old codes, and no slash.
func restName(pair string) string {
	base, quote, _ := strings.Cut(pair, "/")
	for _, r := range renamed {
		if base == r.code {
			base = r.old
		}
		if quote == r.code {
			quote = r.old
		}
	}
	return base + quote
}

// current is how a pair is spelt that may be spelt with the old codes.
func current(pair string) string {
	base, quote, _ := strings.Cut(pair, "/")
	for _, r := range renamed {
		if base == r.old {
			base = r.code
		}
		if quote == r.old {
			quote = r.code
		}
	}
	return base + "/" + quote
}
