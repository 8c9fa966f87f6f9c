package dashboard

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"tickertape/broadcast/board"
	"tickertape/broadcast/history"
	"tickertape/broadcast/wire"
	"tickertape/feed/market"
)

// serveFast is serveWith for tests of prices, which come with the next flush.
func serveFast(t *testing.T, change func(*terms)) *site {
	t.Helper()
	return serveWith(t, func(c *terms) {
		c.Broadcast.Interval = 5 * time.Millisecond
		if change != nil {
			change(c)
		}
	})
}

// trade takes in a trade and returns when it has been published.
func (s *site) trade(t *testing.T, symbol, price string) {
	t.Helper()
	id, _ := s.dir.ID(symbol)
	p, err := market.ParsePrice(price)
	if err != nil {
		t.Fatal(err)
	}
	now := market.TimeOf(time.Now())
	s.hub.Apply(market.Batch{Ticks: []market.Tick{{Symbol: id, Kind: market.KindTrade, Flags: market.Regular, Price: p,
		Size: market.Units(100), Time: now, Received: now}}})
	within(t, timeLimit, "it is published", func() bool {
		var picked [1]board.Picked
		s.hub.Board().Read(&board.Cursor{List: board.List{IDs: []market.SymbolID{id}}, Fields: market.AllFields, Mode: board.Snapshot}, picked[:])
		return picked[0].Quote.Price == p
	})
}

// morning is when trades begin.
const morning = market.Time(1_795_012_200_000_000)

// trades takes in trades of AAPL, one a second from morning on, and returns when they are published.
func (s *site) trades(t *testing.T, from, to int) {
	t.Helper()
	var ticks []market.Tick
	for i := from; i < to; i++ {
		ticks = append(ticks, market.Tick{Kind: market.KindTrade, Flags: market.Regular, Price: market.Price(100+i%50) * market.Scale,
			Size: market.Units(1), ID: uint64(i + 1), Time: morning + market.Time(i)*1e6})
	}
	newest := func() uint64 { return s.hub.Board().NewestTrade(0, s.hub.Board().Seq()) }
	before := newest()
	s.hub.Apply(market.Batch{Ticks: ticks})
	within(t, timeLimit, "they are published", func() bool { return newest() == before+uint64(len(ticks)) })
}

// polls is how many long polls wait.
func (s *site) polls(t *testing.T) float64 {
	return s.value(t, "tickertape_broadcast_subscribers", "transport", "poll")
}

