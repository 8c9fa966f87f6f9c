package conn

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"tickertape/broadcast/conn/conntest"
)

// result is what a client's bytes came to: messages and control frames in order, and the goodbye of one that broke
// the protocol.
type result struct {
	events []string
	code   int
}

// readAll feeds bytes to a reader in pieces of these lengths, over and over.
func readAll(stream []byte, longest int, deflates bool, pieces ...int) result {
	f := reader{deflates: deflates}
	var out result
	for i := 0; len(stream) > 0; i++ {
		n := min(len(stream), max(1, pieces[i%len(pieces)]))
		piece := stream[:n]
		stream = stream[n:]
		for len(piece) > 0 {
			took, what, why := f.take(piece, longest)
			piece = piece[took:]
			if why != nil {
				out.code = why.Code
				return out
			}
			switch what {
			case gotMessage:
				out.events = append(out.events, fmt.Sprintf("message %d %t %q", f.kind, f.packed, f.message))
				f.done()
			case gotPing, gotPong, gotClose:
				out.events = append(out.events, fmt.Sprintf("control %d %q", what, f.control))
			case gotSmall:
				out.events = append(out.events, "fragment")
			case nothing:
				if took == 0 {
					panic("nothing was taken")
				}
			}
			if len(f.message) > longest {
				panic("more was kept than is allowed")
			}
		}
	}
	return out
}

func TestClientsFramesAreReadHoweverTheyAreCut(t *testing.T) {
	long := bytes.Repeat([]byte("0123456789"), 7000)
	stream := slices.Concat(
		conntest.Masked(0x81, []byte("one")), conntest.Masked(0x89, []byte("ping")), conntest.Masked(0x81, nil),
		conntest.Masked(0x01, []byte("tw")), conntest.Masked(0x8a, nil), conntest.Masked(0x00, nil), conntest.Masked(0x80, []byte("o")),
		conntest.Masked(0x82, long[:126]), conntest.Masked(0x81, long[:65535]), conntest.Masked(0x81, long), conntest.Masked(0x01, long[:600]),
		conntest.Masked(0x80, long[:1]),
		conntest.Masked(0xc1, []byte("packed")), conntest.Masked(0x88, []byte{0x03, 0xe8, 'x'}))
	whole := readAll(stream, len(long), true, len(stream))
	if whole.code != 0 || len(whole.events) != 13 {
		t.Fatalf("read %d %.40q, closed with %d", len(whole.events), whole.events, whole.code)
	}
	if want := `message 1 false "two"`; !slices.Contains(whole.events, want) {
		t.Errorf("read %.60q, want %s among it", whole.events, want)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for round := range 30 {
		pieces := []int{1}
		for range round {
			pieces = append(pieces, random.IntN(1+round*300))
		}
		if got := readAll(stream, len(long), true, pieces...); fmt.Sprint(got) != fmt.Sprint(whole) {
			t.Fatalf("in pieces of %v: read %.80q and %d", pieces, got.events, got.code)
		}
	}
}

func TestFragmentsAreSmallBelowABound(t *testing.T) {
	for n, want := range map[int]int{0: 1, 125: 1, 126: 1, 511: 1, 512: 0, 70_000: 0} {
		stream := conntest.Masked(0x01, make([]byte, n))
		if got := readAll(stream, 100_000, false, len(stream)); len(got.events) != want {
			t.Errorf("a fragment of %d bytes is %q, want %d small ones", n, got.events, want)
		}
	}
}

func TestFramesThatAreNoneAreRefused(t *testing.T) {
	length := func(head byte, second byte, n uint64, bytes int) []byte {
		b := binary.BigEndian.AppendUint64([]byte{head, second | 0x80}, n)
		return append(slices.Concat(b[:2], b[10-bytes:]), 1, 2, 3, 4)
	}
	for name, tc := range map[string]struct {
		stream []byte
		code   int
	}{
		"unmasked":                    {[]byte{0x81, 0x01, 'x'}, 1002},
		"unmasked and empty":          {[]byte{0x89, 0x00}, 1002},
		"second reserved bit":         {conntest.Masked(0xa1, nil), 1002},
		"third reserved bit":          {conntest.Masked(0x91, nil), 1002},
		"compressed, not agreed upon": {conntest.Masked(0xc1, nil), 1002},
		"compressed ping":             {conntest.Masked(0xc9, nil), 1002},
		"opcode 3":                    {conntest.Masked(0x83, nil), 1002},
		"opcode 15":                   {conntest.Masked(0x8f, nil), 1002},
		"ping in parts":               {conntest.Masked(0x09, nil), 1002},
		"ping of 126 bytes":           {conntest.Masked(0x89, make([]byte, 126)), 1002},
		"continuation of nothing":     {conntest.Masked(0x80, nil), 1002},
		"message within a message":    {slices.Concat(conntest.Masked(0x01, nil), conntest.Masked(0x81, nil)), 1002},
		"short length in two bytes":   {length(0x81, 126, 125, 2), 1002},
		"short length in eight bytes": {length(0x81, 127, 65535, 8), 1002},
		"length beyond 2^63":          {length(0x81, 127, 1<<63, 8), 1002},
		"length of 2^63-1":            {length(0x81, 127, 1<<63-1, 8), 1009},
		"one byte too many":           {conntest.Masked(0x81, make([]byte, 1025)), 1009},
		"one byte too many, in parts": {slices.Concat(conntest.Masked(0x01, make([]byte, 1000)),
			conntest.Masked(0x80, make([]byte, 25))), 1009},
		"as many as allowed":            {conntest.Masked(0x81, make([]byte, 1024)), 0},
		"as many as allowed, in parts":  {slices.Concat(conntest.Masked(0x01, make([]byte, 1000)), conntest.Masked(0x80, make([]byte, 24))), 0},
		"a ping between parts is fine":  {slices.Concat(conntest.Masked(0x01, nil), conntest.Masked(0x89, nil), conntest.Masked(0x80, nil)), 0},
		"the parts after a long one go": {slices.Concat(conntest.Masked(0x81, make([]byte, 1024)), conntest.Masked(0x89, nil)), 0},
	} {
		if got := readAll(tc.stream, 1024, false, len(tc.stream)); got.code != tc.code {
			t.Errorf("%s: closed with %d, want %d", name, got.code, tc.code)
		}
	}
}

func TestCloseFramesAreAnsweredByTheirCode(t *testing.T) {
	for want, payloads := range map[int][]string{
		1005: {""},
		1000: {"\x03\xe8", "\x03\xe8bye"},
		1001: {"\x03\xe9"},
		3000: {"\x0b\xb8"},
		4999: {"\x13\x87"},
		1002: {"x", "\x03\xec", "\x03\xed", "\x03\xee", "\x03\xf7", "\x00\x00", "\x03\xe7", "\x13\x88", "\xff\xff"},
		1007: {"\x03\xe8\xff"},
	} {
		for _, p := range payloads {
			if got := answerTo([]byte(p)).Code; got != want {
				t.Errorf("payload %q is answered with %d, want %d", p, got, want)
			}
		}
	}
}
