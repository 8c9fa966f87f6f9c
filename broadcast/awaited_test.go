package broadcast

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tickertape/broadcast/admission"
	"tickertape/broadcast/history"
	"tickertape/broadcast/wire"
	"tickertape/feed/market"
)

// add has symbols become known.
func (s *served) add(t *testing.T, names ...string) {
	t.Helper()
	for _, name := range names {
		if _, err := s.dir.Add(market.Symbol{Symbol: name}); err != nil {
			t.Fatal(err)
		}
	}
}

// raws are the next messages as they come, up to one that begins with a text.
func (p *testClient) raws(last string) (all []string) {
	p.t.Helper()
	for {
		text, err := p.raw()
		if err != nil {
			p.t.Fatalf("%v while waiting for %s, after %q", err, last, all)
		}
		if all = append(all, string(text)); strings.HasPrefix(string(text), last) {
			return all
		}
	}
}

func TestNamesAreFollowedWhenTheyBecomeKnown(t *testing.T) {
	for name, w := range everyAccess {
		t.Run(name, func(t *testing.T) {
			s := serveOver(t, w.network, func(c *Config) { c.Heartbeat = time.Minute })
			s.lists["later"] = &watchlist{symbols: []string{"AAPL", "LATE"}}
			s.trade("AAPL", "1")
			p := s.join(t, w, "?symbols=%23later,NEVER&bars=LATE&interval=1s&trades=LATE&rate=40")
			if got := p.next("subscribed"); fmt.Sprint(got.Symbols, got.Unknown) != "[AAPL] [LATE NEVER]" {
				t.Errorf("subscribed %v, unknown %v", got.Symbols, got.Unknown)
			}
			p.next("snapshot")
			s.add(t, "OTHER", "LATE")
			var told []string
			for _, text := range p.raws(`{"type":"snapshot"`) {
				kind, _, _ := strings.Cut(text, `","seq`)
				told = append(told, kind)
			}
			want := []string{`{"type":"subscribed","symbols":["LATE"],"trades":["LATE"]}`,
				`{"type":"subscribed","interval":"1s","symbols":[],"bars":["LATE"]}`,
				`{"type":"bars`, `{"type":"trades`, `{"type":"snapshot`}
			if !slices.Equal(told, want) {
				t.Errorf("told %q\nwant %q", told, want)
			}
			s.trade("LATE", "2.5")
			all := p.raws(`{"type":"update"`)
			if len(all) != 3 || !strings.Contains(all[0], `"symbol":"LATE","interval":"1s","bars":[{`) ||
				!strings.Contains(all[1], `"trades":[{"i":1`) || !strings.Contains(all[2], `"quotes":[{"s":"LATE","p":2.5,`) {
				t.Errorf("its first trade: %q", all)
			}
			p.hangUp()
			s.empty(t)
		})
	}
}

func TestANameThatIsGivenUpIsNotWaitedFor(t *testing.T) {
	for _, given := range []string{`"symbols":["LATE"],"bars":["LATE"],"trades":["LATE"]`, `"symbols":["*"],"bars":["*"],"trades":["*"]`,
		`"symbols":["#later"],"bars":["#later"],"interval":"1m","trades":["#later"]`} {
		s := serve(t, nil)
		s.lists["later"] = &watchlist{symbols: []string{"AAPL", "LATE"}}
		p := s.join(t, plainSocket, "?symbols=LATE,NEXT&bars=LATE&trades=LATE")
		p.next("subscribed")
		p.say(`{"type":"unsubscribe","id":1,` + given + `}`)
		p.next("unsubscribed")
		p.say(`{"type":"subscribe","id":2,"symbols":["MSFT","NEXT"]}`)
		p.next("subscribed")
		s.add(t, "LATE", "NEXT")
		if got := p.next("subscribed"); fmt.Sprint(got.Symbols) != "[NEXT]" {
			t.Errorf("after an unsubscribe of %s: told %v", given, got.Symbols)
		}
		s.trade("LATE", "3")
		s.trade("NEXT", "4")
		p.priced("NEXT", 4)
		p.hangUp()
		s.empty(t)
	}
}

