package relay_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"tickertape/broadcast"
	"tickertape/broadcast/admission"
	"tickertape/broadcast/wire"
	"tickertape/dashboard"
	"tickertape/feed"
	"tickertape/feed/calendar"
	"tickertape/feed/consolidate"
	"tickertape/feed/market"
	"tickertape/feed/relay"
	"tickertape/feed/vendors"
)

// server is a whole node as the program makes one, on a port of this machine.
type server struct {
	t     *testing.T
	dir   *market.Directory
	board *broadcast.Hub
	addr  string
	stop  func()
	reg   *prometheus.Registry
}

var quiet = slog.New(slog.DiscardHandler)

// serve starts a node. An address with the port 0 is any.
func serve(t *testing.T, addr string, open func(env vendors.Env) []feed.Source) *server {
	t.Helper()
	hours, err := calendar.New(calendar.DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	reg := prometheus.NewRegistry()
	s := &server{t: t, dir: market.NewDirectory(), reg: reg}
	sources := open(vendors.Env{Dir: s.dir, Log: quiet, Faults: vendors.NewFaults(quiet, reg), Hours: hours})
	v := feed.NewSupervisor(feed.DefaultConfig(), quiet, reg)
	for i := range sources {
		sources[i] = v.Supervise(sources[i], nil)
	}
	source := consolidate.New(consolidate.DefaultConfig(), feed.DefaultConfig().Silence, sources, s.dir, hours, quiet, reg)
	cfg := broadcast.DefaultConfig()
	adm := admission.New(admission.DefaultConfig(), admission.Options{Places: 10_000}, admission.NewRefusalLog(quiet, reg), reg)
	s.board = broadcast.NewHub(cfg, nil, s.dir,
		broadcast.Source{Name: source.Info().Name, Simulated: source.Info().Simulated, Replayed: source.Info().Replayed}, adm, quiet, reg)
	d, err := dashboard.OpenServer(t.Context(), dashboard.Config{Listen: addr},
		dashboard.Bounds{Admission: adm, AckTimeout: cfg.WriteTimeout + cfg.Heartbeat},
		dashboard.Site{Hub: s.board, Symbols: s.dir, Zone: func(string) string { return "UTC" }, MaxSymbols: cfg.MaxSymbols}, quiet, reg)
	if err != nil {
		t.Fatal(err)
	}
	s.addr = d.Addr()
	serving, stop := context.WithCancel(context.Background())
	running, end := context.WithCancel(context.Background())
	var group errgroup.Group
	group.Go(func() error { return source.Run(running, s.board.Apply) })
	group.Go(func() error { return s.board.Run(running) })
	group.Go(func() error {
		defer end()
		return d.Run(serving)
	})
	stopped := false
	s.stop = func() {
		if stopped {
			return
		}
		stopped = true
		stop()
		if err := group.Wait(); err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(s.stop)
	return s
}

// lasting is any port of an address that no other test listens on: when a node has ended, its port is still free for the
// next.
func lasting() string {
	if runtime.GOOS == "linux" { // where all of 127.0.0.0/8 is this machine
		return "127.0.0.3:0"
	}
	return "127.0.0.1:0"
}

// follow opens a relay of a node at an address.
func follow(t *testing.T, addr string, symbols ...string) func(vendors.Env) []feed.Source {
	return func(env vendors.Env) []feed.Source {
		sources, err := relay.Open(relay.Config{URL: "http://" + addr, Symbols: symbols}, env)
		if err != nil {
			t.Fatal(err)
		}
		return sources
	}
}

// market is a source that says what a test has it say.
type venue struct {
	info feed.Info
	news chan market.Batch
}

func (m *venue) Info() feed.Info { return m.info }

func (m *venue) Run(ctx context.Context, publish func(market.Batch)) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case b := <-m.news:
			publish(b)
		}
	}
}

// open is a market with the symbol AAPL.
func (m *venue) open(t *testing.T) func(vendors.Env) []feed.Source {
	return func(env vendors.Env) []feed.Source {
		if _, err := env.Dir.Add(market.Symbol{Symbol: "AAPL", Name: "Apple Inc.", Currency: "USD", Decimals: 2}); err != nil {
			t.Fatal(err)
		}
		return []feed.Source{m}
	}
}

func (m *venue) trade(cents int64) {
	now := market.TimeOf(time.Now())
	m.news <- market.Batch{Ticks: []market.Tick{{Kind: market.KindTrade, Flags: market.Regular,
		Price: market.Price(cents) * market.Scale / 100, Size: market.Units(3), Time: now, Received: now}}}
}

// viewer is what somebody sees of a node who listens to all that it says.
type viewer struct {
	t      *testing.T
	dir    *market.Directory
	news   chan market.Batch
	tally  map[string]*market.Tally
	states map[string]market.State
	status market.Status
}

