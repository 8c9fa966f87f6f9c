package kraken

import (
	"strings"

	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

// coins are followed unless the configuration says otherwise.
var coins = strings.Fields("BTC ETH SOL XRP DOGE ADA LINK SUI AVAX LTC BCH XLM DOT TRX UNI AAVE NEAR XMR ATOM PEPE")

// record is what a pair's name says of it. The vendor says later how many decimals its prices have.
func record(pair string) market.Symbol {
	base, quote, _ := strings.Cut(pair, "/")
	return market.Symbol{Symbol: pair, Name: vendors.CoinName(base), Decimals: 2, Market: cryptoHours, Currency: quote}
}

// renamed are the coins whose codes differ: old in REST and in version 1 of the WebSocket, code in version 2 and here.
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
