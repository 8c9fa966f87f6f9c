package broadcast

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"pgregory.net/rapid"

	"tickertape/feed"
	"tickertape/feed/market"
)

// seriesMessage is a message about bars or trades.
type seriesMessage struct {
	Type, Symbol, Interval string
	Seq                    Seq
	Reset, More            bool
	Skipped                uint64
	Bars                   []map[string]json.Number
	Trades                 []map[string]json.RawMessage
}

// reader merges messages as PROTOCOL.md tells clients to.
type reader struct {
	bars    map[string]map[string]string // by series and t
	trades  map[string]map[string]string // by symbol and i
	skipped map[string]uint64            // by symbol, since the reset
	newest  map[string]int               // by symbol
	seq     map[string]Seq               // by series
}

func newReader() *reader {
	return &reader{bars: map[string]map[string]string{}, trades: map[string]map[string]string{},
		skipped: map[string]uint64{}, newest: map[string]int{}, seq: map[string]Seq{}}
}

func (r *reader) take(text []byte) error {
	var m seriesMessage
	if err := json.Unmarshal(text, &m); err != nil {
		return fmt.Errorf("%s: %w", text, err)
	}
	key := m.Symbol + " " + m.Interval
	if m.Seq < r.seq[key] {
		return fmt.Errorf("%s: %d after %d", key, m.Seq, r.seq[key])
	}
	if !m.More {
		r.seq[key] = m.Seq
	}
	switch m.Type {
	case "bars":
		if m.Reset || r.bars[key] == nil {
			if !m.Reset {
				return fmt.Errorf("%s: no history before %s", key, text)
			}
			r.bars[key] = map[string]string{}
		}
		last := ""
		for _, b := range m.Bars {
			t := b["t"].String()
			if t <= last {
				return fmt.Errorf("%s: bar %s after %s", key, t, last)
			}
			if last = t; b["c"] == "" && b["n"] == "0" {
				delete(r.bars[key], t)
				continue
			}
			delete(b, "t")
			r.bars[key][t] = fmt.Sprint(b)
		}
	case "trades":
		if m.Reset {
			r.trades[m.Symbol], r.skipped[m.Symbol], r.newest[m.Symbol] = map[string]string{}, 0, 0
		}
		if r.trades[m.Symbol] == nil {
			return fmt.Errorf("%s: no history before %s", key, text)
		}
		fresh := 0
		if len(m.Trades) == 0 && r.newest[m.Symbol] != 0 {
			r.newest[m.Symbol] += int(m.Skipped)
		}
		for _, k := range m.Trades {
			number := 0
			if err := json.Unmarshal(k["i"], &number); err != nil {
				return err
			}
			if number > r.newest[m.Symbol] {
				if fresh++; r.newest[m.Symbol] != 0 && number != r.newest[m.Symbol]+1+int(m.Skipped) && fresh == 1 {
					return fmt.Errorf("%s: trade %d after %d with %d skipped", m.Symbol, number, r.newest[m.Symbol], m.Skipped)
				}
				r.newest[m.Symbol] = number
			}
			i := string(k["i"])
			delete(k, "i")
			r.trades[m.Symbol][i] = fmt.Sprintf("%s", k)
		}
		if fresh > tapeTold {
			return fmt.Errorf("%s: %d trades in one message", m.Symbol, fresh)
		}
		r.skipped[m.Symbol] += m.Skipped
	}
	return nil
}

// goBack makes the newest trade of each symbol the one that was there at a position, from which it is counted how many
// are skipped. Others may have been told since.
func (r *reader) goBack(s *store, seq Seq) {
	for id, c := range s.charts {
		if c == nil {
			continue
		}
		newest := c.tape.total
		for i := c.tape.n; i > 0 && c.tape.at(i-1).came > seq; i-- {
			newest--
		}
		r.newest[s.dir.Symbol(market.SymbolID(id)).Symbol] = int(newest)
	}
}

