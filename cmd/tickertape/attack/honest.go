package attack

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/gobwas/ws"
)

// The honest clients beside each attack.
const (
	Subscribers = 50 // over WebSocket
	eventReader = 5  // over server-sent events
	askPause    = 250 * time.Millisecond
	joinTime    = 20 * time.Second // for the first update, of one who is turned away and comes back
	joinPause   = 500 * time.Millisecond
	pollWait    = "2s"
)

// honest are clients who follow #leaders, read all of it and answer nothing, one who asks for quotes four times a second,
// and one who polls.
type honest struct {
	streams []*stream
	ended   sync.WaitGroup

	mu       sync.Mutex
	answered int // guarded by mu: requests of the two who ask
	refused  int // the same, with another status than 200 and 204
	failed   int // the same, without an answer
}

// HonestReport is what honest clients have seen since the last mark.
type HonestReport struct {
	Gaps    Gaps     // between an update and the next, of all streams
	Least   int      // updates of the stream that had fewest
	Dropped []string // streams that ended after their first update, ever
	Turned  int      // times that one was turned away before, ever

	Answered, Refused, Failed int // requests, of the reader and the poller
}

// startHonest connects the honest clients, and returns when each stream has had its first update.
func startHonest(ctx context.Context, spec *Spec) (*honest, error) {
	h := &honest{}
	began := make(chan error, Subscribers+eventReader)
	for i := range cap(began) {
		s := &stream{over: "WebSocket", began: began}
		h.streams = append(h.streams, s)
		listen := s.listenWebSocket
		if i >= Subscribers {
			s.over, listen = "server-sent events", s.listenEvents
		}
		h.ended.Go(func() { s.end(ctx, s.insist(ctx, func() error { return listen(ctx, spec.Addr) })) })
	}
	for range cap(began) {
		if err := <-began; err != nil {
			return nil, err
		}
	}
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{}}
	h.ended.Go(func() { h.askOn(ctx, client, "http://"+spec.Addr+"/api/quotes?symbols=%23leaders", false) })
	h.ended.Go(func() { h.askOn(ctx, client, "http://"+spec.Addr+"/api/quotes?symbols=%23leaders", true) })
	return h, nil
}

func (h *honest) wait() { h.ended.Wait() }

// askOn asks four times a second; a poll asks for what changed since the last answer.
func (h *honest) askOn(ctx context.Context, client *http.Client, url string, polls bool) {
	position := ""
	every(ctx, askPause, func() error { // until ctx ends
		target := url
		if polls && position != "" {
			target += "&wait=" + pollWait + "&since=" + position
		}
		status, tag, err := askOnce(ctx, client, target)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		h.mu.Lock()
		defer h.mu.Unlock()
		switch {
		case err != nil:
			h.failed++
		case status >= 300:
			h.refused++
		default:
			h.answered++
			position = tag
		}
		return nil
	})
}

func askOnce(ctx context.Context, client *http.Client, url string) (status int, tag string, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, "", err
	}
	answer, err := client.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		return 0, "", err
	}
	return answer.StatusCode, strings.Trim(answer.Header.Get("ETag"), `"`), nil
}

func (h *honest) report(mark bool) any {
	now := time.Now()
	var r HonestReport
	var gaps []time.Duration
	longest := time.Duration(0)
	for i, s := range h.streams {
		s.mu.Lock()
		if n := s.updates; i == 0 || n < r.Least {
			r.Least = n
		}
		gaps = append(gaps, s.gaps...)
		r.Turned += s.turned
		if s.dropped == "" {
			longest = max(longest, now.Sub(s.last)) // the silence that lasts
		} else {
			r.Dropped = append(r.Dropped, s.dropped)
		}
		if mark {
			s.gaps, s.updates = nil, 0
		}
		s.mu.Unlock()
	}
	r.Gaps = gapsOf(gaps, longest)
	h.mu.Lock()
	defer h.mu.Unlock()
	r.Answered, r.Refused, r.Failed = h.answered, h.refused, h.failed
	if mark {
		h.answered, h.refused, h.failed = 0, 0, 0
	}
	return r
}

