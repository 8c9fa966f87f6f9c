package dashboard

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"tickertape/feed/market"
)

func TestBadQueriesOfBarsNameTheKey(t *testing.T) {
	s := serveFast(t, nil)
	for path, want := range map[string]string{
		"?symbol=AAPL&from=%":                         `query: "symbol=AAPL&from=%"`,
		"?symbol=AAPL&from=2000000&to=1000000":        `from: "2000000" is after to, "1000000"`,
		"":                                            "symbol: missing",
		"?symbol=A&symbols=B":                         "symbol and symbols",
		"?symbol=AAPL&interval=x":                     `interval: "x"`,
		"?symbol=AAPL&from=yesterday":                 `from: "yesterday"`,
		"?symbol=AAPL&to=day":                         `to: "day"`,
		"?symbol=AAPL&to=1e6":                         `to: "1e6"`,
		"?symbol=AAPL&limit=-1":                       "limit: -1",
		"?symbol=AAPL&fields=t,z":                     `fields: "z"`,
		"?symbol=AAPL&adjusted=all":                   `adjusted: "all" is not split`,
		"?symbol=AAPL&adjusted=":                      `adjusted: "" is not split`,
		"?symbols=AAPL&adjusted=split&adjusted=split": "adjusted",
	} {
		answer, body := fetch(t, s.url+"/api/bars"+path)
		var p problem
		if err := json.Unmarshal([]byte(body), &p); err != nil || answer.StatusCode != http.StatusBadRequest ||
			!strings.Contains(p.Detail, want) {
			t.Errorf("%s: %s %s, want %s", path, answer.Status, body, want)
		}
	}
	if answer, body := fetch(t, s.url+"/api/bars?symbol=NOBODY"); answer.StatusCode != http.StatusNotFound ||
		!strings.Contains(body, `\"NOBODY\"`) {
		t.Errorf("unknown symbol: %s %s", answer.Status, body)
	}
}

// A symbol that several names stand for is answered once.
func TestBarsOfEachSymbolOnce(t *testing.T) {
	s := serveFast(t, nil)
	for _, query := range []string{"MSFT,AAPL,MSFT,%23tech", "AAPL&symbols=AAPL,MSFT", "*,MSFT,AAPL"} {
		_, body := fetch(t, s.url+"/api/bars?symbols="+query)
		if strings.Count(body, `"AAPL"`) != 1 || strings.Count(body, `"MSFT"`) != 1 ||
			strings.Index(body, `"AAPL"`) > strings.Index(body, `"MSFT"`) {
			t.Errorf("%s: %s", query, body)
		}
	}
}

func TestBarsOfADayBeginWithTheBarThatItBeginsIn(t *testing.T) {
	s := serveFast(t, nil)
	s.trades(t, 0, 5)
	s.hub.Apply(market.Batch{Ticks: []market.Tick{{Kind: market.KindSession, Time: morning + 7e6}}})
	s.trades(t, 8, 12)
	for interval, want := range map[string]string{
		"1s": `[{"c":108},{"c":109},{"c":110},{"c":111}]`,
		"5s": `[{"c":109},{"c":111}]`,
		"1m": `[{"c":111}]`,
		"1d": `[{"c":111}]`,
	} {
		want = fmt.Sprintf(`{"symbol":"AAPL","interval":%q,"bars":%s}`, interval, want)
		if _, body := fetch(t, s.url+"/api/bars?symbol=AAPL&fields=c&from=day&interval="+interval); strings.TrimSpace(body) != want {
			t.Errorf("%s:\n got %s\nwant %s", interval, body, want)
		}
	}
}

// Bars are kept as they were traded, and adjusted when they are read.
func TestBarsAreAdjustedForTheSplitsAfterThem(t *testing.T) {
	s := serveFast(t, nil)
	s.trades(t, 0, 10) // at 100, 101, …
	s.hub.Apply(market.Batch{Ticks: []market.Tick{
		{Kind: market.KindAdjust, Time: morning - 60e6, Conditions: "split 50:1"}, // before them all
		{Kind: market.KindAdjust, Time: morning + 5e6, Conditions: "dividend 50, split 3:2"},
		{Kind: market.KindAdjust, Time: morning + 100e6, Conditions: "dividend 7"},
		{Kind: market.KindAdjust, Time: morning + 200e6, Conditions: "split 1:7"},
		{Kind: market.KindAdjust, Time: morning + 200e6, Conditions: "split 7:1"}, // it was another after all
		{Kind: market.KindAdjust, Time: morning + 300e6, Conditions: "split 9:1"},
		{Kind: market.KindAdjust, Time: morning + 300e6}, // and here none
	}})
	s.trades(t, 60, 61) // is published after them
	traded := `{"o":100,"h":104,"l":100,"c":104,"v":5,"n":5,"vw":102},{"o":105,"h":109,"l":105,"c":109,"v":5,"n":5,"vw":107}`
	// by 21:2 and by 7:1, each rounded once
	adjusted := `{"o":9.523809524,"h":9.904761905,"l":9.523809524,"c":9.904761905,"v":52.5,"n":5,"vw":9.7143},` +
		`{"o":15,"h":15.571428571,"l":15,"c":15.571428571,"v":35,"n":5,"vw":15.2857}`
	for query, want := range map[string]string{"": traded, "&adjusted=split": adjusted} {
		for _, of := range []string{"symbol=AAPL", "symbols=AAPL"} {
			path := fmt.Sprintf("/api/bars?interval=5s&fields=o,h,l,c,v,n,vw&to=%d&", morning+20e6) + of + query
			if _, body := fetch(t, s.url+path); !strings.Contains(body, `"bars":[`+want+`]`) {
				t.Errorf("%s%s:\n got %s\nwant %s", of, query, body, want)
			}
		}
	}
}

