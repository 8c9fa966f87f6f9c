package bench

import (
	"bufio"
	"bytes"
	"fmt"
	"mime"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"
)

// readers are for the heads of answers; nobody keeps one.
var readers = sync.Pool{New: func() any { return bufio.NewReader(nil) }}

// openEvents asks for an event stream. The body is read from the connection itself: net/http would keep a
// goroutine and two buffers of 4 KiB for each. The connection's deadline holds for it.
func openEvents(c net.Conn, t *target, a ask, to listener) (opened, error) {
	u := url.URL{Path: t.base.Path + "/events", RawQuery: a.query()}
	var b bytes.Buffer
	fmt.Fprintf(&b, "GET %s HTTP/1.1\r\nHost: %s\r\nAccept: text/event-stream\r\n", u.RequestURI(), t.host())
	t.header().Write(&b) // to memory
	b.WriteString("\r\n")
	if _, err := c.Write(b.Bytes()); err != nil {
		return opened{}, fmt.Errorf("ask for events: %w", err)
	}
	r := readers.Get().(*bufio.Reader)
	r.Reset(c)
	defer func() {
		r.Reset(nil)
		readers.Put(r)
	}()
	answer, err := http.ReadResponse(r, nil)
	if err != nil {
		return opened{}, fmt.Errorf("ask for events: %w", err)
	}
	if answer.StatusCode != http.StatusOK {
		return opened{}, refusalIn(answer)
	}
	if kind, _, _ := mime.ParseMediaType(answer.Header.Get("Content-Type")); kind != "text/event-stream" {
		return opened{}, broken("ask for events: the answer is %q, want text/event-stream", answer.Header.Get("Content-Type"))
	}
	if packed := answer.Header.Get("Content-Encoding"); packed != "" && packed != "identity" {
		return opened{}, broken("ask for events: the answer is encoded as %q, which was not asked for", packed)
	}
	e := &events{to: to}
	if slices.Contains(answer.TransferEncoding, "chunked") {
		e.chunks = &chunks{}
	}
	early, _ := r.Peek(r.Buffered())
	return opened{decoder: e, early: bytes.Clone(early), states: a.states(1)}, nil
}
