package finnhub

import (
	"fmt"
	"strings"
	"testing"

	"tickertape/feed/market"
	"tickertape/feed/vendors/vendortest"
)

// The vendor's sheet of trade conditions, by number; its documentation of trades links it.
func TestEveryConditionSetsWhatTheTapesSay(t *testing.T) {
	const (
		all, first, volume = vendortest.SetsAll, vendortest.SetsIfFirst, vendortest.SetsVolume
		nothing            = vendortest.SetsNothing
	)
	table := map[string]string{
		"1":   all,                    // regular
		"2":   all,                    // acquisition
		"3":   volume,                 // average price
		"4":   all,                    // bunched
		"5":   volume,                 // cash
		"6":   all,                    // distribution
		"7":   all,                    // automatic execution
		"8":   all,                    // intermarket sweep
		"9":   first,                  // bunched sold
		"10":  volume,                 // price variation
		"11":  all,                    // CAP election
		"12":  volume,                 // odd lot
		"13":  all,                    // rule 127
		"14":  all,                    // rule 155
		"15":  all,                    // sold last
		"16":  nothing,                // market centre's official close
		"17":  volume,                 // next day
		"18":  all,                    // market centre's opening trade
		"19":  all,                    // opening print
		"20":  nothing,                // market centre's official open
		"21":  first,                  // prior reference price
		"22":  volume,                 // seller
		"23":  all,                    // split trade
		"24":  vendortest.SetsOutside, // Form T
		"25":  volume,                 // extended hours, out of sequence
		"26":  volume,                 // contingent
		"27":  all,                    // stock option
		"28":  all,                    // cross
		"29":  all,                    // yellow flag
		"30":  first,                  // out of sequence
		"31":  all,                    // stopped stock
		"32":  first,                  // derivatively priced
		"33":  all,                    // market centre's re-opening trade
		"34":  all,                    // re-opening print
		"35":  all,                    // market centre's closing trade
		"36":  all,                    // closing print
		"37":  volume,                 // qualified contingent
		"38":  all,                    // placeholder for rule 611
		"39":  vendortest.SetsPrices,  // corrected consolidated close
		"999": all,                    // one that nobody knows
	}
	n := newBench(t, "AAPL")
	vendortest.CheckConditions(t, table, func(t testing.TB) func([]string, int, int, int64) market.Tick {
		return func(codes []string, price, size int, at int64) market.Tick {
			list := "null" // an ordinary trade may have none
			if len(codes) > 0 {
				list = `["` + strings.Join(codes, `","`) + `"]`
			}
			n.b.Ticks = n.b.Ticks[:0]
			n.take(t, trades(fmt.Sprintf(`{"c":%s,"p":%d,"s":"AAPL","t":%d,"v":%d}`, list, price, at*1000, size)))
			return n.b.Ticks[0]
		}
	})
}
