package broadcast

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"tickertape/broadcast/board"
	"tickertape/feed/market"
)

// trades takes in trades of AAPL, one a second from morning on, and waits until they are published.
func (s *served) trades(t *testing.T, from, to int) {
	t.Helper()
	var ticks []market.Tick
	for i := from; i < to; i++ {
		ticks = append(ticks, market.Tick{Kind: market.KindTrade, Flags: market.Regular, Price: market.Price(100+i%50) * market.Scale,
			Size: market.Units(1), ID: uint64(i + 1),
			Time: morning + market.Time(i)*1e6})
	}
	before := s.traded()
	s.Apply(market.Batch{Ticks: ticks})
	until(t, "they are published", func() bool { return s.traded() == before+uint64(len(ticks)) }) // another flush may come before
}

// traded is how many trades of AAPL have been published.
func (s *served) traded() uint64 {
	return s.board.NewestTrade(0, s.board.Seq())
}

// nextMessage is the next message of a type, as it came.
func (p *testClient) nextMessage(kind string) string {
	p.t.Helper()
	for {
		text, err := p.raw()
		if err != nil {
			p.t.Fatalf("%v while waiting for %s", err, kind)
		}
		if strings.HasPrefix(string(text), `{"type":"`+kind+`"`) {
			return string(text)
		}
	}
}

// A history of as many bars as are kept of any interval, with the longest numbers that are usual, is one message.
func TestHistoryIsOneMessage(t *testing.T) {
	cfg := DefaultConfig()
	most := 0
	for _, n := range cfg.History.Bars {
		most = max(most, n)
	}
	s := serveOver(t, network{pipe: true}, func(c *Config) { c.History.Bars[intervalOf("1s")] = most })
	var ticks []market.Tick
	for i := range most {
		size, _ := market.ParseQuantity("123456.12345678")
		ticks = append(ticks, market.Tick{Kind: market.KindTrade, Flags: market.SetsExtended | market.SetsVolume, Price: 108_234_123_456_789,
			Size: size, Time: morning + market.Time(i)*1e6})
	}
	before := s.board.Seq()
	s.Apply(market.Batch{Ticks: ticks})
	until(t, "they are published", func() bool { return s.board.Seq() > before })
	for name, access := range accessBySocket {
		var m seriesMessage
		text := strings.ReplaceAll(s.join(t, access, "?bars=AAPL&interval=1s").nextMessage("bars"), `"x":true`, `"x":1`)
		if err := json.Unmarshal([]byte(text), &m); err != nil {
			t.Fatal(err)
		}
		if !m.Reset || m.More || len(m.Bars) != most {
			t.Errorf("%s: %d of %d bars in %d bytes, more %v", name, len(m.Bars), most, len(text), m.More)
		}
	}
}

var plainSocket = accessBySocket["WebSocket"]

func TestHistoriesComeInPartsAndGoOnWithoutAHole(t *testing.T) {
	s := serveOver(t, network{pipe: true}, func(c *Config) { c.History.Bars[intervalOf("1s")] = 6000 })
	s.trades(t, 0, 5000)
	r := newSeriesReader()
	p := s.join(t, plainSocket, "?bars=AAPL&interval=1s")
	parts := 0
	for more := true; more; parts++ {
		var m seriesMessage
		text := p.nextMessage("bars")
		if err := json.Unmarshal([]byte(text), &m); err != nil {
			t.Fatal(err)
		}
		if len(text) > historyLimit || m.Reset != (parts == 0) {
			t.Errorf("part %d of %d bytes, reset %v", parts, len(text), m.Reset)
		}
		if _, err := r.take([]byte(text)); err != nil {
			t.Fatal(err)
		}
		more = m.More
	}
	if parts < 2 {
		t.Errorf("%d part, want some", parts)
	}
	s.trades(t, 5000, 5010)
	p.series(r, "bars AAPL 1s")
	if err := s.agree(r, "AAPL 1s"); err != nil {
		t.Error(err)
	}
	var limited seriesMessage
	if err := json.Unmarshal([]byte(s.join(t, plainSocket, "?bars=AAPL&interval=1s&limit=7").nextMessage("bars")), &limited); err != nil ||
		len(limited.Bars) != 7 || limited.More {
		t.Errorf("%d bars of 7, %v", len(limited.Bars), err)
	}
}