// agree compares what a reader has of a series with all there is.
func (r *reader) agree(s *store, x *series) error {
	c := s.chartOf(x.id)
	symbol := s.dir.Symbol(x.id).Symbol
	want, got := map[string]string{}, map[string]string{}
	if x.kind == ofTrades {
		for i := max(0, c.tape.n-tapeTold); i < c.tape.n; i++ {
			var k map[string]json.RawMessage
			if err := json.Unmarshal(c.tape.appendTo(nil, i), &k); err != nil {
				return err
			}
			number := string(k["i"])
			delete(k, "i")
			if want[number] = fmt.Sprintf("%s", k); r.trades[symbol][number] != "" {
				got[number] = r.trades[symbol][number]
			}
		}
	} else {
		for i := range c.bars[x.kind].n {
			b := c.bars[x.kind].at(i)
			if b.empty() {
				continue
			}
			var told map[string]json.Number
			if err := json.Unmarshal(b.appendTo(nil, allBarFields&^barTime), &told); err != nil {
				return err
			}
			want[fmt.Sprint(int64(b.start)*1e6)] = fmt.Sprint(told)
		}
		got = maps.Clone(r.bars[symbol+" "+x.kind.String()])
		for t := range got { // what the server keeps no more a client may
			if b := c.bars[x.kind]; b.n > 0 && b.gone > 0 && t <= fmt.Sprint(int64(b.gone)*1e6) {
				delete(got, t)
			}
		}
	}
	if !maps.Equal(got, want) {
		return fmt.Errorf("%s %d: got %v\nwant %v", symbol, x.kind, got, want)
	}
	return nil
}

// Readers that are told now and then, in parts, over resumes and in between flushes, come to know all there is.
func TestReadersOfSeriesComeToKnowThemAll(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Trades = 120
	cfg.Bars = Bars{Second: 6, Minute: 50, Day: 3}
	rapid.Check(t, func(t *rapid.T) {
		dir := market.NewDirectory()
		for _, s := range []string{"A", "B"} {
			if _, err := dir.Add(market.Symbol{Symbol: s}); err != nil {
				t.Fatal(err)
			}
		}
		b := NewBoard(cfg, nil, dir, feed.Info{Name: "test"}, openDoor(cfg), slog.New(slog.DiscardHandler), prometheus.NewRegistry())
		var (
			out  flush
			p    part
			now  = morning
			ids  uint64
			told []trade
		)
		follow := func(since Seq, resumed bool) *followed {
			w, err := b.resolveSeries([]ask{{names: []string{"A", "B"}}, {names: []string{"A"}, interval: 2}, {names: []string{"A"}, interval: oneDay}},
				[]string{"A", "B"}, since, resumed)
			if err != nil {
				t.Fatal(err)
			}
			return &followed{series: w.series}
		}
		f, r := follow(0, false), newReader()
		read := func(most int) {
			for range most {
				if !b.store.nextSeries(&p, f, true, time.Time{}) && (!b.store.seriesNews(f.series) || !b.store.nextSeries(&p, f, true, time.Time{})) {
					return
				}
				if err := r.take(p.json()); err != nil {
					t.Fatal(err)
				}
			}
		}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			switch what := rapid.SampledFrom([]string{"trades", "trades", "trades", "burst", "flush", "flush", "absorb", "read", "read one", "read one", "resume", "correct", "session"}).Draw(t, "what"); what {
			case "trades", "burst":
				n := 3
				if what == "burst" {
					n = 150
				}
				var ticks []market.Tick
				for range n {
					ids++
					now += market.Time(rapid.Int64Range(0, 700_000).Draw(t, "later"))
					k := market.Tick{Symbol: market.SymbolID(ids % 2), Kind: market.KindTrade, Flags: market.Regular, ID: ids, Time: now,
						Price: market.Price(1+ids%7) * market.Scale, Size: market.Units(1)}
					if ids%11 == 0 {
						k.Time, k.Flags = now-2e6, k.Flags.Belated()
					}
					switch ids % 13 {
					case 3, 4:
						k.Flags = market.SetsVolume
					case 5, 6, 7:
						k.Flags = 0
					}
					ticks = append(ticks, k)
					told = append(told, trade{id: k.ID, price: k.Price, size: k.Size, flags: k.Flags})
				}
				b.Apply(market.Batch{Ticks: ticks})
			case "correct":
				if len(told) > 0 {
					i := rapid.IntRange(max(0, len(told)-10), len(told)-1).Draw(t, "which")
					k := market.Correction{Symbol: market.SymbolID(told[i].id % 2), ID: told[i].id, Old: market.Print{Price: told[i].price, Size: told[i].size, Flags: told[i].flags}}
					b.Apply(market.Batch{Corrections: []market.Correction{k}})
					told = slices.Delete(told, i, i+1)
				}
			case "session":
				if rapid.IntRange(0, 4).Draw(t, "again") == 0 {
					b.Apply(market.Batch{Ticks: []market.Tick{{Kind: market.KindSession, Time: morning}, {Kind: market.KindSession, Symbol: 1, Time: morning}}})
					told, now = nil, morning
				}
			case "flush":
				b.publish(&out)
			case "absorb":
				b.absorb(&out)
			case "read":
				read(100)
			case "read one":
				read(1)
			case "resume":
				if f.seq > 0 {
					r.goBack(b.store, f.seq)
					f = follow(f.seq, true)
				}
			}
		}
		b.publish(&out)
		read(1000)
		for i := range f.series {
			if err := r.agree(b.store, &f.series[i]); err != nil {
				t.Fatal(err)
			}
		}
		if f.seq != b.store.seq || b.store.seriesNews(f.series) {
			t.Fatalf("told up to %d of %d", f.seq, b.store.seq)
		}
	})
}

