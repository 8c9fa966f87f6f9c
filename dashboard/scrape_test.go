package dashboard

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

func TestManyScrapersAreAllAnswered(t *testing.T) {
	s := serveWith(t, func(*terms) {})
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	defer client.CloseIdleConnections()
	var g sync.WaitGroup
	for i := range 64 {
		g.Go(func() {
			for range 5 {
				req, _ := http.NewRequest(http.MethodGet, s.url+"/metrics", nil)
				if i%2 == 0 {
					req.Header.Set("Accept", "application/openmetrics-text")
				}
				answer, err := client.Do(req)
				if err != nil {
					t.Error(err)
					return
				}
				body, err := io.ReadAll(answer.Body)
				answer.Body.Close()
				if err != nil || answer.StatusCode != http.StatusOK || !strings.Contains(string(body), "tickertape_broadcast_flushes") {
					t.Errorf("%s %v: %.100s", answer.Status, err, body)
				}
			}
		})
	}
	g.Wait()
}

// counted is a gatherer that counts how often it is asked, and takes a while.
type counted struct {
	mu    sync.Mutex
	times int
	fails error
}

func (c *counted) Gather() ([]*dto.MetricFamily, error) {
	time.Sleep(100 * time.Millisecond)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.times++
	return nil, c.fails
}

func TestOneGatheringServesAllOfASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		from := &counted{}
		shared := metrics(from, prometheus.NewRegistry(), slog.New(slog.DiscardHandler))
		all := func(want int) {
			var g sync.WaitGroup
			for range 64 {
				g.Go(func() {
					answer := httptest.NewRecorder()
					shared.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
					if answer.Code != want {
						t.Errorf("%d %s, want %d", answer.Code, answer.Body, want)
					}
				})
			}
			g.Wait()
		}
		all(http.StatusOK)
		all(http.StatusOK)
		time.Sleep(scrapeAge / 2)
		all(http.StatusOK)
		if from.times != 1 {
			t.Errorf("gathered %d times within a second, want once", from.times)
		}
		time.Sleep(scrapeAge)
		all(http.StatusOK)
		if from.times != 2 {
			t.Errorf("gathered %d times in two seconds, want twice", from.times)
		}
		time.Sleep(scrapeAge)
		from.fails = io.ErrUnexpectedEOF
		all(http.StatusInternalServerError)
		from.fails = nil
		all(http.StatusOK)
	})
}

// What a client takes is read up to a bound: a longer list would cost more than the metrics.
func TestAcceptIsReadUpToABound(t *testing.T) {
	s := serveWith(t, func(*terms) {})
	const wanted = "application/openmetrics-text;version=1.0.0"
	for filler, want := range map[int]string{10: "application/openmetrics-text", 10_000: "text/plain"} {
		answer, _ := fetch(t, s.url+"/metrics", "Accept", strings.Repeat("a/b,", filler)+wanted)
		if got := answer.Header.Get("Content-Type"); !strings.HasPrefix(got, want) {
			t.Errorf("behind %d others: %s, want %s", filler, got, want)
		}
	}
}
