package bench

import (
	"cmp"
	"context"
	"math/rand/v2"
	"net"
	"strconv"
	"time"
)

const (
	// connectTime is the longest time from the dial to the end of the snapshot.
	connectTime = 30 * time.Second

	// comeBackTime is the longest wait before connecting again, of which a random part is taken, when the server
	// does not say.
	comeBackTime = 5 * time.Second

	// A slow reader takes slowBytes every slowPause: some 16 kbit/s.
	slowBytes = 4 << 10
	slowPause = 2 * time.Second
)

// subscriber is one client of the protocol. It answers pings, and when its connection is lost it connects again and
// resumes at its position.
type subscriber struct {
	// static
	index     int
	slow      bool
	transport string
	compress  bool
	ask       ask
	crowd     *crowd
	tallies   *tallies
	dialer    *dialer
	sampling  int // the latency of one in so many updates is taken

	// owned by run
	settled bool // has joined or been refused once
	epoch   string
	seq     int64
	updates int
	replies []byte
	asked   time.Duration // to come back after, as an event stream says
	awaited int           // states until it has joined
	began   time.Time
	joined  bool
	now     taking
}

// taking is what has been read and is being taken apart.
type taking struct {
	tally    *tally
	received time.Time
	counts   bool // it came within the window
}

// run listens until ctx ends, or the server says that coming back does not help.
func (s *subscriber) run(ctx context.Context) {
	for {
		end := s.attempt(ctx)
		if ctx.Err() != nil {
			return
		}
		s.crowd.leave(end, s.joined, !s.settled)
		s.settled = true
		if end.final {
			return
		}
		wait := time.NewTimer(rand.N(cmp.Or(end.after, s.asked, comeBackTime)) + 1)
		select {
		case <-wait.C:
		case <-ctx.Done():
			wait.Stop()
			return
		}
	}
}

// attempt connects and listens until the connection ends.
func (s *subscriber) attempt(ctx context.Context) *ending {
	s.joined, s.replies, s.asked = false, nil, 0
	select {
	case s.dialer.slots <- struct{}{}:
	case <-ctx.Done():
		return endingOf(ctx.Err())
	}
	c, o, err := s.connect(ctx)
	<-s.dialer.slots
	if err != nil {
		return endingOf(err)
	}
	defer c.Close()
	stop := context.AfterFunc(ctx, func() { c.Close() })
	defer stop()
	s.awaited = o.states
	take := func(t *tally, b []byte, now time.Time) error {
		s.now = taking{t, now, t.window.has(now)}
		if s.now.counts {
			t.traffic[s.group()].Bytes += int64(len(b))
		}
		return o.feed(b)
	}
	in, err := newIntake(c, s.tallies, s.index, take)
	if err != nil {
		return endingOf(err)
	}
	if len(o.early) > 0 {
		t := s.tallies.take(s.index)
		err = take(t, o.early, time.Now())
		t.mu.Unlock()
		o.early = nil
	}
	return endingOf(s.listen(ctx, c, in, err))
}

// connect dials and asks, and returns how long it took.
func (s *subscriber) connect(ctx context.Context) (net.Conn, opened, error) {
	s.crowd.dials()
	s.began = time.Now()
	deadline := s.began.Add(connectTime)
	dialling, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	c, err := s.dialer.dial(dialling, s.index, s.slow)
	if err != nil {
		return nil, opened{}, err
	}
	stop := context.AfterFunc(ctx, func() { c.Close() })
	defer stop()
	c.SetDeadline(deadline)
	o, err := s.open(c)
	if err != nil {
		c.Close()
		return nil, opened{}, err
	}
	s.crowd.shookHands(time.Since(s.began), o.compressed)
	return c, o, nil
}

// open asks on a fresh connection, and resumes where there is a position.
func (s *subscriber) open(c net.Conn) (opened, error) {
	a := s.ask
	if s.epoch != "" && len(a.bars)+len(a.trades) == 0 { // series that did not change would not be sent again
		a.since = s.epoch + "-" + strconv.FormatInt(s.seq, 10)
	}
	if s.transport == SSE {
		return openEvents(c, s.dialer.target, a, s)
	}
	return openWebSocket(c, s.dialer.target, a, s.compress, s)
}

// group is where its traffic is counted.
func (s *subscriber) group() int {
	if s.slow {
		return slow
	}
	return prompt
}

// listen reads on after what came with the answer, of which err is the error.
func (s *subscriber) listen(ctx context.Context, c net.Conn, in intake, err error) error {
	patient := false // the deadline of the connecting is lifted
	for {
		if len(s.replies) > 0 {
			if _, failed := c.Write(s.replies); failed != nil && err == nil {
				err = failed
			}
			s.replies = nil
		}
		if err != nil {
			return err
		}
		limit := readSize
		if s.joined {
			if !patient {
				patient = true
				c.SetDeadline(time.Time{})
			}
			if s.slow {
				limit = slowBytes
				if err := pause(ctx, slowPause); err != nil {
					return err
				}
			}
		}
		err = in.read(limit)
	}
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// message takes one message of the server.
func (s *subscriber) message(m []byte) error {
	g := look(m)
	sampled := false
	switch g.kind {
	case update:
		sampled = (s.updates+s.index)%s.sampling == 0 // not all of them the same flush
		s.updates++
		s.moved(g)
	case snapshot:
		s.moved(g)
		if !g.more {
			s.arrived()
		}
	case series:
		sampled = (s.updates+s.index)%s.sampling == 0
		s.updates++
		if g.reset {
			s.arrived()
		}
	case hello:
		if epoch := string(text(g.head, epochKey)); epoch != s.epoch {
			s.epoch, s.seq = epoch, 0
		}
	case failure:
		return s.refusal(string(text(g.head, codeKey)), m)
	}
	if s.now.counts {
		s.now.tally.note(g, s.group(), s.now.received, sampled)
	}
	return nil
}

// arrived counts the states that the answer begins with. The subscriber has joined when all have come.
func (s *subscriber) arrived() {
	if s.awaited--; s.awaited != 0 || s.joined {
		return
	}
	s.joined = true
	s.crowd.join(s.now.received.Sub(s.began), !s.settled)
	s.settled = true
}

var (
	epochKey = []byte(`"epoch":"`)
	codeKey  = []byte(`"code":"`)
	seqKey   = []byte(`"seq":`)
)

// moved notes the position, which moves with a message's last part.
func (s *subscriber) moved(g glance) {
	if !g.more {
		s.seq = number(g.head, seqKey)
	}
}

// refusal is the ending for an error message: without any part of what it asked for, the subscriber would measure
// something else.
func (s *subscriber) refusal(code string, m []byte) error {
	e := &ending{reason: "error " + code, err: broken("error %.200s", m).err, final: true}
	switch code {
	case "full", "draining", "restarting":
		e.after, e.final = s.asked, false
	}
	return e
}

// send is called while a tally is held, so it only notes what has to be written.
func (s *subscriber) send(b []byte) { s.replies = append(s.replies, b...) }

// comeBack notes after how long an event stream says to connect again.
func (s *subscriber) comeBack(ms int64) {
	s.asked = time.Duration(min(ms, 1000*maxAsked)) * time.Millisecond
}
