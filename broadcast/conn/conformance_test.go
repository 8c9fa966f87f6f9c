package conn

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"testing"
	"time"

	"tickertape/broadcast/conn/conntest"
)

// The protocol as RFC 6455 and RFC 7692 have it, on real connections: each case is what a client sends, in pieces of
// several sizes, and what it gets back. Messages are sent back as they came, those of 256 bytes and more compressed
// where that was agreed upon.

const conformanceLimit = 1 << 17 // bytes of a message

// handshake begins a WebSocket on a connection.
func handshake(c net.Conn, deflates bool) (*bufio.Reader, error) {
	more := ""
	if deflates {
		more = "Sec-WebSocket-Extensions: permessage-deflate\r\n"
	}
	go fmt.Fprintf(c, "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s\r\n", more)
	r := bufio.NewReader(c)
	answer, err := http.ReadResponse(r, nil)
	if err != nil {
		return nil, err
	}
	if got := answer.Header.Get("Sec-WebSocket-Extensions") != ""; answer.StatusCode != http.StatusSwitchingProtocols || got != deflates {
		return nil, fmt.Errorf("answered %d, compression %t", answer.StatusCode, got)
	}
	return r, nil
}

// converse sends a stream in pieces, and returns what comes back until the connection ends.
func converse(s *server, stream []byte, deflates bool, pieces func() int) ([]string, error) {
	c, err := s.dial()
	if err != nil {
		return nil, err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(timeLimit))
	r, err := handshake(c, deflates)
	if err != nil {
		return nil, err
	}
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		for len(stream) > 0 {
			n := min(len(stream), pieces())
			if _, err := c.Write(stream[:n]); err != nil {
				return // it has been closed meanwhile
			}
			stream = stream[n:]
		}
	}()
	defer func() {
		c.Close()
		<-sent
	}()
	var got []string
	for {
		head, b, err := conntest.ReadFrame(r)
		switch {
		case err != nil:
			return append(got, err.Error()), nil
		case head == 0x81:
			got = append(got, "text "+short(b))
		case head == 0xc1 && deflates:
			b, err := inflate(b, 1<<20)
			if err != nil {
				return nil, err
			}
			got = append(got, "deflated "+short(b))
		case head == 0x8a:
			got = append(got, "pong "+short(b))
		case head == 0x88 && len(b) == 0:
			return append(got, "close"), nil
		case head == 0x88 && len(b) >= 2:
			return append(got, fmt.Sprintf("close %d", binary.BigEndian.Uint16(b))), nil
		default:
			return append(got, fmt.Sprintf("frame %#x", head)), nil
		}
	}
}

func TestConformance(t *testing.T) {
	for name, w := range modes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startServer(t, w, echoes)
			for name, c := range conversations() {
				stream := append(slices.Clone(c.sent), closing(1000, "")...)
				random := rand.New(rand.NewPCG(1, uint64(len(stream))))
				pieces := map[string]func() int{
					"at once":   func() int { return len(stream) },
					"in pieces": func() int { return 1 + random.IntN(1+len(stream)/3) },
				}
				if len(stream) < 100 {
					pieces["byte by byte"] = func() int { return 1 }
				}
				for how, pieces := range pieces {
					got, err := converse(s, stream, c.deflates, pieces)
					if err != nil {
						t.Fatalf("%s, %s: %v", name, how, err)
					}
					if !slices.Equal(got, c.want) {
						t.Errorf("RFC %s: %s, %s: %s\nwant %s", c.section, name, how, got, c.want)
					}
				}
			}
		})
	}
}

// A mask goes round however a payload is cut into reads: at each byte, for each place of the mask.
func TestMasksGoRoundAtEveryCut(t *testing.T) {
	s := startServer(t, mode{pipe: true}, echoes)
	payload := "0123456789abcdefghi"
	frame := conntest.MaskedWith([4]byte{0xde, 0xad, 0xbe, 0xef}, 0x81, []byte(payload))
	for cut := 1; cut < len(frame); cut++ {
		for second := range 4 {
			first := true
			got, err := converse(s, append(slices.Clone(frame), closing(1000, "")...), false, func() int {
				if first {
					first = false
					return cut
				}
				return 1 + second
			})
			if err != nil || !slices.Equal(got, []string{text(payload), then}) {
				t.Fatalf("cut at %d, then each %d: %s %v", cut, 1+second, got, err)
			}
		}
	}
}

// echoes sends messages back.
func echoes(s *server) http.Handler {
	limits := Limits{MaxMessage: conformanceLimit, MessageTimeout: time.Minute, WriteTimeout: time.Minute}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.owners.Add(1) // before the connection is taken from the HTTP server, whose Close waits until then
		h, err := Accept(w, r, "", true)
		if err != nil {
			s.owners.Done()
			return
		}
		e := newEcho()
		e.conn = s.sockets.WebSocket(h, e, limits)
		e.Post(e.conn.Listen)
		go func() {
			defer s.owners.Done()
			<-e.ended
			e.stop()
		}()
	})
}
