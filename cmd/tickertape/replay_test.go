package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"testing"
	"time"
)

const (
	nyseFile  = "../../../shared/data/nyse-2005/TradesAndQuotes.csv.gz"
	nyseSetup = "../../deploy/examples/nyse-2005.yaml"
)

// start runs the program in this process and returns where it serves. It is stopped with the test.
func start(t *testing.T, cfg Config) (url string) {
	t.Helper()
	cfg.Server.Drain = 0
	url, stop := begin(t, cfg)
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Errorf("run: %v", err)
		}
	})
	return url
}

// listener is a log that hears where the server is.
type listener struct {
	slog.Handler
	url chan string
}

func (l *listener) Enabled(context.Context, slog.Level) bool { return true }
func (l *listener) Handle(_ context.Context, r slog.Record) error {
	r.Attrs(func(a slog.Attr) bool {
		if r.Message == "serving" && a.Key == "url" {
			l.url <- a.Value.String()
		}
		return true
	})
	return nil
}

type quotesAnswer struct {
	Status string
	Source string
	Quotes []map[string]json.Number
}

// ask gets the quotes and fails the test when it cannot.
func askQuotes(t *testing.T, url string) quotesAnswer {
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
	var q struct {
		Status, Source string
		Quotes         []map[string]json.RawMessage
	}
	if err := json.Unmarshal(b, &q); err != nil {
		t.Fatal(err)
	}
	out := quotesAnswer{Status: q.Status, Source: q.Source}
	for _, quote := range q.Quotes {
		texts := map[string]json.Number{}
		for k, v := range quote {
			texts[k] = json.Number(v)
		}
		out.Quotes = append(out.Quotes, texts)
	}
	return out
}

// The state that README.md beside the recording gives for after all its trades.
func TestRealRecordingEndsInItsKnownState(t *testing.T) {
	if _, err := os.Stat(nyseFile); err != nil {
		t.Skipf("the recording is not here: %v", err)
	}
	want := map[string]map[string]json.Number{
		`"IBM"`: {"n": "32", "v": "95500", "o": "83.48", "h": "83.68", "l": "83.44", "p": "83.64", "vw": "83.51"},
		`"GE"`:  {"n": "23", "v": "490700", "o": "35.57", "h": "35.58", "l": "35.55", "p": "35.55", "vw": "35.5689"},
		`"C"`:   {"n": "31", "v": "263000", "o": "49.42", "h": "49.44", "l": "49.36", "p": "49.38", "vw": "49.4174"},
		`"WMT"`: {"n": "39", "v": "227600", "o": "48.41", "h": "48.44", "l": "48.38", "p": "48.42", "vw": "48.408"},
		`"XOM"`: {"n": "20", "v": "260600", "o": "56.7", "h": "56.71", "l": "56.67", "p": "56.71", "vw": "56.6998"},
		`"AIG"`: {"n": "25", "v": "106300", "o": "68.4", "h": "68.44", "l": "68.31", "p": "68.42", "vw": "68.3967"},
		`"SPY"`: {"n": "2", "v": "2600", "o": "126.92", "h": "126.92", "l": "126.91", "p": "126.91", "vw": "126.9196"},
	}
	for _, speed := range []float64{100, 0} {
		t.Run(fmt.Sprintf("speed=%v", speed), func(t *testing.T) {
			cfg, _, err := loadConfig(nyseSetup, nil)
			if err != nil {
				t.Fatal(err)
			}
			cfg.Feed.Replay.File = nyseFile
			cfg.Feed.Replay.Speed = speed
			url := start(t, cfg)
			ask := url + "/api/quotes?symbols=IBM,GE,C,WMT,XOM,AIG,SPY"
			var got quotesAnswer
			for deadline := time.Now().Add(within); ; time.Sleep(10 * time.Millisecond) {
				// closed: the recording is over, and every quote says so
				if got = askQuotes(t, ask); got.Status == "closed" && len(got.Quotes) == len(want) && got.Quotes[0]["st"] == `"closed"` {
					break
				}
				if time.Now().After(deadline) {
					t.Fatalf("not over within %v: %+v", within, got)
				}
			}
			for _, q := range got.Quotes {
				wanted := want[string(q["s"])]
				found := maps.Clone(q)
				maps.DeleteFunc(found, func(k string, _ json.Number) bool { _, is := wanted[k]; return !is })
				if !maps.Equal(found, wanted) {
					t.Errorf("%s\n got %v\nwant %v", q["s"], found, wanted)
				}
			}
		})
	}
}
