package broadcast

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"
)

// clientFrame is a frame as a client sends it, all of its payload 0x81, which looks like a header.
func clientFrame(first byte, size int, masked bool) []byte {
	b := []byte{first, 0}
	switch {
	case size < 126:
		b[1] = byte(size)
	case size < 1<<16:
		b[1] = 126
		b = binary.BigEndian.AppendUint16(b, uint16(size))
	default:
		b[1] = 127
		b = binary.BigEndian.AppendUint64(b, uint64(size))
	}
	if masked {
		b[1] |= 0x80
		b = append(b, 0x81, 0x81, 0x81, 0x81)
	}
	for range size {
		b = append(b, 0x81)
	}
	return b
}

func TestClientIsBetweenMessagesWhereItIs(t *testing.T) {
	const text, part, more, last, ping, final = 0x81, 0x01, 0x00, 0x80, 0x89, true
	var stream []byte
	between := map[int]bool{0: true}
	for _, f := range []struct {
		first byte
		size  int
		ends  bool // a message, or what stands between two
	}{
		{text, 5, final}, {ping, 0, final}, {text, 0, final}, {ping, 125, final},
		{part, 3, false}, {ping, 4, false}, {more, 0, false}, {more, 300, false}, {last, 7, final},
		{text, 126, final}, {text, 127, final}, {text, 65535, final}, {text, 65536, final}, {text | 0x40, 10, final},
	} {
		for _, masked := range []bool{true, false} {
			if f.first == part || f.first == more || f.first == last {
				masked = true
			}
			stream = append(stream, clientFrame(f.first, f.size, masked)...)
			if f.ends {
				between[len(stream)] = true
			}
			if !f.ends || f.first == last {
				break
			}
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	for round := range 50 {
		var f clientFrames
		for at := 0; at < len(stream); {
			n := 1
			if round > 0 {
				n = 1 + random.IntN(min(len(stream)-at, 1+round*20))
			}
			f.pass(stream[at : at+n])
			at += n
			if f.between() != between[at] {
				t.Fatalf("round %d, after %d bytes: between messages %t, want %t", round, at, f.between(), between[at])
			}
		}
	}
}

// FuzzClientFrames follows whatever bytes come, alike however they are cut.
func FuzzClientFrames(f *testing.F) {
	f.Add(clientFrame(0x81, 5, true), 3)
	f.Add(clientFrame(0x01, 200, true), 1)
	f.Add([]byte{0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4, 5}, 2) // 2^64-1 bytes to come
	f.Fuzz(func(t *testing.T, b []byte, cut int) {
		var whole, pieces clientFrames
		whole.pass(b)
		for rest := b; len(rest) > 0; {
			n := min(len(rest), 1+max(cut, -cut)&7)
			pieces.pass(rest[:n])
			rest = rest[n:]
		}
		if whole != pieces {
			t.Errorf("%x in pieces is %+v, whole %+v", b, pieces, whole)
		}
	})
}
