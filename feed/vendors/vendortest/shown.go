package vendortest

import (
	"strings"

	"tickertape/feed/market"
)

// Sets is what a trade sets, in words: "last+range+volume" is a regular one; "" sets nothing.
func Sets(f market.Flags) string {
	var words []string
	for _, w := range []struct {
		flag market.Flags
		word string
	}{{market.SetsExtended, "extended"}, {market.SetsLast, "last"}, {market.SetsHighLow, "range"}, {market.SetsVolume, "volume"}} {
		if f&w.flag != 0 {
			words = append(words, w.word)
		}
	}
	return strings.Join(words, "+")
}
