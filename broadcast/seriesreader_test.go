package broadcast

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"tickertape/broadcast/board"
	"tickertape/broadcast/history"
	"tickertape/broadcast/wire"
)

// seriesMessage is a message about bars or trades.
type seriesMessage struct {
	Type, Symbol, Interval string
	Seq                    board.Seq
	Reset, More            bool
	Skipped                uint64
	Bars                   []map[string]json.RawMessage
	Trades                 []map[string]json.RawMessage
}

// key is what the series is known by.
func (m *seriesMessage) key() string {
	if m.Type == "trades" {
		return m.Symbol + " trades"
	}
	return m.Symbol + " " + m.Interval
}

// seriesReader merges messages about bars and trades as PROTOCOL.md tells clients to. Its maps are by "SYMBOL INTERVAL"
// and "SYMBOL trades".
type seriesReader struct {
	values  map[string]map[string]string // by t of bars, and i of trades
	newest  map[string]uint64            // number of the newest trade that was told or skipped; 0 after a reset without any
	seq     map[string]board.Seq         // of the last whole message
	marked  map[string]uint64            // newest, when the position was marked: the position may be older
	again   map[string]uint64            // trades up to this may be told again, after a resume
	awaited map[string]bool              // perhaps the symbol is known only since the position that it resumes from: then there is no history
	times   map[string]map[string][]moment
}

// moment is what a bar or trade was said to be at a flush; "" is gone.
type moment struct {
	seq   board.Seq
	value string
}

func newSeriesReader() *seriesReader {
	return &seriesReader{values: map[string]map[string]string{}, newest: map[string]uint64{}, seq: map[string]board.Seq{},
		marked: map[string]uint64{}, again: map[string]uint64{}, awaited: map[string]bool{}, times: map[string]map[string][]moment{}}
}

// mark notes a position that speaks for all that was told before it.
func (r *seriesReader) mark() { r.marked = maps.Clone(r.newest) }

// goBack has the reader be told again what came after the mark.
func (r *seriesReader) goBack() {
	r.newest, r.again = maps.Clone(r.marked), maps.Clone(r.marked)
	clear(r.seq)
}

// forget has the reader begin anew.
func (r *seriesReader) forget() {
	times := r.times
	*r = *newSeriesReader()
	r.times = times
}

// take takes in a message, and returns the key of its series.
func (r *seriesReader) take(text []byte) (string, error) {
	var m seriesMessage
	if err := json.Unmarshal(text, &m); err != nil {
		return "", fmt.Errorf("%s: %w", text, err)
	}
	key := m.key()
	if m.Seq < r.seq[key] {
		return key, fmt.Errorf("%s: %d after %d", key, m.Seq, r.seq[key])
	}
	if m.Reset {
		for id := range r.values[key] {
			r.note(key, id, m.Seq, "") // unless it is told again at once
		}
		r.values[key] = map[string]string{}
		r.newest[key] = 0
	}
	if r.values[key] == nil {
		if !r.awaited[key] {
			return key, fmt.Errorf("%s: no history before %s", key, text)
		}
		r.values[key] = map[string]string{}
	}
	var err error
	if m.Type == "bars" {
		err = r.takeBars(key, &m)
	} else {
		err = r.takeTrades(key, &m)
	}
	if !m.More {
		r.seq[key] = m.Seq
	}
	if err != nil {
		err = fmt.Errorf("%w: %s", err, text)
	}
	return key, err
}

func (r *seriesReader) takeBars(key string, m *seriesMessage) error {
	last := ""
	for _, b := range m.Bars {
		t := string(b["t"])
		if t <= last {
			return fmt.Errorf("%s: bar %s after %s", key, t, last)
		}
		last = t
		if string(b["n"]) == "0" && b["o"] == nil {
			delete(r.values[key], t)
			r.note(key, t, m.Seq, "")
			continue
		}
		delete(b, "t")
		r.values[key][t] = fmt.Sprintf("%s", b)
		r.note(key, t, m.Seq, r.values[key][t])
	}
	return nil
}

func (r *seriesReader) takeTrades(key string, m *seriesMessage) error {
	fresh := 0
	for _, k := range m.Trades {
		var number uint64
		if err := json.Unmarshal(k["i"], &number); err != nil {
			return err
		}
		i := fmt.Sprint(number)
		delete(k, "i")
		value := fmt.Sprintf("%s", k)
		again := number <= r.again[key]
		if newest := r.newest[key]; number > newest {
			want := newest + 1
			if fresh++; fresh == 1 {
				want += m.Skipped
			}
			if newest != 0 && number != want && !(newest == r.again[key] && number < want) {
				return fmt.Errorf("%s: trade %d after %d, with %d skipped", key, number, newest, m.Skipped)
			}
			r.newest[key] = number
		} else if fresh > 0 {
			return fmt.Errorf("%s: trade %d after a newer one", key, number)
		} else if k["st"] == nil && !again {
			return fmt.Errorf("%s: trade %d is told twice, and was not mended", key, number)
		}
		r.values[key][i] = value
		r.note(key, i, m.Seq, value)
	}
	if fresh == 0 && r.newest[key] != 0 {
		r.newest[key] += m.Skipped
	}
	if fresh > history.TradesAtOnce || len(m.Trades) > 2*history.TradesAtOnce {
		return fmt.Errorf("%s: %d trades, %d of them new, in one message", key, len(m.Trades), fresh)
	}
	return nil
}

