package attack

import (
	"bytes"
	"testing"

	"github.com/gobwas/ws"
)

func TestFramesAreAClients(t *testing.T) {
	for name, test := range map[string]struct {
		frame      []byte
		op         ws.OpCode
		fin        bool
		compressed bool
		size       int64
	}{
		"ping":       {frame(ws.OpPing, true, false, nil), ws.OpPing, true, false, 0},
		"fragment":   {frame(ws.OpText, false, false, []byte("{")), ws.OpText, false, false, 1},
		"compressed": {frame(ws.OpText, true, true, make([]byte, 64<<10)), ws.OpText, true, true, 64 << 10},
	} {
		t.Run(name, func(t *testing.T) {
			h, err := ws.ReadHeader(bytes.NewReader(test.frame))
			if err != nil {
				t.Fatal(err)
			}
			if h.OpCode != test.op || h.Fin != test.fin || h.Rsv1() != test.compressed || h.Length != test.size || !h.Masked {
				t.Errorf("%+v, want %+v", h, test)
			}
			if got := int64(len(test.frame)); got != int64(ws.HeaderSize(h))+test.size {
				t.Errorf("%d bytes", got)
			}
		})
	}
}

func TestCloseIsFoundBehindOtherFrames(t *testing.T) {
	update := ws.MustCompileFrame(ws.NewTextFrame(bytes.Repeat([]byte{0x88, 4}, 50)))
	end := ws.MustCompileFrame(ws.NewCloseFrame(ws.NewCloseFrameBody(1008, "flood")))
	if why, found := closing(append(update, end...)); !found || why != "close 1008" {
		t.Errorf("%q %v, want close 1008", why, found)
	}
	if why, found := closing(update); found {
		t.Errorf("%q in a message", why)
	}
}
