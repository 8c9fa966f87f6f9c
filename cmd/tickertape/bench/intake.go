package bench

import (
	"net"
	"time"
)

// intake reads a connection.
type intake interface {
	// read waits for bytes, reads once, and hands on at most limit of them.
	read(limit int) error
}

// taker takes the bytes that were read at a time, and counts them in the tally.
type taker func(t *tally, b []byte, now time.Time) error

// copyingIntake has a buffer of its own, since its reads wait with the buffer in hand, as those of TLS do.
type copyingIntake struct {
	c       net.Conn
	tallies *tallies
	hint    int
	take    taker
	buffer  []byte
}

func newCopyingIntake(c net.Conn, all *tallies, hint int, take taker) *copyingIntake {
	return &copyingIntake{c: c, tallies: all, hint: hint, take: take, buffer: make([]byte, 16<<10)}
}

func (i *copyingIntake) read(limit int) error {
	n, err := i.c.Read(i.buffer[:min(limit, len(i.buffer))])
	if n == 0 {
		return err // with bytes, the next read returns the error again
	}
	now := time.Now()
	t := i.tallies.take(i.hint)
	defer t.mu.Unlock()
	return i.take(t, i.buffer[:n], now)
}
