package sim

import "tickertape/feed/market"

// halt is one that has begun.
type halt struct {
	instrument int
	until      int64 // microseconds from the epoch
}

// scheduleHalt sets the next halt: after a third less to a third more than the mean.
func (m *exchange) scheduleHalt(now int64) {
	m.haltAt = now + m.haltMean*2/3 + between(&m.halts, 0, m.haltMean*2/3)
}

// halt ends the halts that are over, and begins the one that is due: a price that runs away by 4 to
// 9 percent, then nothing for five minutes (a tenth of a session, if that is shorter), then an
// auction at some other price and twenty busy seconds. At most a tenth of all symbols is halted.
func (m *exchange) halt() {
	now := market.Time(m.at)
	for len(m.halted) > 0 && m.halted[0].until <= m.at {
		i := m.halted[0].instrument
		m.halted = m.halted[:copy(m.halted, m.halted[1:])]
		in := &m.instruments[i]
		in.turn(market.Live, m.enqueue(), now)
		m.jump(in, between(&m.halts, -25, 25))
		in.quote(m.halts.Uint64(), 3, m.enqueue(), now)
		in.cross(m.halts.Uint64(), m.enqueue(), now)
		m.reopened, m.hotUntil = i, m.at+20_000_000
	}
	if m.haltMean == 0 || m.at < m.haltAt {
		return
	}
	m.scheduleHalt(m.at)
	if len(m.halted) == cap(m.halted) {
		return
	}
	i := int(between(&m.halts, 0, int64(len(m.instruments)-1)))
	in := &m.instruments[i]
	if in.halted || !in.opened {
		return
	}
	by := between(&m.halts, 40, 90)
	if m.halts.Uint64()&1 == 0 {
		by = -by
	}
	m.jump(in, by)
	in.quote(m.halts.Uint64(), 2, m.enqueue(), now)
	in.cross(m.halts.Uint64(), m.enqueue(), now)
	in.turn(market.Halted, m.enqueue(), now)
	m.halted = append(m.halted, halt{i, m.at + m.haltTime})
}

// jump moves the value by so many thousandths. A share class jumps with its leader alone.
func (m *exchange) jump(in *instrument, thousandths int64) {
	if in.leader < 0 {
		in.shift(thousandths << 30 / 1000)
	}
}