// stream is a subscriber.
type stream struct {
	over  string       // the transport
	began chan<- error // one value: nil with the first update, or why there was none

	mu      sync.Mutex
	last    time.Time // guarded by mu, as is the rest: of the last update
	updates int       // since the mark
	gaps    []time.Duration
	dropped string // why it has ended; "" while it has not
	turned  int    // times that it was turned away before its first update
}

// insist listens, and connects again until there has been an update, as clients do that were turned away because the
// server was full.
func (s *stream) insist(ctx context.Context, listen func() error) error {
	limit, cancel := context.WithTimeout(ctx, joinTime)
	defer cancel()
	for {
		err := listen()
		pause := time.NewTimer(rand.N(joinPause))
		s.mu.Lock()
		joined := !s.last.IsZero()
		if !joined {
			s.turned++
		}
		s.mu.Unlock()
		if joined {
			return err
		}
		select {
		case <-pause.C:
		case <-limit.Done():
			return err
		}
	}
}

// update notes that one has come.
func (s *stream) update() {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last.IsZero() {
		s.began <- nil
	} else {
		s.gaps = append(s.gaps, now.Sub(s.last))
	}
	s.last = now
	s.updates++
}

// end notes why the stream is over, unless the run itself is.
func (s *stream) end(ctx context.Context, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last.IsZero() {
		s.began <- fmt.Errorf("an honest client over %s has had no update: %w", s.over, err)
	}
	if ctx.Err() == nil {
		s.dropped = fmt.Sprintf("%s: %v", s.over, err)
	}
}

// ask connects and sends a request.
func (s *stream) ask(ctx context.Context, addr, request string) (net.Conn, *bufio.Reader, error) {
	c, err := (&net.Dialer{Timeout: dialTime}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, nil, err
	}
	open := &ending{c, context.AfterFunc(ctx, func() { c.Close() })}
	if _, err := io.WriteString(c, request); err != nil {
		open.Close()
		return nil, nil, err
	}
	return open, bufio.NewReaderSize(c, 32<<10), nil
}

var updateHead = []byte(`{"type":"update"`)

func (s *stream) listenWebSocket(ctx context.Context, addr string) error {
	c, r, err := s.ask(ctx, addr, "GET /ws?symbols=%23leaders HTTP/1.1\r\nHost: "+addr+"\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: tickertape.v1.json\r\n\r\n")
	if err != nil {
		return err
	}
	defer c.Close()
	answer, err := http.ReadResponse(r, nil)
	if err != nil {
		return err
	}
	if answer.StatusCode != http.StatusSwitchingProtocols {
		return fmt.Errorf("the handshake's answer is %s", answer.Status)
	}
	for {
		h, err := ws.ReadHeader(r)
		if err != nil {
			return err
		}
		size := int(h.Length)
		head, err := r.Peek(min(size, len(updateHead)))
		if err != nil {
			return err
		}
		if bytes.Equal(head, updateHead) {
			s.update()
		}
		if h.OpCode == ws.OpClose {
			why, _ := r.Peek(size)
			return fmt.Errorf("closed by the server: %q", why)
		}
		if _, err := r.Discard(size); err != nil {
			return err
		}
	}
}

func (s *stream) listenEvents(ctx context.Context, addr string) error {
	c, r, err := s.ask(ctx, addr, "GET /events?symbols=%23leaders HTTP/1.1\r\nHost: "+addr+"\r\nAccept: text/event-stream\r\n\r\n")
	if err != nil {
		return err
	}
	defer c.Close()
	answer, err := http.ReadResponse(r, nil)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("the answer is %s", answer.Status)
	}
	lines := bufio.NewScanner(answer.Body)
	for lines.Buffer(nil, 1<<20); lines.Scan(); {
		switch lines.Text() {
		case "event: update":
			s.update()
		case "event: error":
			lines.Scan()
			return fmt.Errorf("sent away: %s", lines.Text())
		}
	}
	if err := lines.Err(); err != nil {
		return err
	}
	return io.EOF
}
