package consolidate

import (
	"fmt"
	"slices"
	"strings"

	"tickertape/feed/market"
)

// SplitSource splits "kraken:BTC/USD" into the source's name and its spelling of a symbol. The spelling must be one that
// [market.CheckSymbol] accepts.
func SplitSource(text string) (source, spelling string, err error) {
	source, spelling, found := strings.Cut(text, ":")
	if !found || source == "" {
		return "", "", fmt.Errorf(`%q is not a source and its spelling of the symbol, such as "kraken:BTC/USD"`, text)
	}
	if err := market.CheckSymbol(spelling); err != nil {
		return "", "", fmt.Errorf("%q: %w", text, err)
	}
	return source, spelling, nil
}

// Names maps a source's spelling to the symbol's own, for the symbols of the routes where the two differ.
func Names(routes []Route, source string) map[string]string {
	names := map[string]string{}
	for _, r := range routes {
		for _, s := range r.Sources {
			if of, spelling, err := SplitSource(s); err == nil && of == source && spelling != r.Symbol {
				names[spelling] = r.Symbol
			}
		}
	}
	return names
}

// Wanted lists the symbols that the routes want from a source, in its spelling, each once.
func Wanted(routes []Route, source string) []string {
	var wanted []string
	for _, r := range routes {
		for _, s := range r.Sources {
			if of, spelling, err := SplitSource(s); err == nil && of == source && !slices.Contains(wanted, spelling) {
				wanted = append(wanted, spelling)
			}
		}
	}
	return wanted
}
