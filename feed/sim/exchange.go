package sim

import (
	"math/rand/v2"

	"tickertape/feed/market"
)

// step is how often prices move, in microseconds.
const step = 100_000

// exchange makes ticks in virtual time. The sequence depends on nothing but what the exchange was made from. Its methods are
// called by one goroutine at a time.
type exchange struct {
	ticks tickRate    // static
	busy  alias       // static: draws an instrument by its weight
	epoch market.Time // of the first tick; a multiple of step, so that sessions can begin on whole seconds
	ahead market.Time // how far the epoch moves with the next step

	// One random stream for each concern, so that none shifts another's: these two, and that of halts.
	prices, arrivals rand.PCG

	instruments []instrument
	factors     factors
	halts       halts

	at       int64 // microseconds from the epoch to the present step
	step     int64 // in the session
	ends     int64 // when the session does: microseconds from the epoch, after the present step
	credit   int64 // of 1e-7 ticks: what the rate has granted and no tick has used
	count    int64 // ticks of this step
	left     int64 // how many of those are still to come
	due      int64 // when the next tick is, in microseconds from the epoch
	current  int   // the instrument of the last tick
	unopened int   // all instruments before it have had their opening trade
	queue    []market.Tick
	queued   int // how many of queue have been returned
}

func newExchange(cfg Config, companies []listing, ids []market.SymbolID) *exchange {
	m := &exchange{
		ticks:    newTickRate(cfg),
		prices:   *rand.NewPCG(cfg.Seed, 'p'),
		arrivals: *rand.NewPCG(cfg.Seed, 'a'),
		halts:    newHalts(cfg, len(companies)),
		at:       -step,
		step:     -1,
		ends:     cfg.Session.Microseconds(),
		queue:    make([]market.Tick, 0, 3*len(companies)+8),
	}
	weights := make([]uint64, len(companies))
	for i, l := range companies {
		m.instruments = append(m.instruments, newInstrument(l, ids[i]))
		weights[i] = l.weight
	}
	m.busy = newAlias(weights)
	m.halts.schedule(0)
	m.gap()
	var t market.Tick
	for i := range m.instruments {
		m.instruments[i].quote(m.arrivals.Uint64(), 3, &t, 0)
	}
	m.proceed()
	return m
}

// open moves the first session of a new exchange to where it is to be.
func (m *exchange) open(first firstSession) {
	m.epoch = first.epoch
	m.ends -= int64(first.epoch - first.began)
	m.ticks.thinUntil(first.past)
}

// setClock moves the epoch to where the wall clock has it, where that is ahead by more than a second. It returns what moveTo does.
func (m *exchange) setClock(wall market.Time) (rest market.Time) {
	if wall-m.epoch <= slack {
		return 0
	}
	return m.moveTo(wall)
}

// moveTo moves the epoch ahead to a time, by whole steps, and returns how far it is from there, in microseconds. The session ends
// when it was to end before. If the move passes that time, or ticks of the queue are still to be returned, among which can be the
// beginning of a session, it is made with the next step.
func (m *exchange) moveTo(wall market.Time) (rest market.Time) {
	by := wall - m.epoch
	rest = by % step
	m.ahead = by - rest
	if m.queued == len(m.queue) && m.at+step+int64(m.ahead) <= m.ends {
		m.moveEpoch()
	}
	return rest
}

// moveEpoch makes the move that is due.
func (m *exchange) moveEpoch() {
	m.epoch += m.ahead
	m.ends -= int64(m.ahead)
	m.ahead = 0
}

// sessions begin the first session of all symbols.
func (m *exchange) sessions(began market.Time) []market.Tick {
	ticks := make([]market.Tick, len(m.instruments))
	for i := range m.instruments {
		m.instruments[i].beginSession(&ticks[i], began)
	}
	return ticks
}

