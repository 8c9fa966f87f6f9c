package relay_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"math/rand/v2"
	"net"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"tickertape/broadcast/board"
	"tickertape/broadcast/history"
	"tickertape/broadcast/wire"
	"tickertape/feed"
	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

// recorded is a source that plays a recording of Binance, as much of it as a test asks for.
type recorded struct {
	t     *testing.T
	lines [][]byte
	steps chan func(publish func(market.Batch)) // never closed
	env   vendors.Env
	marks int // that settle has made
}

// coins are the symbols of the recordings.
var coins = []string{"BTCUSDT", "ETHUSDT"}

// record reads the recordings of both coins, in the order of their receipt.
func record(t *testing.T) *recorded {
	t.Helper()
	x := &recorded{t: t, steps: make(chan func(func(market.Batch)))}
	for _, file := range []string{"btcusdt_20240808.gz", "ethusdt_20240808.gz"} {
		path := "../../../shared/data/binance-spot-2024/" + file
		packed, err := os.Open(path)
		if errors.Is(err, fs.ErrNotExist) {
			t.Skipf("%s: no recording there", path)
		}
		if err != nil {
			t.Fatal(err)
		}
		defer packed.Close()
		z, err := gzip.NewReader(packed)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(z)
		if err != nil {
			t.Fatal(err)
		}
		x.lines = append(x.lines, bytes.Split(bytes.TrimSpace(text), []byte("\n"))...)
	}
	slices.SortStableFunc(x.lines, bytes.Compare) // each begins with 19 digits of its time
	return x
}

func (x *recorded) Info() feed.Info { return feed.Info{Name: "binance", Lossless: true} }

func (x *recorded) Run(ctx context.Context, publish func(market.Batch)) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case step := <-x.steps:
			step(publish)
		}
	}
}

// open is the origin's feed.
func (x *recorded) open(env vendors.Env) []feed.Source {
	x.env = env
	return []feed.Source{x}
}

// do has the source do something, and waits until it is done.
func (x *recorded) do(what func(publish func(market.Batch))) {
	done := make(chan struct{})
	x.steps <- func(publish func(market.Batch)) {
		defer close(done)
		what(publish)
	}
	<-done
}

// tick is what a message says, and whether it is a trade or a quote.
func (x *recorded) tick(text []byte, received market.Time) (k market.Tick, is bool) {
	var m struct {
		Stream string
		Data   map[string]json.RawMessage
	}
	if json.Unmarshal(text, &m) != nil {
		return k, false
	}
	coin, stream, _ := strings.Cut(m.Stream, "@")
	id, err := x.env.Dir.Add(market.Symbol{Symbol: strings.ToUpper(coin), Decimals: 2})
	if err != nil {
		return k, false
	}
	number := func(key string) string { return strings.Trim(string(m.Data[key]), `"`) }
	priceOf := func(key string) market.Price { p, _ := market.ParsePrice(number(key)); return p }
	sizeOf := func(key string) market.Quantity { q, _ := market.ParseQuantity(number(key)); return q }
	k = market.Tick{Symbol: id, Received: received}
	switch stream {
	case "trade":
		k.Kind, k.Flags, k.Price, k.Size = market.KindTrade, market.Regular, priceOf("p"), sizeOf("q")
		k.ID, _ = strconv.ParseUint(number("t"), 10, 64)
		ms, _ := strconv.ParseInt(number("T"), 10, 64)
		k.Time = market.Time(ms * 1000)
	case "bookTicker":
		k.Kind, k.Flags, k.Time = market.KindQuote, market.BothSides, received
		k.Bid, k.BidSize, k.Ask, k.AskSize = priceOf("b"), sizeOf("B"), priceOf("a"), sizeOf("A")
	default:
		return k, false
	}
	return k, true
}

// play plays the next lines of the recording, and calls between after every so many.
func (x *recorded) play(lines, every int, between func()) {
	x.t.Helper()
	lines = min(lines, len(x.lines))
	for n := 0; n < lines; n += every {
		some := x.lines[n:min(n+every, lines)]
		x.do(func(publish func(market.Batch)) {
			for _, line := range some {
				at, text, _ := bytes.Cut(line, []byte(" "))
				received, _ := strconv.ParseInt(string(at), 10, 64)
				if k, is := x.tick(text, market.Time(received/1000)); is {
					publish(market.Batch{Ticks: []market.Tick{k}})
				}
			}
		})
		if between != nil {
			between()
		}
	}
	x.lines = x.lines[lines:]
}

