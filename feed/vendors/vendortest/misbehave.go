package vendortest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tickertape/feed"
	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

// Rig is a feed and the server that it speaks to.
type Rig struct {
	Server  *Server
	Env     vendors.Env // that Sources were opened with
	Sources []feed.Source
	// Trade has one share or coin of Vendor.Symbol traded, and sends it to everybody who is connected and has
	// subscribed to it, as the vendor would.
	Trade func(price string, at time.Time)
}

// Vendor is a feed whose server misbehaves.
type Vendor struct {
	Symbol string // as it is called in the directory
	// Exclusive is a vendor that drops a connection at once while another one has the same key: to be dropped
	// so again and again means that another program has it, and to come back seldom.
	Exclusive bool
	// Judged is a vendor that sends only what it believes itself: times and the order of trades are its
	// business.
	Judged bool
	// Start makes the server and the feed, within the bubble of a test.
	Start func(t *testing.T) Rig
}

// stage is a feed that runs, with prices.
type stage struct {
	Rig
	*Watcher
	t         *testing.T
	symbol    string
	exclusive bool
	cfg       feed.Config
}

// Misbehave lets the server do all that servers do, and looks each time whether the status is true
// meanwhile, whether prices are right again as soon as the configuration promises, and whether it all ends.
func Misbehave(t *testing.T, v Vendor) {
	for name, play := range map[string]func(*stage){
		"it drops the connection":            (*stage).drops,
		"it tears a message":                 (*stage).tears,
		"it closes since it restarts":        (*stage).restarts,
		"it is silent, but connected":        (*stage).freezes,
		"it sends garbage":                   (*stage).garbage,
		"it sends an old trade":              (*stage).wrongOrder,
		"its handshake is slow":              (*stage).slowHandshake,
		"it wants to be left alone":          (*stage).tooMany,
		"it refuses the key":                 (*stage).refused,
		"it sends ten times as much":         (*stage).burst,
		"its clock is a little ahead":        (*stage).skewed,
		"its clock is wrong":                 (*stage).wrongClock,
		"it is not there":                    (*stage).unreachable,
		"it drops every new connection once": (*stage).flaps,
		"its errors say too much":            (*stage).blabs,
		"its prices have too many decimals":  (*stage).tooPrecise,
	} {
		t.Run(name, func(t *testing.T) {
			if v.Judged && slices.Contains(judged[:], name) {
				return
			}
			synctest.Test(t, func(t *testing.T) {
				Wednesday(15) // 10:00 in New York
				rig := v.Start(t)
				cfg := feed.DefaultConfig()
				s := &stage{rig, Watch(t, rig.Env, rig.Sources, cfg), t, v.Symbol, v.Exclusive, cfg}
				s.within(5*time.Second, "it connects", func() bool { return len(s.Server.Sockets()) >= len(rig.Sources) })
				s.pass("100", 3*time.Second)
				play(s)
			})
		})
	}
}

// judged are the faults that show in what is published of trades.
var judged = [...]string{"it sends an old trade", "its clock is a little ahead", "its clock is wrong"}

// within waits for something to become true.
func (s *stage) within(most time.Duration, what string, is func() bool) {
	s.t.Helper()
	if !becomes(most, is) {
		q := s.Quote(s.symbol)
		s.t.Fatalf("%s: not within %v; price %v %v, status %v %q", what, most, q.Price, q.State, s.Status().State, s.Status().Message)
	}
}

// pass trades at a price until it shows, live.
func (s *stage) pass(price string, most time.Duration) {
	s.t.Helper()
	want, err := market.ParsePrice(price)
	if err != nil {
		s.t.Fatal(err)
	}
	s.within(most, "price "+price, func() bool {
		s.Trade(price, time.Now())
		synctest.Wait()
		q := s.Quote(s.symbol)
		return q.Price == want && q.State == market.Live && s.Status().State == market.Live
	})
}

// soon is the longest first wait before dialling again, and some time to do it.
const soon = 3 * time.Second

