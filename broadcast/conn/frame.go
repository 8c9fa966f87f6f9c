package conn

import "encoding/binary"

// The opcodes (RFC 6455, section 5.2), and the bits beside them.
const (
	opContinue = 0x0
	opText     = 0x1
	opBinary   = 0x2
	opClose    = 0x8
	opPing     = 0x9
	opPong     = 0xa

	final    = 0x80
	deflated = 0x40 // the first frame of a message: RFC 7692, section 6
	reserved = 0x30
	isMasked = 0x80 // in the second byte
)

// Room is how many bytes stand free before a message's payload, for the longest header that a server writes.
const Room = 10

// header writes the header of an unmasked, final frame into the room before its payload, and returns the frame.
func header(data []byte, first byte) []byte {
	n := len(data) - Room
	switch {
	case n < 126:
		h := data[Room-2:]
		h[0], h[1] = first, byte(n)
		return h
	case n < 1<<16:
		h := data[Room-4:]
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

// controlFrame is a close, ping or pong of a server: the opcode, and a payload of at most 125 bytes.
func controlFrame(opcode byte, payload []byte) []byte {
	return append([]byte{final | opcode, byte(len(payload))}, payload...)
}

// unmask applies a client's mask (RFC 6455, section 5.3) to b, which begins so many bytes after the mask did.
func unmask(b []byte, mask [4]byte, at int) {
	var turned [8]byte
	for i := range turned {
		turned[i] = mask[(at+i)&3]
	}
	key := binary.LittleEndian.Uint64(turned[:])
	for len(b) >= 8 {
		binary.LittleEndian.PutUint64(b, binary.LittleEndian.Uint64(b)^key)
		b = b[8:]
	}
	for i := range b {
		b[i] ^= turned[i]
	}
}
