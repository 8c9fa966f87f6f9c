package broadcast

import (
	"bufio"
	"net"
	"net/http"
	"slices"
	"time"
)

// hijacker hands out the connection guarded and with small buffers.
type hijacker struct {
	http.ResponseWriter
	cfg      *Config
	guard    *guard
	deflated bool
}

func (h *hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	c, rw, err := http.NewResponseController(h.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	c.SetDeadline(time.Time{})
	early, _ := rw.Reader.Peek(rw.Reader.Buffered())
	h.guard = newGuard(c, slices.Clone(early), h.cfg)
	h.deflated = h.Header().Get("Sec-WebSocket-Extensions") != ""
	g, buffers := lend(h.guard)
	return g, buffers, nil
}

// lend is what the library needs to speak over the guard. net/http's 4 KiB each way are far more.
func lend(g *guard) (net.Conn, *bufio.ReadWriter) {
	c := loan{g}
	return c, bufio.NewReadWriter(bufio.NewReaderSize(c, 512), bufio.NewWriterSize(c, 256))
}

// loan is the guard as the library has it for a while.
type loan struct{ *guard }

// Close gives it back.
func (loan) Close() error { return nil }

// reopening is the answer to a handshake that was answered before.
type reopening struct {
	guard  *guard
	header http.Header
	reader *bufio.Reader
}

func (r *reopening) Header() http.Header         { return r.header }
func (r *reopening) Write(b []byte) (int, error) { return len(b), nil }
func (r *reopening) WriteHeader(int)             {}

func (r *reopening) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	c, buffers := lend(r.guard)
	r.reader = buffers.Reader
	return c, buffers, nil
}