// images is all symbols before the first tick.
func (m *exchange) images() []market.Quote {
	quotes := make([]market.Quote, len(m.instruments))
	for i := range m.instruments {
		quotes[i] = m.instruments[i].image(m.epoch)
	}
	return quotes
}

// next appends the ticks up to the time until, in microseconds from the epoch, as many as fit the capacity of batch. It does
// not allocate.
func (m *exchange) next(batch []market.Tick, until int64) []market.Tick {
	for m.due <= until && len(batch) < cap(batch) {
		batch = batch[:len(batch)+1]
		t := &batch[len(batch)-1]
		if m.queued < len(m.queue) {
			*t = m.queue[m.queued]
			t.Time += m.epoch
			t.Received = t.Time
			m.queued++
			m.proceed()
			continue
		}
		u := m.arrivals.Uint64()
		now := m.epoch + market.Time(m.due)
		m.current = m.choose(u)
		switch in := &m.instruments[m.current]; {
		case !in.opened:
			in.cross(u, t, now)
		case !in.swept && u&0xff < 62: // of 256; a quarter of them wait for a quote
			in.trade(u, t, now)
			t.Size = t.Size.Scaled(m.ticks.standsFor(m.at))
		default:
			in.quote(u, 1, t, now)
		}
		m.left--
		m.proceed()
	}
	return batch
}

// choose draws the instrument of the next tick: one that has not opened, the same as before, one that has just reopened, or
// any by its weight.
func (m *exchange) choose(u uint64) int {
	if m.unopened < len(m.instruments) && u>>52%3 == 0 {
		for ; m.unopened < len(m.instruments); m.unopened++ {
			if in := &m.instruments[m.unopened]; !in.opened && !in.halted {
				return m.unopened
			}
		}
	}
	if u>>42&31 < 10 && !m.instruments[m.current].halted {
		return m.current
	}
	if u>>47&31 < 2 && m.halts.reopened >= 0 && m.due < m.halts.hotUntil && !m.instruments[m.halts.reopened].halted {
		return m.halts.reopened
	}
	for {
		if i := m.busy.pick(m.arrivals.Uint64()); !m.instruments[i].halted {
			return i
		}
	}
}

// proceed finds when the next tick is, and skips steps without any.
func (m *exchange) proceed() {
	for m.queued == len(m.queue) && m.left == 0 {
		m.queue, m.queued = m.queue[:0], 0
		m.advance()
	}
	m.due = m.at
	if m.queued == len(m.queue) { // spread evenly, each anywhere in its part of the step
		jitter := int64(m.arrivals.Uint64()>>40) * step >> 24
		m.due += ((m.count-m.left)*step + jitter) / m.count
	}
}

// advance moves the market by a step.
func (m *exchange) advance() {
	m.moveEpoch()
	m.at += step
	m.step++
	if m.at >= m.ends {
		m.step = 0
		m.roll()
	}
	m.move()
	m.haltSome()
	m.credit += m.ticks.rateAt(m.at) * m.ticks.share(m.step)
	m.count = m.credit / 1e7
	m.left = m.count
	m.credit -= m.count * 1e7
}

// roll ends a session and opens the next: the one that is to have begun by now, where the clock has passed several.
func (m *exchange) roll() {
	session := m.ticks.steps * step
	began := m.ends + (m.at-m.ends)/session*session
	m.ends = began + session
	m.gap()
	m.halts.current = m.halts.current[:0]
	for i := range m.instruments {
		in := &m.instruments[i]
		if in.halted {
			in.setState(market.Live, m.enqueue(), market.Time(began))
		}
		in.close(m.enqueue(), market.Time(began))
		in.quote(m.arrivals.Uint64(), 3, m.enqueue(), market.Time(began))
	}
	m.unopened = 0
}

// enqueue makes room for a tick that does not count for the rate. Its time is without the epoch.
func (m *exchange) enqueue() *market.Tick {
	m.queue = append(m.queue, market.Tick{})
	return &m.queue[len(m.queue)-1]
}
