package broadcast

import (
	"encoding/binary"
	"strconv"
	"sync"

	"tickertape/feed"
)

// partLimit is where a message is cut into parts.
const partLimit = 64 << 10

// headRoom is kept free before a message's JSON for the longest WebSocket header a server writes.
const headRoom = 10

// part is one message that is ready for every transport: its JSON, with room for the WebSocket
// header before it. It is never changed once made.
type part struct {
	data []byte    // headRoom bytes, then the JSON
	kind kind      // the message's type
	seq  Seq       // of a message with quotes
	more bool      // another part of the same message follows
	next int       // where in its watch's symbols the following part begins
	news feed.Time // when the oldest news in it came; 0 where that means nothing
}

// newPart is a message without quotes.
func newPart(k kind, json []byte) *part {
	return &part{kind: k, data: append(make([]byte, headRoom, headRoom+len(json)), json...)}
}

func (p *part) json() []byte { return p.data[headRoom:] }

// webSocket is the part as one unmasked, final text frame (RFC 6455, section 5.2). It writes the
// header into the room before the JSON, so it is called before the part is shared.
func (p *part) webSocket() []byte {
	n := len(p.data) - headRoom
	switch {
	case n < 126:
		h := p.data[headRoom-2:]
		h[0], h[1] = 0x81, byte(n)
		return h
	case n < 1<<16:
		h := p.data[headRoom-4:]
		h[0], h[1] = 0x81, 126
		binary.BigEndian.PutUint16(h[2:], uint16(n))
		return h
	default:
		h := p.data[headRoom-10:]
		h[0], h[1] = 0x81, 127
		binary.BigEndian.PutUint64(h[2:], uint64(n))
		return h
	}
}

// appendEvent appends the part as a server-sent event. Only the last part of a message has an id:
// a position moves when all of it was told.
func (p *part) appendEvent(b []byte, epoch string) []byte {
	b = append(b, "event: "...)
	b = append(b, p.kind...)
	if (p.kind == snapshot || p.kind == update) && !p.more {
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
	parts     []*sharedPart
}

// sharedPart is a part that many subscribers write. Each transport's bytes are made once.
type sharedPart struct {
	*part
	frame []byte // WebSocket

	once  sync.Once
	event []byte // server-sent event, made by the first who needs it
}

func share(p *part) *sharedPart { return &sharedPart{part: p, frame: p.webSocket()} }

func (p *sharedPart) asEvent(epoch string) []byte {
	p.once.Do(func() { p.event = p.appendEvent(nil, epoch) })
	return p.event
}
