package attack

import (
	"bytes"
	"context"
	"time"

	"github.com/gobwas/ws"
)

// controlFloods send the smallest frames there are, just below the budget of bytes.
func controlFloods() []Attack {
	ping := frame(ws.OpPing, true, false, nil)
	pong := frame(ws.OpPong, true, false, nil)
	large := frame(ws.OpPing, true, false, bytes.Repeat([]byte{'x'}, 125))
	empty := frame(ws.OpContinuation, false, false, nil)
	begin := frame(ws.OpText, false, false, []byte("{"))
	return []Attack{
		{Name: "ping-flood", What: "6-byte pings, 15 kB/s each", Short: 20, Long: 1000, run: frameFlood(nil, ping, plain)},
		{Name: "ping-flood-deflated", What: "the same, compressed connections", Short: 10, Long: 1000, Environ: compressing,
			run: frameFlood(nil, ping, deflated)},
		{Name: "ping-flood-large", What: "pings of 125 bytes, 15 kB/s each", Long: 1000, run: frameFlood(nil, large, plain)},
		{Name: "ping-flood-nginx", What: "6-byte pings, through nginx", Proxy: true, Short: 10, Long: 1000, run: frameFlood(nil, ping, plain)},
		{Name: "pong-flood", What: "6-byte pongs that nobody asked for, 15 kB/s each", Short: 20, Long: 1000, run: frameFlood(nil, pong, plain)},
		{Name: "fragment-flood", What: "empty fragments, 15 kB/s each", Short: 20, Long: 1000, run: frameFlood(begin, empty, plain)},
		{Name: "ping-unread", What: "6-byte pings whose pongs nobody reads", Narrow: true, Short: 10, Long: 1000, run: unreadPings(ping)},
	}
}

const (
	floodRate  = 15_000 // bytes a second of a connection, of the 16 KiB that it may say
	floodPause = 100 * time.Millisecond
)

// volley is as many frames as one pause may send.
func volley(f []byte) []byte {
	return bytes.Repeat(f, int(floodRate*floodPause/time.Second)/len(f))
}

func frameFlood(begin, f []byte, offer compression) func(context.Context, *attacker) error {
	shots := volley(f)
	return func(ctx context.Context, a *attacker) error {
		s, err := a.upgrade(ctx, "/ws?symbols=%23leaders", offer)
		if err != nil {
			return err
		}
		defer s.Close()
		return s.flood(func() error {
			if _, err := s.Write(begin); err != nil {
				return err
			}
			return every(ctx, floodPause, func() error {
				_, err := s.Write(shots)
				return err
			})
		})
	}
}

func unreadPings(ping []byte) func(context.Context, *attacker) error {
	shots := volley(ping)
	return func(ctx context.Context, a *attacker) error {
		s, err := a.upgrade(ctx, "/ws?symbols=%23leaders", plain)
		if err != nil {
			return err
		}
		defer s.Close()
		return every(ctx, floodPause, func() error {
			_, err := s.Write(shots)
			return err
		})
	}
}