// A name that became known after a worker had looked it up, and before the shard has the request, is followed at once.
func TestANameThatBecomesKnownMeanwhileIsFollowedAtOnce(t *testing.T) {
	h := quietHub(1)
	ask := func(r wire.Request) *plan {
		x, err := h.plan(&r, standing{fields: market.AllFields}, free)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	asked := wire.Request{Type: wire.Subscribe, Symbols: []string{"A&B", "S0", "S1", "#none", "S2"}, Trades: []string{"S1", "S2"},
		Bars: []wire.Bars{{Names: []string{"S0", "S1"}, Interval: intervalOf("5m"), Limit: 3}}}
	x := ask(asked)
	given := ask(wire.Request{Type: wire.Unsubscribe, Symbols: []string{"S1"}, Bars: []wire.Bars{{Names: []string{"S1"}}},
		Trades: []string{"S0", "S1"}})
	if h.refreshed(x) != x {
		t.Error("it is another plan, though nothing has become known")
	}
	for _, name := range []string{"A&B", "S1"} {
		if _, err := h.dir.Add(market.Symbol{Symbol: name}); err != nil {
			t.Fatal(err)
		}
	}
	y := h.refreshed(x)
	got := fmt.Sprintf("%s %s %s %s %v %v %v", y.symbols, y.bars, y.trades, y.unknown, y.named.list.IDs, y.series, y.awaited)
	want := fmt.Sprintf(`["S0","A&B","S1"] ["S0","S1"] ["S1"] ["#none","S2"] [0 1 2] %v %v`,
		[]requested{{seriesOf(0, intervalOf("5m")), 3}, {seriesOf(2, intervalOf("5m")), 3}, {seriesOf(2, history.Trades), 0}},
		[]awaited{{name: "S2", of: history.Trades}, {name: "S2", of: ofQuotes}})
	if got != want {
		t.Errorf("the plan is\n%s, want\n%s", got, want)
	}
	if string(x.symbols) != `["S0"]` || len(x.named.list.IDs) != 1 {
		t.Error("the plan before has changed, which another goroutine may read")
	}
	given = h.refreshed(given)
	if fmt.Sprint(given.named.list.IDs, given.drop.bars.list.IDs, given.drop.trades.list.IDs) != "[2] [2] [0 2]" ||
		fmt.Sprintf("%s %s %s", given.symbols, given.bars, given.trades) != `["S1"] ["S1"] ["S0","S1"]` {
		t.Errorf("an unsubscribe is %+v", given)
	}
}

func TestAwaitedNamesCountAgainstTheBounds(t *testing.T) {
	s := serve(t, func(c *Config) { c.MaxSymbols, c.MaxSeries = 5, 4 })
	p := s.join(t, plainSocket, "?symbols=AAPL,A,B&bars=A,B&trades=A")
	p.next("subscribed")
	for text, code := range map[string]string{
		`"symbols":["MSFT","C","D"]`:              "too_many_symbols",
		`"symbols":["A","B","C","AAPL"]`:          "",
		`"trades":["A","B","C"]`:                  "too_many_symbols",
		`"bars":["A"],"interval":"1m"`:            "", // it is the same
		`"bars":["AAPL","MSFT"],"interval":"5m"`:  "too_many_symbols",
		`"symbols":["*","A","B","C","D","E","F"]`: "too_many_symbols",
	} {
		p.say(`{"type":"subscribe","id":1,` + text + `}`)
		for {
			m, err := p.message()
			if err != nil {
				t.Fatal(err)
			}
			if m.Type == "error" || m.Type == "subscribed" && m.ID != nil {
				if m.Code != code {
					t.Errorf("%s: %s with the code %q, want %q", text, m.Type, m.Code, code)
				}
				break
			}
		}
	}
	p.hangUp()
	s.empty(t)
}

func TestALongPollWakesForANameThatBecomesKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serveOver(t, network{pipe: true}, nil)
		s.trade("AAPL", "10")
		since := s.board.Position().String()
		answers := make(chan string, 3)
		for _, query := range []string{"symbols=LATE", "symbols=QUIET,LATE&fields=p", "trades=LATE"} {
			go func() {
				var messages strings.Builder
				err := s.poll(t.Context(), "wait=30s&since="+since+"&"+query, &messages)
				answers <- fmt.Sprint(err, messages.String())
			}()
		}
		until(t, "they wait", func() bool { return s.pollsWaiting() == 3 })
		s.add(t, "OTHER")
		s.trade("OTHER", "1")
		s.trade("AAPL", "11")
		s.add(t, "LATE")
		time.Sleep(time.Second)
		synctest.Wait()
		if s.pollsWaiting() != 3 {
			t.Error("without a quote of the name they are not to be answered")
		}
		s.trade("LATE", "5")
		for range 3 {
			if answer := <-answers; !strings.HasPrefix(answer, "<nil>") {
				t.Error(answer)
			}
		}
		until(t, "nobody waits", func() bool { return s.left() == "" })
	})
}

