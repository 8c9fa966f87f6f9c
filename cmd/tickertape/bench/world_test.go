package bench

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/httphead"
	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsflate"
	"github.com/klauspost/compress/flate"
)

// fake is a server that speaks the protocol as far as a subscriber can tell.
type fake struct {
	*httptest.Server
	play      func(n int, c *fakeConn) // what the nth connection, from 1, is told; when it returns the connection ends
	refuse    func(n int) int          // the status that the nth connection is refused with; 0 is not
	noMetrics bool

	mu    sync.Mutex
	lines int      // guarded by mu
	asked []string // guarded by mu: queries
	cpu   float64  // guarded by mu
}

// newFake serves until the test ends. TLS is for https and wss.
func newFake(t *testing.T, f *fake, secure bool) *fake {
	t.Helper()
	if f.play == nil {
		f.play = steady
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/symbols", func(w http.ResponseWriter, _ *http.Request) {
		var records []string
		for i := range 100 {
			records = append(records, fmt.Sprintf(`{"symbol":"SYM%d"}`, i))
		}
		fmt.Fprintf(w, `{"symbols":[%s]}`, strings.Join(records, ","))
	})
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) {
		if f.noMetrics {
			http.NotFound(w, nil)
			return
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		f.cpu += 0.01
		fmt.Fprintf(w, "process_cpu_seconds_total %v\nprocess_resident_memory_bytes 4e+07\n", f.cpu)
		fmt.Fprintf(w, "%s %v\n%s{transport=\"sse\"} %v\n", flushesDone, f.cpu*100, messagesDone, f.cpu*4000)
	})
	mux.HandleFunc("GET /ws", f.webSocket)
	mux.HandleFunc("GET /events", f.events)
	f.Server = httptest.NewUnstartedServer(mux)
	f.Config.ErrorLog = nil
	if secure {
		f.StartTLS()
	} else {
		f.Start()
	}
	t.Cleanup(f.Close)
	return f
}

// enter counts a connection, and says whether it is refused.
func (f *fake) enter(w http.ResponseWriter, r *http.Request) (n int, ok bool) {
	f.mu.Lock()
	f.lines++
	n = f.lines
	f.asked = append(f.asked, r.URL.RawQuery)
	f.mu.Unlock()
	if f.refuse == nil {
		return n, true
	}
	status := f.refuse(n)
	if status == 0 {
		return n, true
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	fmt.Fprint(w, `{"status":0,"detail":"not you"}`)
	return n, false
}

// queries are those of all connections so far.
func (f *fake) queries() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string{}, f.asked...)
}

// fakeConn is the fake server's side of a connection.
type fakeConn struct {
	say   func(message string) error // an error when the client has left
	frame func(f ws.Frame) error     // of a WebSocket; nil of an event stream
	raw   func(text string) error    // of an event stream; nil of a WebSocket
	gone  <-chan struct{}            // closed when the client has left
	heard <-chan string              // a WebSocket's messages and pongs; nil of an event stream
	since string
}

func (f *fake) webSocket(w http.ResponseWriter, r *http.Request) {
	n, ok := f.enter(w, r)
	if !ok {
		return
	}
	var packer *flate.Writer // nil without compression
	var packed bytes.Buffer
	upgrade := ws.HTTPUpgrader{
		Protocol: func(p string) bool { return p == subprotocol },
		Negotiate: func(o httphead.Option) (httphead.Option, error) {
			packer, _ = flate.NewWriter(&packed, flate.HuffmanOnly)
			return wsflate.Parameters{ServerNoContextTakeover: true, ClientNoContextTakeover: true}.Option(), nil
		},
	}
	c, _, _, err := upgrade.Upgrade(r, w)
	if err != nil {
		return
	}
	defer c.Close()
	gone, heard := make(chan struct{}), make(chan string, 16)
	done := make(chan struct{})
	defer func() {
		c.Close()
		<-gone
	}()
	defer close(done)
	go func() {
		defer close(gone)
		listen(c, heard, done)
	}()
	var writing sync.Mutex
	write := func(f ws.Frame) error {
		writing.Lock()
		defer writing.Unlock()
		return ws.WriteFrame(c, f)
	}
	f.play(n, &fakeConn{
		say: func(m string) error {
			if packer == nil {
				return write(ws.NewTextFrame([]byte(m)))
			}
			packed.Reset()
			packer.Reset(&packed)
			io.WriteString(packer, m)
			packer.Flush()
			frame := ws.NewTextFrame(bytes.TrimSuffix(packed.Bytes(), []byte{0, 0, 0xff, 0xff}))
			frame.Header.Rsv = ws.Rsv(true, false, false)
			return write(frame)
		},
		frame: write, gone: gone, heard: heard, since: r.URL.Query().Get("since"),
	})
}

