package conn

import "encoding/binary"

// masked is a client's frame with the mask 1, 2, 3, 4.
func masked(head byte, payload []byte) []byte {
	return maskedWith([4]byte{1, 2, 3, 4}, head, payload)
}

func maskedWith(mask [4]byte, head byte, payload []byte) []byte {
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
	for i, c := range payload {
		b = append(b, c^mask[i%4])
	}
	return b
}