func intervalOf(t *testing.T, name string) history.Interval {
	t.Helper()
	k, err := history.ParseInterval(name)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// seriesReader merges messages about the bars and trades of AAPL, as PROTOCOL.md has clients do it.
type seriesReader struct {
	t      *testing.T
	bars   map[string]map[string]string // by interval and t
	trades map[uint64]string            // by number
	newest uint64                       // the last trade that was sent or skipped
}

func newSeriesReader(t *testing.T) *seriesReader {
	return &seriesReader{t: t, bars: map[string]map[string]string{}, trades: map[uint64]string{}}
}

func (r *seriesReader) take(messages []json.RawMessage) {
	r.t.Helper()
	for _, text := range messages {
		var m struct {
			Type, Symbol, Interval string
			Reset                  bool
			Skipped                uint64
			Bars, Trades           []map[string]json.RawMessage
		}
		if err := json.Unmarshal(text, &m); err != nil || m.Symbol != "AAPL" {
			r.t.Fatalf("%s: %v", text, err)
		}
		if m.Type == "bars" {
			if m.Reset {
				r.bars[m.Interval] = map[string]string{}
			}
			for _, b := range m.Bars {
				start := string(b["t"])
				delete(b, "t")
				r.bars[m.Interval][start] = fmt.Sprintf("%s", b)
			}
			continue
		}
		if m.Reset {
			r.trades, r.newest = map[uint64]string{}, 0
		}
		for i, trade := range m.Trades {
			var number uint64
			if err := json.Unmarshal(trade["i"], &number); err != nil {
				r.t.Fatal(err)
			}
			if want := r.newest + 1 + m.Skipped; i == 0 && r.newest > 0 && number != want || i > 0 && number != r.newest+1 {
				r.t.Errorf("trade %d after %d, with %d skipped", number, r.newest, m.Skipped)
			}
			r.newest, r.trades[number] = number, fmt.Sprintf("%s %s", trade["p"], trade["t"])
		}
	}
}

// agree compares what was read with the board: all bars of the intervals, and the newest trades.
func (r *seriesReader) agree(s *site, intervals ...string) {
	r.t.Helper()
	b := s.hub.Board()
	for _, name := range intervals {
		want := map[string]string{}
		for more, reader := true, (history.Reader{Interval: intervalOf(r.t, name)}); more; {
			var bars [1000]history.Bar
			var n int
			n, more = b.ReadBars(0, &reader, bars[:])
			for i := range bars[:n] {
				var bar map[string]json.RawMessage
				if err := json.Unmarshal(wire.AppendBar(nil, &bars[i], history.AllBarFields), &bar); err != nil {
					r.t.Fatal(err)
				}
				start := string(bar["t"])
				delete(bar, "t")
				want[start] = fmt.Sprintf("%s", bar)
			}
		}
		if len(want) == 0 || !maps.Equal(r.bars[name], want) {
			r.t.Errorf("bars of %s: got %v, want %v", name, r.bars[name], want)
		}
	}
	var trades [2 * history.TradesAtOnce]history.NumberedTrade
	news := b.ReadTrades(0, &history.Reader{Interval: history.Trades, FromStart: true}, &trades)
	for _, x := range trades[:news.Trades] {
		if want := fmt.Sprintf("%s %d", x.Price, x.Time); r.trades[x.Number] != want {
			r.t.Errorf("trade %d: got %s, want %s", x.Number, r.trades[x.Number], want)
		}
	}
	if news.Trades == 0 || r.newest != news.Newest {
		r.t.Errorf("read %d trades of %d", r.newest, news.Newest)
	}
}

func TestQuotesOverREST(t *testing.T) {
	s := serveFast(t, nil)
	s.trade(t, "AAPL", "0.00001234")
	answer, body := fetch(t, s.url+"/api/quotes?symbols=AAPL,FOO")
	if !strings.Contains(body, `"p":0.00001234,`) || !strings.Contains(body, `"unknown":["FOO"]`) ||
		!strings.Contains(body, `"simulated":true`) {
		t.Errorf("quotes %s", body)
	}
	etag := answer.Header.Get("ETag")
	if etag != `"`+s.hub.Board().Position().String()+`"` {
		t.Errorf("ETag %s, want the position %s", etag, s.hub.Board().Position())
	}
	if answer, _ := fetch(t, s.url+"/api/quotes?symbols=AAPL,FOO", "If-None-Match", etag); answer.StatusCode != http.StatusNotModified {
		t.Errorf("If-None-Match: %s, want 304", answer.Status)
	}
	for path, names := range map[string]string{
		"/api/quotes":                            "symbols",
		"/api/quotes?symbols=":                   "symbols",
		"/api/quotes?symbols=A&rate=x":           `rate: "x"`,
		"/api/quotes?symbols=A&rate=NaN":         "rate: NaN",
		"/api/quotes?symbols=A&fields=zz":        `"zz"`,
		"/api/quotes?symbols=A&since=a-1&wait=5": `wait: "5"`,
		"/api/quotes?symbols=A&wait=-5s":         "wait: -5s",
		"/api/quotes?trades=*":                   `trades: "*"`,
	} {
		answer, body := fetch(t, s.url+path)
		if answer.StatusCode != http.StatusBadRequest || answer.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %s %s", path, answer.Status, answer.Header.Get("Content-Type"))
		}
		var p problem
		if err := json.Unmarshal([]byte(body), &p); err != nil || !strings.Contains(p.Detail, names) {
			t.Errorf("%s: %s, want a problem naming %s", path, body, names)
		}
	}
}

func TestLongPoll(t *testing.T) {
	s := serveFast(t, nil)
	s.trade(t, "AAPL", "10")
	at := s.hub.Board().Position().String()
	answer, body := fetch(t, s.url+"/api/quotes?symbols=AAPL&wait=30ms&since="+at)
	if answer.StatusCode != http.StatusNoContent || body != "" {
		t.Errorf("nothing new: %s %s, want 204", answer.Status, body)
	}
	type result struct{ status, body string }
	got := make(chan result)
	go func() {
		answer, body := fetch(t, s.url+"/api/quotes?symbols=AAPL&wait=30s&since="+at)
		got <- result{answer.Status, body}
	}()
	within(t, timeLimit, "the poll waits", func() bool {
		return s.polls(t) == 1
	})
	s.trade(t, "MSFT", "5") // not followed
	s.trade(t, "AAPL", "11")
	if r := <-got; !strings.Contains(r.body, `"p":11`) || !strings.Contains(r.body, `"resumed":true`) || strings.Contains(r.body, "MSFT") {
		t.Errorf("poll answered %+v", r)
	}
	if _, body := fetch(t, s.url+"/api/quotes?symbols=AAPL&wait=30s&since=otherepoch-7"); !strings.Contains(body, `"p":11`) {
		t.Errorf("another epoch: %s, want everything at once", body)
	}
}