// shownSeries is all that a client can see of bars and trades of symbols, and of the day's figures, by what it is, as it is sent.
func (s *server) shownSeries(symbols ...string) map[string]string {
	s.t.Helper()
	all := map[string]string{}
	b := s.board.Board()
	for _, symbol := range symbols {
		id, known := s.dir.ID(symbol)
		if !known {
			continue
		}
		var bars [4096]history.Bar
		for k := range history.Interval(history.NumIntervals) {
			n, then := b.SelectBars(id, &history.Range{Interval: k, To: math.MaxUint32, Fields: history.AllBarFields}, 0, bars[:])
			if then != 0 {
				s.t.Fatalf("more than %d bars", n)
			}
			for i := range n {
				all[fmt.Sprintf("%s %v %d", symbol, k, i)] = string(wire.AppendBar(nil, &bars[i], history.AllBarFields))
			}
		}
		var trades [2 * history.TradesAtOnce]history.NumberedTrade
		read := b.ReadTrades(id, &history.Reader{Interval: history.Trades, FromStart: true}, &trades)
		var message struct{ Trades []json.RawMessage }
		if err := json.Unmarshal(wire.AppendTrades(nil, 1, time.Time{}, symbol, &read, trades[:read.Trades]), &message); err != nil {
			s.t.Fatal(err)
		}
		for i, trade := range message.Trades {
			all[fmt.Sprintf("%s trade %d", symbol, i)] = string(trade)
		}
		if int(id) >= b.Size() {
			continue
		}
		var versions [1]board.Version
		b.Versions([]market.SymbolID{id}, versions[:])
		q := &versions[0].Quote
		for f := range (q.Set &^ market.FieldSource).All() {
			all[symbol+" "+f.Key] = string(wire.AppendQuote(nil, symbol, q, f.Bit))
		}
	}
	return all
}

// settle waits until a server has published all that the source has said.
func (x *recorded) settle(origin *server) {
	x.t.Helper()
	x.marks++
	id, err := x.env.Dir.Add(market.Symbol{Symbol: "MARK"})
	if err != nil {
		x.t.Fatal(err)
	}
	mark := market.Tick{Symbol: id, Kind: market.KindQuote, Flags: market.HasAsk, Ask: market.Price(x.marks), Time: market.TimeOf(time.Now())}
	x.do(func(publish func(market.Batch)) { publish(market.Batch{Ticks: []market.Tick{mark}}) })
	want := fmt.Sprintf(`{"s":"MARK","a":%v}`, market.Price(x.marks))
	for began := time.Now(); origin.shownSeries("MARK")["MARK a"] != want; {
		if time.Since(began) > 30*time.Second {
			x.t.Fatalf("the origin has not published all: %v", origin.shownSeries("MARK"))
		}
	}
}

// impatient is a source that is redialled at once.
type impatient struct{ feed.Source }

func (s impatient) Run(ctx context.Context, publish func(market.Batch)) error {
	for ctx.Err() == nil {
		s.Source.Run(ctx, publish)
	}
	return nil
}

// differs says how two servers differ; "" where they do not.
func differs(want, got map[string]string) string {
	var lines []string
	for key, value := range want {
		if got[key] != value {
			lines = append(lines, fmt.Sprintf("%s: %s, want %s", key, got[key], value))
		}
	}
	for key, value := range got {
		if _, there := want[key]; !there {
			lines = append(lines, fmt.Sprintf("%s: %s, want none", key, value))
		}
	}
	slices.Sort(lines)
	if n := len(lines); n > 6 {
		lines = append(lines[:6], fmt.Sprintf("and %d more", n-6))
	}
	return strings.Join(lines, "\n")
}

// becomes waits until a server shows what another does, and returns how long that took.
func (s *server) becomes(what string, origin *server, symbols ...string) time.Duration {
	s.t.Helper()
	began := time.Now()
	for {
		difference := differs(origin.shownSeries(symbols...), s.shownSeries(symbols...))
		took := time.Since(began)
		if difference == "" {
			return took
		}
		if took > 30*time.Second {
			s.t.Fatalf("%s: never\n%s", what, difference)
		}
	}
}

// wire is a way to a server that can be cut.
type cable struct {
	net.Listener
	to string

	mu    sync.Mutex
	conns []net.Conn // guarded by mu
}

func newCable(t *testing.T, to string) *cable {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &cable{Listener: l, to: to}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", to)
			if err != nil {
				c.Close()
				continue
			}
			w.mu.Lock()
			w.conns = append(w.conns, c, far)
			w.mu.Unlock()
			all.Go(func() { io.Copy(far, c); far.Close() })
			all.Go(func() { io.Copy(c, far); c.Close() })
		}
	})
	t.Cleanup(func() {
		l.Close()
		w.cut()
		all.Wait()
	})
	return w
}

