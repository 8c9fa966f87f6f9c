package massive

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"tickertape/feed/market"
	"tickertape/feed/vendors/vendortest"
)

// published is a row of the vendor's list of trade conditions: what it updates on the consolidated tape, and at a market centre.
type published struct {
	id                    int
	cta, utp              string // the tapes' own codes; "": the tape has none
	last, highLow, volume bool
	centreLast, centre    bool   // last, and high and low, at the market centre
	sets                  string // with the tapes' footnotes on first trades
}

// The vendor's list (https://massive.com/glossary/us/stocks/conditions-indicators). Of the tapes' footnotes, a trade of the past sets
// open and last where it is the first of the day (4, G, P and Z). The vendor has numbers for both tapes together: B is 2 on one, and 4
// on the other.
var publishedConditions = []published{
	{0, "@", "@", true, true, true, true, true, vendortest.SetsAll},
	{1, "", "A", true, true, true, true, true, vendortest.SetsAll},
	{2, "B", "W", false, false, true, false, false, vendortest.SetsVolume}, // average price
	{3, "E", "", true, true, true, true, true, vendortest.SetsAll},
	{4, "", "B", true, true, true, true, true, vendortest.SetsAll},           // bunched
	{5, "", "G", false, true, true, false, true, vendortest.SetsIfFirst},     // bunched sold
	{6, "I", "", true, true, true, true, true, vendortest.SetsAll},           // CAP election
	{7, "C", "C", false, false, true, false, false, vendortest.SetsVolume},   // cash
	{8, "", "6", true, true, true, true, true, vendortest.SetsAll},           // closing prints
	{9, "X", "X", true, true, true, true, true, vendortest.SetsAll},          // cross
	{10, "4", "4", false, true, true, false, true, vendortest.SetsIfFirst},   // derivatively priced
	{11, "", "D", true, true, true, true, true, vendortest.SetsAll},          // distribution
	{12, "T", "T", false, false, true, false, false, vendortest.SetsOutside}, // Form T
	{13, "U", "U", false, false, true, false, false, vendortest.SetsVolume},  // extended hours, sold out of sequence
	{14, "F", "F", true, true, true, true, true, vendortest.SetsAll},         // intermarket sweep
	{15, "M", "M", false, false, false, true, true, vendortest.SetsNothing},  // official close of a market centre
	{16, "Q", "Q", false, false, false, false, true, vendortest.SetsNothing}, // official open of a market centre
	{17, "O", "", true, true, true, true, true, vendortest.SetsAll},          // opening trade of a market centre
	{18, "5", "", true, true, true, true, true, vendortest.SetsAll},          // reopening trade of a market centre
	{19, "6", "", true, true, true, true, true, vendortest.SetsAll},          // closing trade of a market centre
	{20, "N", "N", false, false, true, false, false, vendortest.SetsVolume},  // next day
	{21, "H", "H", false, false, true, false, false, vendortest.SetsVolume},  // price variation
	{22, "P", "P", false, true, true, false, true, vendortest.SetsIfFirst},   // prior reference price
	{23, "", "K", true, true, true, true, true, vendortest.SetsAll},          // rule 155
	{24, "K", "", true, true, true, true, true, vendortest.SetsAll},          // rule 127
	{25, "", "O", true, true, true, true, true, vendortest.SetsAll},          // opening prints
	{27, "", "1", true, true, true, true, true, vendortest.SetsAll},          // stopped stock
	{28, "", "5", true, true, true, true, true, vendortest.SetsAll},          // re-opening prints
	{29, "R", "R", false, true, true, false, true, vendortest.SetsRange},     // seller
	{30, "L", "L", true, true, true, true, true, vendortest.SetsAll},         // sold last
	{32, "Z", "", false, true, true, false, true, vendortest.SetsIfFirst},    // sold out
	{33, "", "Z", false, true, true, false, true, vendortest.SetsIfFirst},    // sold, out of sequence
	{34, "", "S", true, true, true, true, true, vendortest.SetsAll},          // split
	{36, "", "Y", true, true, true, true, true, vendortest.SetsAll},          // yellow flag
	{37, "I", "I", false, false, true, false, false, vendortest.SetsVolume},  // odd lot
	{38, "9", "9", true, true, false, false, false, vendortest.SetsPrices},   // corrected consolidated close
	{41, "-", "-", true, true, true, true, true, vendortest.SetsAll},         // trade-through exempt, which stands beside the codes
	{52, "V", "V", false, false, true, false, false, vendortest.SetsVolume},  // contingent
	{53, "7", "7", false, false, true, false, false, vendortest.SetsVolume},  // qualified contingent
}

