package relay

//lint:file-ignore SA1019 nhooyr.io/websocket is the library wanted by name; its successor is one import away

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"nhooyr.io/websocket"

	"tickertape/feed"
)

// fakeServer speaks the protocol by script, over pipes or any listener.
type fakeServer struct {
	t       *testing.T
	http    http.Server
	pipes   *pipes
	script  func(n int, l *fakeLine) // plays the server's part of the n-th connection, from 0
	records map[string]string        // JSON, by symbol
	about   string                   // the answer of /api/quotes

	mu    sync.Mutex
	lines int      // guarded by mu
	asked []string // guarded by mu: queries of /api/symbols
}

const aboutSim = `{"epoch":"e1","seq":1,"source":"sim","simulated":true,"quotes":[]}`

func startServer(t *testing.T, script func(n int, l *fakeLine)) *fakeServer {
	s := &fakeServer{t: t, script: script, about: aboutSim, pipes: newPipes(), records: map[string]string{
		"AAPL": `{"symbol":"AAPL","name":"Apple Inc.","sector":"Tech","currency":"USD","decimals":2}`,
		"MSFT": `{"symbol":"MSFT","name":"Microsoft","sector":"Tech","currency":"USD","decimals":2}`,
	}}
	mux := http.NewServeMux()
	mux.HandleFunc("/api/quotes", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, s.about) })
	mux.HandleFunc("/api/symbols", s.symbols)
	mux.HandleFunc("/ws", s.webSocket)
	s.http.Handler = mux
	var serving sync.WaitGroup
	serving.Go(func() { s.http.Serve(s.pipes) })
	t.Cleanup(func() {
		s.http.Close()
		serving.Wait()
	})
	return s
}

func (s *fakeServer) symbols(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query().Get("symbols")
	s.mu.Lock()
	s.asked = append(s.asked, query)
	s.mu.Unlock()
	var found []string
	for _, name := range strings.Split(query, ",") {
		for symbol, record := range s.records {
			if symbol == name || name == "*" && symbol != "LATE" {
				found = append(found, record)
			}
		}
	}
	fmt.Fprintf(w, `{"symbols":[%s]}`, strings.Join(found, ","))
}

func (s *fakeServer) webSocket(w http.ResponseWriter, r *http.Request) {
	c, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{subprotocol}, InsecureSkipVerify: true})
	if err != nil {
		return
	}
	defer c.CloseNow()
	s.mu.Lock()
	n := s.lines
	s.lines++
	s.mu.Unlock()
	l := &fakeLine{c, make(chan string, 100)}
	var reading sync.WaitGroup
	reading.Go(l.read) // whoever only speaks would block both ends of a pipe
	s.script(n, l)
	c.CloseNow()
	reading.Wait()
}

// transport dials the server over pipes.
func (s *fakeServer) transport() *http.Transport {
	return &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return s.pipes.dial(ctx) }}
}

// fakeLine is the server's end of a connection.
type fakeLine struct {
	socket *websocket.Conn
	heard  chan string // closed by read
}

func (l *fakeLine) read() {
	defer close(l.heard)
	for {
		_, text, err := l.socket.Read(context.Background())
		if err != nil {
			return
		}
		l.heard <- string(text)
	}
}

func (l *fakeLine) say(messages ...string) {
	for _, m := range messages {
		if l.socket.Write(context.Background(), websocket.MessageText, []byte(m)) != nil {
			return
		}
	}
}

// hear is what the client says next; "" once it has gone.
func (l *fakeLine) hear() string { return <-l.heard }

// hold keeps the line open until the client leaves.
func (l *fakeLine) hold() {
	for l.hear() != "" {
	}
}

func (l *fakeLine) close(code int, reason string) { l.socket.Close(websocket.StatusCode(code), reason) }

// pipes is a listener in memory, so that virtual time passes while both ends wait.
type pipes struct {
	conns  chan net.Conn // never closed
	closed chan struct{}
	once   sync.Once
	mu     sync.Mutex
	down   bool // guarded by mu: nobody listens
}

func newPipes() *pipes {
	return &pipes{conns: make(chan net.Conn), closed: make(chan struct{})}
}

var errRefused = errors.New("connection refused")

func (p *pipes) dial(ctx context.Context) (net.Conn, error) {
	p.mu.Lock()
	down := p.down
	p.mu.Unlock()
	if down {
		return nil, errRefused
	}
	near, far := net.Pipe()
	select {
	case p.conns <- far:
		return near, nil
	case <-p.closed:
		return nil, errRefused
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *pipes) setDown(down bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down = down
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "pipe"} }

// follower runs a source and keeps what it publishes, one line a thing.
type follower struct {
	source *Source
	dir    *feed.Directory
	stop   context.CancelFunc
	done   chan error
	news   chan struct{} // one slot: something was told; nil where nobody waits

	mu   sync.Mutex
	told []string // guarded by mu
}

func follow(t *testing.T, s *fakeServer, log *slog.Logger, symbols ...string) *follower {
	t.Helper()
	f := &follower{dir: feed.NewDirectory(), done: make(chan error, 1)}
	var err error
	if f.source, err = open(Config{URL: "http://pipe", Symbols: symbols}, f.dir, log, s.transport()); err != nil {
		t.Fatal(err)
	}
	f.run(t)
	return f
}

func (f *follower) run(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	f.stop = stop
	go func() { f.done <- f.source.Run(ctx, f.publish) }()
}

func (f *follower) publish(b feed.Batch) {
	f.mu.Lock()
	defer f.mu.Unlock()
	select {
	case f.news <- struct{}{}:
	default:
	}
	if b.Status != nil {
		f.told = append(f.told, strings.TrimSpace(fmt.Sprint("status ", b.Status.State, " ", b.Status.Message)))
	}
	for i := range b.Images {
		q := &b.Images[i]
		f.told = append(f.told, fmt.Sprintf("%s %s", f.dir.Symbol(q.Symbol).Symbol, shown(q)))
	}
	for i := range b.Ticks {
		t := &b.Ticks[i]
		f.told = append(f.told, fmt.Sprintf("%s tick %d sides %d at %d", f.dir.Symbol(t.Symbol).Symbol, t.Kind, t.Flags, t.Time))
	}
}

// take returns what was told since the last call.
func (f *follower) take() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	told := f.told
	f.told = nil
	return told
}

func (f *follower) end(t *testing.T) {
	t.Helper()
	f.stop()
	if err := <-f.done; err != nil {
		t.Errorf("run: %v", err)
	}
}

// shown are a quote's values that the tests use.
func shown(q *feed.Quote) string {
	var b strings.Builder
	part := func(field feed.Fields, format string, value any) {
		if q.Set&field != 0 {
			fmt.Fprintf(&b, format+" ", value)
		}
	}
	part(feed.FieldPrice, "p=%v", q.Price)
	part(feed.FieldSize, "z=%v", q.Size)
	part(feed.FieldBid, "b=%v", q.Bid)
	part(feed.FieldBidSize, "bz=%v", q.BidSize)
	part(feed.FieldAsk, "a=%v", q.Ask)
	part(feed.FieldOpen, "o=%v", q.Open)
	part(feed.FieldVolume, "v=%v", q.Volume)
	part(feed.FieldCount, "n=%v", q.Count)
	part(feed.FieldTime, "t=%d", q.Time)
	part(feed.FieldState, "%v", q.State)
	return strings.TrimSpace(b.String())
}

func parse(t testing.TB, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func (f *follower) peek() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string(nil), f.told...)
}

// cut breaks the line without a word.
func (l *fakeLine) cut() { l.socket.CloseNow() }