func view(s *server) *viewer {
	s.t.Helper()
	v := &viewer{t: s.t, dir: market.NewDirectory(), news: make(chan market.Batch), tally: map[string]*market.Tally{},
		states: map[string]market.State{}}
	source := follow(s.t, s.addr, "*")(vendors.Env{Dir: v.dir, Log: quiet, Faults: vendors.NewFaults(quiet, prometheus.NewRegistry())})[0]
	source = feed.NewSupervisor(feed.DefaultConfig(), quiet, prometheus.NewRegistry()).Supervise(source, nil)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- source.Run(ctx, func(b market.Batch) {
			mine := market.Batch{Images: append([]market.Quote(nil), b.Images...)}
			if b.Status != nil {
				status := *b.Status
				mine.Status = &status
			}
			select {
			case v.news <- mine:
			case <-ctx.Done():
			}
		})
	}()
	s.t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			s.t.Error(err)
		}
	})
	return v
}

// until waits for something to become true of what the viewer sees, or of a node.
func (v *viewer) until(what string, is func() bool) {
	v.t.Helper()
	timeLimit := time.NewTimer(20 * time.Second)
	defer timeLimit.Stop()
	again := time.NewTicker(10 * time.Millisecond) // nodes learn records without telling the viewer
	defer again.Stop()
	for !is() {
		select {
		case <-again.C:
		case <-timeLimit.C:
			v.t.Fatalf("%s: never; AAPL %+v, status %+v", what, v.quote("AAPL"), v.status)
		case b := <-v.news:
			if b.Status != nil {
				v.status = *b.Status
			}
			for i := range b.Images {
				symbol := v.dir.Symbol(b.Images[i].Symbol).Symbol
				if v.tally[symbol] == nil {
					v.tally[symbol] = &market.Tally{}
				}
				v.states[symbol] = b.Images[i].State
				v.tally[symbol].Image(&b.Images[i])
			}
		}
	}
}

func (v *viewer) quote(symbol string) (q market.Quote) {
	if y := v.tally[symbol]; y != nil {
		q = y.Quote()
	}
	q.State = v.states[symbol]
	return q
}

// shows waits for a price and a state of AAPL.
func (v *viewer) shows(price string, state market.State) {
	v.t.Helper()
	v.until(price+" "+state.String(), func() bool {
		q := v.quote("AAPL")
		return q.Price.String() == price && q.State == state
	})
}

func TestThreeNodesInARowSayTheSame(t *testing.T) {
	m := &venue{feed.Info{Name: "sim", Simulated: true, Lossless: true}, make(chan market.Batch)}
	first := serve(t, "127.0.0.1:0", m.open(t))
	second := serve(t, "127.0.0.1:0", follow(t, first.addr, "*"))
	third := serve(t, "127.0.0.1:0", follow(t, second.addr, "AAPL"))
	v := view(third)

	m.trade(18931)
	m.trade(18950)
	v.shows("189.5", market.Live)
	if q := v.quote("AAPL"); q.Volume.String() != "6" || q.Count != 2 || q.High.String() != "189.5" || q.Low.String() != "189.31" ||
		q.Open.String() != "189.31" || q.VWAP.String() != "189.405" {
		t.Errorf("quote %+v", q)
	}
	v.until("the status names the source", func() bool {
		return v.status.State == market.Live && v.status.Simulated && strings.HasSuffix(v.status.Message, ": sim live") &&
			strings.Count(v.status.Message, ",") == 2
	})
	for i, s := range []*server{second, third} {
		v.until(fmt.Sprintf("node %d has the record", i+2), func() bool {
			id, known := s.dir.ID("AAPL")
			return known && s.dir.Symbol(id) == market.Symbol{Symbol: "AAPL", Name: "Apple Inc.", Currency: "USD", Decimals: 2}
		})
	}

	m.news <- market.Batch{Ticks: []market.Tick{{Kind: market.KindState, State: market.Halted}}}
	v.shows("189.5", market.Halted)
	m.news <- market.Batch{Ticks: []market.Tick{{Kind: market.KindState, State: market.Live}}}
	v.shows("189.5", market.Live)

	m.news <- market.Batch{Ticks: []market.Tick{{Kind: market.KindSession, Price: 180 * market.Scale, Time: market.TimeOf(time.Now())}}}
	v.until("a new session", func() bool {
		q := v.quote("AAPL")
		return q.PreviousClose.String() == "180" && q.Set&(market.FieldVolume|market.FieldOpen|market.FieldVWAP) == 0
	})

	m.news <- market.Batch{Status: &market.Status{State: market.Down, Message: "the market burns"}}
	v.shows("189.5", market.Down)
	v.until("the status says why", func() bool {
		return v.status.State == market.Down && strings.HasSuffix(v.status.Message, ": sim down: the market burns")
	})
}

