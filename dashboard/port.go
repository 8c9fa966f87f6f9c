package dashboard

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"

	"golang.org/x/time/rate"

	"tickertape/broadcast/admission"
)

const (
	mostInLine   = 4096                     // connections that wait for their turn
	lineTime     = 4 * time.Second          // that the last in line waits, at most
	crowdTime    = lineTime - time.Second/2 // that the line may last before it is cut
	burstTime    = time.Second / 4          // handshakes of so long may come at once
	intakeFactor = 4                        // connections are accepted at so many times the rate that they are served at
	leastIntake  = 1000                     // a second, however few are served, or the kernel's line would outlast a flood
	acceptPause  = 10 * time.Millisecond    // after an error of accept
	placeTime    = 2 * stuckTime            // that a connection waits for a place before it is refused
)

// port accepts connections and hands them to net/http at a bounded rate. Whoever comes faster waits in line, which
// costs a descriptor and no goroutine; whoever finds the line full is answered with a time to come back, and closed. That costs
// little, but not nothing: beyond some times the rate, connections are left to the kernel.
type port struct {
	// static
	*net.TCPListener
	all      *connections
	line     chan *conn // never closed
	serving  *rate.Limiter
	intake   *rate.Limiter
	lineWait time.Duration // that accept waits for a place in a line which is shorter than lineTime
	closed   chan struct{} // closed by Close
	once     sync.Once

	// owned by run
	noPlaceSince  time.Time // since when there is no place, zero while there is
	lineFullSince time.Time // since when the line is full, zero while it is not
	lineSince     time.Time // since when somebody is in it, zero while nobody is
}

// openPort listens. A peer that acknowledges nothing for ackTimeout is gone. So many handshakes a second are let
// through.
func openPort(ctx context.Context, addr string, ackTimeout time.Duration, handshakes float64, all *connections) (*port, error) {
	l, err := listen(ctx, addr, ackTimeout)
	if err != nil {
		return nil, err
	}
	wanted := max(1, min(mostInLine, int(handshakes*lineTime.Seconds())))
	size := min(wanted, max(1, all.most/2)) // the other half are served
	return &port{
		lineWait:    time.Duration(float64(wanted-size) / handshakes * float64(time.Second)),
		TCPListener: l, all: all, line: make(chan *conn, size), closed: make(chan struct{}),
		serving: rate.NewLimiter(rate.Limit(handshakes), max(1, int(handshakes*burstTime.Seconds()))),
		intake:  rate.NewLimiter(max(leastIntake, rate.Limit(intakeFactor*handshakes)), size),
	}, nil
}

// run accepts until the port is closed, and then closes who is still in line.
func (p *port) run() {
	defer func() {
		for {
			select {
			case c := <-p.line:
				c.shut()
			default:
				return
			}
		}
	}()
	for {
		tcp, err := p.AcceptTCP()
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil:
			if !p.recover(err) {
				return
			}
		default:
			p.admit(tcp)
			if !p.sleep(p.intake.Reserve().Delay()) {
				return
			}
		}
	}
}

// admit puts a connection in line, or turns it away.
func (p *port) admit(tcp net.Conn) {
	c := newConn(tcp, p.all)
	reason, after, ok := p.all.enter(c)
	for !ok && after > 0 && p.mayWait() && p.sleep(after) {
		reason, after, ok = p.all.enter(c) // others are left to the kernel meanwhile
	}
	if ok {
		p.noPlaceSince = time.Time{}
	} else {
		p.all.leave(c)
		p.all.refusals.Note(reason, c.addr)
		turnAway(tcp, reason)
		return
	}
	if !p.queue(c) {
		p.all.leave(c)
		p.all.refusals.Note(admission.ReasonTotalHandshakes, c.addr)
		turnAway(tcp, admission.ReasonTotalHandshakes)
	}
}

// mayWait reports whether it is worth waiting for a place. Where none has become free for a while, the next are turned
// away at once, until one is.
func (p *port) mayWait() bool {
	if p.noPlaceSince.IsZero() {
		p.noPlaceSince = time.Now()
	}
	return time.Since(p.noPlaceSince) < placeTime
}

// queue puts a connection in line, where there is a place. Where few descriptors make the line short, others are
// left to the kernel meanwhile, until those who come last would wait for lineTime.
//
// A crowd is served in time. Where the line has lasted for longer, there is no end to who comes: it is cut to what
// can be served at once, so that whoever is let in does not wait.
func (p *port) queue(c *conn) bool {
	switch n := len(p.line); {
	case n == 0:
		p.lineSince = time.Time{}
	case p.lineSince.IsZero():
		p.lineSince = time.Now()
	case n >= p.serving.Burst() && time.Since(p.lineSince) > crowdTime:
		return false
	}
	select {
	case p.line <- c:
		p.lineFullSince = time.Time{}
		return true
	default:
	}
	if p.lineFullSince.IsZero() {
		p.lineFullSince = time.Now()
	}
	left := p.lineWait - time.Since(p.lineFullSince)
	if left <= 0 {
		return false
	}
	timer := time.NewTimer(left)
	defer timer.Stop()
	select {
	case p.line <- c:
		return true
	case <-timer.C:
	case <-p.closed:
	}
	return false
}

// recover gets over an error of accept. Where descriptors ran out it makes room; else it waits a little, or the
// loop would spin. It returns false when the port is closed.
func (p *port) recover(err error) bool {
	p.all.refusals.NoteValue(admission.ReasonAccept, netip.Addr{}, err.Error())
	if errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) {
		if p.all.makeRoom() {
			return true
		}
	}
	return p.sleep(acceptPause)
}

// sleep waits, and returns false when the port is closed before.
func (p *port) sleep(d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-p.closed:
		return false
	}
}

// Accept is for net/http: the next in line, when it is its turn.
func (p *port) Accept() (net.Conn, error) {
	select {
	case c := <-p.line:
		if !p.sleep(p.serving.Reserve().Delay()) {
			c.shut()
			break
		}
		return c, nil
	case <-p.closed:
	}
	return nil, fmt.Errorf("accept on %s: %w", p.Addr(), net.ErrClosed)
}

// Close stops accepting. Connections live on.
func (p *port) Close() error {
	err := error(nil)
	p.once.Do(func() {
		close(p.closed)
		err = p.TCPListener.Close()
	})
	return err
}