// All polls that wait for a name look up theirs when it becomes known, in slices: the shards need the other half of the cores.
func TestAPollLooksNamesUpInASlice(t *testing.T) {
	s := serve(t, nil)
	q, err := s.query(t.Context(), "symbols=LATE,NEVER&wait=1s&since="+s.board.Position().String())
	if err != nil {
		t.Fatal(err)
	}
	defer q.Done()
	s.add(t, "LATE")
	before := q.plan
	p := &poll{shard: s.leastLoaded(), woken: make(chan struct{}, 1)}
	defer p.leave()
	over, end := context.WithCancel(t.Context())
	end() // no slice is given
	if q.changed(over, p); q.plan != before {
		t.Error("the names were looked up, though the poll had no slice")
	}
	if q.changed(t.Context(), p); len(q.plan.awaited) != 1 {
		t.Errorf("it waits for %v, want NEVER alone", q.plan.awaited)
	}
}

// The position of an answer holds for a name that it says is unknown: whoever resumes from it is sent the name's quote.
func TestAnAnswersPositionHoldsForNamesThatItDoesNotKnow(t *testing.T) {
	s := serve(t, nil)
	s.trade("AAPL", "10")
	query, err := s.Query(t.Context(), admission.Visitor{}, &wire.Request{Type: wire.Subscribe, Symbols: []string{"AAPL", "LATE"},
		Fields: market.AllFields}, func() {})
	if err != nil {
		t.Fatal(err)
	}
	defer query.Done()
	s.add(t, "LATE") // while the answer is being made
	s.trade("LATE", "5")
	cursor := query.Cursor()
	quoted := len(cursor.IDs) == 2
	if unknown := strings.Contains(string(query.Unknown()), "LATE"); unknown == quoted {
		t.Errorf("unknown %s, quotes of %v at %d", query.Unknown(), cursor.IDs, cursor.At)
	}
}

// Many who wait for the same are one entry of each name, and what they take is reckoned.
func TestWhoeverWaitsForTheSameSharesIt(t *testing.T) {
	h := quietHub(1)
	h.shards = h.shards[:1]
	sh := h.shards[0]
	names := make([]string, 5000)
	for i := range names {
		names[i] = fmt.Sprintf("LATE%d", i)
	}
	before := h.admission.Memory.Used()
	var m0, m1 runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m0)
	const waiters = 1000
	all := appendAwaited(nil, names, ofQuotes, 0)
	slices.SortFunc(all, awaited.compare)
	subscribers := make([]*subscriber, waiters)
	for i := range subscribers {
		s := &subscriber{shard: sh}
		s.follows.list = noSymbols
		subscribers[i] = s
		if !s.await(slices.Clone(all), h.dir.Len()) {
			t.Fatal("no memory")
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&m1)
	reckoned := h.admission.Memory.Used() - before
	own := int64(waiters * 1000) // of the subscribers themselves, which are reckoned elsewhere
	if grown := int64(m1.HeapAlloc) - int64(m0.HeapAlloc); grown > reckoned+own {
		t.Errorf("%d bytes for %d who wait for %d names, want no more than the %d that are reckoned", grown, waiters, len(names), reckoned)
	}
	if len(sh.waitlists.byKey) != 1 || len(sh.waitlists.byName) != len(names) || len(sh.waitlists.byName[names[0]]) != 1 {
		t.Errorf("%d lists, %d names", len(sh.waitlists.byKey), len(sh.waitlists.byName))
	}
	for _, name := range names[:3] {
		if _, err := h.dir.Add(market.Symbol{Symbol: name}); err != nil {
			t.Fatal(err)
		}
	}
	sh.learn(1, 4)
	if len(sh.turns.queue) != waiters {
		t.Errorf("%d have a turn, want each once", len(sh.turns.queue))
	}
	for _, s := range subscribers {
		s.setWaits(nil)
	}
	if used := h.admission.Memory.Used(); used != before || len(sh.waitlists.byName)+len(sh.waitlists.byKey) != 0 || h.awaited.Load() != 0 {
		t.Errorf("%d bytes are still reckoned when nobody waits, and there are %d names", used-before, len(sh.waitlists.byName))
	}
}