func TestNewestHundredTradesAreToldWithTheNumberSkipped(t *testing.T) {
	s := serve(t, nil)
	p := s.join(t, plainSocket, "?trades=AAPL")
	var m seriesMessage
	next := func() seriesMessage {
		m = seriesMessage{}
		if err := json.Unmarshal([]byte(p.nextMessage("trades")), &m); err != nil {
			t.Fatal(err)
		}
		return m
	}
	if next(); !m.Reset || len(m.Trades) != 0 {
		t.Errorf("history %+v, want an empty one", m)
	}
	s.trades(t, 0, 250)
	if next(); m.Reset || len(m.Trades) != 100 || m.Skipped != 150 || string(m.Trades[99]["i"]) != "250" || string(m.Trades[0]["i"]) != "151" {
		t.Errorf("%d trades, %d skipped", len(m.Trades), m.Skipped)
	}
	s.Apply(market.Batch{Corrections: []market.Correction{{ID: 250,
		Old: market.Print{Price: 149 * market.Scale, Size: market.Units(1), Flags: market.Regular}}}})
	if next(); len(m.Trades) != 1 || string(m.Trades[0]["i"]) != "250" || string(m.Trades[0]["st"]) != `"cancelled"` || m.Skipped != 0 {
		t.Errorf("cancelled %v", m.Trades)
	}
	p.say(`{"type":"pause","id":1}`)
	p.say(`{"type":"ping","id":2}`)
	p.next("pong")
	s.trades(t, 250, 255)
	p.say(`{"type":"resume","id":3}`)
	if next(); len(m.Trades) != 5 || m.Skipped != 0 {
		t.Errorf("after a pause %d trades, %d skipped", len(m.Trades), m.Skipped)
	}
	since := board.Position{Epoch: s.board.Epoch(), Seq: m.Seq}.String()
	s.trades(t, 255, 800)
	p = s.join(t, plainSocket, "?trades=AAPL&since="+since)
	if next(); !m.Reset || len(m.Trades) != 100 {
		t.Errorf("after more than are kept: reset %v, %d trades", m.Reset, len(m.Trades))
	}
}

// However many are corrected at once, a message is bounded: the newest hundred of those are told, too.
func TestCorrectedTradesAreToldUpToAHundred(t *testing.T) {
	s := serve(t, func(c *Config) { c.History.Trades = 1000 })
	s.trades(t, 0, 900)
	p := s.join(t, plainSocket, "?trades=AAPL")
	p.nextMessage("trades")
	var all []market.Correction
	for i := range 600 {
		all = append(all, market.Correction{ID: uint64(i + 1),
			Old: market.Print{Price: market.Price(100+i%50) * market.Scale, Size: market.Units(1), Flags: market.Regular}})
	}
	before := s.board.Seq()
	s.Apply(market.Batch{Ticks: []market.Tick{{Kind: market.KindTrade, Flags: market.Regular, Price: market.Scale, Size: market.Units(1),
		Time: morning + 1e9}}, Corrections: all})
	until(t, "it is published", func() bool { return s.board.Seq() > before })
	var m seriesMessage
	if err := json.Unmarshal([]byte(p.nextMessage("trades")), &m); err != nil {
		t.Fatal(err)
	}
	if n := len(m.Trades); n != 101 || string(m.Trades[0]["i"]) != "501" || string(m.Trades[99]["i"]) != "600" ||
		string(m.Trades[100]["i"]) != "901" || m.Skipped != 0 {
		t.Errorf("%d trades told, %d skipped: %v", n, m.Skipped, m.Trades)
	}
}