// cut cuts all connections, and returns how many there were.
func (w *cable) cut() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.conns {
		c.Close()
	}
	n := len(w.conns) / 2
	w.conns = nil
	return n
}

func TestBarsAndTradesThreeHopsAwayAreTheOrigins(t *testing.T) {
	x := record(t)
	origin := serve(t, "127.0.0.1:0", x.open)
	x.play(10_000, 500, nil)
	x.settle(origin)
	first := serve(t, "127.0.0.1:0", follow(t, origin.addr, "*"))
	second := serve(t, "127.0.0.1:0", follow(t, first.addr, "*"))
	second.becomes("before the pause", origin, coins...)
	third := serve(t, "127.0.0.1:0", follow(t, second.addr, "BTCUSDT", "ETHUSDT"))
	third.becomes("before the pause", origin, coins...)

	for range 4 {
		x.play(10_000, 250, nil)
		x.settle(origin)
		if took := third.becomes("at a pause", origin, coins...); took > 2*time.Second {
			t.Errorf("equal after %v", took)
		}
	}
	late := serve(t, "127.0.0.1:0", follow(t, first.addr, "BTCUSDT"))
	x.play(len(x.lines), 1000, nil)
	x.amend()
	x.settle(origin)
	for name, s := range map[string]*server{"first": first, "second": second, "third": third} {
		s.becomes("at the end, "+name, origin, coins...)
	}
	late.becomes("at the end, late", origin, "BTCUSDT")

	shown := origin.shownSeries(coins...)
	if n := len(shown); n < 1000 || shown["BTCUSDT trade 99"] == "" || !strings.Contains(fmt.Sprint(shown), `"st":"cancelled"`) ||
		!strings.Contains(fmt.Sprint(shown), `"st":"corrected"`) || !strings.Contains(fmt.Sprint(shown), `"x":true`) {
		t.Errorf("the origin shows %d values", n)
	}
}

// amend publishes what no recording of Binance has: trades of all conditions, out of order and outside the session, and
// corrections of them.
func (x *recorded) amend() {
	id, _ := x.env.Dir.ID("BTCUSDT")
	at := market.Time(1723161600000000)
	trade := func(number uint64, price int64, seconds int, flags market.Flags, conditions string) market.Tick {
		return market.Tick{Symbol: id, Kind: market.KindTrade, ID: 1<<40 + number, Price: market.Price(price) * market.Scale,
			Size: market.Units(2), Flags: flags, Time: at + market.Time(seconds)*1e6, Received: at, Conditions: conditions}
	}
	x.do(func(publish func(market.Batch)) {
		publish(market.Batch{Ticks: []market.Tick{
			trade(1, 61600, 1, market.Regular, "@,<F>"),
			trade(2, 61700, 2, market.Regular, ""),
			trade(3, 61650, 3, market.SetsVolume, "I"),
			trade(4, 61500, 4, market.SetsVolume|market.SetsExtended, "T"),
			trade(5, 61800, 5, market.Regular, "ü"),
			trade(6, 61900, 5, market.Regular, ""),
			trade(7, 61610, 0, market.Regular.AsOutOfOrder(), "Z"),
		}})
	})
	was := func(price int64) market.Print {
		return market.Print{Price: market.Price(price) * market.Scale, Size: market.Units(2), Flags: market.Regular}
	}
	x.do(func(publish func(market.Batch)) {
		publish(market.Batch{Corrections: []market.Correction{
			{Symbol: id, ID: 1<<40 + 6, Old: was(61900), Time: at + 6e6},
			{Symbol: id, ID: 1<<40 + 2, Old: was(61700), New: was(61710), Time: at + 6e6},
		}})
	})
}

func TestARelayThatIsCutTenTimesHasAll(t *testing.T) {
	x := record(t)
	origin := serve(t, "127.0.0.1:0", x.open)
	w := newCable(t, origin.addr)
	cutting := serve(t, "127.0.0.1:0", func(env vendors.Env) []feed.Source {
		return []feed.Source{impatient{follow(t, w.Addr().String(), "*")(env)[0]}}
	})
	behind := serve(t, "127.0.0.1:0", follow(t, cutting.addr, "*"))
	x.play(3000, 100, nil)
	x.settle(origin)
	cutting.becomes("before", origin, coins...)
	for range 10 {
		x.play(1000, 100, nil)
		if w.cut() == 0 {
			t.Error("there was nothing to cut")
		}
		x.play(1000, 100, nil)
		x.settle(origin)
		cutting.becomes("after a cut", origin, coins...)
	}
	behind.becomes("behind it", origin, coins...)
}

