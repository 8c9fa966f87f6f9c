package vendortest

import (
	"fmt"
	"testing"

	"tickertape/feed/market"
)

// What a trade with a sale condition sets, as the tables of vendors and tapes have it.
const (
	SetsAll      = "all"      // last, open, high, low and volume
	SetsIfFirst  = "first"    // high, low and volume; last and open only as the first trade of its session
	SetsVolume   = "volume"   // volume only
	SetsPrices   = "prices"   // last, open, high and low
	SetsOutside  = "outside"  // volume, and the last price outside the regular session
	SetsNothing  = "nothing"  // nothing
	conditionDay = 1795017600 // 18 November 2026, 11:00 in New York, as Unix time
)

// days are what four trades add up to, by what the first, the third and the fourth of them set. The second is an ordinary one.
var days = map[string]string{
	SetsAll:     "o 100 h 110 l 80 p 80 v 17 n 4 vw 98.8235",
	SetsIfFirst: "o 100 h 110 l 80 p 90 v 17 n 4 vw 98.8235",
	SetsVolume:  "o 90 h 90 l 90 p 90 v 17 n 4 vw 98.8235",
	SetsPrices:  "o 100 h 110 l 80 p 80 v 3 n 1 vw 90",
	SetsOutside: "o 90 h 90 l 90 p 90 v 17 n 4 vw 98.8235 xp 80",
	SetsNothing: "o 90 h 90 l 90 p 90 v 3 n 1 vw 90",
}

// CheckConditions checks what trades with each code of a published table add up to, the first trade of a day included. decode makes
// a trade with a code, "" an ordinary one, at a Unix time within the regular session.
func CheckConditions(t *testing.T, table map[string]string, decode func(t testing.TB, code string, price, size int, at int64) market.Tick) {
	t.Helper()
	for code, sets := range table {
		y := market.NewTally(0, 50*market.Scale, market.NewLedgers(100))
		for i, trade := range []struct {
			code        string
			price, size int
		}{{code, 100, 7}, {"", 90, 3}, {code, 110, 5}, {code, 80, 2}} {
			k := decode(t, trade.code, trade.price, trade.size, conditionDay+int64(i))
			if r := y.Apply(&k); r != market.Accepted {
				t.Fatalf("condition %s: %v", code, r)
			}
		}
		q := y.Quote()
		got := fmt.Sprintf("o %v h %v l %v p %v v %v n %d vw %v", q.Open, q.High, q.Low, q.Price, q.Volume, q.Count, q.VWAP)
		if q.Set&market.FieldExtended != 0 {
			got += fmt.Sprintf(" xp %v", q.Extended)
		}
		if want := days[sets]; got != want {
			t.Errorf("condition %s, which sets %s: %s, want %s", code, sets, got, want)
		}
	}
}