// What is reserved for bars and trades that are waited for is what they take when they are followed.
func TestWhatBecomesKnownTakesNoMoreMemory(t *testing.T) {
	s := serve(t, nil)
	p := s.join(t, plainSocket, "?symbols=AAPL")
	p.next("snapshot")
	p.roundTrip()
	before := s.admission.Memory.Used()
	p.say(`{"type":"subscribe","id":1,"bars":["LATE"],"interval":"1s","trades":["LATE"]}`)
	p.next("subscribed")
	s.add(t, "LATE")
	p.raws(`{"type":"trades"`)
	p.roundTrip()
	if n := s.admission.Memory.Used() - before; n != 2*admission.MemorySeries {
		t.Errorf("%d bytes are reserved for what has become known, want %d", n, 2*admission.MemorySeries)
	}
	p.say(`{"type":"unsubscribe","id":2,"bars":["LATE"],"trades":["LATE"]}`)
	p.next("unsubscribed")
	p.roundTrip()
	if n := s.admission.Memory.Used() - before; n != 0 {
		t.Errorf("%d bytes are still reserved when it is given up", n)
	}
	p.hangUp()
	s.empty(t)
}

// Names that nobody waits for any more leave no memory behind, though somebody still waits for others.
func TestManyNamesLeaveNoMemoryBehind(t *testing.T) {
	h := quietHub(0)
	wait := func(n int, prefix string) *subscriber {
		s := &subscriber{shard: h.shards[0]}
		s.follows.list = noSymbols
		var all []awaited
		for i := range n {
			all = append(all, awaited{name: fmt.Sprintf("%s%06d", prefix, i), of: ofQuotes})
		}
		if !s.await(all, h.dir.Len()) {
			t.Fatal("no memory")
		}
		return s
	}
	left := wait(10, "LEFT")
	var m0, m1 runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m0)
	wait(200_000, "GONE").setWaits(nil)
	runtime.GC()
	runtime.ReadMemStats(&m1)
	if grown := int64(m1.HeapAlloc) - int64(m0.HeapAlloc); grown > 1<<20 {
		t.Errorf("%d bytes are left of names that nobody waits for", grown)
	}
	if n := len(h.shards[0].waitlists.byName); n != 10 {
		t.Errorf("%d names are left, want 10", n)
	}
	left.setWaits(nil)
}

// A request that names nothing unknown costs no more for what its client waits for, of which some has become known.
func TestARequestCostsNothingForWhatIsWaitedForBefore(t *testing.T) {
	h := quietHub(0)
	sh := h.shards[0]
	var taken int
	s := newSubscriber(h, WebSocket, h.placed())
	discarding(s, &taken)
	s.begin(nil)
	var all []awaited
	for i := range 10_000 {
		all = append(all, awaited{name: fmt.Sprintf("LATE%05d", i), of: ofQuotes})
	}
	if !s.await(all, 0) {
		t.Fatal("no memory")
	}
	if _, err := h.dir.Add(market.Symbol{Symbol: "LATE00007"}); err != nil {
		t.Fatal(err)
	}
	sh.learn(0, 1)
	s.sendPending()
	const requests = 20
	var m0, m1 runtime.MemStats
	runtime.ReadMemStats(&m0)
	for range requests {
		x, err := h.plan(&wire.Request{Type: wire.Subscribe, Rate: 4}, s.standing(), free)
		if err != nil {
			t.Fatal(err)
		}
		s.ask(&request{kind: wire.Subscribe, plan: x})
	}
	runtime.ReadMemStats(&m1)
	if n := (m1.TotalAlloc - m0.TotalAlloc) / requests; n > 50_000 {
		t.Errorf("a request for another rate takes %d bytes of one who waits for 9999 names", n)
	}
	if got := s.standing(); got.follows != 1 || got.awaits != 9_999 {
		t.Errorf("it follows %d and waits for %d", got.follows, got.awaits)
	}
}

// Many who begin to wait for thousands of names at once hold a flush up for a tenth of the interval, and one of them more.
func TestLongJobsLetAFlushThrough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := quietHub(0)
		sh := h.shards[0]
		done := 0
		for range 10 {
			sh.post(func() {
				time.Sleep(h.cfg.Interval / 20)
				done++
			})
		}
		sh.wake()
		if sh.work(); done != 2 {
			t.Errorf("%d jobs of half the time are done at once, want 2", done)
		}
		for len(sh.inbox.wake) > 0 {
			<-sh.inbox.wake
			sh.wake()
			sh.work()
		}
		if done != 10 {
			t.Errorf("%d jobs are done, want all 10", done)
		}
	})
}