func TestBarsOverREST(t *testing.T) {
	s := serveFast(t, nil)
	s.trades(t, 0, 10)
	start := int64(morning)
	for path, want := range map[string]string{
		"?symbol=AAPL&interval=1m&fields=t,c": fmt.Sprintf(`{"symbol":"AAPL","interval":"1m","bars":[{"t":%d,"c":109}]}`, start),
		"?symbol=AAPL&interval=5s": fmt.Sprintf(
			`{"symbol":"AAPL","interval":"5s","bars":[{"t":%d,"o":100,"h":104,"l":100,"c":104,"v":5,"n":5,"vw":102},{"t":%d,"o":105,"h":109,"l":105,"c":109,"v":5,"n":5,"vw":107}]}`, start, start+5e6),
		fmt.Sprintf("?symbol=AAPL&interval=1s&fields=c&from=%d&to=%d", start+1e6,
			start+3e6): `{"symbol":"AAPL","interval":"1s","bars":[{"c":101},{"c":102}]}`,
		fmt.Sprintf("?symbol=AAPL&interval=1s&fields=c&from=%s",
			morning.Std().Add(8*time.Second).Format(time.RFC3339)): `{"symbol":"AAPL","interval":"1s","bars":[{"c":108},{"c":109}]}`,
		"?symbol=AAPL&interval=1s&fields=c&limit=2":  `{"symbol":"AAPL","interval":"1s","bars":[{"c":108},{"c":109}]}`,
		"?symbol=AAPL&interval=5s&fields=c&from=day": `{"symbol":"AAPL","interval":"5s","bars":[{"c":104},{"c":109}]}`,
		"?symbol=AAPL&interval=1h&fields=c&from=day": `{"symbol":"AAPL","interval":"1h","bars":[{"c":109}]}`,
		"?symbol=BKNG&from=day":                      `{"symbol":"BKNG","interval":"1m","bars":[]}`,
		"?symbol=BKNG":                               `{"symbol":"BKNG","interval":"1m","bars":[]}`,
	} {
		if _, body := fetch(t, s.url+"/api/bars"+path); strings.TrimSpace(body) != want {
			t.Errorf("%s:\n got %s\nwant %s", path, body, want)
		}
	}
	_, body := fetch(t, s.url+"/api/bars?symbols=%23tech,BKNG,FOO&fields=c")
	if _, rest, _ := strings.Cut(body, `"interval"`); strings.TrimSpace(rest) != `:"1m","unknown":["FOO"],"series":[{"symbol":"AAPL","bars":[{"c":109}]},{"symbol":"MSFT","bars":[]},{"symbol":"BKNG","bars":[]}]}` {
		t.Errorf("several: %s", body)
	}
	if _, body := fetch(t, s.url+"/api/bars?symbols=*&fields=c"); !strings.Contains(body, "MSFT") {
		t.Errorf("all: %s", body)
	}
	req, _ := http.NewRequest(http.MethodGet, s.url+"/api/bars?symbols=*", nil)
	req.Header.Set("Accept-Encoding", "br, gzip;q=0.5")
	answer, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if got := strings.Join(answer.Header.Values("Vary"), ", "); got != "Origin, Accept-Encoding" {
		t.Errorf("Vary: %s", got)
	}
	z, err := gzip.NewReader(answer.Body)
	if err != nil || answer.Header.Get("Content-Encoding") != "gzip" {
		t.Fatalf("%v %v", answer.Header, err)
	}
	if text, err := io.ReadAll(z); err != nil || !json.Valid(text) {
		t.Errorf("%s %v", text, err)
	}
}

func TestBarsWithoutAPriceOverREST(t *testing.T) {
	s := serveFast(t, nil)
	s.trades(t, 0, 2)
	before := s.hub.Board().Seq()
	s.hub.Apply(market.Batch{Ticks: []market.Tick{{Kind: market.KindTrade, Flags: market.SetsVolume, Price: market.Scale,
		Size: market.Units(7), Time: morning + 2e6}}})
	within(t, timeLimit, "it is published", func() bool { return s.hub.Board().Seq() > before })
	start := int64(morning)
	for query, want := range map[string]string{
		"fields=t,v":         fmt.Sprintf(`[{"t":%d,"v":1},{"t":%d,"v":1},{"t":%d,"v":7}]`, start, start+1e6, start+2e6),
		"fields=t,c":         fmt.Sprintf(`[{"t":%d,"c":100},{"t":%d,"c":101}]`, start, start+1e6),
		"fields=c&limit=1":   `[{"c":101}]`,
		"fields=c,v&limit=1": `[{"v":7}]`,
		"limit=1":            fmt.Sprintf(`[{"t":%d,"v":7,"n":1,"vw":1}]`, start+2e6),
	} {
		_, body := fetch(t, s.url+"/api/bars?symbol=AAPL&interval=1s&"+query)
		if want = `{"symbol":"AAPL","interval":"1s","bars":` + want + "}\n"; body != want {
			t.Errorf("%s:\n got %swant %s", query, body, want)
		}
	}
}
