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

	"tickertape/broadcast/history"
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

// seriesOf is what someone follows of a symbol: the bars of an interval, or its "trades".
func seriesOf(id market.SymbolID, what string) *series {
	if what == "trades" {
		return &series{id, history.Reader{Interval: history.Trades}}
	}
	return &series{id, history.Reader{Interval: intervalOf(what)}}
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
		if fresh > history.MostTold {
			return fmt.Errorf("%s: %d trades in one message", m.Symbol, fresh)
		}
		r.skipped[m.Symbol] += m.Skipped
	}
	return nil
}

// goBack makes the newest trade of each symbol the one that was there at a position, from which it is counted how many
// are skipped. Others may have been told since.
func (r *reader) goBack(s *store, seq Seq) {
	for id := range s.traded {
		var trades [2 * history.MostTold]history.Numbered
		all := history.Reader{Interval: history.Trades, Resumed: true, After: seq}
		news := s.historyOf(market.SymbolID(id)).ReadTrades(&all, s.seq, &trades)
		newest := news.Newest - news.Skipped
		for _, k := range trades[:news.Trades] {
			if k.Came > seq {
				newest--
			}
		}
		r.newest[s.dir.Symbol(market.SymbolID(id)).Symbol] = int(newest)
	}
}

// barsOf are all bars of a series that are kept, the empty ones too.
func barsOf(s *store, x *series) (all []history.Bar) {
	for more, reader := true, (history.Reader{Interval: x.Interval}); more; {
		var bars [1000]history.Bar
		var n int
		n, more = s.historyOf(x.id).ReadBars(&reader, s.seq, bars[:])
		all = append(all, bars[:n]...)
	}
	return all
}

// agree compares what a reader has of a series with all there is.
func (r *reader) agree(s *store, x *series) error {
	symbol := s.dir.Symbol(x.id).Symbol
	want, got := map[string]string{}, map[string]string{}
	if x.Interval == history.Trades {
		var trades [2 * history.MostTold]history.Numbered
		news := s.historyOf(x.id).ReadTrades(&history.Reader{Interval: x.Interval, Fresh: true}, s.seq, &trades)
		for i := range news.Trades {
			var k map[string]json.RawMessage
			if err := json.Unmarshal(appendTrade(nil, &trades[i]), &k); err != nil {
				return err
			}
			number := string(k["i"])
			delete(k, "i")
			if want[number] = fmt.Sprintf("%s", k); r.trades[symbol][number] != "" {
				got[number] = r.trades[symbol][number]
			}
		}
	} else {
		bars := barsOf(s, x)
		for i := range bars {
			b := &bars[i]
			if b.Empty() {
				continue
			}
			var told map[string]json.Number
			if err := json.Unmarshal(appendBar(nil, b, history.AllBarFields&^history.BarTime), &told); err != nil {
				return err
			}
			want[fmt.Sprint(int64(b.Start)*1e6)] = fmt.Sprint(told)
		}
		got = maps.Clone(r.bars[symbol+" "+x.Interval.String()])
		for t := range got { // what the server keeps no more a client may
			if len(bars) > 0 && t < fmt.Sprint(int64(bars[0].Start)*1e6) {
				delete(got, t)
			}
		}
	}
	if !maps.Equal(got, want) {
		return fmt.Errorf("%s %d: got %v\nwant %v", symbol, x.Interval, got, want)
	}
	return nil
}

const morning = market.Time(1_795_012_200_000_000)

// Readers that are told now and then, in parts, over resumes and in between flushes, come to know all there is.
func TestReadersOfSeriesComeToKnowThemAll(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Trades = 120
	cfg.Bars = history.Counts{}
	cfg.Bars[intervalOf("1s")], cfg.Bars[intervalOf("1m")], cfg.Bars[history.Day] = 6, 50, 3
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
			told []market.Tick
		)
		follow := func(since Seq, resumed bool) *followed {
			w, err := b.resolveSeries([]ask{{names: []string{"A", "B"}}, {names: []string{"A"}, interval: intervalOf("1m")}, {names: []string{"A"}, interval: history.Day}},
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
					told = append(told, k)
				}
				b.Apply(market.Batch{Ticks: ticks})
			case "correct":
				if len(told) > 0 {
					i := rapid.IntRange(max(0, len(told)-10), len(told)-1).Draw(t, "which")
					k := market.Correction{Symbol: market.SymbolID(told[i].ID % 2), ID: told[i].ID, Old: market.Print{Price: told[i].Price, Size: told[i].Size, Flags: told[i].Flags}}
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
			for _, x := range []*series{seriesOf(0, "1s"), seriesOf(1, "1s"), seriesOf(1, "1d"), seriesOf(0, "trades")} {
				if err := r.agree(s.store, x); err != nil {
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
			for _, x := range []*series{seriesOf(0, "1s"), seriesOf(1, "1s"), seriesOf(0, "trades")} {
				if err := r.agree(s.store, x); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

func TestTradesAreToldWithTheirDirectionAndConditions(t *testing.T) {
	for want, p := range map[string]history.Trade{
		`{"i":7,"p":5,"t":9}`:                           {Price: 5 * market.Scale, Time: 9, Flags: market.Regular},
		`{"i":7,"p":5,"z":2,"t":9,"d":1,"c":["@","I"]}`: {Price: 5 * market.Scale, Size: market.Units(2), Time: 9, Flags: market.Regular, Direction: 1, Conditions: "@,I"},
		`{"i":7,"p":5,"t":9,"d":-1,"x":true}`:           {Price: 5 * market.Scale, Time: 9, Flags: market.SetsExtended, Direction: -1},
		`{"i":7,"p":5,"t":9,"st":"corrected"}`:          {Price: 5 * market.Scale, Time: 9, Flags: market.Regular, Mended: true},
		`{"i":7,"p":5,"t":9,"st":"cancelled"}`:          {Price: 5 * market.Scale, Time: 9, Mended: true},
	} {
		if got := string(appendTrade(nil, &history.Numbered{Number: 7, Trade: p})); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