func TestSeriesKeepTheRate(t *testing.T) {
	inBubbles(t, nil, func(t *testing.T, s *served, w access) {
		p := s.join(t, w, "?bars=AAPL&interval=1s&rate=2")
		p.nextMessage("bars")
		began := time.Now()
		go func() {
			for i := range 400 {
				time.Sleep(10 * time.Millisecond)
				s.Apply(market.Batch{Ticks: []market.Tick{{Kind: market.KindTrade, Flags: market.Regular, Price: market.Scale, Size: market.Units(1),
					Time: morning + market.Time(i)*1e4}}})
			}
		}()
		for range 6 {
			p.nextMessage("bars")
		}
		if took := time.Since(began); took < 2400*time.Millisecond || took > 3200*time.Millisecond {
			t.Errorf("6 updates took %v at 2 a second", took)
		}
		for { // the last is told though nothing comes after it
			var m seriesMessage
			if err := json.Unmarshal([]byte(p.nextMessage("bars")), &m); err != nil {
				t.Fatal(err)
			}
			if last := m.Bars[len(m.Bars)-1]; string(last["t"]) == fmt.Sprint(int64(morning)+3e6) && string(last["n"]) == "100" {
				return
			}
		}
	})
}

func TestUnsubscribedSeriesAreNotToldAnyMore(t *testing.T) {
	s := serve(t, nil)
	p := s.join(t, plainSocket, "")
	p.say(`{"type":"subscribe","id":1,"bars":["AAPL"],"interval":"1s","trades":["AAPL"]}`)
	p.nextMessage("trades")
	p.say(`{"type":"subscribe","id":2,"bars":["AAPL"],"interval":"1d"}`)
	p.nextMessage("bars")
	p.say(`{"type":"unsubscribe","id":3,"bars":["AAPL"],"interval":"1s","trades":["*"]}`)
	if got := p.nextMessage("unsubscribed"); got != `{"type":"unsubscribed","id":3,"interval":"1s","symbols":[],"bars":["AAPL"],"trades":["*"]}` {
		t.Errorf("answer %s", got)
	}
	s.trades(t, 0, 1)
	var m seriesMessage
	if err := json.Unmarshal([]byte(p.nextMessage("bars")), &m); err != nil || m.Interval != "1d" {
		t.Errorf("%+v %v, want the day alone", m, err)
	}
	p.say(`{"type":"unsubscribe","id":4,"bars":["AAPL"]}`)
	p.nextMessage("unsubscribed")
	s.trades(t, 1, 2)
	p.say(`{"type":"ping","id":5}`)
	if text, err := p.raw(); err != nil || !strings.HasPrefix(string(text), `{"type":"pong"`) {
		t.Errorf("%s %v, want the pong and no more", text, err)
	}
	if n := s.busy(func(s *subscriber) bool { return len(s.follows.series) > 0 || s.watch != nil }); n != 0 {
		t.Errorf("%d subscribers still follow series", n)
	}
}

func TestBadRequestsForSeriesNameTheKey(t *testing.T) {
	s := serve(t, func(c *Config) { c.MaxSeries, c.History.Bars[intervalOf("1h")] = 3, 0 })
	p := s.join(t, plainSocket, "")
	for said, want := range map[string]string{
		`"bars":["AAPL"],"interval":"2m"`:                       `interval: \"2m\" is not one of 1s`,
		`"bars":["AAPL"],"interval":"1h"`:                       `interval: bars of 1h are not kept`,
		`"bars":["AAPL"],"relay":1`:                             `relay: 1`,
		`"bars":[""]`:                                           `bars: \"\" is no symbol`,
		`"bars":"AAPL"`:                                         `bars: \"AAPL\" is not a list of strings`,
		`"interval":"1m"`:                                       `bars: missing`,
		`"bars":["AAPL"],"limit":0`:                             `limit: 0 is not between`,
		`"bars":["AAPL"],"limit":1.5`:                           `limit: 1.5 is not a whole number`,
		`"bars":["AAPL","MSFT","QUIET"],"trades":["AAPL"]`:      `4 would be followed, more than the 3 allowed`,
		`"bars":["AAPL"],"symbols":["AAPL"],"interval":"1 min"`: `interval: \"1 min\"`,
	} {
		p.say(`{"type":"subscribe","id":9,` + said + `}`)
		if got := p.nextMessage("error"); !strings.Contains(got, want) || !strings.Contains(got, `"id":9`) {
			t.Errorf("%s: %s, want %s", said, got, want)
		}
	}
	p.say(`{"type":"subscribe","id":10,"bars":["AAPL","MSFT"]}`)
	p.nextMessage("bars")
	p.say(`{"type":"subscribe","id":11,"bars":["AAPL","MSFT"]}`) // the same again is no more
	p.nextMessage("bars")
	p.say(`{"type":"subscribe","id":12,"trades":["AAPL","MSFT"]}`)
	p.nextMessage("error")
}