func TestAServerThatBeginsAnewTakesOldBarsAndTradesWithIt(t *testing.T) {
	x := record(t)
	origin := serve(t, lasting(), x.open)
	first := serve(t, "127.0.0.1:0", follow(t, origin.addr, "*"))
	second := serve(t, "127.0.0.1:0", follow(t, first.addr, "*"))
	x.play(20_000, 1000, nil)
	x.settle(origin)
	second.becomes("before", origin, coins...)
	origin.stop()
	next := serve(t, origin.addr, x.open)
	x.play(5000, 1000, nil)
	x.settle(next)
	first.becomes("after the restart", next, coins...)
	second.becomes("after the restart, behind", next, coins...)
}

func TestASymbolThatTradesLaterHasItsBarsAndTrades(t *testing.T) {
	m := &venue{feed.Info{Name: "sim", Simulated: true, Lossless: true}, make(chan market.Batch)}
	origin := serve(t, "127.0.0.1:0", m.open(t))
	relays := map[string]*server{"all": serve(t, "127.0.0.1:0", follow(t, origin.addr, "*")),
		"named": serve(t, "127.0.0.1:0", follow(t, origin.addr, "AAPL", "LATE"))}
	m.trade(18931)
	for name, s := range relays {
		s.becomes("the first, "+name, origin, "AAPL")
	}
	id, err := origin.dir.Add(market.Symbol{Symbol: "LATE"})
	if err != nil {
		t.Fatal(err)
	}
	m.news <- market.Batch{Ticks: []market.Tick{{Symbol: id, Kind: market.KindTrade, Flags: market.Regular, Price: market.Scale,
		Size: market.Units(1), Time: market.TimeOf(time.Now())}}}
	relays["all"].becomes("the late one", origin, "AAPL", "LATE")
	if testing.Short() {
		return // the names that were unknown are asked for again after a while
	}
	relays["named"].becomes("the late one by name", origin, "AAPL", "LATE")
}

// Symbols beyond max_series are followed by name as well.
func TestMoreNamesThanAClientMayFollow(t *testing.T) {
	m := &venue{feed.Info{Name: "sim", Simulated: true, Lossless: true}, make(chan market.Batch)}
	origin := serve(t, "127.0.0.1:0", m.open(t))
	var names []string
	var ticks []market.Tick
	for i := range 60 {
		names = append(names, fmt.Sprintf("S%d", i))
		id, _ := origin.dir.Add(market.Symbol{Symbol: names[i]})
		ticks = append(ticks, market.Tick{Symbol: id, Kind: market.KindTrade, Flags: market.Regular, Price: market.Price(i+1) * market.Scale,
			Size: market.Units(1), Time: market.TimeOf(time.Now())})
	}
	m.news <- market.Batch{Ticks: ticks}
	some := names[:59]
	relayed := serve(t, "127.0.0.1:0", follow(t, origin.addr, some...))
	relayed.becomes("all that are named", origin, some...)
	if _, known := relayed.dir.ID("S59"); known {
		t.Error("S59 came, though nobody asked for it")
	}
}

// A relay that did not count when its bars and trades came has them all once it counts.
func TestARelayThatCountsLaterHasAll(t *testing.T) {
	m := &venue{feed.Info{Name: "sim", Simulated: true, Lossless: true}, make(chan market.Batch)}
	before := serve(t, lasting(), m.open(t))
	before.stop()
	other := &venue{feed.Info{Name: "other", Lossless: true}, make(chan market.Batch)}
	relayed := serve(t, "127.0.0.1:0", func(env vendors.Env) []feed.Source {
		return append(follow(t, before.addr, "*")(env), other.open(t)(env)...)
	})
	ahead := market.TimeOf(time.Now().Add(4 * time.Second)) // newer than what the relay has when it comes
	other.news <- market.Batch{Ticks: []market.Tick{{Kind: market.KindTrade, Flags: market.Regular, Price: 7 * market.Scale,
		Size: market.Units(1), Time: ahead}}}
	shows := func(what, key, want string) {
		t.Helper()
		for began := time.Now(); relayed.shownSeries("AAPL")[key] != want; {
			if time.Since(began) > 20*time.Second {
				t.Fatalf("%s: %v", what, relayed.shownSeries("AAPL"))
			}
		}
	}
	shows("the other source counts", "AAPL p", `{"s":"AAPL","p":7}`)
	origin := serve(t, before.addr, m.open(t))
	m.trade(100)
	m.trade(101)
	for i := 0; relayed.shownSeries("AAPL")["AAPL p"] == `{"s":"AAPL","p":7}`; i++ {
		m.trade(int64(102 + i))
		if i > 1000 {
			t.Fatal("the relay never counts")
		}
		for seq := origin.board.Board().Seq(); origin.board.Board().Seq() == seq; {
			runtime.Gosched()
		}
	}
	relayed.becomes("bars and trades of the origin", origin, "AAPL")
}

