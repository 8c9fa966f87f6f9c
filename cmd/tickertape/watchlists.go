package main

import (
	"slices"

	"tickertape/broadcast"
	"tickertape/feed/market"
)

const (
	everything = "all"
	mostListed = 500 // symbols of the list of everything
)

// knownLists are the configured watchlists. Where the feeds have none of their symbols, a list of all symbols of the feeds
// comes first, since the first list is what a new visitor is shown.
func knownLists(lists []broadcast.Watchlist, dir *market.Directory) []broadcast.Watchlist {
	all := dir.All()
	if len(all) == 0 {
		return lists // the feed names its symbols later, as a relay does
	}
	for _, l := range lists {
		if slices.ContainsFunc(l.Symbols, func(s string) bool { _, known := dir.ID(s); return known }) {
			return lists
		}
	}
	first := broadcast.Watchlist{Name: everything}
	for _, s := range all[:min(len(all), mostListed)] {
		first.Symbols = append(first.Symbols, s.Symbol)
	}
	rest := slices.DeleteFunc(slices.Clone(lists), func(l broadcast.Watchlist) bool { return l.Name == everything })
	return append([]broadcast.Watchlist{first}, rest...)
}
