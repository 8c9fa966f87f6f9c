package conn

import (
	"encoding/binary"
	"slices"
)

// event is what a client's bytes came to.
type event uint8

const (
	nothing    event = iota // that is whole
	gotMessage              // it is in message
	gotPing                 // its payload is in control
	gotPong                 //
	gotSmall                // a fragment that brings next to nothing
	gotClose                // its payload is in control
)

// smallFragment is how many bytes a fragment has at least that is not counted against Control.
const smallFragment = 512

// reader takes in a client's frames in whatever pieces they come (RFC 6455, section 5). It keeps the bytes of one
// message, up to the longest that is allowed, and nothing else.
type reader struct {
	deflates bool // permessage-deflate was agreed upon
	skips    bool // messages are not kept any more

	header [14]byte
	have   uint8  // bytes of the header
	length uint8  // of the header, once it is known
	masked uint8  // where in the mask the payload is
	kind   byte   // opcode of the message under way, 0 between two
	packed bool   // it is compressed
	left   uint64 // of the payload

	message []byte
	control []byte
}

// within reports whether a message or a frame has begun and has not ended.
func (f *reader) within() bool { return f.have > 0 || f.kind != 0 }

// expected is how long the message under way will be, as far as its frames say.
func (f *reader) expected() int {
	n := len(f.message)
	if f.have > 0 && f.have == f.length && f.opcode() < opClose {
		n += int(f.left)
	}
	return n
}

// take reads b up to the end of a message, of a small fragment or of a control frame, and returns how much of b that
// was. The close is for a client that broke the protocol, or sent a message of more than longest bytes.
func (f *reader) take(b []byte, longest int) (n int, what event, why *Close) {
	for n < len(b) {
		if f.have < 2 || f.have < f.length {
			f.header[f.have] = b[n]
			f.have++
			n++
			switch {
			case f.have == 2:
				if why := f.begin(); why != nil {
					return n, nothing, why
				}
			case f.have == f.length:
				if why := f.sized(longest); why != nil {
					return n, nothing, why
				}
			}
			if f.have < 2 || f.have < f.length || f.left > 0 {
				continue
			}
		} else {
			piece := b[n:min(len(b), n+int(min(f.left, 1<<30)))]
			f.payload(piece)
			n += len(piece)
			f.left -= uint64(len(piece))
		}
		if f.left == 0 {
			if what := f.end(); what != nothing {
				return n, what, nil
			}
		}
	}
	return n, nothing, nil
}

func (f *reader) opcode() byte { return f.header[0] & 0x0f }
func (f *reader) final() bool  { return f.header[0]&final != 0 }

// begin looks at the first two bytes of a frame.
func (f *reader) begin() *Close {
	op, short := f.opcode(), f.header[1]&0x7f
	compressed := f.header[0]&deflated != 0
	switch {
	case f.header[1]&isMasked == 0:
		return broken("frames of clients are masked")
	case f.header[0]&reserved != 0 || compressed && (!f.deflates || op != opText && op != opBinary):
		return broken("a reserved bit is set")
	case op == opClose || op == opPing || op == opPong:
		if !f.final() || short > 125 {
			return broken("a control frame is in parts or too long")
		}
		f.control = f.control[:0]
	case op == opContinue:
		if f.kind == 0 {
			return broken("a continuation of nothing")
		}
	case op == opText || op == opBinary:
		if f.kind != 0 {
			return broken("a message begins within another")
		}
		f.kind, f.packed, f.message = op, compressed, f.message[:0]
	default:
		return broken("an opcode that there is not")
	}
	f.length = 6
	switch short {
	case 126:
		f.length = 8
	case 127:
		f.length = 14
	}
	return nil
}

// sized looks at a whole header.
func (f *reader) sized(longest int) *Close {
	f.masked = 0
	switch f.length {
	case 6:
		f.left = uint64(f.header[1] & 0x7f)
	case 8:
		if f.left = uint64(binary.BigEndian.Uint16(f.header[2:])); f.left < 126 {
			return broken("a length has more bytes than it needs")
		}
	default:
		if f.left = binary.BigEndian.Uint64(f.header[2:]); f.left < 1<<16 || f.left>>63 != 0 {
			return broken("a length has more bytes than it needs")
		}
	}
	if f.opcode() < opClose && !f.skips && f.left > uint64(longest-len(f.message)) {
		f.skips, f.message = true, nil
		return &Close{Code: TooBig, Reason: "message too big"}
	}
	return nil
}

// payload takes in some of a frame's payload.
func (f *reader) payload(piece []byte) {
	keep := &f.message
	if f.opcode() >= opClose {
		keep = &f.control
	} else if f.skips {
		return
	}
	at := len(*keep)
	if at > 0 && cap(*keep)-at < len(piece) { // the rest of the frame will come
		*keep = slices.Grow(*keep, max(len(piece), int(min(f.left, 64<<10))))
	}
	*keep = append(*keep, piece...)
	unmask((*keep)[at:], [4]byte(f.header[f.length-4:]), int(f.masked))
	f.masked = uint8((int(f.masked) + len(piece)) & 3)
}

// end ends a frame.
func (f *reader) end() event {
	small := f.length == 6 || f.length == 8 && binary.BigEndian.Uint16(f.header[2:]) < smallFragment
	f.have, f.length = 0, 0
	switch f.opcode() {
	case opClose:
		return gotClose
	case opPing:
		return gotPing
	case opPong:
		return gotPong
	}
	if f.final() {
		return gotMessage
	}
	if small {
		return gotSmall
	}
	return nothing
}

// done forgets a message that has been handed on.
func (f *reader) done() { f.kind, f.message = 0, nil }