// listen reads what the client sends until it leaves.
func listen(c net.Conn, heard chan<- string, done <-chan struct{}) {
	r := bufio.NewReader(c)
	for {
		f, err := readFrame(r)
		if err != nil || f.Header.OpCode == ws.OpClose {
			return
		}
		f = ws.UnmaskFrame(f)
		select {
		case heard <- fmt.Sprintf("%d %s", f.Header.OpCode, f.Payload):
		case <-done:
		}
	}
}

func readFrame(r io.Reader) (f ws.Frame, err error) {
	if f.Header, err = ws.ReadHeader(r); err != nil {
		return f, err
	}
	f.Payload = make([]byte, f.Header.Length)
	_, err = io.ReadFull(r, f.Payload)
	return f, err
}

func (f *fake) events(w http.ResponseWriter, r *http.Request) {
	n, ok := f.enter(w, r)
	if !ok {
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	raw := func(text string) error {
		if _, err := io.WriteString(w, text); err != nil {
			return err
		}
		return http.NewResponseController(w).Flush()
	}
	f.play(n, &fakeConn{
		say: func(m string) error {
			var named struct{ Type string }
			json.Unmarshal([]byte(m), &named)
			return raw("event: " + named.Type + "\ndata: " + m + "\n\n")
		},
		raw: raw, gone: r.Context().Done(), since: r.URL.Query().Get("since"),
	})
}

// Messages of the fakes.
const (
	helloText      = `{"type":"hello","protocol":1,"epoch":"e1","seq":1,"time":1,"heartbeat_ms":5000,"source":"sim","simulated":true,"status":"live"}`
	subscribedText = `{"type":"subscribed","symbols":["SYM0","SYM1"],"rate":10}`
)

// quotesText is a snapshot or an update of two quotes that changed at an instant.
func quotesText(kind string, seq int, changed time.Time) string {
	return fmt.Sprintf(`{"type":"%s","seq":%d,"time":%d,"quotes":[{"s":"SYM0","p":1.5,"t":%d},{"s":"SYM1","p":2,"t":%d}]}`,
		kind, seq, time.Now().UnixMicro(), changed.UnixMicro(), changed.UnixMicro())
}

// welcome says what every stream begins with.
func (c *fakeConn) welcome() {
	c.say(helloText)
	c.say(subscribedText)
	kind := `"snapshot"`
	text := quotesText("snapshot", 1, time.Now())
	if c.since != "" {
		text = strings.Replace(text, kind, kind+`,"resumed":true`, 1)
	}
	c.say(text)
}

// updates tells one every few milliseconds until the client has left, each as old as given.
func (c *fakeConn) updates(age time.Duration) {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for seq := 2; ; seq++ {
		select {
		case <-c.gone:
			return
		case <-tick.C:
			if c.say(quotesText("update", seq, time.Now().Add(-age))) != nil {
				return
			}
		}
	}
}

// steady is what a healthy server says.
func steady(_ int, c *fakeConn) {
	c.welcome()
	c.updates(0)
}

// quick is a plan that loses no time before it measures.
func quick(f *fake, transport string) Plan {
	p := DefaultPlan()
	p.URL, p.Transport, p.Subscribers, p.Symbols = f.URL, transport, 20, 2
	p.Ramp, p.Warmup, p.Duration = 0, 0, time.Hour
	return p
}
