package broadcast

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// events reads a server-sent event stream.
type events struct {
	t *testing.T
	r *bufio.Reader
}

type event struct{ name, id, data, retry string }

func (s *served) events(t *testing.T, query, last string) *events {
	t.Helper()
	req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/events"+query, nil)
	if last != "" {
		req.Header.Set("Last-Event-ID", last)
	}
	answer, err := s.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { answer.Body.Close() })
	if answer.StatusCode != http.StatusOK || answer.Header.Get("Content-Type") != "text/event-stream" {
		b, _ := io.ReadAll(answer.Body)
		t.Fatalf("%s: %s %s", query, answer.Status, b)
	}
	return &events{t, bufio.NewReader(answer.Body)}
}

func (e *events) next(name string) event {
	e.t.Helper()
	var ev event
	for {
		line, err := e.r.ReadString('\n')
		if err != nil {
			e.t.Fatalf("waiting for %s: %v", name, err)
		}
		key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		switch key {
		case "event":
			ev.name = value
		case "id":
			ev.id = value
		case "data":
			ev.data = value
		case "retry":
			ev.retry = value
		case "":
			if ev.name == name {
				return ev
			}
			ev = event{}
		}
	}
}

func TestEventsResumeByLastEventID(t *testing.T) {
	s := serve(t, nil)
	s.trade("AAPL", "10")
	s.trade("MSFT", "20")
	e := s.events(t, "?symbols=%23tech", "")
	if hello := e.next("hello"); hello.retry == "" {
		t.Errorf("first event %+v has no retry", hello)
	}
	snap := e.next("snapshot")
	if !strings.Contains(snap.data, `"AAPL"`) || !strings.Contains(snap.data, `"MSFT"`) || snap.id != s.board.Position().String() {
		t.Errorf("snapshot %+v", snap)
	}
	s.trade("MSFT", "21")
	up := e.next("update")
	if strings.Contains(up.data, `"AAPL"`) || !strings.Contains(up.data, `"p":21`) {
		t.Errorf("update %+v", up)
	}
	back := s.events(t, "?symbols=%23tech", snap.id).next("snapshot")
	if !strings.Contains(back.data, `"resumed":true`) || strings.Contains(back.data, `"AAPL"`) || !strings.Contains(back.data, `"MSFT"`) {
		t.Errorf("resumed %+v, want MSFT only", back)
	}
	for _, other := range []string{"elsewhere-1", "garbage", s.board.Epoch() + "-999999"} {
		if all := s.events(t, "?symbols=AAPL", other).next("snapshot"); strings.Contains(all.data, "resumed") ||
			!strings.Contains(all.data, `"AAPL"`) {
			t.Errorf("resumed from %q: %+v, want everything", other, all)
		}
	}
}

// A position on an event before the last history would have a client that resumes from it miss the rest for good.
func TestEventsHaveNoIDBeforeTheLastHistory(t *testing.T) {
	s := serve(t, nil)
	s.trade("AAPL", "10")
	s.trade("MSFT", "20")
	for query, names := range map[string][]string{
		"?bars=AAPL&bars=MSFT&interval=1m&interval=5m":                            {"bars", "bars"},
		"?bars=AAPL&bars=AAPL&bars=MSFT&interval=1m&interval=5m&trades=AAPL,MSFT": {"bars", "trades", "trades", "bars", "bars"},
	} {
		e := s.events(t, query, "")
		for i, name := range names {
			if ev, last := e.next(name), i == len(names)-1; (ev.id != "") != last {
				t.Errorf("%s: event %d of %d has the id %q", query, i+1, len(names), ev.id)
			}
		}
	}
	e := s.events(t, "?symbols=AAPL&bars=AAPL&bars=MSFT&interval=1m&interval=5m", "")
	if snap := e.next("snapshot"); snap.id != "" {
		t.Errorf("a snapshot before histories has the id %q", snap.id)
	}
}

