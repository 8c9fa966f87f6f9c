package broadcast

import (
	"context"
	"fmt"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
)

// dialSmall connects with a receive buffer that is soon full.
func (s *served) dialSmall(t *testing.T) net.Conn {
	t.Helper()
	d := net.Dialer{Control: func(_, _ string, raw syscall.RawConn) error {
		return raw.Control(func(fd uintptr) { limitReceiveBuffer(fd, 2<<10) })
	}}
	c, err := d.DialContext(t.Context(), "tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// requests that begin a stream on a connection by hand.
var handshakes = map[Transport]string{
	WebSocket:   "GET /ws?symbols=* HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
	EventStream: "GET /events?symbols=* HTTP/1.1\r\nHost: x\r\n\r\n",
}

func TestReaderThatTakesNothingIsClosedAfterWriteTimeout(t *testing.T) {
	for transport, handshake := range handshakes {
		t.Run(transport.String(), func(t *testing.T) {
			t.Parallel()
			s := serve(t, func(c *Config) { c.WriteTimeout = time.Second })
			c := s.dialSmall(t)
			fmt.Fprint(c, handshake)
			stalled := s.metrics.gone.WithLabelValues(transport.String(), "stalled")
			for i := 0; testutil.ToFloat64(stalled) == 0; i++ {
				if i > 5000 {
					t.Fatal("still there")
				}
				s.trade("AAPL", fmt.Sprintf("%d.5", i+1))
			}
		})
	}
}

func TestSlowReaderIsNeverDropped(t *testing.T) {
	for transport, handshake := range handshakes {
		t.Run(transport.String(), func(t *testing.T) {
			t.Parallel()
			s := serve(t, func(c *Config) { c.WriteTimeout = 2 * time.Second })
			c := s.dialSmall(t)
			fmt.Fprint(c, handshake)
			c.SetReadDeadline(time.Now().Add(timeLimit))
			b := make([]byte, 512) // of the tens of kilobytes that come
			until := time.Now().Add(3 * s.cfg.WriteTimeout)
			left, taken := 0, time.Now()
			for i := 1; time.Now().Before(until); i++ {
				s.trade("AAPL", fmt.Sprintf("%d.5", i))
				// After 20 trades, or in time on a machine that is slow to trade; three of them bring more than is read. Four reads or
				// five open the window of the connection.
				if left++; left >= 20 || left >= 3 && time.Since(taken) > s.cfg.WriteTimeout/16 {
					if _, err := c.Read(b); err != nil {
						t.Fatal(err)
					}
					left, taken = 0, time.Now()
				}
			}
			if got := testutil.ToFloat64(s.metrics.subscribers.WithLabelValues(transport.String())); got != 1 {
				t.Errorf("%v subscribers after it read slowly for a while, want 1", got)
			}
			s.trade("AAPL", "77777.5")
			c.(*net.TCPConn).SetReadBuffer(1 << 20) // a window smaller than a segment takes less than 1 KB each 200 ms
			c.SetReadDeadline(time.Now().Add(timeLimit))
			text := ""
			for !strings.Contains(text, "77777.5") { // it gets to the newest state soon
				n, err := c.Read(b)
				if err != nil {
					t.Fatalf("before the newest price: %v", err)
				}
				text = text[max(0, len(text)-20):] + string(b[:n])
			}
		})
	}
}

func TestDrainCutsOffReadersThatTakeNothing(t *testing.T) {
	for transport, handshake := range handshakes {
		t.Run(transport.String(), func(t *testing.T) {
			s := serve(t, nil)
			c := s.dialSmall(t)
			fmt.Fprint(c, handshake)
			sent := s.metrics.messages[transport]
			for i, before, since := 1, -1.0, time.Now(); time.Since(since) < 200*time.Millisecond; i++ { // until it is stuck
				s.trade("AAPL", fmt.Sprintf("%d.5", i))
				if now := testutil.ToFloat64(sent); now != before {
					before, since = now, time.Now()
				}
			}
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			began := time.Now()
			s.Drain(ctx, 0)
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("drain took %v, want little more than 100ms", took)
			}
			if got := s.gone(transport, "restarting"); got != 1 {
				t.Errorf("%v are gone since the server ends, want 1; %v by an error", got, s.gone(transport, "error"))
			}
		})
	}
}
