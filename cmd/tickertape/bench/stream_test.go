package bench

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/gobwas/ws"
	"github.com/klauspost/compress/flate"
)

// heard keeps what a stream brings.
type heard struct {
	messages []string
	sent     bytes.Buffer
	retry    int64
}

func (h *heard) message(m []byte) error {
	h.messages = append(h.messages, string(m))
	return nil
}
func (h *heard) send(b []byte)     { h.sent.Write(b) }
func (h *heard) comeBack(ms int64) { h.retry = ms }

// cuts feeds a stream in two pieces, cut at every place, and byte by byte, to a fresh decoder each time.
func cuts(t *testing.T, stream []byte, fresh func() (decoder, func(how string, err error))) {
	t.Helper()
	for i := range len(stream) + 1 {
		d, check := fresh()
		err := d.feed(slices.Clone(stream[:i]))
		if err == nil {
			err = d.feed(slices.Clone(stream[i:]))
		}
		check(fmt.Sprintf("cut at %d", i), err)
	}
	d, check := fresh()
	var err error
	buffer := make([]byte, 1) // used again, as a reader does
	for i := 0; i < len(stream) && err == nil; i++ {
		buffer[0] = stream[i]
		err = d.feed(buffer)
	}
	check("byte by byte", err)
}

func frame(op ws.OpCode, fin bool, payload string) []byte {
	return ws.MustCompileFrame(ws.NewFrame(op, fin, []byte(payload)))
}

func TestFramesAreReadHoweverTheyAreCut(t *testing.T) {
	long, longer := strings.Repeat("x", 300), strings.Repeat("y", 1<<16)
	stream := slices.Concat(
		frame(ws.OpText, true, "one"),
		frame(ws.OpText, true, ""),
		frame(ws.OpPing, true, "are you there"),
		frame(ws.OpText, true, long),
		frame(ws.OpText, false, "in "), frame(ws.OpPong, true, "?"), frame(ws.OpContinuation, false, "three "),
		frame(ws.OpContinuation, true, "parts"),
		frame(ws.OpText, true, "two"),
		frame(ws.OpClose, true, string(ws.NewCloseFrameBody(1012, "retry_ms=700"))),
	)
	want := []string{"one", "", long, "in three parts", "two"}
	fresh := func() (decoder, func(string, error)) {
		h := &heard{}
		return &frames{to: h}, func(how string, err error) {
			if !slices.Equal(h.messages, want) {
				t.Errorf("%s: got %q, want %q", how, h.messages, want)
			}
			end := endingOf(err)
			if end.reason != "closed 1012" || end.after.Milliseconds() != 700 || end.final {
				t.Errorf("%s: ended with %+v", how, end)
			}
			checkReplies(t, h.sent.Bytes())
		}
	}
	cuts(t, stream, fresh)
	h := &heard{}
	f := &frames{to: h}
	big := frame(ws.OpText, true, longer)
	if err := errors.Join(f.feed(big[:70_000-10_000]), f.feed(big[60_000:]), f.feed(frame(ws.OpText, true, "z"))); err != nil {
		t.Fatal(err)
	}
	if want := []string{longer, "z"}; !slices.Equal(h.messages, want) {
		t.Errorf("got %d messages, want a long one and z", len(h.messages))
	}
	if f.kept != nil {
		t.Errorf("%d bytes are kept between messages", cap(f.kept))
	}
}

// checkReplies wants the ping's payload back and the close frame's code, both masked.
func checkReplies(t *testing.T, sent []byte) {
	t.Helper()
	r := bytes.NewReader(sent)
	for _, want := range []struct {
		op      ws.OpCode
		payload string
	}{{ws.OpPong, "are you there"}, {ws.OpClose, "\x03\xf4"}} {
		f, err := readFrame(r)
		if err != nil || !f.Header.Masked {
			t.Fatalf("reply %+v, %v, want a masked frame", f.Header, err)
		}
		if f = ws.UnmaskFrame(f); f.Header.OpCode != want.op || string(f.Payload) != want.payload {
			t.Errorf("reply %v %q, want %v %q", f.Header.OpCode, f.Payload, want.op, want.payload)
		}
	}
	if r.Len() > 0 {
		t.Errorf("%d bytes more were sent", r.Len())
	}
}