// What a query asks for may turn out to be too much only once its lists are written out.
func TestQueryThatIsTooMuchIsToldAndTheConnectionLivesOn(t *testing.T) {
	s := serve(t, func(c *Config) { c.MaxSymbols = 1 })
	p := s.join(t, plainSocket, "?symbols=%23tech")
	if got := p.nextMessage("error"); !strings.Contains(got, "2 would be followed, more than the 1 allowed") {
		t.Errorf("error %s", got)
	}
	p.say(`{"type":"subscribe","id":1,"symbols":["AAPL"]}`)
	p.nextMessage("snapshot")
}

func TestHistoryHasBarsWithoutAPrice(t *testing.T) {
	s := serve(t, nil)
	s.trades(t, 0, 2)
	before := s.board.Seq()
	s.Apply(market.Batch{Ticks: []market.Tick{{Kind: market.KindTrade, Flags: market.SetsVolume, Price: market.Scale, Size: market.Units(7),
		Time: morning + 2e6}}})
	until(t, "it is published", func() bool { return s.board.Seq() > before })
	start := int64(morning)
	text := s.join(t, plainSocket, "?bars=AAPL&interval=1s&limit=2").nextMessage("bars")
	if want := fmt.Sprintf(`"bars":[{"t":%d,"o":101,"h":101,"l":101,"c":101,"v":1,"n":1,"vw":101},{"t":%d,"v":7,"n":1,"vw":1}]`, start+1e6,
		start+2e6); !strings.Contains(text, want) {
		t.Errorf("history %s, want %s", text, want)
	}
}

// A position of an event stream speaks for all that was told before it, whatever is cut off where.
func TestEventIDsSpeakForSeriesToo(t *testing.T) {
	for _, query := range []string{"?bars=AAPL&interval=1s&trades=AAPL", "?symbols=AAPL&bars=AAPL&interval=1s&trades=AAPL"} {
		s := serve(t, nil)
		s.trades(t, 0, 20)
		stop, stopped := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(stopped)
			for told := 20; ; told++ { // one a flush
				select {
				case <-stop:
					return
				default:
					s.trades(t, told, told+1)
				}
			}
		}()
		r := newSeriesReader()
		id := ""
		for cut := range 12 {
			p := s.join(t, accessBySocket["events"], query, "Last-Event-ID", id)
			for left := 1 + cut%9; left > 0; {
				if next := p.nextEvent(r); next != "" {
					id = next
					left--
				}
			}
			p.hangUp()
			r.goBack()
		}
		close(stop)
		<-stopped
		p := s.join(t, accessBySocket["events"], query, "Last-Event-ID", id)
		for s.agree(r, "AAPL 1s") != nil || s.agree(r, "AAPL trades") != nil {
			p.nextEvent(r)
		}
	}
}

// nextEvent reads an event, and returns its id.
func (p *testClient) nextEvent(r *seriesReader) (id string) {
	p.t.Helper()
	for {
		line, err := p.r.ReadString('\n')
		if err != nil {
			p.t.Fatal(err)
		}
		line = strings.TrimSpace(line)
		if text, is := strings.CutPrefix(line, "id: "); is {
			id = text
		}
		if text, is := strings.CutPrefix(line, "data: "); is &&
			(strings.HasPrefix(text, `{"type":"bars"`) || strings.HasPrefix(text, `{"type":"trades"`)) {
			if _, err := r.take([]byte(text)); err != nil {
				p.t.Fatal(err)
			}
		}
		if line != "" {
			continue
		}
		if id != "" { // it holds when its event is over
			r.mark()
		}
		return id
	}
}