// note notes a value that was told.
func (r *seriesReader) note(key, id string, seq board.Seq, value string) {
	if r.times[key] == nil {
		r.times[key] = map[string][]moment{}
	}
	all := r.times[key][id]
	if n := len(all); n > 0 && all[n-1].seq == seq && r.clearing(all[n-1]) {
		all = all[:n-1]
	}
	r.times[key][id] = append(all, moment{seq, value})
}

// clearing reports whether a moment is of a reset, which may tell the value again.
func (r *seriesReader) clearing(x moment) bool { return x.value == "" }

// knows reports whether the reader has been told anything.
func (r *seriesReader) knows() bool { return len(r.times) > 0 }

// invented finds a value that the observer, who was told everything flush by flush, was told otherwise of.
func (r *seriesReader) invented(observer *seriesReader) error {
	for key, ids := range r.times {
		for id, all := range ids {
			known := observer.times[key][id]
			for _, x := range all {
				i, _ := slices.BinarySearchFunc(known, x.seq+1, func(m moment, seq board.Seq) int { return int(m.seq) - int(seq) })
				want := ""
				if i > 0 {
					want = known[i-1].value
				}
				if x.value != want && x.value != "" {
					return fmt.Errorf("at seq %d %s %s was sent as %q, the board had %q", x.seq, key, id, x.value, want)
				}
			}
		}
	}
	return nil
}

// barsOf are all bars of a series that are kept, the empty ones too.
func barsOf(h *Hub, x series) (all []history.Bar) {
	for more, reader := true, (history.Reader{Interval: x.interval()}); more; {
		var bars [1000]history.Bar
		var n int
		n, more = h.board.ReadBars(x.symbol(), &reader, bars[:])
		all = append(all, bars[:n]...)
	}
	return all
}

// agree compares what the reader has of a series with all there is.
func (r *seriesReader) agree(h *Hub, x series) error {
	symbol := h.dir.Symbol(x.symbol()).Symbol
	want, got := map[string]string{}, map[string]string{}
	key := symbol + " " + "trades"
	if x.isTrades() {
		var trades [2 * history.TradesAtOnce]history.NumberedTrade
		reader := history.Reader{Interval: x.interval(), FromStart: true}
		news := h.board.ReadTrades(x.symbol(), &reader, &trades)
		for i := range news.Trades {
			text, err := tradeText(&trades[i])
			if err != nil {
				return err
			}
			number := fmt.Sprint(trades[i].Number)
			if want[number] = text; r.values[key][number] != "" {
				got[number] = r.values[key][number]
			}
		}
		if newest := r.newest[key]; newest != 0 && newest != news.Newest || newest == 0 && news.Trades > 0 {
			return fmt.Errorf("%s: told up to %d of %d", key, newest, news.Newest)
		}
	} else {
		key = symbol + " " + x.interval().String()
		bars := barsOf(h, x)
		for i := range bars {
			if bars[i].Empty() {
				continue
			}
			var told map[string]json.RawMessage
			if err := json.Unmarshal(wire.AppendBar(nil, &bars[i], history.AllBarFields&^history.BarTime), &told); err != nil {
				return err
			}
			want[fmt.Sprint(int64(bars[i].Start)*1e6)] = fmt.Sprintf("%s", told)
		}
		got = maps.Clone(r.values[key])
		for t := range got { // what the server keeps no more a client may
			if len(bars) > 0 && t < fmt.Sprint(int64(bars[0].Start)*1e6) {
				delete(got, t)
			}
		}
	}
	if !maps.Equal(got, want) {
		return fmt.Errorf("%s: got %v\nwant %v", key, got, want)
	}
	return nil
}

// tradeText is a trade as a reader keeps it.
func tradeText(k *history.NumberedTrade) (string, error) {
	text := wire.AppendTrades(nil, 1, time.Time{}, "", &history.TradesRead{}, []history.NumberedTrade{*k})
	var m seriesMessage
	if err := json.Unmarshal(text, &m); err != nil {
		return "", fmt.Errorf("%s: %w", text, err)
	}
	delete(m.Trades[0], "i")
	return fmt.Sprintf("%s", m.Trades[0]), nil
}
