package kraken

import (
	"slices"
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

// fiats are the currencies of states that the vendor trades.
var fiats = strings.Fields("USD EUR GBP JPY CAD AUD CHF AED ARS BRL MXN")

// classes are what REST calls the kinds of pairs that are no coins; "" is coins.
var classes = []string{"", "tokenized_asset", "forex"}

// classOf is the place among classes of what a pair's name says: tokenized stocks end in a small x, and in forex both sides are
// currencies of states.
func classOf(pair string) int {
	base, quote, _ := strings.Cut(pair, "/")
	switch {
	case slices.Contains(fiats, base) && slices.Contains(fiats, quote):
		return 2
	case len(base) > 1 && strings.HasSuffix(base, "x"):
		return 1
	}
	return 0
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
