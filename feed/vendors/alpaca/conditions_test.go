package alpaca

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"tickertape/feed/market"
	"tickertape/feed/vendors/vendortest"
)

// The vendor's table of trade conditions for daily bars, by tape.
func TestEveryConditionSetsWhatTheVendorsBarsSay(t *testing.T) {
	both := map[string]string{
		vendortest.SetsAll:     " @ADEFKLOXY56é",
		vendortest.SetsIfFirst: "GPZ4",
		vendortest.SetsVolume:  "CHINRUVW7",
		vendortest.SetsNothing: "MQ",
		vendortest.SetsPrices:  "9",
		vendortest.SetsOutside: "T",
	}
	averages := map[string]string{"A": vendortest.SetsVolume, "B": vendortest.SetsVolume, "C": vendortest.SetsAll, "O": vendortest.SetsAll}
	for tape, average := range averages {
		t.Run("tape "+tape, func(t *testing.T) {
			table := map[string]string{"B": average} // average price, or a bunched trade
			for sets, letters := range both {
				for _, letter := range letters {
					table[string(letter)] = sets
				}
			}
			vendortest.CheckConditions(t, table, func(t testing.TB) func([]string, int, int, int64) market.Tick {
				n := newBench(t, "AAPL")
				id := 0
				return func(codes []string, price, size int, at int64) market.Tick {
					id++
					n.b.Ticks = n.b.Ticks[:0]
					n.take(t, fmt.Sprintf(`[{"T":"t","S":"AAPL","i":%d,"x":"D","p":%d,"s":%d,"c":["%s"],"z":%q,"t":%q}]`,
						id, price, size, strings.Join(append([]string{"@"}, codes...), `","`), tape, time.Unix(at, 0).UTC().Format(time.RFC3339)))
					return n.b.Ticks[0]
				}
			})
		})
	}
}
