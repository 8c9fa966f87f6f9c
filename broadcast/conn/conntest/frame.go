package conntest

import (
	"encoding/binary"
	"fmt"
	"io"
)

// Masked is a client's frame with the mask 1, 2, 3, 4. Its first byte is head: FIN, reserved bits and opcode.
func Masked(head byte, payload []byte) []byte {
	return MaskedWith([4]byte{1, 2, 3, 4}, head, payload)
}

// MaskedWith is a client's frame with another mask.
func MaskedWith[T string | []byte](mask [4]byte, head byte, payload T) []byte {
	b := []byte{head}
	switch n := len(payload); {
	case n < 126:
		b = append(b, 0x80|byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, 0x80|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 0x80|127), uint64(n))
	}
	b = append(b, mask[:]...)
	for i := range len(payload) {
		b = append(b, payload[i]^mask[i%4])
	}
	return b
}

// longest is how many bytes of payload ReadFrame takes for a frame of a server that works.
const longest = 4 << 20

// ReadFrame reads one frame of a server, whose first byte is head.
func ReadFrame(r io.Reader) (head byte, payload []byte, err error) {
	var b [8]byte
	if _, err := io.ReadFull(r, b[:2]); err != nil {
		return 0, nil, err
	}
	head = b[0]
	n := uint64(b[1])
	switch n {
	case 126:
		_, err = io.ReadFull(r, b[:2])
		n = uint64(binary.BigEndian.Uint16(b[:]))
	case 127:
		_, err = io.ReadFull(r, b[:])
		n = binary.BigEndian.Uint64(b[:])
	}
	if err != nil {
		return 0, nil, err
	}
	if n > longest {
		return 0, nil, fmt.Errorf("frame %#x of %d bytes", head, n)
	}
	payload = make([]byte, n)
	_, err = io.ReadFull(r, payload)
	return head, payload, err
}