// An EventSource resumes with its last id alone: without one, the next connection gets everything again.
func TestLastEventOfAQuietStreamHasTheID(t *testing.T) {
	s := serve(t, nil)
	s.trade("AAPL", "10")
	s.trade("MSFT", "20")
	at := s.board.Position().String()
	for query, names := range map[string][]string{
		"?symbols=AAPL":              {"snapshot"},
		"?bars=AAPL":                 {"bars"},
		"?trades=AAPL":               {"trades"},
		"?symbols=AAPL&bars=AAPL":    {"snapshot", "bars"},
		"?symbols=QUIET&trades=AAPL": {"snapshot", "trades"},
		"?symbols=*&rate=1&bars=AAPL,MSFT&trades=MSFT":                          {"snapshot", "bars", "bars", "trades"},
		"?symbols=AAPL&bars=AAPL&bars=MSFT&interval=1m&interval=5m":             {"snapshot", "bars", "bars"},
		"?symbols=AAPL&bars=AAPL&trades=AAPL&since=" + at:                       {"snapshot"},
		"?symbols=AAPL&bars=AAPL&bars=MSFT&interval=1m&interval=5m&since=" + at: {"snapshot"},
	} {
		e := s.events(t, query, "")
		for i, name := range names {
			want := ""
			if i == len(names)-1 {
				want = at
			}
			if ev := e.next(name); ev.id != want {
				t.Errorf("%s: event %d of %d has the id %q, want %q", query, i+1, len(names), ev.id, want)
			}
		}
	}
}

func TestEventsOfSeriesHaveTheIDWhereQuotesDoNotChange(t *testing.T) {
	s := serve(t, nil)
	s.trade("AAPL", "10")
	for _, query := range []string{"?symbols=QUIET&bars=AAPL", "?symbols=QUIET&trades=AAPL", "?symbols=QUIET&bars=AAPL&rate=50"} {
		e := s.events(t, query, "")
		name := "bars"
		if strings.Contains(query, "trades") {
			name = "trades"
		}
		e.next(name)
		for _, price := range []string{"11", "12"} {
			s.trade("AAPL", price)
			if ev := e.next(name); ev.id != s.board.Position().String() {
				t.Errorf("%s: the id is %q, want %q", query, ev.id, s.board.Position())
			}
		}
	}
}

func TestHeartbeatsOfEventsHaveTheID(t *testing.T) {
	s := serve(t, func(c *Config) { c.Heartbeat = 100 * time.Millisecond })
	s.trade("AAPL", "10")
	at := s.board.Position().String()
	if ev := s.events(t, "?bars=AAPL&since="+at, "").next("heartbeat"); ev.id != at {
		t.Errorf("resumed where nothing has changed: the id is %q, want %q", ev.id, at)
	}
}

func TestHeartbeatsOnBothStreams(t *testing.T) {
	s := serve(t, func(c *Config) { c.Heartbeat = 100 * time.Millisecond })
	ev := s.events(t, "?symbols=QUIET", "").next("heartbeat")
	var m message
	if err := json.Unmarshal([]byte(ev.data), &m); err != nil || m.Type != "heartbeat" || m.Time == 0 {
		t.Errorf("heartbeat %+v: %v", ev, err)
	}
	s.dial(t, "").next("heartbeat")
}

func TestDrainTellsEventsToRetry(t *testing.T) {
	s := serve(t, nil)
	e := s.events(t, "?symbols=AAPL", "")
	e.next("snapshot")
	go s.Drain(t.Context(), 50*time.Millisecond)
	if bye := e.next("error"); bye.retry == "" {
		t.Errorf("goodbye %+v has no retry", bye)
	}
	if refused := s.events(t, "?symbols=AAPL", "").next("error"); refused.retry == "" || !strings.Contains(refused.data, "draining") {
		t.Errorf("while draining: %+v", refused)
	}
}

func TestBusyEventsHaveCommentsToo(t *testing.T) {
	s := serve(t, func(c *Config) { c.Heartbeat = 100 * time.Millisecond })
	e := s.events(t, "?symbols=AAPL", "")
	busy, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := 1; busy.Err() == nil; i++ {
			s.trade("AAPL", fmt.Sprintf("%d.25", i))
		}
	}()
	for updates, line := 0, ""; line != ":\n" || updates == 0; {
		var err error
		if line, err = e.r.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(line, "event: update") {
			updates++
		}
	}
	stop()
	<-done
}
