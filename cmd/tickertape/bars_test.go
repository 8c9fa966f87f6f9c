package main

//lint:file-ignore SA1019 nhooyr.io/websocket is the library wanted by name; its successor is one import away

import (
	"bufio"
	"cmp"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/big"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// rat is an exact number, as the recording or the wire has it.
func rat(t *testing.T, text string) *big.Rat {
	t.Helper()
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		t.Fatalf("%q is no number", text)
	}
	return r
}

// sum is a bar, computed from the recording without a line of the product.
type sum struct {
	open, high, low, close, volume, turnover *big.Rat
	count                                    int
}

// String has the VWAP to a tenth of the last decimal that the wire has, so that a rounding shows.
func (s *sum) String() string {
	vwap := new(big.Rat).Quo(s.turnover, s.volume)
	decimals := 4 // from 1 up
	if vwap.Cmp(big.NewRat(1, 1)) < 0 {
		decimals = 6
	}
	return fmt.Sprintf("o %s h %s l %s c %s v %s n %d vw %s", s.open.FloatString(9), s.high.FloatString(9), s.low.FloatString(9),
		s.close.FloatString(9),
		s.volume.FloatString(9), s.count, vwap.FloatString(decimals))
}

// barsOfRecording are by symbol, interval and start.
func barsOfRecording(t *testing.T) map[string]map[string]string {
	file, err := os.Open(nyseFile)
	if err != nil {
		t.Skipf("the recording is not here: %v", err)
	}
	defer file.Close()
	z, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(z).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	sums := map[string]map[int64]*sum{}
	for _, row := range rows[1:] {
		if row[4] != "Trade" || row[6] == "" {
			continue
		}
		at, err := time.Parse("02-Jan-2006 15:04:05.000", row[1]+" "+row[2])
		if err != nil {
			t.Fatal(err)
		}
		price, size := rat(t, row[6]), rat(t, row[7])
		for name, length := range lengths {
			key := row[0] + " " + name
			if sums[key] == nil {
				sums[key] = map[int64]*sum{}
			}
			start := at.Unix() / length * length * 1e6
			s := sums[key][start]
			if s == nil {
				s = &sum{open: price, high: price, low: price, volume: new(big.Rat), turnover: new(big.Rat)}
				sums[key][start] = s
			}
			if price.Cmp(s.high) > 0 {
				s.high = price
			}
			if price.Cmp(s.low) < 0 {
				s.low = price
			}
			s.close = price
			s.count++
			s.volume.Add(s.volume, size)
			s.turnover.Add(s.turnover, new(big.Rat).Mul(price, size))
		}
	}
	all := map[string]map[string]string{}
	for key, bars := range sums {
		all[key] = map[string]string{}
		for start, s := range bars {
			all[key][fmt.Sprint(start)] = s.String()
		}
	}
	return all
}

var lengths = map[string]int64{"1s": 1, "5s": 5, "1m": 60, "5m": 300, "15m": 900, "1h": 3600, "1d": 86400}

// wireBar is a bar as it is told.
type wireBar struct {
	T, O, H, L, C, V, N, VW json.Number
}

func (b *wireBar) text(t *testing.T) string {
	nine := func(n json.Number) string { return rat(t, n.String()).FloatString(9) }
	vwap, decimals := rat(t, b.VW.String()), 4
	if vwap.Cmp(big.NewRat(1, 1)) < 0 {
		decimals = 6
	}
	return fmt.Sprintf("o %s h %s l %s c %s v %s n %s vw %s", nine(b.O), nine(b.H), nine(b.L), nine(b.C), nine(b.V), b.N,
		vwap.FloatString(decimals))
}

func texts(t *testing.T, bars []wireBar) map[string]string {
	all := map[string]string{}
	for i := range bars {
		all[bars[i].T.String()] = bars[i].text(t)
	}
	return all
}

func getJSON(t *testing.T, url string, into any) {
	t.Helper()
	answer, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s %s %v", url, answer.Status, b, err)
	}
	if err := json.Unmarshal(b, into); err != nil {
		t.Fatalf("%s: %v", url, err)
	}
}

// recordedServer plays the recording from its busy part on.
func recordedServer(t *testing.T, speed float64) string {
	cfg, _, err := loadConfig(nyseSetup, nil)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Feed.Replay.File = nyseFile
	cfg.Feed.Replay.Speed = speed
	return start(t, cfg)
}

func awaitTheEnd(t *testing.T, url string) {
	t.Helper()
	for deadline := time.Now().Add(within); ; time.Sleep(10 * time.Millisecond) {
		if got := askQuotes(t, url+"/api/quotes?symbols=IBM"); got.Status == "closed" && len(got.Quotes) == 1 &&
			got.Quotes[0]["st"] == `"closed"` {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("not over within %v", within)
		}
	}
}

