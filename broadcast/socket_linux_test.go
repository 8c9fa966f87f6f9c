package broadcast

import (
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"testing"
	"time"

	"tickertape/broadcast/conn/conntest"
)

func TestConnectionsThatComeAndGoGetNobodyElsesBytes(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // it closes what was forgotten
	s := serve(t, func(c *Config) { c.Interval = time.Millisecond })
	symbols := []string{"AAPL", "MSFT", "QUIET"}
	for _, symbol := range symbols {
		s.trade(symbol, "1.5")
	}
	s.join(t, overWebSocket, "?symbols=AAPL").next("snapshot") // the poller is there
	descriptors, goroutines := open(t), runtime.NumGoroutine()

	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
				s.trade(symbols[i%3], fmt.Sprintf("%d.25", i+2))
			}
		}
	}()
	var workers sync.WaitGroup
	const each = 125
	for worker := range 4 {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for i := range each {
				if err := s.visit(symbols[(worker+i)%3], worker*each+i); err != nil {
					t.Errorf("visit %d of worker %d: %v", i, worker, err)
				}
			}
		}()
	}
	workers.Wait()
	close(stop)
	<-stopped
	until(t, "all have gone but the first", func() bool { return s.count() == 1 })
	until(t, "their descriptors are closed", func() bool { return open(t) <= descriptors })
	until(t, "their goroutines are over", func() bool { return runtime.NumGoroutine() <= goroutines })
	if watched := s.sockets.Watched(); watched != 1 {
		t.Errorf("the poller watches %d sockets, want 1", watched)
	}
	last := s.join(t, overWebSocket, "?symbols=AAPL") // the poller lives
	last.next("snapshot")
	last.roundTrip()
	last.hangUp()
	until(t, "the last has gone too", func() bool { return s.count() == 1 })
}

// open is how many descriptors are open.
func open(t *testing.T) int {
	t.Helper()
	all, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}

// visit connects, listens to one symbol for a while and leaves in one of many ways.
func (s *served) visit(symbol string, number int) error {
	c, err := s.connect()
	if err != nil {
		return err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(timeLimit))
	if number%5 == 4 {
		c.(*net.TCPConn).SetLinger(0) // leaves with a reset
	}
	w := overWebSocket
	if number%2 == 0 {
		w = accessBySocket["events"]
	}
	p := &testClient{transport: w.transport, conn: c}
	if err := p.shake(w, "?symbols="+symbol); err != nil {
		return err
	}
	for range number % 7 { // leaves at any point
		m, err := p.message()
		if err != nil {
			return err
		}
		for _, q := range m.Quotes {
			if q["s"] != symbol {
				return fmt.Errorf("follows %s, was told of %v", symbol, q["s"])
			}
		}
		if m.Type == "subscribed" && (len(m.Symbols) != 1 || m.Symbols[0] != symbol) {
			return fmt.Errorf("follows %s, was told %v", symbol, m.Symbols)
		}
	}
	if number%3 == 1 && p.transport == WebSocket {
		if _, err := c.Write(conntest.Masked(0x88, []byte{0x03, 0xe8})); err != nil {
			return err
		}
		for {
			if _, err := p.message(); err != nil {
				var g errGoodbye
				if !errors.As(err, &g) || g.code != 1000 {
					return fmt.Errorf("a close frame is answered with %w", err)
				}
				break
			}
		}
	}
	return nil
}

func TestResetWhileATailWaitsFreesEverything(t *testing.T) {
	for name, w := range accessBySocket {
		t.Run(name, func(t *testing.T) {
			defer debug.SetGCPercent(debug.SetGCPercent(-1)) // it closes what was forgotten
			s := serveOver(t, w.network, func(c *Config) { c.Heartbeat, c.Interval = time.Hour, time.Millisecond })
			descriptors := open(t)
			p := s.join(t, w, "?symbols=*")
			p.next("snapshot")
			s.clog(t)
			p.conn.(*net.TCPConn).SetLinger(0)
			p.conn.Close()
			s.empty(t)
			until(t, "its descriptors are closed", func() bool { return open(t) <= descriptors+1 }) // the poller's stays
			if got := s.gone(w.transport, "closed"); got != 1 {
				t.Errorf("%v have closed, want 1; %v are gone by an error", got, s.gone(w.transport, "error"))
			}
			p = s.join(t, w, "?symbols=AAPL")
			p.next("snapshot")
			s.trade("AAPL", "77777.5")
			p.priced("AAPL", 77777.5)
		})
	}
}
