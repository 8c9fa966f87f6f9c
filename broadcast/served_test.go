package broadcast

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tickertape/broadcast/board"
	"tickertape/broadcast/conn"
	"tickertape/broadcast/conn/conntest"
	"tickertape/feed/market"
)

// served is a running hub behind a real HTTP server.
type served struct {
	*Hub
	url     string
	reg     *prometheus.Registry
	server  *httptest.Server
	connect func() (net.Conn, error) // a connection to it, before any TLS
	tls     *tls.Config              // a client's; nil when it is not wanted
	client  *http.Client             // speaks HTTP/2 over a wire that does
	upgrade *http.Client             // never does
}

const timeLimit = 10 * time.Second

// network is how the server is reached.
type network struct {
	tls, http2 bool                            //
	wrapped    bool                            // connections are no *net.TCPConn
	pipe       bool                            // they are net.Pipe, for a bubble; there is no poller
	through    func(http.Handler) http.Handler // middleware
	more       int                             // symbols M0, M1 and so on
}

func serve(t *testing.T, change func(*Config)) *served {
	t.Helper()
	return serveOver(t, network{}, change)
}

func serveOver(t *testing.T, w network, change func(*Config)) *served {
	t.Helper()
	cfg := DefaultConfig()
	cfg.Interval = 5 * time.Millisecond
	if change != nil {
		change(&cfg)
	}
	dir := market.NewDirectory()
	for _, s := range []string{"AAPL", "MSFT", "QUIET"} {
		if _, err := dir.Add(market.Symbol{Symbol: s, PreviousClose: 100 * market.Scale}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range w.more {
		if _, err := dir.Add(market.Symbol{Symbol: fmt.Sprintf("M%d", i)}); err != nil {
			t.Fatal(err)
		}
	}
	reg := prometheus.NewRegistry()
	b := NewHub(cfg, []Watchlist{{Name: "tech", Symbols: []string{"AAPL", "MSFT"}}}, dir, Source{Name: "sim", Simulated: true}, openDoor(cfg),
		slog.New(slog.DiscardHandler), reg)
	if w.pipe {
		b.sockets = conn.NewSockets(false, b.log)
	}
	s := &served{Hub: b, reg: reg}
	handler := s.streams()
	if w.through != nil {
		handler = w.through(handler)
	}
	server := httptest.NewUnstartedServer(handler)
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	address := server.Listener.Addr().String()
	s.server, s.connect = server, func() (net.Conn, error) { return net.Dial("tcp", address) }
	if w.pipe {
		server.Listener.Close()
		pipes := conntest.NewPipeListener()
		server.Listener, s.connect = pipes, pipes.Dial
	}
	server.Listener = &patientListener{&narrowListener{server.Listener, w.wrapped}, cfg.WriteTimeout}
	if server.EnableHTTP2 = w.http2; w.tls {
		server.StartTLS()
		s.tls = &tls.Config{RootCAs: x509.NewCertPool(), ServerName: "example.com"}
		s.tls.RootCAs.AddCert(server.Certificate())
	} else {
		server.Start()
	}
	s.url = server.URL
	s.client, s.upgrade = s.httpClient(t, w.http2), s.httpClient(t, false)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		b.Run(ctx)
	}()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		b.Drain(ctx, 0)
		s.client.CloseIdleConnections()
		s.upgrade.CloseIdleConnections()
		server.Close()
		stop()
		<-done
	})
	b.Apply(market.Batch{Status: &market.Status{State: market.Live, Since: 1}})
	until(t, "every shard knows that the feed is live", s.live) // or its subscribers are told among other things
	return s
}

// live reports whether every shard has the feed for live.
func (s *served) live() bool {
	known := make(chan bool, len(s.shards))
	for _, sh := range s.shards {
		sh.post(func() { known <- sh.sources.State == market.Live })
	}
	all := true
	for range s.shards {
		all = <-known && all
	}
	return all
}

// httpClient has a connection of its own for every request that is not HTTP/2, and a small window there.
func (s *served) httpClient(t *testing.T, http2 bool) *http.Client {
	tr := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return s.connect() },
		TLSClientConfig: s.tls.Clone(), ForceAttemptHTTP2: http2, HTTP2: &http.HTTP2Config{MaxReceiveBufferPerStream: 16 << 10}}
	return &http.Client{Transport: tr}
}

// patientListener accepts connections that wait for slow readers, below TLS too.
type patientListener struct {
	net.Listener
	timeout time.Duration
}

func (l *patientListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return conn.NewPatient(c, l.timeout), nil
}

// narrowListener accepts connections with small buffers: a reader that stalls is felt at once.
type narrowListener struct {
	net.Listener
	wrapped bool
}

func (l *narrowListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	if tcp, ok := c.(*net.TCPConn); ok {
		tcp.SetWriteBuffer(4 << 10)
	}
	if l.wrapped {
		c = struct{ net.Conn }{c}
	}
	return c, nil
}

// trade takes in a trade and returns when it has been published.
func (s *served) trade(symbol string, price string) {
	id, _ := s.dir.ID(symbol)
	p, err := market.ParsePrice(price)
	if err != nil {
		panic(err)
	}
	s.Apply(market.Batch{Ticks: []market.Tick{stamped(market.Tick{Symbol: id, Kind: market.KindTrade, Flags: market.Regular, Price: p,
		Size: market.Units(100)})}})
	for deadline := time.Now().Add(timeLimit); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if s.quote(id).Price == p {
			return
		}
	}
	panic("not published: " + symbol + " " + price)
}

// quote is what has been published of a symbol.
func (s *served) quote(id market.SymbolID) market.Quote {
	var picked [1]board.Picked
	s.board.Read(&board.Cursor{List: board.List{IDs: []market.SymbolID{id}}, Fields: market.AllFields, Mode: board.Snapshot}, picked[:])
	return picked[0].Quote
}

// until polls for a condition.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(timeLimit); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", timeLimit, what)
		}
	}
}