// lost waits until the price is no longer live.
func (s *stage) lost(most time.Duration) {
	s.t.Helper()
	s.within(most, "the price is not live", func() bool {
		return s.Quote(s.symbol).State == market.Down && s.Status().State == market.Down && s.Status().Message != ""
	})
	if m := s.Status().Message; strings.ContainsAny(m, "\n\r") {
		s.t.Errorf("message %q", m)
	}
}

func (s *stage) each(do func(*Socket)) {
	for _, socket := range s.Server.Sockets() {
		do(socket)
	}
}

func (s *stage) drops() {
	s.each((*Socket).Drop)
	s.lost(time.Second)
	s.pass("101", soon)
	if s.Metric("tickertape_feed_breaks_total", "cause", "lost") < 1 {
		s.t.Error("no break was counted")
	}
}

func (s *stage) tears() {
	s.each((*Socket).Tear)
	s.lost(time.Second)
	s.pass("101", soon)
}

func (s *stage) restarts() {
	s.each(func(socket *Socket) { go socket.Close(1001, "restart") })
	s.pass("101", soon)
	if s.Metric("tickertape_feed_breaks_total", "cause", "restart") < 1 {
		s.t.Error("no restart was counted")
	}
}

func (s *stage) freezes() {
	s.Server.Vanish() // or the next attempt might succeed before anybody looks
	s.each((*Socket).Freeze)
	s.lost(s.cfg.Silence + 5*time.Second)
	s.Server.Accept()
	s.pass("102", soon)
}

func (s *stage) garbage() {
	for _, text := range []string{"", "{", "null", "[]", "[[[[[[[[", "{}", `{"type":5}`, "\x00\x01",
		`{"a":` + strings.Repeat("[", 100_000), "[null]", `[{"T":1}]`, `"text"`, "1e400"} {
		s.each(func(socket *Socket) { socket.Send(text) })
	}
	s.pass("101", 30*time.Second)
}

// tooPrecise: a trade is kept at the nearest price that there is, and refused where that would be none.
func (s *stage) tooPrecise() {
	want := market.Price(100_012_345_679)
	s.within(3*time.Second, "a price of ten decimals", func() bool {
		s.Trade("100.0123456785", time.Now())
		synctest.Wait()
		return s.Quote(s.symbol).Price == want
	})
	if s.Metric("tickertape_feed_bad_messages_total", "kind", "rounded") < 1 {
		s.t.Error("no rounding was counted")
	}
	s.Trade("0.0000000001", time.Now())
	synctest.Wait()
	if q := s.Quote(s.symbol); q.Price != want {
		s.t.Errorf("a price that is rounded to zero is shown as %v", q.Price)
	}
	if s.Metric("tickertape_feed_bad_messages_total", "kind", "number") < 1 {
		s.t.Error("a price that is rounded to zero was not counted")
	}
	s.pass("101", 3*time.Second)
}

func (s *stage) wrongOrder() {
	s.Trade("101", time.Now())
	s.Trade("99", time.Now().Add(-time.Second))
	synctest.Wait()
	if got := s.Quote(s.symbol).Price.String(); got != "101" {
		s.t.Errorf("price %s, want 101", got)
	}
	if got := s.Metric("tickertape_feed_late_trades_total"); got < 1 {
		s.t.Error("nothing was counted")
	}
	s.pass("102", time.Second)
}

func (s *stage) slowHandshake() {
	s.Server.Delay(time.Hour)
	s.each((*Socket).Drop)
	s.lost(time.Second)
	time.Sleep(time.Minute)
	synctest.Wait()
	if n := len(s.Server.Connects()); n < 2+len(s.Sources) {
		s.t.Errorf("%d connections were tried in a minute", n)
	}
	s.lost(time.Second)
	s.Server.Accept()
	s.pass("101", 2*time.Minute)
}

func (s *stage) tooMany() {
	s.Server.Refuse(http.StatusTooManyRequests, http.Header{"Retry-After": {"90"}})
	s.each((*Socket).Drop)
	s.lost(2 * time.Second)
	s.within(soon, "it is refused", func() bool { return strings.Contains(s.Why(), "429") })
	before := len(s.Server.Connects())
	time.Sleep(85 * time.Second)
	synctest.Wait()
	if n := len(s.Server.Connects()); n > before+len(s.Sources) {
		s.t.Errorf("%d attempts within the time that it wants to be left alone", n-before)
	}
	s.Server.Accept()
	s.pass("101", 2*time.Minute)
}

