package bench

import (
	"bytes"
	"errors"
	"io"
	"slices"

	"github.com/gobwas/ws"
)

// maxMessage is the longest message in bytes. Those of the protocol have little more than 64 KiB, except for an answer
// with a long list of symbols.
const maxMessage = 4 << 20

// listener takes what a stream brings.
type listener interface {
	message(text []byte) error // of use until it returns; an error is the stream's ending
	send(b []byte)             // what has to be written to the peer
	comeBack(ms int64)         // when to, after an end to come
}

// frames parses the frames of a WebSocket, wherever the network splits them. A whole frame is read in place; only a part
// of one is copied and kept.
type frames struct {
	to      listener
	inflate *inflater // nil without compression
	reader  bytes.Reader
	header  [ws.MaxHeaderSize]byte
	kept    []byte // the beginning of a frame
	message []byte // the beginning of a message in fragments
	packed  bool   // the message in fragments is compressed
	within  bool   // a message in fragments has begun
}

// feed takes the next bytes of the connection. Its errors are endings.
func (f *frames) feed(b []byte) error {
	if len(f.kept) > 0 {
		f.kept = append(f.kept, b...)
		b = f.kept
	}
	for len(b) > 0 {
		f.reader.Reset(b)
		h, err := ws.ReadHeaderBuffer(&f.reader, f.header[:])
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			break // the header is not whole
		}
		if err != nil {
			return broken("read a frame: %w", err)
		}
		if h.Masked || h.Length > maxMessage {
			return broken("a frame that no server sends: masked %v, %d bytes", h.Masked, h.Length)
		}
		begin := len(b) - f.reader.Len()
		end := begin + int(h.Length)
		if len(b) < end {
			if len(f.kept) == 0 {
				f.kept = slices.Grow(f.kept, end)
			}
			break
		}
		if err := f.frame(h, b[begin:end]); err != nil {
			return err
		}
		b = b[end:]
	}
	f.kept = append(f.kept[:0], b...) // b may lie in kept
	if len(b) == 0 {
		f.kept = nil // nothing is kept for one who waits
	}
	return nil
}

func (f *frames) frame(h ws.Header, payload []byte) error {
	switch h.OpCode {
	case ws.OpPing:
		f.to.send(ws.MustCompileFrame(ws.MaskFrame(ws.NewPongFrame(payload))))
		return nil
	case ws.OpPong:
		return nil
	case ws.OpClose:
		code, reason := ws.ParseCloseFrameData(payload)
		f.to.send(ws.MustCompileFrame(ws.MaskFrame(ws.NewCloseFrame(payload[:min(len(payload), 2)]))))
		if code == 0 {
			code = ws.StatusNoStatusRcvd
		}
		return closed(int(code), reason)
	case ws.OpText:
		if f.within {
			return broken("a message within another")
		}
		f.packed = h.Rsv1()
		if h.Rsv2() || h.Rsv3() || f.packed && f.inflate == nil {
			return broken("a frame with bits that nobody agreed on: %03b", h.Rsv)
		}
		if h.Fin {
			return f.whole(payload)
		}
	case ws.OpContinuation:
		if !f.within {
			return broken("a continuation of nothing")
		}
	default:
		return broken("a frame of type %d, want text", h.OpCode)
	}
	if len(f.message)+len(payload) > maxMessage {
		return broken("a message of more than %d bytes", maxMessage)
	}
	f.message = append(f.message, payload...)
	f.within = !h.Fin
	if !h.Fin {
		return nil
	}
	defer func() { f.message = nil }()
	return f.whole(f.message)
}

func (f *frames) whole(message []byte) error {
	if !f.packed {
		return f.to.message(message)
	}
	return f.inflate.each(message, f.to.message)
}
