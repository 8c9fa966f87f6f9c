package dashboard

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"tickertape/feed/market"
)

// streamsByHand begin a stream of all symbols on a connection.
var streamsByHand = map[string]string{
	"websocket": "GET /ws?symbols=* HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
	"sse": "GET /events?symbols=* HTTP/1.1\r\nHost: x\r\n\r\n",
}

// stream begins a stream on a connection with a small receive buffer.
func (s *site) stream(t *testing.T, request string) net.Conn {
	t.Helper()
	c := s.dialSmall(t)
	if _, err := fmt.Fprint(c, request); err != nil {
		t.Fatal(err)
	}
	return c
}

// serveBusy runs a server whose sockets take nothing for a second at most, and whose prices all change all the time until
// stop is called.
func serveBusy(t *testing.T) (s *site, stop func()) {
	t.Helper()
	const timeout = time.Second
	s = serveFast(t, func(c *terms) {
		c.Hosts = []string{"x"}
		c.Broadcast.WriteTimeout, c.AckTimeout, c.more = timeout, timeout, 200
		c.Broadcast.Interval = 20 * time.Millisecond
	})
	ctx, cancel := context.WithCancel(t.Context())
	var trades sync.WaitGroup
	trades.Go(func() {
		each := time.NewTicker(20 * time.Millisecond)
		defer each.Stop()
		for price := market.Price(1); ctx.Err() == nil; price++ {
			now := market.TimeOf(time.Now())
			var ticks []market.Tick
			for id := range s.dir.Len() {
				ticks = append(ticks, market.Tick{Symbol: market.SymbolID(id), Kind: market.KindTrade, Flags: market.Regular,
					Price: price * market.Scale / 100, Size: market.Units(100), Time: now, Received: now})
			}
			s.hub.Apply(market.Batch{Ticks: ticks})
			select {
			case <-each.C:
			case <-ctx.Done():
			}
		}
	})
	stop = func() {
		cancel()
		trades.Wait()
	}
	t.Cleanup(stop)
	return s, stop
}

// readFast has a connection with a small receive buffer take all that comes: a window smaller than a segment would take less than
// 1 KB each 200 ms, however fast it is read.
func readFast(t *testing.T, c net.Conn) {
	if err := c.(*net.TCPConn).SetReadBuffer(1 << 20); err != nil {
		t.Error(err)
	}
	c.SetReadDeadline(time.Now().Add(timeLimit))
}

// A slow reader has its window closed nearly all the time. The kernel would give it up when that lasts for AckTimeout.
func TestSlowReadersOfAPortAreNotDropped(t *testing.T) {
	if testing.Short() {
		t.Skip("reads slowly for eight seconds")
	}
	s, stop := serveBusy(t)
	until := time.Now().Add(4 * time.Second)
	var readers, slow sync.WaitGroup
	for name, request := range streamsByHand {
		for range 4 {
			c := s.stream(t, request)
			slow.Add(1)
			readers.Go(func() {
				b := make([]byte, 400)
				each := time.NewTicker(50 * time.Millisecond)
				defer each.Stop()
				for time.Now().Before(until) {
					<-each.C
					c.SetReadDeadline(time.Now().Add(timeLimit))
					if _, err := c.Read(b); err != nil {
						t.Errorf("%s: after reading 8 KB/s for a while: %v", name, err)
						slow.Done()
						return
					}
				}
				slow.Done()
				readFast(t, c)
				text, more := []byte(nil), make([]byte, 16<<10)
				for !bytes.Contains(text, []byte(`"p":77777.5`)) { // it gets to the newest state
					n, err := c.Read(more)
					if err != nil {
						t.Errorf("%s: before the newest price: %v", name, err)
						return
					}
					text = append(text[max(0, len(text)-20):], more[:n]...)
				}
			})
		}
	}
	slow.Wait()
	stop()
	s.trade(t, "AAPL", "77777.5")
	readers.Wait()
}

func TestReadersOfAPortThatTakeNothingAreReset(t *testing.T) {
	s, _ := serveBusy(t)
	began := time.Now()
	for name, request := range streamsByHand {
		c := s.stream(t, request)
		within(t, timeLimit, name+" is counted", func() bool {
			_, metrics := fetch(t, s.url+"/metrics") // it has none of them before the first
			return strings.Contains(metrics, fmt.Sprintf(`disconnects_total{reason="stalled",transport=%q} 1`, name))
		})
		c.SetReadDeadline(time.Now().Add(timeLimit))
		for b := make([]byte, 4<<10); ; {
			if _, err := c.Read(b); err != nil {
				if e, ok := err.(net.Error); ok && e.Timeout() {
					t.Errorf("%s: %v; want a reset at once", name, err)
				}
				break
			}
		}
	}
	if took := time.Since(began); took < time.Second {
		t.Errorf("took %v, less than write_timeout", took)
	}
}
