package main

import (
	"fmt"
	"testing"

	"tickertape/broadcast"
	"tickertape/feed/market"
)

func TestNewcomerIsShownWhatTheFeedHas(t *testing.T) {
	stocks := broadcast.Watchlist{Name: "tech", Symbols: []string{"AAPL", "MSFT"}}
	for name, tc := range map[string]struct {
		symbols []string
		lists   []broadcast.Watchlist
		want    string
	}{
		"a list that it has": {[]string{"MSFT", "BTC-USD"}, []broadcast.Watchlist{stocks}, "[{tech [AAPL MSFT]}]"},
		"none that it has": {[]string{"BTC-USD", "ETH-USD"}, []broadcast.Watchlist{stocks},
			"[{all [BTC-USD ETH-USD]} {tech [AAPL MSFT]}]"},
		"no list at all":               {[]string{"BTC-USD"}, nil, "[{all [BTC-USD]}]"},
		"one of that name is replaced": {[]string{"BTC-USD"}, []broadcast.Watchlist{{Name: "all", Symbols: []string{"X"}}}, "[{all [BTC-USD]}]"},
		"it does not know yet":         {nil, []broadcast.Watchlist{stocks}, "[{tech [AAPL MSFT]}]"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := market.NewDirectory()
			for _, s := range tc.symbols {
				if _, err := dir.Add(market.Symbol{Symbol: s}); err != nil {
					t.Fatal(err)
				}
			}
			if got := fmt.Sprint(knownLists(tc.lists, dir)); got != tc.want {
				t.Errorf("%s, want %s", got, tc.want)
			}
		})
	}
}
