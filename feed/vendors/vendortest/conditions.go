package vendortest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"tickertape/feed/market"
)

// What a trade with a sale condition sets, as the tables of vendors and tapes have it.
const (
	SetsAll      = "all"      // last, open, high, low and volume
	SetsIfFirst  = "first"    // high, low and volume; last and open only as the first trade of its session
	SetsRange    = "range"    // high, low and volume
	SetsVolume   = "volume"   // volume only
	SetsPrices   = "prices"   // last, open, high and low
	SetsOutside  = "outside"  // volume, and the last price outside the regular session
	SetsNothing  = "nothing"  // nothing
	conditionDay = 1795017600 // 18 November 2026, 11:00 in New York, as Unix time
)

// What is left where a trade has conditions of two kinds.
const (
	setsRangeOnly   = "range, no volume"
	setsIfFirstOnly = "first, no volume"
	setsOutsideOnly = "outside, no volume"
)

// days are what four trades add up to, by what the first, the third and the fourth of them set. The second is an ordinary one. They
// are 7 for 100, 3 for 90, 5 for 110 and 2 for 80.
var days = map[string]string{
	SetsAll:         "o 100 h 110 l 80 p 80 v 17 n 4 vw 98.8235",
	SetsIfFirst:     "o 100 h 110 l 80 p 90 v 17 n 4 vw 98.8235",
	SetsRange:       "o 90 h 110 l 80 p 90 v 17 n 4 vw 98.8235",
	SetsVolume:      "o 90 h 90 l 90 p 90 v 17 n 4 vw 98.8235",
	SetsPrices:      "o 100 h 110 l 80 p 80 v 3 n 1 vw 90",
	SetsOutside:     "o 90 h 90 l 90 p 90 v 17 n 4 vw 98.8235 xp 80",
	SetsNothing:     "o 90 h 90 l 90 p 90 v 3 n 1 vw 90",
	setsRangeOnly:   "o 90 h 110 l 80 p 90 v 3 n 1 vw 90",
	setsIfFirstOnly: "o 100 h 110 l 80 p 90 v 3 n 1 vw 90",
	setsOutsideOnly: "o 90 h 90 l 90 p 90 v 3 n 1 vw 90 xp 80",
}

// together are what trades with conditions of two kinds set: what both allow. With the same kind twice, with all and with nothing it
// goes without saying. A trade outside the session that is no last price either is one of those sold out of sequence there.
var together = map[[2]string]string{
	{SetsIfFirst, SetsRange}:   SetsRange,
	{SetsIfFirst, SetsVolume}:  SetsVolume,
	{SetsIfFirst, SetsPrices}:  setsIfFirstOnly,
	{SetsIfFirst, SetsOutside}: SetsVolume,
	{SetsRange, SetsVolume}:    SetsVolume,
	{SetsRange, SetsPrices}:    setsRangeOnly,
	{SetsRange, SetsOutside}:   SetsVolume,
	{SetsVolume, SetsPrices}:   SetsNothing,
	{SetsVolume, SetsOutside}:  SetsVolume,
	{SetsPrices, SetsOutside}:  setsOutsideOnly,
}

// join is what a trade with conditions of two kinds sets.
func join(a, b string) string {
	switch {
	case a == b, b == SetsAll, a == SetsNothing:
		return a
	case a == SetsAll, b == SetsNothing:
		return b
	}
	if sets := together[[2]string{a, b}]; sets != "" {
		return sets
	}
	return together[[2]string{b, a}]
}

// CheckConditions checks what trades with each code of a published table add up to, where it is their only code, and where one of
// each other kind comes before or after it. open makes a decoder, of trades in the order of their Unix times, which are within the
// regular session; a trade without codes is an ordinary one.
func CheckConditions(t *testing.T, table map[string]string,
	open func(testing.TB) func(codes []string, price, size int, at int64) market.Tick) {
	t.Helper()
	sorted := slices.Sorted(maps.Keys(table))
	example := map[string]string{}
	for _, code := range sorted {
		if kind := table[code]; example[kind] == "" {
			example[kind] = code
		}
	}
	for _, code := range sorted {
		lists := map[string]string{code: table[code]}
		for kind, other := range example {
			lists[code+","+other] = join(table[code], kind)
			lists[other+","+code] = join(table[code], kind)
		}
		for list, sets := range lists {
			decode := open(t)
			checkDay(t, "conditions "+list, sets, func(special bool, price, size int, at int64) market.Tick {
				if special {
					return decode(strings.Split(list, ","), price, size, at)
				}
				return decode(nil, price, size, at)
			})
		}
	}
}

// checkDay checks what the trades of a day add up to.
func checkDay(t *testing.T, what, sets string, decode func(special bool, price, size int, at int64) market.Tick) {
	t.Helper()
	y := market.NewTally(0, 50*market.Scale, market.NewLedgers(100))
	for i, trade := range []struct {
		special     bool
		price, size int
	}{{true, 100, 7}, {false, 90, 3}, {true, 110, 5}, {true, 80, 2}} {
		k := decode(trade.special, trade.price, trade.size, conditionDay+int64(i))
		if r := y.Apply(&k); r != market.Accepted {
			t.Fatalf("%s: %v", what, r)
		}
	}
	q := y.Quote()
	got := fmt.Sprintf("o %v h %v l %v p %v v %v n %d vw %v", q.Open, q.High, q.Low, q.Price, q.Volume, q.Count, q.VWAP)
	if q.Set&market.FieldExtended != 0 {
		got += fmt.Sprintf(" xp %v", q.Extended)
	}
	if want := days[sets]; got != want {
		t.Errorf("%s, which sets %s: %s, want %s", what, sets, got, want)
	}
}
