package broadcast

import (
	"encoding/binary"
	"strconv"
	"time"

	"tickertape/feed/market"
)

// partLimit is where a message is cut into parts.
const partLimit = 64 << 10

// historyLimit is where a history of bars is, so that it is one message with the configuration's defaults. It is also
// the most that is kept for one who reads nothing.
const historyLimit = 256 << 10

// headRoom is kept free before a message's JSON for the longest WebSocket header a server writes.
const headRoom = 10

// framing is how a transport wraps a message.
type framing uint8

const (
	framedText     framing = iota // a WebSocket text frame
	framedDeflated                // the same, compressed when it is made for many
	framedEvent                   // a server-sent event
	framedChunk                   // the same as a chunk of an HTTP/1.1 response
)

// part is one message, ready for every transport. Whoever owns it uses its buffers again and again.
type part struct {
	data   []byte      // headRoom bytes, then the JSON
	kind   kind        // the message's type
	seq    Seq         // of a message with quotes
	quotes int         // in it
	more   bool        // another part of the same message follows
	marked bool        // as an event it has the position as its id, though it has no quotes
	loose  bool        // it has none, though it has quotes: what belongs to the position was not told yet
	next   int         // where in its watch's symbols the following part begins
	news   market.Time // when the oldest news in it came; 0 where that means nothing

	chunk []byte // the event as a chunk; empty until somebody needs it
	event []byte // within chunk

	deflated []byte // compressed, which belongs to the board; nil until somebody needs it
}

// begin makes p an empty message.
func (p *part) begin(k kind) {
	var room [headRoom]byte
	*p = part{data: append(p.data[:0], room[:]...), chunk: p.chunk[:0], kind: k}
}

// beginQuotes makes p a message that quotes are appended to.
func (p *part) beginQuotes(k kind, seq Seq, now time.Time, resumed bool) {
	p.begin(k)
	p.seq = seq
	p.data = appendHead(p.data, k, seq, now, resumed)
}

// quote appends a quote that is encoded already and came at the given time.
func (p *part) quote(text []byte, received market.Time) {
	p.separate(received)
	p.data = append(p.data, text...)
}

func (p *part) separate(received market.Time) {
	if p.quotes > 0 {
		p.data = append(p.data, ',')
	}
	p.quotes++
	if p.news == 0 || received < p.news {
		p.news = received
	}
}

// endQuotes closes the message. The following part begins at next; there is none when it is negative.
func (p *part) endQuotes(next int) {
	p.more, p.next = next >= 0, next
	p.data = appendTail(p.data, p.more)
}

func (p *part) json() []byte { return p.data[headRoom:] }

// framed is the message as the transport sends it. It is good until the part begins anew.
func (p *part) framed(f framing, epoch string) []byte {
	switch f {
	case framedText, framedDeflated:
		return p.webSocket()
	case framedEvent:
		p.makeEvent(epoch)
		return p.event
	default:
		p.makeEvent(epoch)
		return p.chunk
	}
}

// webSocket is the part as one unmasked, final text frame (RFC 6455, section 5.2), its header
// written into the room before the JSON.
func (p *part) webSocket() []byte { return header(p.data, 0x81) }

// header writes the header of a WebSocket frame into the room before its payload.
func header(data []byte, first byte) []byte {
	n := len(data) - headRoom
	switch {
	case n < 126:
		h := data[headRoom-2:]
		h[0], h[1] = first, byte(n)
		return h
	case n < 1<<16:
		h := data[headRoom-4:]
		h[0], h[1] = first, 126
		binary.BigEndian.PutUint16(h[2:], uint16(n))
		return h
	default:
		h := data
		h[0], h[1] = first, 127
		binary.BigEndian.PutUint64(h[2:], uint64(n))
		return h
	}
}

// makeEvent makes the part a server-sent event, in an HTTP/1.1 chunk (RFC 9112, section 7.1).
func (p *part) makeEvent(epoch string) {
	if len(p.chunk) > 0 {
		return
	}
	const size = len("00000000\r\n") // as many digits for every event, so that the size can be filled in behind
	b := append(p.chunk, "00000000\r\n"...)
	b = p.appendEvent(b, epoch)
	n := len(b) - size
	for i := 7; i >= 0; i, n = i-1, n>>4 {
		b[i] = "0123456789abcdef"[n&15]
	}
	p.chunk = append(b, "\r\n"...)
	p.event = p.chunk[size : len(p.chunk)-len("\r\n")]
}

// appendEvent appends the part as a server-sent event. Only the last part of a message has an id:
// a position moves when all of it was told.
func (p *part) appendEvent(b []byte, epoch string) []byte {
	b = append(b, "event: "...)
	b = append(b, p.kind...)
	if (p.kind == snapshot || p.kind == update) && !p.more && !p.loose || p.marked {
		b = append(b, "\nid: "...)
		b = append(b, epoch...)
		b = append(b, '-')
		b = strconv.AppendUint(b, uint64(p.seq), 10)
	}
	b = append(b, "\ndata: "...)
	b = append(b, p.json()...)
	return append(b, "\n\n"...)
}

// frame is one update as all members of a watch get it: what changed after from, up to seq.
type frame struct {
	from, seq Seq
	watch     watchKey
	parts     []*part
	news      market.Time // when the oldest news in it came

	spare []*part           // scratch: parts are used again
	ids   []market.SymbolID // scratch
}

func (f *frame) reset() { f.parts, f.news = f.parts[:0], 0 }

// add begins another part.
func (f *frame) add() *part {
	if n := len(f.parts); n == len(f.spare) {
		f.spare = append(f.spare, &part{})
	}
	p := f.spare[len(f.parts)]
	f.parts = append(f.parts, p)
	return p
}

func (f *frame) oldest(received market.Time) {
	if f.news == 0 || received < f.news {
		f.news = received
	}
}
