package massive

import (
	"fmt"
	"testing"

	"tickertape/feed/market"
	"tickertape/feed/vendors/vendortest"
)

// The vendor's list of trade conditions, by number: the names of the tapes that it maps, and what the tapes say of them.
func TestEveryConditionSetsWhatTheTapesSay(t *testing.T) {
	table := map[string]string{}
	for sets, codes := range map[string][]int{
		vendortest.SetsAll: {0, 1, 3, 4, 6, 8, 9, 11, 14, 17, 18, 19, 23, 24, 25, 26, 27, 28, 30, 31, 34, 35, 36, 41, 999},
		// bunched sold, derivatively priced, prior reference, sold out of sequence
		vendortest.SetsIfFirst: {5, 10, 22, 32, 33},
		// average price, cash, extended hours out of sequence, next day, price variation, odd lot, contingent, QCT
		vendortest.SetsVolume:  {2, 7, 13, 20, 21, 37, 52, 53},
		vendortest.SetsOutside: {12},
		vendortest.SetsNothing: {15, 16},
		vendortest.SetsPrices:  {38},
	} {
		for _, c := range codes {
			table[fmt.Sprint(c)] = sets
		}
	}
	for name, rules := range map[string]func(testing.TB) *rules{
		"built in": func(testing.TB) *rules { return built },
		"recorded": func(t testing.TB) *rules {
			r, err := readRules(recorded(t, "v3-reference-conditions-stocks.json"))
			if err != nil {
				t.Fatal(err)
			}
			return r
		},
	} {
		t.Run(name, func(t *testing.T) {
			use := rules(t)
			vendortest.CheckConditions(t, table, func(t testing.TB, code string, price, size int, at int64) market.Tick {
				x := newBench(t, "A")
				x.rules.Store(use)
				list := "0"
				if code != "" {
					list += "," + code
				}
				b := x.frame(t, fmt.Sprintf(`[{"ev":"T","sym":"A","i":"1","x":4,"p":%d,"s":%d,"c":[%s],"t":%d,"q":1}]`, price, size, list, at*1000))
				if len(b.Ticks) == 0 { // it sets nothing
					return market.Tick{Price: 1}
				}
				return b.Ticks[0]
			})
		})
	}
}
