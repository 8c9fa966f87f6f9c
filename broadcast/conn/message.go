package conn

import (
	"strconv"
	"time"
)

// Framing is how a connection wraps a message.
type Framing uint8

// The framings.
const (
	Text     Framing = iota // a WebSocket text frame
	Deflated                // the same, compressed where it is shared and long enough
	Event                   // a server-sent event
	Chunk                   // the same as a chunk of an HTTP/1.1 response
)

func (f Framing) isWebSocket() bool { return f == Text || f == Deflated }

// Message is one message to clients. It is framed at most once for each framing, however many get it. It belongs to
// one goroutine, and is used again and again: a message that is no longer than one before allocates nothing.
type Message struct {
	data  []byte    // Room bytes, then the payload; the caller's
	event string    // its name, for event streams
	id    []byte    // of the event; empty is none
	chunk [2][]byte // the event as a chunk, without and with its id; empty until somebody needs it

	deflated []byte // nil until somebody needs it
}

// chunkHead has as many digits for every event, so that the size can be filled in behind.
const chunkHead = len("00000000\r\n")

// Set makes m a message: data is Room bytes, which m writes, and then a payload on one line. event is its name on event
// streams, of letters. data has to stay as it is for as long as m's frames are used.
func (m *Message) Set(data []byte, event string) {
	*m = Message{data: data, event: event, id: m.id[:0], chunk: [2][]byte{m.chunk[0][:0], m.chunk[1][:0]}}
}

// SetID gives the message the id that an event stream sends where it is asked for: letters, digits and "-".
func (m *Message) SetID(epoch string, seq uint64) {
	m.id = append(append(m.id[:0], epoch...), '-')
	m.id = strconv.AppendUint(m.id, seq, 10)
	m.chunk[1] = m.chunk[1][:0]
}

// Payload is what was set.
func (m *Message) Payload() []byte { return m.data[Room:] }

// Frame is the message as a connection sends it, withID as an event with its id. It is good until m is set anew, and
// not to be changed. With Deflated, payloads from DeflateFrom up are compressed, and others a text frame.
func (m *Message) Frame(f Framing, withID bool) []byte {
	switch f {
	case Deflated:
		if len(m.data)-Room < DeflateFrom {
			return header(m.data, final|opText)
		}
		if m.deflated == nil {
			m.deflated = Deflate(m.Payload())
		}
		return m.deflated
	case Text:
		return header(m.data, final|opText)
	}
	chunk := m.chunked(withID)
	if f == Event {
		return chunk[chunkHead : len(chunk)-len("\r\n")]
	}
	return chunk
}

// ShareDeflated has m use a frame that Deflate has made of the same payload.
func (m *Message) ShareDeflated(frame []byte) { m.deflated = frame }

// chunked is the event in an HTTP/1.1 chunk (RFC 9112, section 7.1).
func (m *Message) chunked(withID bool) []byte {
	at := 0
	if withID && len(m.id) > 0 {
		at = 1
	}
	if len(m.chunk[at]) == 0 {
		b := append(m.chunk[at], "00000000\r\n"...)
		m.chunk[at] = endChunk(m.appendEvent(b, at == 1))
	}
	return m.chunk[at]
}

func (m *Message) appendEvent(b []byte, withID bool) []byte {
	b = append(append(b, "event: "...), m.event...)
	if withID {
		b = append(append(b, "\nid: "...), m.id...)
	}
	b = append(append(b, "\ndata: "...), m.data[Room:]...)
	return append(b, "\n\n"...)
}

// endChunk fills in the size of a chunk, whose head is there, and ends it.
func endChunk(b []byte) []byte {
	n := len(b) - chunkHead
	for i := 7; i >= 0; i, n = i-1, n>>4 {
		b[i] = "0123456789abcdef"[n&15]
	}
	return append(b, "\r\n"...)
}

// Comment is what says that an event stream is alive, and no script sees; nil for WebSockets.
func Comment(f Framing) []byte { return comments[f] }

var comments = [...][]byte{Text: nil, Deflated: nil, Event: []byte(":\n\n"), Chunk: []byte("3\r\n:\n\n\r\n")}

// LastEvent is the end of an event stream: m, and when to come back. The client waits for at least a millisecond.
func LastEvent(f Framing, m *Message, retry time.Duration) []byte {
	var b []byte
	if f == Chunk {
		b = append(b, "00000000\r\n"...)
	}
	b = m.appendEvent(appendRetry(b, retry), false)
	if f == Chunk {
		b = append(endChunk(b), "0\r\n\r\n"...)
	}
	return b
}

// appendRetry appends the line that says when a client that was cut off comes back.
func appendRetry(b []byte, retry time.Duration) []byte {
	b = strconv.AppendInt(append(b, "retry: "...), max(1, retry.Milliseconds()), 10)
	return append(b, '\n')
}