// Whoever waits for names costs a flush nothing, and names that nobody waits for cost others a lookup at most.
func BenchmarkLearn(b *testing.B) {
	for name, waits := range map[string]int{"nobody waits": 0, "10000 names of another": 10_000} {
		b.Run("10000 new symbols, "+name, func(b *testing.B) {
			h := quietHub(0)
			sh := h.shards[0]
			for i := range 10_000 {
				if _, err := h.dir.Add(market.Symbol{Symbol: fmt.Sprintf("S%d", i)}); err != nil {
					b.Fatal(err)
				}
			}
			var all []awaited
			for i := range waits {
				all = append(all, awaited{name: fmt.Sprintf("GARBAGE%05d", i), of: ofQuotes})
			}
			s := &subscriber{shard: sh}
			s.await(all, h.dir.Len())
			b.ReportAllocs()
			for b.Loop() {
				sh.learn(0, h.dir.Len())
			}
		})
	}
}

// noteNames asks the shards for nothing while nobody waits: they do not run here.
func TestNewSymbolsAreNobodysBusinessWhileNobodyWaits(t *testing.T) {
	h := quietHub(5)
	if !h.noteNames(context.Background()) || h.noted != 5 {
		t.Errorf("%d symbols are noted", h.noted)
	}
}

// BenchmarkMembersLearn is what it takes to note a name for which many wait, as part of a flush, and to tell each of them,
// which they are in turns.
func BenchmarkMembersLearn(b *testing.B) {
	const members = 10_000
	for b.Loop() {
		f := newFlushing("shared", 0)
		f.hub.shards = f.hub.shards[:1]
		sh := f.hub.shards[0]
		var taken int
		all := []awaited{{name: "LATE", of: ofQuotes}, {name: "NEVER", of: ofQuotes}}
		for range members {
			s := newSubscriber(f.hub, WebSocket, f.hub.placed())
			discarding(s, &taken)
			s.begin(nil)
			if !s.await(slices.Clone(all), f.hub.dir.Len()) {
				b.Fatal("no memory")
			}
		}
		if _, err := f.hub.dir.Add(market.Symbol{Symbol: "LATE"}); err != nil {
			b.Fatal(err)
		}
		began := time.Now()
		sh.learn(5000, 5001)
		noted := time.Since(began)
		for len(sh.turns.queue) > 0 {
			sh.now = sh.now.Add(time.Second)
			sh.turns.serve(sh)
		}
		b.ReportMetric(float64(noted.Nanoseconds())/members, "ns/noted")
		b.ReportMetric(float64((time.Since(began)-noted).Nanoseconds())/members, "ns/told")
		if want := 3 * members; taken != want { // hello, subscribed and snapshot
			b.Fatalf("%d messages, want %d", taken, want)
		}
	}
}

// A subscriber's position never passes the first quote of a name that it waits for before it follows the name.
func TestNoPositionPassesANameThatIsWaitedFor(t *testing.T) {
	f := newFlushing("shared", 1)
	var sh *shard
	for _, one := range f.hub.shards {
		if len(one.all) > 0 {
			sh = one
		}
	}
	s := sh.all[0]
	if !s.await([]awaited{{name: "LATE", of: ofQuotes}}, f.hub.dir.Len()) {
		t.Fatal("no memory")
	}
	f.flush(1)
	before := s.sent
	if before != f.hub.board.Seq() {
		t.Fatalf("it is at %d of %d", before, f.hub.board.Seq())
	}
	if _, err := f.hub.dir.Add(market.Symbol{Symbol: "LATE"}); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { // of all shards, as far as they are asked
		defer close(done)
		for _, one := range f.hub.shards {
			select {
			case news := <-one.flushes:
				one.learn(news.names.from, news.names.to)
				f.hub.published <- struct{}{}
			case <-ctx.Done():
			}
		}
	}()
	f.ticks = append(f.ticks, market.Tick{Symbol: 5000, Kind: market.KindTrade, Flags: market.Regular, Size: market.Units(1), Time: 1})
	f.flush(2)
	stop()
	<-done
	if !s.waits.ripe() {
		t.Error("the name's quote was committed before anybody looked who waits for it")
	}
	if s.sent != before {
		t.Errorf("it was sent a frame, and is at %d instead of %d, though it does not follow the name yet", s.sent, before)
	}
	sh.now = sh.now.Add(time.Hour)
	sh.turns.serve(sh)
	if s.sent != f.hub.board.Seq() || s.waits != nil || !slices.Contains(s.list.IDs, 5000) {
		t.Errorf("it is at %d of %d and follows %v", s.sent, f.hub.board.Seq(), s.list.IDs)
	}
}
