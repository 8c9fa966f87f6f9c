package broadcast

import (
	"encoding/binary"
	"slices"
	"unicode/utf8"

	"github.com/gobwas/ws"
)

// heard is what a client's bytes came to.
type heard uint8

const (
	heardNothing  heard = iota // that is whole
	heardMessage               // text is in message
	heardPing                  // its payload is in control
	heardPong                  //
	heardFragment              // a part of a message that brings next to nothing
	heardClose                 // its payload is in control
)

// smallFragment is how many bytes a fragment has at least that is no trick.
const smallFragment = 512

// clientFrames takes a client's frames in as they come (RFC 6455, section 5): the bytes of one message are kept,
// up to the longest that is allowed, and nothing else.
type clientFrames struct {
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

// The opcodes.
const (
	opContinue = 0x0
	opText     = 0x1
	opBinary   = 0x2
	opClose    = 0x8
	opPing     = 0x9
	opPong     = 0xa
)

// within tells whether a message or a frame has begun and has not ended.
func (f *clientFrames) within() bool { return f.have > 0 || f.kind != 0 }

// expected is how long the message under way will be, as far as its frames say.
func (f *clientFrames) expected() int {
	n := len(f.message)
	if f.have > 0 && f.have == f.length && f.opcode() < opClose {
		n += int(f.left)
	}
	return n
}

// take reads b up to the end of a message or of a control frame, and returns how much of b that was. The
// goodbye is that of a client which broke the protocol.
func (f *clientFrames) take(b []byte, longest int) (n int, what heard, why *goodbye) {
	for n < len(b) {
		if f.have < 2 || f.have < f.length {
			f.header[f.have] = b[n]
			f.have++
			n++
			switch {
			case f.have == 2:
				if why := f.begin(); why != nil {
					return n, heardNothing, why
				}
			case f.have == f.length:
				if why := f.sized(longest); why != nil {
					return n, heardNothing, why
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
			if what := f.end(); what != heardNothing {
				return n, what, nil
			}
		}
	}
	return n, heardNothing, nil
}

func (f *clientFrames) opcode() byte { return f.header[0] & 0x0f }
func (f *clientFrames) final() bool  { return f.header[0]&0x80 != 0 }

// begin looks at the first two bytes of a frame.
func (f *clientFrames) begin() *goodbye {
	op, short := f.opcode(), f.header[1]&0x7f
	reserved := f.header[0] & 0x70
	switch {
	case f.header[1]&0x80 == 0:
		return broken("frames of clients are masked")
	case reserved&0x30 != 0 || reserved != 0 && (!f.deflates || op != opText && op != opBinary):
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
		f.kind, f.packed, f.message = op, reserved != 0, f.message[:0]
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
func (f *clientFrames) sized(longest int) *goodbye {
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
		return &goodbye{code: 1009, label: "policy", reason: "message too big"}
	}
	return nil
}

// payload takes in some of a frame's payload.
func (f *clientFrames) payload(piece []byte) {
	var mask [4]byte
	copy(mask[:], f.header[f.length-4:])
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
	ws.Cipher((*keep)[at:], mask, int(f.masked))
	f.masked = uint8((int(f.masked) + len(piece)) & 3)
}

// end ends a frame.
func (f *clientFrames) end() heard {
	small := f.length == 6 || f.length == 8 && binary.BigEndian.Uint16(f.header[2:]) < smallFragment
	f.have, f.length = 0, 0
	switch f.opcode() {
	case opClose:
		return heardClose
	case opPing:
		return heardPing
	case opPong:
		return heardPong
	}
	if f.final() {
		return heardMessage
	}
	if small {
		return heardFragment
	}
	return heardNothing
}

// done forgets a message that was heard.
func (f *clientFrames) done() { f.kind, f.message = 0, nil }

func broken(reason string) *goodbye { return &goodbye{code: 1002, label: "policy", reason: reason} }

// closeCode reads the payload of a close frame: the code to answer it with, 1005 for none.
func closeCode(payload []byte) int {
	switch {
	case len(payload) == 0:
		return 1005
	case len(payload) == 1:
		return 1002
	}
	code := int(binary.BigEndian.Uint16(payload))
	known := code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006 || code >= 3000 && code < 5000
	switch {
	case !known:
		return 1002
	case !utf8.Valid(payload[2:]):
		return 1007
	default:
		return code
	}
}

// closeFrame is the frame that says goodbye; a code of 1005 is none.
func closeFrame(code int, reason string) []byte {
	if code == 1005 {
		return []byte{0x80 | opClose, 0}
	}
	b := []byte{0x80 | opClose, byte(2 + len(reason))}
	return append(binary.BigEndian.AppendUint16(b, uint16(code)), reason...)
}