func TestBarsOverRESTAreThoseOfTheRecording(t *testing.T) {
	want := barsOfRecording(t)
	url := recordedServer(t, 0)
	awaitTheEnd(t, url)
	for interval := range lengths {
		var answer struct {
			Series []struct {
				Symbol string
				Bars   []wireBar
			}
		}
		getJSON(t, url+"/api/bars?symbols=*&interval="+interval, &answer)
		told := 0
		for _, s := range answer.Series {
			if len(s.Bars) > 0 {
				told++
			}
			if got, want := texts(t, s.Bars), want[s.Symbol+" "+interval]; !maps.Equal(got, want) {
				t.Errorf("%s %s:\n got %v\nwant %v", s.Symbol, interval, got, want)
			}
			if !slices.IsSortedFunc(s.Bars, func(a, b wireBar) int { return cmp.Compare(a.T.String(), b.T.String()) }) {
				t.Errorf("%s %s: bars are not in order", s.Symbol, interval)
			}
		}
		if told != 1583 {
			t.Errorf("%s: bars of %d symbols, want those of the 1,583 that were traded", interval, told)
		}
	}
}

// followedBars is what one who follows bars has been told, by symbol and interval.
type followedBars struct {
	bars   map[string]map[string]string
	resets map[string]int
	seqs   map[string]int64 // of the last whole message
	id     string           // of the last event
}

func (f *followedBars) take(t *testing.T, text string) {
	t.Helper()
	var m struct {
		Symbol, Interval string
		Seq              int64
		Reset, More      bool
		Bars             []wireBar
	}
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	key := m.Symbol + " " + m.Interval
	if m.Reset {
		f.bars[key] = map[string]string{}
		f.resets[key]++
	}
	if f.bars[key] == nil {
		t.Fatalf("no history before %s", text)
	}
	maps.Copy(f.bars[key], texts(t, m.Bars))
	if !m.More {
		f.seqs[key] = m.Seq
	}
}

var (
	followedSymbols   = []string{"IBM", "GE", "C", "WMT", "XOM", "AIG", "PFE", "HPQ", "TWX", "SPY"}
	followedIntervals = []string{"1s", "1m", "1d"}
)

// byEvents follows as server-sent events until it is enough, from the last event on.
func (f *followedBars) byEvents(t *testing.T, url string, enough func() bool) {
	query := "/events?bars=" + strings.Join(followedSymbols, ",") + "&interval=" +
		strings.Join(followedIntervals, "&bars="+strings.Join(followedSymbols, ",")+"&interval=")
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+query, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Last-Event-ID", f.id)
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	coming := ""
	lines := bufio.NewScanner(answer.Body)
	for lines.Buffer(nil, 1<<20); !enough() && lines.Scan(); {
		line := lines.Text()
		if text, is := strings.CutPrefix(line, "id: "); is {
			coming = text
		} else if line == "" && coming != "" {
			f.id, coming = coming, ""
		}
		if text, is := strings.CutPrefix(line, "data: "); is && strings.HasPrefix(text, `{"type":"bars"`) {
			f.take(t, text)
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
}

// bySocket follows by a message for each, from where the last one about it ended.
func (f *followedBars) bySocket(t *testing.T, url string, enough func() bool) {
	var now struct{ Epoch string }
	getJSON(t, url+"/api/quotes?symbols=IBM", &now)
	c, ctx := dial(t, url, "/ws")
	defer c.CloseNow()
	for _, symbol := range followedSymbols {
		for _, interval := range followedIntervals {
			since := ""
			if seq, told := f.seqs[symbol+" "+interval]; told {
				since = fmt.Sprintf("%s-%d", now.Epoch, seq)
			}
			say(ctx, t, c, fmt.Sprintf(`{"type":"subscribe","bars":[%q],"interval":%q,"since":%q}`, symbol, interval, since))
		}
	}
	for !enough() {
		_, b, err := c.Read(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if text := string(b); strings.HasPrefix(text, `{"type":"bars"`) {
			f.take(t, text)
		}
	}
}

// Followed while they are made, with a reconnect in the middle, they come to the same.
func TestBarsOfASubscriptionAreThoseOfTheRecording(t *testing.T) {
	want := barsOfRecording(t)
	for name, listen := range map[string]func(*followedBars, *testing.T, string, func() bool){
		"events": (*followedBars).byEvents, "WebSocket": (*followedBars).bySocket,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := recordedServer(t, 50)
			f := &followedBars{bars: map[string]map[string]string{}, resets: map[string]int{}, seqs: map[string]int64{}}
			all := len(followedSymbols) * len(followedIntervals)
			listen(f, t, url, func() bool {
				return len(f.bars["IBM 1s"]) >= 5 && len(f.seqs) == all && (f.id != "" || name != "events")
			})
			if middle := len(f.bars["IBM 1s"]); middle >= len(want["IBM 1s"]) {
				t.Fatalf("the recording is over before the middle: %d bars", middle)
			}
			right := func() bool {
				for _, symbol := range followedSymbols {
					for _, interval := range followedIntervals {
						if key := symbol + " " + interval; !maps.Equal(f.bars[key], want[key]) {
							return false
						}
					}
				}
				return true
			}
			deadline := time.Now().Add(within)
			listen(f, t, url, func() bool { return right() || time.Now().After(deadline) })
			for key := range f.bars {
				if !maps.Equal(f.bars[key], want[key]) {
					t.Errorf("%s:\n got %v\nwant %v", key, f.bars[key], want[key])
				}
				if f.resets[key] != 1 {
					t.Errorf("%s: told from the beginning %d times, want once", key, f.resets[key])
				}
			}
			if len(f.bars) != all {
				t.Errorf("bars of %d series, want %d", len(f.bars), all)
			}
		})
	}
}