// What prices are, how each source is, and when it is quiet come through any number of nodes, and to every access of the last.
func TestThreeNodesInARowSayTheSameOfTheSources(t *testing.T) {
	alpaca := &venue{feed.Info{Name: "alpaca", Lossless: true, Delay: 15 * time.Minute}, make(chan market.Batch)}
	replay := &venue{feed.Info{Name: "replay", Lossless: true, Replayed: true}, make(chan market.Batch)}
	first := serve(t, "127.0.0.1:0", func(env vendors.Env) []feed.Source { return append(alpaca.open(t)(env), replay) })
	second := serve(t, "127.0.0.1:0", follow(t, first.addr, "*"))
	third := serve(t, "127.0.0.1:0", follow(t, second.addr, "*"))
	v := view(third)
	say := func(m *venue, state market.State, message string, quiet bool) {
		m.news <- market.Batch{Status: &market.Status{State: state, Message: message, Quiet: quiet}}
	}
	say(alpaca, market.Live, "", true)
	say(replay, market.Down, "the disk is full", false)
	behind := func(source string) (s market.Status) {
		for _, s := range v.status.Behind {
			if s.Source == source {
				return s
			}
		}
		return s
	}
	v.until("all is said", func() bool {
		a, r := behind("alpaca"), behind("replay")
		return v.status.State == market.Live && v.status.Quiet && v.status.Replayed && v.status.Delay == 15*time.Minute && !v.status.Simulated &&
			a.State == market.Live && a.Quiet && a.Delay == 15*time.Minute && !a.Replayed && a.Since != 0 &&
			r.State == market.Down && !r.Quiet && r.Delay == 0 && r.Replayed && r.Message == "the disk is full"
	})
	if n := len(v.status.Behind); n != 2 {
		t.Errorf("%d sources: %+v", n, v.status.Behind)
	}

	defer http.DefaultClient.CloseIdleConnections()
	response, err := http.Get("http://" + third.addr + "/api/quotes?symbols=AAPL")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var answer struct {
		Replayed bool
		Sources  []wire.Status
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	if s := answer.Sources; !answer.Replayed || len(s) != 1 || !s[0].Quiet || s[0].Delay != 900_000 || len(s[0].Sources) != 2 {
		t.Errorf("REST: %+v", answer)
	}

	say(alpaca, market.Live, "", false)
	v.until("the quiet ends", func() bool { return !v.status.Quiet && !behind("alpaca").Quiet })
}

func TestPricesAreRightAgainAfterARestart(t *testing.T) {
	m := &venue{feed.Info{Name: "sim", Simulated: true, Lossless: true}, make(chan market.Batch)}
	first := serve(t, lasting(), m.open(t))
	second := serve(t, "127.0.0.1:0", follow(t, first.addr, "*"))
	v := view(second)
	m.trade(100)
	v.shows("1", market.Live)

	first.stop()
	v.shows("1", market.Down)
	serve(t, first.addr, m.open(t))
	m.trade(200)
	// It may take longer to be found again than a market may be silent, so there is another trade.
	v.until("the price of the new run", func() bool { return v.quote("AAPL").Price.String() == "2" })
	m.trade(200)
	v.until("the trades of the new run, and no others", func() bool {
		q := v.quote("AAPL")
		return q.State == market.Live && q.Volume.String() == "6" && q.Count == 2
	})
}

// A node that has just started knows no symbols but those that it is told.
func TestASymbolThatTheNodeBetweenLearnsLaterComes(t *testing.T) {
	m := &venue{feed.Info{Name: "sim", Simulated: true, Lossless: true}, make(chan market.Batch)}
	first := serve(t, lasting(), m.open(t))
	first.stop()
	second := serve(t, "127.0.0.1:0", follow(t, first.addr, "*"))
	third := serve(t, "127.0.0.1:0", follow(t, second.addr, "AAPL"))
	v := view(third)
	v.until("nobody knows it", func() bool { return v.states["AAPL"] == market.Down })
	serve(t, first.addr, m.open(t))
	m.trade(100)
	v.shows("1", market.Live)
}

// A node that follows itself must not keep its own prices alive.
func TestARingIsLetGo(t *testing.T) {
	m := &venue{feed.Info{Name: "sim", Simulated: true, Lossless: true}, make(chan market.Batch)}
	first := serve(t, lasting(), m.open(t))
	addr := first.addr
	first.stop()
	ring := serve(t, addr, func(env vendors.Env) []feed.Source {
		return append(m.open(t)(env), follow(t, addr, "*")(env)...)
	})
	watched := map[string]string{}
	v := view(ring)
	m.trade(100)
	v.shows("1", market.Live)
	v.until("the ring is seen", func() bool {
		watched[v.status.Message] = ""
		return strings.Contains(v.status.Message, "the source refuses the connection")
	})
	if len(watched) > 12 {
		t.Errorf("%d statuses until then", len(watched))
	}
	m.trade(105)
	v.shows("1.05", market.Live)
	m.news <- market.Batch{Status: &market.Status{State: market.Down, Message: "gone"}}
	v.shows("1.05", market.Down)
}