// publishedRules is the vendor's list as it answers with it.
func publishedRules() []byte {
	var rows []string
	for _, p := range publishedConditions {
		rows = append(rows, fmt.Sprintf(`{"id":%d,"type":"sale_condition","data_types":["trade"],"sip_mapping":{"CTA":%q,"UTP":%q},"update_rules":`+
			`{"market_center":{"updates_high_low":%t,"updates_open_close":%t,"updates_volume":%t},`+
			`"consolidated":{"updates_high_low":%t,"updates_open_close":%t,"updates_volume":%t}}}`,
			p.id, p.cta, p.utp, p.centre, p.centreLast, p.volume, p.highLow, p.last, p.volume))
	}
	return []byte(`{"status":"OK","results":[` + strings.Join(rows, ",") + `]}`)
}

func TestEveryConditionSetsWhatTheTapesSay(t *testing.T) {
	const tapeA, tapeC = 1, 3 // of the CTA and of the UTP
	tapes := map[int]map[string]string{tapeA: {"999": vendortest.SetsAll}, tapeC: {"999": vendortest.SetsAll}}
	for _, p := range publishedConditions {
		if p.cta != "" {
			tapes[tapeA][fmt.Sprint(p.id)] = p.sets
		}
		if p.utp != "" {
			tapes[tapeC][fmt.Sprint(p.id)] = p.sets
		}
	}
	for name, list := range map[string]func(testing.TB) []byte{
		"built in":  nil,
		"published": func(testing.TB) []byte { return publishedRules() },
		"recorded":  func(t testing.TB) []byte { return recorded(t, "v3-reference-conditions-stocks.json") },
	} {
		for tape, table := range tapes {
			t.Run(fmt.Sprintf("%s, tape %d", name, tape), func(t *testing.T) {
				use := built
				if list != nil {
					r, err := readRules(list(t))
					if err != nil {
						t.Fatal(err)
					}
					use = r
				}
				x := newBench(t, "A")
				x.rules.Store(use)
				number := 0
				vendortest.CheckConditions(t, table, func(t testing.TB) func([]string, int, int, int64) market.Tick {
					return func(codes []string, price, size int, at int64) market.Tick {
						number++
						b := x.frame(t, fmt.Sprintf(`[{"ev":"T","sym":"A","i":"%d","x":4,"z":%d,"p":%d,"s":%d,"c":[%s],"t":%d,"q":%d}]`,
							number, tape, price, size, strings.Join(codes, ","), at*1000, number))
						if len(b.Ticks) == 0 { // it sets nothing
							return market.Tick{Price: 1}
						}
						return b.Ticks[0]
					}
				})
			})
		}
	}
}

// The close of a stock of the NYSE, as on 25 September 2026: its closing print has the condition of Nasdaq's, and its official close is
// sent again and again until 19:00. None of that is a trade of the evening, and the official close is no trade at all.
func TestTheCloseCountsOnceHoweverOftenItIsSent(t *testing.T) {
	x := newBench(t, "ORCL")
	y := market.NewTally(0, 280*market.Scale, market.NewLedgers(100))
	for i, k := range []struct{ at, conditions, price, size, last string }{
		{"15:59:59", "[14,41]", "300", "100", "p 300 xp 0"},
		{"16:00:00", "[19]", "300.5", "50", "p 300.5 xp 0"}, // of another market centre
		{"16:00:02", "[8]", "301", "2000000", "p 301 xp 0"},
		{"16:00:02", "[15]", "301", "2000000", "p 301 xp 0"},
		{"16:05:00", "[12]", "302", "10", "p 301 xp 302"},
		{"16:10:00", "[15]", "301", "2000000", "p 301 xp 302"},
		{"16:30:00", "[12,37]", "303", "5", "p 301 xp 302"},
		{"17:00:00", "[2]", "290", "1000", "p 301 xp 302"},
		{"19:00:00", "[15,41]", "301", "2000000", "p 301 xp 302"},
	} {
		seconds, err := strconv.Atoi(k.at[6:])
		if err != nil {
			t.Fatal(err)
		}
		at := newYork("2026-09-25 " + k.at[:5]).Add(time.Duration(seconds) * time.Second).UnixMilli()
		b := x.frame(t, fmt.Sprintf(`[{"ev":"T","sym":"ORCL","i":"%d","x":10,"z":1,"p":%s,"s":%s,"c":%s,"t":%d,"q":%d}]`,
			i, k.price, k.size, k.conditions, at, i+1))
		for j := range b.Ticks {
			if r := y.Apply(&b.Ticks[j]); r != market.Accepted {
				t.Fatalf("%+v: %v", k, r)
			}
		}
		if q := y.Quote(); fmt.Sprintf("p %v xp %v", q.Price, q.Extended) != k.last {
			t.Errorf("after %+v: p %v xp %v", k, q.Price, q.Extended)
		}
	}
	q := y.Quote()
	got := fmt.Sprintf("o %v h %v l %v p %v xp %v v %v n %d", q.Open, q.High, q.Low, q.Price, q.Extended, q.Volume, q.Count)
	if want := "o 300 h 301 l 300 p 301 xp 302 v 2001165 n 6"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