func TestLongPollTellsSeries(t *testing.T) {
	s := serveFast(t, nil)
	s.trades(t, 0, 3)
	type answer struct {
		Epoch  string
		Seq    board.Seq
		Bars   []json.RawMessage
		Trades []json.RawMessage
	}
	poll := func(query string) (a answer) {
		_, body := fetch(t, s.url+"/api/quotes?bars=AAPL&interval=1s&trades=AAPL"+query)
		if err := json.Unmarshal([]byte(body), &a); err != nil {
			t.Fatalf("%s: %v", body, err)
		}
		return a
	}
	r := newSeriesReader(t)
	take := func(a answer) { r.take(append(a.Bars, a.Trades...)) }
	a := poll("")
	take(a)
	polled := make(chan answer)
	go func() { polled <- poll(fmt.Sprintf("&since=%s-%d&wait=20s", a.Epoch, a.Seq)) }()
	within(t, timeLimit, "it waits", func() bool { return s.polls(t) > 0 })
	s.trades(t, 3, 5)
	b := <-polled
	if len(b.Bars) != 1 || len(b.Trades) != 1 {
		t.Errorf("polled %s %s", b.Bars, b.Trades)
	}
	take(b)
	r.agree(s, "1s")
	if c := poll(fmt.Sprintf("&since=%s-%d", b.Epoch, b.Seq)); len(c.Bars)+len(c.Trades) != 0 {
		t.Errorf("nothing is new, told %s %s", c.Bars, c.Trades)
	}
}

// largestWrite is an answer whose writes are looked at: each is what is kept while its reader takes nothing.
type largestWrite struct {
	*httptest.ResponseRecorder
	most int
}

func (w *largestWrite) Write(b []byte) (int, error) {
	w.most = max(w.most, len(b))
	return w.ResponseRecorder.Write(b)
}

func TestAnswersWithSeriesKeepNoMoreThanAMessage(t *testing.T) {
	s := serveFast(t, func(c *terms) {
		for _, name := range []string{"1s", "5s"} {
			c.Broadcast.History.Bars[intervalOf(t, name)] = 5000
		}
	})
	s.trades(t, 0, 5000)
	w := &largestWrite{httptest.NewRecorder(), 0}
	s.public.http.Handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet,
		"http://localhost/api/quotes?symbols=AAPL&bars=AAPL&bars=AAPL&interval=1s&interval=5s&trades=AAPL", nil))
	if w.most > longestMessage || w.Body.Len() < longestMessage*3/2 {
		t.Errorf("%d bytes at once, of %d", w.most, w.Body.Len())
	}
	var a struct{ Bars, Trades []json.RawMessage }
	if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil {
		t.Fatal(err)
	}
	r := newSeriesReader(t)
	r.take(append(a.Bars, a.Trades...))
	r.agree(s, "1s", "5s")
}

// tradingWriter is an answer during whose first write there is a trade.
type tradingWriter struct {
	*httptest.ResponseRecorder
	trade func()
}

func (w *tradingWriter) Write(b []byte) (int, error) {
	if w.trade != nil {
		w.trade()
		w.trade = nil
	}
	return w.ResponseRecorder.Write(b)
}

// Bars are read after the quotes. One that changes in between was there before.
func TestAnswersHaveTheNewestBarWhateverComesMeanwhile(t *testing.T) {
	s := serveFast(t, nil)
	s.trades(t, 0, 3)
	since := s.hub.Board().Position().String()
	s.trades(t, 3, 4)
	query := "/api/quotes?symbols=AAPL&bars=AAPL&bars=AAPL&bars=AAPL&interval=1s&interval=1m&interval=1d&trades=AAPL"
	for n, path := range []string{query, query + "&limit=1", query + "&since=" + since, query + "&since=" + since + "&wait=5s"} {
		before := s.hub.Board().Seq()
		w := &tradingWriter{httptest.NewRecorder(), func() { s.trades(t, 4+n, 5+n) }}
		s.public.http.Handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://localhost"+path, nil))
		var a struct {
			Seq  board.Seq
			Bars []struct {
				Interval string
				Seq      board.Seq
				Bars     []struct{ T, N int64 }
			}
			Trades []struct{ Trades []struct{ I int } }
		}
		if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil || a.Seq != before || len(a.Bars) != 3 || len(a.Trades) != 1 {
			t.Fatalf("%s: %v, %s, want an answer of %d", path, err, w.Body, before)
		}
		for _, m := range a.Bars {
			if len(m.Bars) == 0 || m.Seq != a.Seq {
				t.Errorf("%s: of %s there are %v as of %d", path, m.Interval, m.Bars, m.Seq)
				continue
			}
			newest := m.Bars[len(m.Bars)-1]
			if want := int64(4 + n); m.Interval != "1s" && newest.N < want {
				t.Errorf("%s: the newest of %s has %d trades, want %d or one more", path, m.Interval, newest.N, want)
			}
		}
		if all := a.Trades[0].Trades; len(all) == 0 || all[len(all)-1].I != 4+n {
			t.Errorf("%s: trades %v, want them up to %d", path, all, 4+n)
		}
	}
}

