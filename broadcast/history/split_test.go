package history

import (
	"testing"

	"tickertape/feed/market"
)

// What is told of a day takes the place of what was told before, and of many days the newest stay.
func TestSplitsOfASymbolAreThoseOfItsNewestDays(t *testing.T) {
	two, three := market.Adjustment{New: 2, Old: 1}, market.Adjustment{New: 3, Old: 1}
	var s splits
	for day := range uint32(3 * mostSplits) {
		s.set(day, two)
		s.set(day, three)
	}
	if first := uint32(2 * mostSplits); len(s) != mostSplits || s[0] != (split{first, three}) {
		t.Errorf("%d splits from %v on, want %d from day %d", len(s), s[0], mostSplits, first)
	}
	s.set(s[0].start, market.Adjustment{})
	if first := uint32(2*mostSplits + 1); len(s) != mostSplits-1 || s[0].start != first {
		t.Errorf("%d splits from %v on, want them from day %d", len(s), s[0], first)
	}
}