// TestRandomRunsAreTheSameTwoHopsAway has trades of all kinds, late ones, corrections, cancellations and days that begin anew,
// while connections are cut.
func TestRandomRunsAreTheSameTwoHopsAway(t *testing.T) {
	seeds := uint64(6)
	if testing.Short() {
		seeds = 1 // each takes two seconds and more
	}
	for seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			dice := rand.New(rand.NewPCG(seed, 9))
			x := &recorded{t: t, steps: make(chan func(func(market.Batch)))}
			origin := serve(t, "127.0.0.1:0", x.open)
			cables := []*cable{newCable(t, origin.addr)}
			through := func(c *cable) func(vendors.Env) []feed.Source {
				return func(env vendors.Env) []feed.Source {
					return []feed.Source{impatient{follow(t, c.Addr().String(), "*")(env)[0]}}
				}
			}
			first := serve(t, "127.0.0.1:0", through(cables[0]))
			cables = append(cables, newCable(t, first.addr))
			second := serve(t, "127.0.0.1:0", through(cables[1]))
			names := []string{"A", "B", "C"}
			for _, symbol := range names {
				if _, err := x.env.Dir.Add(market.Symbol{Symbol: symbol}); err != nil {
					t.Fatal(err)
				}
			}
			r := &randomTrades{Rand: dice, began: market.TimeOf(time.Now())}
			for range 12 {
				for range dice.IntN(6) {
					x.do(func(publish func(market.Batch)) { publish(r.batch(len(names))) })
					if dice.IntN(3) == 0 {
						cables[dice.IntN(2)].cut()
					}
					if dice.IntN(3) == 0 {
						x.settle(origin)
					}
				}
				x.settle(origin)
				second.becomes("at a pause", origin, names...)
			}
		})
	}
}

// randomTrades are trades and corrections of some symbols.
type randomTrades struct {
	*rand.Rand
	began market.Time
	id    uint64
	told  []market.Correction
}

func (r *randomTrades) batch(symbols int) (b market.Batch) {
	now := market.TimeOf(time.Now())
	flags := []market.Flags{market.Regular, market.Regular, market.Regular, market.SetsVolume, market.SetsVolume | market.SetsHighLow,
		market.SetsExtended | market.SetsVolume, market.Regular.AsOutOfOrder()}
	conditions := []string{"", "", "@", "@,T", "I"}
	id := market.SymbolID(r.IntN(symbols))
	switch r.IntN(8) {
	case 0: // the day begins anew, or the whole recording
		at := now
		if r.IntN(2) == 0 {
			at = r.began - 100e6
			r.told = slices.DeleteFunc(r.told, func(c market.Correction) bool { return c.Symbol == id })
		}
		b.Ticks = append(b.Ticks, market.Tick{Symbol: id, Kind: market.KindSession, Time: at, Received: now})
	case 1, 2:
		for i := len(r.told) - 1; i >= 0 && i > len(r.told)-20; i -= 1 + r.IntN(9) {
			c := &r.told[i]
			if c.New = (market.Print{}); r.IntN(2) == 0 && c.Old.Flags != 0 {
				c.New = market.Print{Price: market.Price(1+r.IntN(999)) * market.Scale / 100, Size: c.Old.Size, Flags: c.Old.Flags}
			}
			b.Corrections = append(b.Corrections, *c)
			c.Old = c.New
		}
		r.told = slices.DeleteFunc(r.told, func(c market.Correction) bool { return c.Old.Flags == 0 })
	default:
		for range 1 + r.IntN(150) {
			r.id++
			k := market.Tick{Symbol: id, Kind: market.KindTrade, ID: r.id, Price: market.Price(1+r.IntN(999)) * market.Scale / 100,
				Size: market.Units(uint64(r.IntN(9))), Flags: flags[r.IntN(len(flags))], Time: now, Received: now,
				Conditions: conditions[r.IntN(len(conditions))]}
			if k.Flags&market.OutOfOrder != 0 {
				k.Time -= market.Time(r.IntN(5e6))
			}
			b.Ticks = append(b.Ticks, k)
			was := market.Print{Price: k.Price, Size: k.Size, Flags: k.Flags}
			r.told = append(r.told, market.Correction{Symbol: id, ID: k.ID, Time: now, Old: was})
		}
	}
	return b
}