// longestMessage is the length of a history that is one message.
const longestMessage = 256 << 10

func TestQuotesHaveTheStatesOfTheSources(t *testing.T) {
	s := serveFast(t, nil)
	for source, state := range map[string]market.State{"sim": market.Stale, "kraken": market.Closed} {
		s.hub.Apply(market.Batch{Status: &market.Status{Source: source, State: state, Since: 7, Message: "no tick", Simulated: source == "sim",
			Replayed: source == "kraken", Delay: time.Minute, Quiet: true}})
	}
	s.trade(t, "AAPL", "5")
	var answer struct {
		Source, Status      string
		Simulated, Replayed bool
		Sources             []wire.Status
	}
	_, body := fetch(t, s.url+"/api/quotes?symbols=AAPL")
	if err := json.Unmarshal([]byte(body), &answer); err != nil || answer.Source != "sim,kraken" || answer.Status != "stale" ||
		!answer.Simulated || !answer.Replayed {
		t.Errorf("answer %s, %v", body, err)
	}
	want := []wire.Status{{Source: "sim", Status: "stale", Since: 7, Message: "no tick", Simulated: true, Delay: 60_000, Quiet: true},
		{Source: "kraken", Status: "closed", Since: 7, Message: "no tick", Replayed: true, Delay: 60_000, Quiet: true}}
	if !reflect.DeepEqual(answer.Sources, want) {
		t.Errorf("sources %+v, want %+v", answer.Sources, want)
	}
}

// An answer has names that are unknown with an escape of six bytes for one: they are charged.
func TestNamesThatAreSentBackAreCharged(t *testing.T) {
	for _, path := range []string{"/api/quotes?symbols=", "/api/quotes?trades=AAPL,", "/api/bars?symbols="} {
		s := serveWith(t, func(c *terms) { c.Limits.Total.BytesOut = 8 << 10 }) // the first is paid after half a minute
		for i, want := range []int{http.StatusOK, http.StatusServiceUnavailable} {
			if answer, _ := fetch(t, s.url+path+strings.Repeat("<", 40_000)); answer.StatusCode != want {
				t.Errorf("%s, %d: %s, want %d", path, i, answer.Status, want)
			}
		}
	}
}

// A list that is named many times counts once, and one of too many symbols is a bad request.
func TestListsOverRESTAreCapped(t *testing.T) {
	for most, want := range map[int]int{2: http.StatusOK, 1: http.StatusBadRequest} {
		s := serveFast(t, func(c *terms) { c.Broadcast.MaxSymbols = most })
		for _, path := range []string{"/api/quotes?symbols=", "/api/bars?interval=1s&symbols="} {
			answer, body := fetch(t, s.url+path+"%23tech,%23tech")
			if answer.StatusCode != want || want != http.StatusOK && !strings.Contains(body, `"too_many_symbols"`) {
				t.Errorf("%s with %d allowed: %s %s", path, most, answer.Status, body)
			}
		}
	}
}

func TestLongPollEndsWithTheServer(t *testing.T) {
	s := serveFast(t, nil)
	s.trade(t, "AAPL", "10")
	polled := make(chan *http.Response)
	go func() {
		answer, _ := fetch(t, s.url+"/api/quotes?symbols=AAPL&wait=30s&since="+s.hub.Board().Position().String())
		polled <- answer
	}()
	within(t, timeLimit, "it waits", func() bool { return s.polls(t) == 1 })
	s.hub.Drain(t.Context(), 0)
	answer := <-polled
	if answer.StatusCode != http.StatusServiceUnavailable || answer.Header.Get("Retry-After") != "5" {
		t.Errorf("answered %s, Retry-After %q, want 503 and 5", answer.Status, answer.Header.Get("Retry-After"))
	}
}
