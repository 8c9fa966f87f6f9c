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

// knownLists are the configured watchlists, or, where the feeds have none of their symbols, one of all that
// the feeds have in front of them: the first list is what a newcomer is shown.
func knownLists(lists []broadcast.Watchlist, dir *market.Directory) []broadcast.Watchlist {
	all := dir.All()
	if len(all) == 0 {
		return lists // such as a relay's, which is told later what there is
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