// keyed are the feeds that need a key.
var keyed = map[string]bool{"alpaca": true, "finnhub": true, "massive": true}

func (s *stage) refused() {
	s.Server.Refuse(http.StatusUnauthorized, nil)
	s.each((*Socket).Drop)
	s.within(soon, "it is refused", func() bool { return strings.Contains(s.Why(), "401") })
	advice := "a key or a password is wanted, and none is sent"
	if keyed[s.Sources[0].Info().Name] {
		advice = "the key or the plan does not allow it"
	}
	if !strings.Contains(s.Why(), advice) {
		s.t.Errorf("the log's %q does not say: %s", s.Why(), advice)
	}
	before := len(s.Server.Connects())
	time.Sleep(10 * time.Minute)
	synctest.Wait()
	if n := len(s.Server.Connects()) - before; n > 10*len(s.Sources) {
		s.t.Errorf("%d attempts in ten minutes", n)
	}
	s.lost(time.Second)
	s.Server.Accept()
	s.pass("101", 20*time.Minute)
}

func (s *stage) burst() {
	at := time.Now()
	for i := range 3000 {
		s.Trade(fmt.Sprintf("100.%02d", i%50), at.Add(time.Duration(i)*time.Microsecond))
	}
	synctest.Wait()
	time.Sleep(100 * time.Millisecond)
	s.pass("101", time.Second)
}

func (s *stage) skewed() {
	s.Trade("101", time.Now().Add(1272*time.Millisecond))
	synctest.Wait()
	if got := s.Quote(s.symbol).Price.String(); got != "101" {
		s.t.Errorf("price %s, want 101", got)
	}
	time.Sleep(500 * time.Millisecond)
	if got := s.Metric("tickertape_feed_clock_skew_seconds"); got < 1.2 || got > 1.3 {
		s.t.Errorf("skew %v s", got)
	}
}

func (s *stage) wrongClock() {
	for range 3 {
		s.Trade("101", time.Now().Add(time.Hour))
		time.Sleep(time.Second)
	}
	synctest.Wait()
	if got := s.Quote(s.symbol).Price.String(); got != "100" {
		s.t.Errorf("price %s, want 100", got)
	}
	s.pass("102", time.Second)
	if got := s.Metric("tickertape_feed_ticks_refused_total", "reason", "future"); got < 1 {
		s.t.Error("nothing was counted")
	}
}

func (s *stage) unreachable() {
	s.Server.Vanish()
	s.each((*Socket).Drop)
	s.lost(time.Second)
	time.Sleep(10 * time.Minute)
	synctest.Wait()
	s.lost(time.Second)
	if !strings.HasPrefix(s.Why(), "dial ") || !strings.Contains(s.Why(), hidden) {
		s.t.Errorf("the log's %q does not say what cannot be reached", s.Why())
	}
	s.Server.Accept()
	s.pass("101", 2*time.Minute)
}

// blabs closes with a reason that subscribers must not see; the Watcher looks at all that they do.
func (s *stage) blabs() {
	s.Server.Vanish() // or it would be back before anybody looks
	s.each(func(socket *Socket) { go socket.Close(1011, "dial "+hidden+": /etc/CANARY, user@host: refused") })
	s.lost(time.Second)
	if !slices.ContainsFunc(s.Whys(), func(why string) bool { return strings.Contains(why, hidden+": /etc/CANARY") }) {
		s.t.Errorf("the log does not say why: %q", s.Whys())
	}
	s.Server.Accept()
	s.pass("101", 20*time.Minute)
}

func (s *stage) flaps() {
	most := time.Minute
	if s.exclusive {
		most = 16 * time.Minute // the longest wait of one that is refused
	}
	for range 5 {
		s.each((*Socket).Drop)
		s.within(most, "it connects", func() bool { return len(s.Server.Sockets()) >= len(s.Sources) })
	}
	s.pass("101", 2*time.Minute)
}
