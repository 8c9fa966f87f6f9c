package history

import (
	"cmp"
	"slices"

	"tickertape/feed/market"
)

// split is a split, and when the trading day begins before which it happened, in seconds.
type split struct {
	start uint32
	market.Adjustment
}

// splits are those of a symbol, in order of their day.
type splits []split

// mostSplits is how many splits of a symbol are kept: the newest. No share has had so many.
const mostSplits = 256

// set puts a split in the place of what was before that day; zero is none.
func (s *splits) set(start uint32, by market.Adjustment) {
	i, found := slices.BinarySearchFunc(*s, start, func(x split, start uint32) int { return cmp.Compare(x.start, start) })
	if found {
		*s = slices.Delete(*s, i, i+1)
	}
	if by != (market.Adjustment{}) {
		*s = slices.Insert(*s, i, split{start, by})
	}
	if len(*s) > mostSplits {
		*s = slices.Delete(*s, 0, 1)
	}
}

// adjust divides the prices of bars, which are in order, by the splits after them, and multiplies their volumes. Their turnover
// stays, so the VWAP follows. Splits in a row are one factor, so that nothing is rounded twice.
func (s splits) adjust(bars []Bar) {
	i, later := len(s), []market.Adjustment(nil)
	for j := len(bars) - 1; j >= 0; j-- {
		b := &bars[j]
		for i > 0 && s[i-1].start > b.Start {
			i--
			later = before(s[i].Adjustment, later)
		}
		for _, by := range later {
			b.adjust(by)
		}
	}
}

// before puts a split before later ones: into one with the first of them, unless their product is too large.
func before(first market.Adjustment, later []market.Adjustment) []market.Adjustment {
	if len(later) > 0 {
		if both, fits := first.Then(later[0]); fits {
			return append([]market.Adjustment{both}, later[1:]...)
		}
	}
	return append([]market.Adjustment{first}, later...)
}

func (b *Bar) adjust(by market.Adjustment) {
	if b.Priced() {
		b.Open, b.High, b.Low, b.Close = by.Price(b.Open), by.Price(b.High), by.Price(b.Low), by.Price(b.Close)
	}
	b.Volume = by.Quantity(b.Volume)
}
