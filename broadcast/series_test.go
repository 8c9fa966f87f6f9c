package broadcast

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"tickertape/broadcast/board"
	"tickertape/feed/market"
)

const morning = market.Time(1_795_012_200_000_000)

// series reads messages until all of these are there, each "type symbol interval".
func (p *testClient) series(r *seriesReader, wanted ...string) map[string]seriesMessage {
	p.t.Helper()
	found := map[string]seriesMessage{}
	for len(found) < len(wanted) {
		text, err := p.raw()
		if err != nil {
			p.t.Fatalf("%v while waiting for %v, got %v", err, wanted, found)
		}
		if !bytes.HasPrefix(text, []byte(`{"type":"bars"`)) && !bytes.HasPrefix(text, []byte(`{"type":"trades"`)) {
			continue
		}
		var m seriesMessage
		if err := json.Unmarshal(text, &m); err != nil {
			p.t.Fatalf("%s: %v", text, err)
		}
		if _, err := r.take(text); err != nil {
			p.t.Fatal(err)
		}
		if key := strings.TrimSpace(m.Type + " " + m.Symbol + " " + m.Interval); slices.Contains(wanted, key) {
			found[key] = m
		}
	}
	return found
}

// agree compares what a reader has of a series, known by its key, with all there is.
func (s *served) agree(r *seriesReader, key string) error {
	return r.agree(s.Hub, seriesNamed(s.Hub, key))
}

// raw is the next message's text.
func (p *testClient) raw() ([]byte, error) {
	if p.transport == EventStream {
		return p.event()
	}
	return p.text()
}

func TestEveryAccessTellsSeries(t *testing.T) {
	for name, w := range everyAccess {
		t.Run(name, func(t *testing.T) {
			s := serveOver(t, w.network, nil)
			s.trade("AAPL", "189.31")
			s.trade("MSFT", "400")
			r := newSeriesReader()
			p := s.join(t, w, "?symbols=AAPL&bars=%23tech&bars=MSFT&interval=1s&interval=1d&trades=AAPL,FOO")
			if sub := p.next("subscribed"); fmt.Sprint(sub.Symbols, sub.Unknown) != "[AAPL] [FOO]" {
				t.Errorf("subscribed %+v", sub)
			}
			first := p.series(r, "bars AAPL 1s", "bars MSFT 1s", "bars MSFT 1d", "trades AAPL")
			for key, m := range first {
				if !m.Reset || len(m.Bars)+len(m.Trades) != 1 {
					t.Errorf("%s: %+v, want the history, one bar or trade", key, m)
				}
			}
			s.trade("AAPL", "190")
			next := p.series(r, "bars AAPL 1s", "trades AAPL")
			for key, m := range next {
				if m.Reset || len(m.Bars)+len(m.Trades) != 1 {
					t.Errorf("%s: %+v, want what is new, one bar or trade", key, m)
				}
			}
			s.trade("MSFT", "401")
			p.series(r, "bars MSFT 1s", "bars MSFT 1d")
			for _, x := range []string{"AAPL 1s", "MSFT 1s", "MSFT 1d", "AAPL trades"} {
				if err := s.agree(r, x); err != nil {
					t.Error(err)
				}
			}
			since := board.Position{Epoch: s.board.Epoch(), Seq: next["trades AAPL"].Seq}.String()
			s.trade("AAPL", "191")
			s.trade("AAPL", "192")
			again := s.join(t, w, "?bars=MSFT,AAPL&interval=1s&trades=AAPL&since="+since)
			for key, m := range again.series(r, "bars AAPL 1s", "bars MSFT 1s", "trades AAPL") {
				if m.Reset || m.Type == "trades" && (len(m.Trades) != 2 || m.Skipped != 0) {
					t.Errorf("resumed %s: %+v", key, m)
				}
			}
			for _, x := range []string{"AAPL 1s", "MSFT 1s", "AAPL trades"} {
				if err := s.agree(r, x); err != nil {
					t.Error(err)
				}
			}
		})
	}
}