func TestFramesThatNobodyMaySendEndTheConnection(t *testing.T) {
	masked := ws.MustCompileFrame(ws.MaskFrame(ws.NewTextFrame([]byte("x"))))
	packed := frame(ws.OpText, true, "x")
	packed[0] |= 0x40
	for name, stream := range map[string][]byte{
		"masked":                  masked,
		"compressed unasked":      packed,
		"binary":                  frame(ws.OpBinary, true, "x"),
		"continuation of nothing": frame(ws.OpContinuation, true, "x"),
		"message within another":  slices.Concat(frame(ws.OpText, false, "x"), frame(ws.OpText, true, "y")),
		"too long":                {0x81, 127, 0, 0, 0, 1, 0, 0, 0, 0},
		"length with a sign":      {0x81, 127, 0x80, 0, 0, 0, 0, 0, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			h := &heard{}
			err := (&frames{to: h}).feed(stream)
			if err == nil || endingOf(err).reason != "protocol" || len(h.messages) > 0 {
				t.Errorf("got %q and %v, want an error of the protocol", h.messages, err)
			}
		})
	}
}

// squeeze compresses as RFC 7692 has it.
func squeeze(t *testing.T, text string) string {
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	w.Write([]byte(text))
	w.Flush()
	return strings.TrimSuffix(b.String(), "\x00\x00\xff\xff")
}

func TestCompressedFramesAreReadHoweverTheyAreCut(t *testing.T) {
	first, second := strings.Repeat("tick", 50), strings.Repeat("tock", 50)
	packed := squeeze(t, second)
	stream := slices.Concat(frame(ws.OpText, true, squeeze(t, first)), frame(ws.OpText, false, packed[:3]),
		frame(ws.OpContinuation, true, packed[3:]), frame(ws.OpText, true, "plain"))
	stream[0] |= 0x40
	stream[2+len(squeeze(t, first))] |= 0x40
	cuts(t, stream, func() (decoder, func(string, error)) {
		h := &heard{}
		return &frames{to: h, inflate: &inflater{}}, func(how string, err error) {
			if want := []string{first, second, "plain"}; err != nil || !slices.Equal(h.messages, want) {
				t.Errorf("%s: got %q, %v, want %q", how, h.messages, err, want)
			}
		}
	})
}

const eventText = "retry: 821\nevent: hello\ndata: {\"type\":\"hello\"}\n\n:\n\nevent: update\r\nid: e1-7\r\ndata:{\"type\":\"update\"}\r\n\r\nretry: soon\n\ndata: 3\n\n"

func TestEventsAreReadHoweverTheyAreCut(t *testing.T) {
	want := []string{`{"type":"hello"}`, `{"type":"update"}`, "3"}
	check := func(h *heard, how string, ended bool, err error) {
		if !slices.Equal(h.messages, want) || h.retry != 821 {
			t.Errorf("%s: got %q, retry %d, want %q, 821", how, h.messages, h.retry, want)
		}
		if ended && (err == nil || endingOf(err).reason != "stream ended") || !ended && err != nil {
			t.Errorf("%s: ended with %v", how, err)
		}
	}
	t.Run("plain", func(t *testing.T) {
		cuts(t, []byte(eventText), func() (decoder, func(string, error)) {
			h := &heard{}
			return &events{to: h}, func(how string, err error) { check(h, how, false, err) }
		})
	})
	for _, size := range []int{1, 7, 16, 1000} { // as a proxy may cut it
		t.Run(fmt.Sprintf("chunks of %d", size), func(t *testing.T) {
			var b bytes.Buffer
			for part := range slices.Chunk([]byte(eventText), size) {
				fmt.Fprintf(&b, "%X;why=\"because\"\r\n%s\r\n", len(part), part)
			}
			b.WriteString("0\r\nTrailer: x\r\n\r\n")
			cuts(t, b.Bytes(), func() (decoder, func(string, error)) {
				h := &heard{}
				return &events{to: h, chunks: &chunks{}}, func(how string, err error) { check(h, how, true, err) }
			})
		})
	}
}

func TestChunksThatAreNoneEndTheConnection(t *testing.T) {
	for _, stream := range []string{"x\r\n", "\r\n", "1\r\nab\r\n", "fffffffffffffffff\r\n", "-1\r\n"} {
		h := &heard{}
		err := (&events{to: h, chunks: &chunks{}}).feed([]byte(stream))
		if err == nil || endingOf(err).reason != "protocol" {
			t.Errorf("%q: %v, want an error of the protocol", stream, err)
		}
	}
}

func TestLineWithoutEndIsNotKeptForEver(t *testing.T) {
	e := &events{to: &heard{}}
	var err error
	for piece := bytes.Repeat([]byte{'x'}, 1<<20); err == nil; err = e.feed(piece) {
		if len(e.kept) > maxMessage {
			t.Fatalf("%d bytes are kept", len(e.kept))
		}
	}
	if endingOf(err).reason != "protocol" {
		t.Errorf("%v, want an error of the protocol", err)
	}
}
