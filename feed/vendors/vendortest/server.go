package vendortest

//lint:file-ignore SA1019 nhooyr.io/websocket is the library wanted by name; its successor is one import away

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"nhooyr.io/websocket"

	"tickertape/feed/vendors"
)

// Server is a vendor's server. Its clients reach it under every address.
type Server struct {
	listener *listener
	socket   func(*Socket)
	rest     http.Handler
	client   *http.Client

	mu       sync.Mutex
	refusal  int            // guarded by mu: the status of every answer; 0: it accepts
	header   http.Header    // guarded by mu: of refusals
	delay    time.Duration  // guarded by mu: of every answer
	sockets  []*Socket      // guarded by mu: open, oldest first
	connects []time.Time    // guarded by mu: when handshakes were asked for
	requests []string       // guarded by mu: paths and queries that were asked for over REST
	handling sync.WaitGroup // the requests that are being answered: one may begin while the test ends
}

// NewServer starts a server that ends with the test. In a synctest bubble it has to be made there. socket has
// one connection, which ends when it returns; rest answers everything else, nil with 404.
func NewServer(t testing.TB, socket func(*Socket), rest http.Handler) *Server {
	if rest == nil {
		rest = http.NotFoundHandler()
	}
	s := &Server{listener: newListener(), socket: socket, rest: rest}
	transport := &http.Transport{DialContext: s.listener.dial, DialTLSContext: s.listener.dial} // as if TLS were done
	s.client = &http.Client{Transport: transport}
	t.Cleanup(func() { // after the server has ended
		s.listener.join()
		s.handling.Wait()
	})
	s.serve(t, s.listener)
	t.Cleanup(transport.CloseIdleConnections) // before the server ends
	return s
}

// serve answers what comes in at a listener until the test ends.
func (s *Server) serve(t testing.TB, at net.Listener) {
	running := &http.Server{Handler: s, ErrorLog: log.New(io.Discard, "", 0),
		ConnContext: func(ctx context.Context, c net.Conn) context.Context { return context.WithValue(ctx, wireKey{}, c) }}
	done := make(chan struct{})
	go func() {
		defer close(done)
		running.Serve(at)
	}()
	t.Cleanup(func() {
		for _, socket := range s.Sockets() {
			socket.Drop()
		}
		running.Close()
		<-done
	})
}

// Listen is for clients that cannot do without a network, such as the vendors' own: it serves on this machine's
// loopback, too, and returns the host and port. It does not work in a synctest bubble.
func (s *Server) Listen(t testing.TB) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.serve(t, wired{l})
	return l.Addr().String()
}

// wired is a listener whose connections can freeze.
type wired struct{ net.Listener }

func (w wired) Accept() (net.Conn, error) {
	c, err := w.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &wire{Conn: c}, nil
}

type wireKey struct{}

// Client reaches this server under every address.
func (s *Server) Client() *http.Client { return s.client }

// Env is an [Env] whose client reaches this server.
func (s *Server) Env(t testing.TB) vendors.Env {
	t.Helper()
	env := Env(t)
	env.HTTP = s.client
	return env
}

// Refuse answers everything with a status, until Accept.
func (s *Server) Refuse(status int, header http.Header) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refusal, s.header = status, header
}

// Accept ends Refuse, Delay and Vanish.
func (s *Server) Accept() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refusal, s.header, s.delay = 0, nil, 0
	s.listener.gone.Store(false)
}

// Vanish makes it impossible to reach the server, until Accept. Connections that are open stay so.
func (s *Server) Vanish() { s.listener.gone.Store(true) }

// Delay lets every answer wait, until Accept.
func (s *Server) Delay(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.delay = d
}

// Sockets are the open connections, oldest first.
func (s *Server) Sockets() []*Socket {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.sockets)
}

// Follows are the channels that the clients of all open connections have subscribed to, those of the oldest first.
func (s *Server) Follows() (channels []string) {
	for _, socket := range s.Sockets() {
		channels = append(channels, socket.Follows()...)
	}
	return channels
}

// Tell sends text to all who have subscribed to a channel.
func (s *Server) Tell(channel, text string) {
	for _, socket := range s.Sockets() {
		if slices.Contains(socket.Follows(), channel) {
			socket.Send(text) // a client that is gone hears nothing
		}
	}
}

// Connects is when handshakes were asked for.
func (s *Server) Connects() []time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.connects)
}

// Requests are the paths, with their queries, that were asked for over REST.
func (s *Server) Requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// ServeHTTP is the whole server.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.handling.Add(1)
	defer s.handling.Done()
	upgrade := strings.EqualFold(r.Header.Get("Upgrade"), "websocket")
	s.mu.Lock()
	if upgrade {
		s.connects = append(s.connects, time.Now())
	} else {
		s.requests = append(s.requests, r.URL.RequestURI())
	}
	refusal, header, delay := s.refusal, s.header, s.delay
	s.mu.Unlock()
	if delay > 0 {
		timer := time.NewTimer(delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-r.Context().Done():
			return
		}
	}
	switch {
	case refusal != 0:
		for k, v := range header {
			w.Header()[k] = v
		}
		http.Error(w, http.StatusText(refusal), refusal)
	case upgrade:
		s.accept(w, r)
	default:
		s.rest.ServeHTTP(w, r)
	}
}

func (s *Server) accept(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true, CompressionMode: websocket.CompressionDisabled})
	if err != nil {
		return
	}
	conn.SetReadLimit(1 << 20)
	socket := &Socket{Request: r, conn: conn, wire: r.Context().Value(wireKey{}).(*wire),
		turn: make(chan struct{}, 1), ended: make(chan struct{})}
	s.mu.Lock()
	s.sockets = append(s.sockets, socket)
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.sockets = slices.DeleteFunc(s.sockets, func(other *Socket) bool { return other == socket })
		s.mu.Unlock()
		close(socket.ended)
		conn.CloseNow()
		socket.running.Wait()
	}()
	s.socket(socket)
}
