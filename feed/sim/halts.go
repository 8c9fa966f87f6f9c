package sim

import (
	"math/rand/v2"

	"tickertape/feed/market"
)

// halts are the halts of all instruments.
type halts struct {
	mean   int64 // static: microseconds from one to the next; 0 for none
	length int64 // static: microseconds that one lasts
	random rand.PCG

	next     int64  // when the next one begins, in microseconds from the epoch
	current  []halt // those that have begun, in order; its capacity is the most at once
	reopened int    // the instrument that trades more until hotUntil; -1 for none
	hotUntil int64  // in microseconds from the epoch
}

// halt is one that has begun.
type halt struct {
	instrument int
	until      int64 // microseconds from the epoch
}

func newHalts(cfg Config, instruments int) halts {
	return halts{
		mean:     cfg.HaltEvery.Microseconds(),
		length:   min(5*60_000_000, cfg.Session.Microseconds()/10),
		random:   *rand.NewPCG(cfg.Seed, 'h'),
		current:  make([]halt, 0, instruments/10),
		reopened: -1,
	}
}

// schedule sets when the next halt begins: between two and four thirds of the mean from now.
func (h *halts) schedule(now int64) {
	h.next = now + h.mean*2/3 + between(&h.random, 0, h.mean*2/3)
}

// haltSome ends the halts that are over, and begins the one that is due: the price runs away by 4 to 9 percent, then nothing
// happens for five minutes, or a tenth of a session if that is shorter, and then come an auction at another price and twenty
// busy seconds. At most a tenth of all instruments is halted at once.
func (m *exchange) haltSome() {
	h, now := &m.halts, market.Time(m.at)
	for len(h.current) > 0 && h.current[0].until <= m.at {
		i := h.current[0].instrument
		h.current = h.current[:copy(h.current, h.current[1:])]
		in := &m.instruments[i]
		in.setState(market.Live, m.enqueue(), now)
		in.jump(between(&h.random, -25, 25))
		in.quote(h.random.Uint64(), 3, m.enqueue(), now)
		in.cross(h.random.Uint64(), m.enqueue(), now)
		h.reopened, h.hotUntil = i, m.at+20_000_000
	}
	if h.mean == 0 || m.at < h.next {
		return
	}
	h.schedule(m.at)
	if len(h.current) == cap(h.current) {
		return
	}
	i := int(between(&h.random, 0, int64(len(m.instruments)-1)))
	in := &m.instruments[i]
	if in.halted || !in.opened {
		return
	}
	by := between(&h.random, 40, 90)
	if h.random.Uint64()&1 == 0 {
		by = -by
	}
	in.jump(by)
	in.quote(h.random.Uint64(), 2, m.enqueue(), now)
	in.cross(h.random.Uint64(), m.enqueue(), now)
	in.setState(market.Halted, m.enqueue(), now)
	h.current = append(h.current, halt{i, m.at + h.length})
}
