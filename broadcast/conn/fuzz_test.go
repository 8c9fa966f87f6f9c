package conn

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"tickertape/broadcast/conn/conntest"
)

// reference is what a stream comes to as github.com/gobwas/ws reads it, with what RFC 6455 and RFC 7692 ask for beside.
// cut reports whether it ends within a header, of which a reader may refuse what it has seen.
func reference(stream []byte, longest int, deflates bool) (out result, cut bool) {
	var message []byte
	state, kind, packed := ws.StateServerSide, ws.OpContinuation, false
	for in := bytes.NewReader(stream); in.Len() > 0; {
		before := in.Len()
		h, err := ws.ReadHeader(in)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return out, true
		}
		compressed := h.Rsv == ws.Rsv(true, false, false) && deflates && (h.OpCode == ws.OpText || h.OpCode == ws.OpBinary)
		if compressed {
			h.Rsv = 0
		}
		if err != nil || ws.CheckHeader(h, state) != nil || ws.HeaderSize(h) != before-in.Len() {
			out.code = ProtocolError
			return out, false
		}
		if h.OpCode.IsData() && h.OpCode != ws.OpContinuation {
			kind, packed, message = h.OpCode, compressed, nil
		}
		if !h.OpCode.IsControl() && h.Length > int64(longest-len(message)) {
			out.code = TooBig
			return out, false
		}
		payload := make([]byte, min(int(h.Length), in.Len()))
		in.Read(payload)
		if len(payload) < int(h.Length) {
			return out, false
		}
		ws.Cipher(payload, h.Mask, 0)
		switch {
		case h.OpCode.IsControl():
			what := map[ws.OpCode]event{ws.OpPing: gotPing, ws.OpPong: gotPong, ws.OpClose: gotClose}[h.OpCode]
			out.events = append(out.events, fmt.Sprintf("control %d %q", what, payload))
		default:
			message = append(message, payload...)
			if state = state.Set(ws.StateFragmented); h.Fin {
				out.events = append(out.events, fmt.Sprintf("message %d %t %q", kind, packed, message))
				state, message = state.Clear(ws.StateFragmented), nil
			} else if h.Length < smallFragment {
				out.events = append(out.events, "fragment")
			}
		}
	}
	return out, false
}

func equal(t *testing.T, stream []byte, longest int, deflates bool) {
	t.Helper()
	got := readAll(stream, longest, deflates, len(stream)+1)
	want, cut := reference(stream, longest, deflates)
	if cut && got.code == ProtocolError {
		got.code = 0
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%x is %+v, by the reference %+v", stream, got, want)
	}
}

// FuzzClientFrames reads whatever bytes come as another implementation does, and however they are cut.
func FuzzClientFrames(f *testing.F) {
	for _, c := range conversations() {
		if len(c.sent) < 1000 {
			f.Add(c.sent, 3, c.deflates)
		}
	}
	f.Add(conntest.Masked(0x01, make([]byte, 200)), 1, true)
	f.Add([]byte{0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4, 5}, 2, true) // 2^64-1 bytes to come
	f.Fuzz(func(t *testing.T, b []byte, cut int, deflates bool) {
		equal(t, b, 300, deflates)
		whole, pieces := readAll(b, 300, deflates, len(b)+1), readAll(b, 300, deflates, 1+max(cut, -(cut+1))&7, 3)
		if fmt.Sprint(whole) != fmt.Sprint(pieces) {
			t.Errorf("%x in pieces is %+v, whole %+v", b, pieces, whole)
		}
	})
}

func TestFramesAreReadAsAnotherImplementationReadsThem(t *testing.T) {
	for name, c := range conversations() {
		t.Run(name, func(t *testing.T) { equal(t, c.sent, conformanceLimit, c.deflates) })
	}
}

// FuzzMessage has whatever text there is read back as it was, in each framing.
func FuzzMessage(f *testing.F) {
	for _, n := range []int{0, 1, 125, 126, 255, 256, 65535, 65536, 70_000} {
		f.Add(strings.Repeat("a", n), uint64(n))
	}
	var m Message // used again and again
	f.Fuzz(func(t *testing.T, payload string, seq uint64) {
		payload = strings.Map(func(r rune) rune {
			if r == '\n' || r == '\r' {
				return ' '
			}
			return r
		}, payload)
		m.Set(append(make([]byte, Room), payload...), "update")
		m.SetID("abc", seq)
		for _, framing := range []Framing{Text, Deflated} {
			h, err := ws.ReadHeader(bytes.NewReader(m.Frame(framing, true)))
			if err != nil {
				t.Fatal(err)
			}
			got := m.Frame(framing, true)[ws.HeaderSize(h):]
			packed := framing == Deflated && len(payload) >= DeflateFrom
			if h.Masked || !h.Fin || h.OpCode != ws.OpText || int(h.Length) != len(got) || h.Rsv1() != packed || h.Rsv2() || h.Rsv3() {
				t.Fatalf("header %+v of %d bytes", h, len(payload))
			}
			if packed {
				if got, err = inflate(got, len(payload)); err != nil {
					t.Fatal(err)
				}
			}
			if string(got) != payload {
				t.Fatalf("framing %d: %q, want %q", framing, got, payload)
			}
		}
		last := LastEvent(Chunk, &m, time.Second)
		chunks := slices.Concat(m.Frame(Chunk, false), m.Frame(Chunk, true), Comment(Chunk), last)
		answer := "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + string(chunks)
		r, err := http.ReadResponse(bufio.NewReader(strings.NewReader(answer)), nil)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r.Body)
		data := "\ndata: " + payload + "\n\n"
		want := fmt.Sprintf("event: update%sevent: update\nid: abc-%d%s:\n\nretry: 1000\nevent: update%s", data, seq, data, data)
		if err != nil || string(got) != want {
			t.Fatalf("%q %v, want %q", got, err, want)
		}
		plain := string(slices.Concat(m.Frame(Event, false), m.Frame(Event, true), Comment(Event), LastEvent(Event, &m, time.Second)))
		if plain != want {
			t.Fatalf("without chunks %q, want %q", plain, want)
		}
	})
}