// series reads messages until all of these are there, each "type symbol interval".
func (p *peer) series(r *reader, wanted ...string) map[string]seriesMessage {
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
		if err := r.take(text); err != nil {
			p.t.Fatal(err)
		}
		if key := strings.TrimSpace(m.Type + " " + m.Symbol + " " + m.Interval); slices.Contains(wanted, key) {
			found[key] = m
		}
	}
	return found
}

// raw is the next message's text.
func (p *peer) raw() ([]byte, error) {
	if p.transport == transportSSE {
		return p.event()
	}
	return p.text()
}

func TestEveryWayTellsSeries(t *testing.T) {
	for name, w := range allWays {
		t.Run(name, func(t *testing.T) {
			s := serveOver(t, w.wire, nil)
			s.trade("AAPL", "189.31")
			s.trade("MSFT", "400")
			r := newReader()
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
			for _, x := range []series{{id: 0, kind: 0}, {id: 1, kind: 0}, {id: 1, kind: oneDay}, {id: 0, kind: ofTrades}} {
				if err := r.agree(s.store, &x); err != nil {
					t.Error(err)
				}
			}
			since := Position{s.store.epoch, next["trades AAPL"].Seq}.String()
			s.trade("AAPL", "191")
			s.trade("AAPL", "192")
			again := s.join(t, w, "?bars=MSFT,AAPL&interval=1s&trades=AAPL&since="+since)
			for key, m := range again.series(r, "bars AAPL 1s", "bars MSFT 1s", "trades AAPL") {
				if m.Reset || m.Type == "trades" && (len(m.Trades) != 2 || m.Skipped != 0) {
					t.Errorf("resumed %s: %+v", key, m)
				}
			}
			for _, x := range []series{{id: 0, kind: 0}, {id: 1, kind: 0}, {id: 0, kind: ofTrades}} {
				if err := r.agree(s.store, &x); err != nil {
					t.Error(err)
				}
			}
		})
	}
}
