package sim

import (
	"math/rand/v2"

	"tickertape/feed/market"
)

// step is how often prices move, in microseconds.
const step = 100_000

// Daily volatilities in basis points, before clusters.
const (
	marketDaily = 105
	sectorDaily = 75
)

// market makes ticks in virtual time. The sequence depends on nothing but what it was made from.
type exchange struct {
	// static
	rate     int64 // ticks a second
	past     int64 // microseconds from the epoch until the rate is that
	thin     int64 // the rate before
	steps    int64 // of a session
	extra    int64 // what the opening adds to the rate at its start, in 1e-6 of it
	busy     alias
	epoch    market.Time // of the first opening; its owner may move it between calls
	haltMean int64       // microseconds between halts; 0 for none
	haltTime int64       // microseconds a halt lasts

	// one stream for each concern, so that none shifts another's
	prices, arrivals, halts rand.PCG

	instruments []instrument
	sectors     [len(sectors)]int64 // this step's moves, of 2^-30
	tide, surf  int64               // slow and fast logarithm of the market's volatility, of 2^16

	at       int64 // microseconds from the epoch to the present step
	step     int64 // in the session
	credit   int64 // of 1e-7 ticks: what the rate has granted and no tick has used
	count    int64 // ticks of this step
	left     int64 // of them to come
	due      int64 // when the next tick is, in microseconds from the epoch
	current  int   // the instrument of the last tick
	unopened int   // all instruments before it had their opening trade
	queue    []market.Tick
	queued   int // of queue that are out

	haltAt   int64 // when the next halt is
	halted   []halt
	reopened int   // trades more until hotUntil; -1 for none
	hotUntil int64 //
}

func newMarket(cfg Config, companies []listing, ids []market.SymbolID) *exchange {
	m := &exchange{
		rate:     int64(cfg.Rate),
		steps:    cfg.Session.Microseconds() / step,
		extra:    min(2e6, maxRate*1e6/int64(cfg.Rate)-1e6),
		prices:   *rand.NewPCG(cfg.Seed, 'p'),
		arrivals: *rand.NewPCG(cfg.Seed, 'a'),
		halts:    *rand.NewPCG(cfg.Seed, 'h'),
		haltMean: cfg.HaltEvery.Microseconds(),
		haltTime: min(5*60_000_000, cfg.Session.Microseconds()/10),
		at:       -step,
		step:     -1,
		queue:    make([]market.Tick, 0, 3*len(companies)+8),
		halted:   make([]halt, 0, len(companies)/10),
		reopened: -1,
	}
	m.past, m.thin = cfg.past()
	weights := make([]uint64, len(companies))
	for i, l := range companies {
		m.instruments = append(m.instruments, newInstrument(l, ids[i]))
		weights[i] = l.weight
	}
	m.busy = newAlias(weights)
	m.scheduleHalt(0)
	m.gap()
	var t market.Tick
	for i := range m.instruments {
		m.instruments[i].quote(m.arrivals.Uint64(), 3, &t, 0)
	}
	m.proceed()
	return m
}

// setClock moves the epoch to where the clock on the wall has it, if that is ahead by more than a moment.
func (m *exchange) setClock(wall market.Time) {
	if wall-m.epoch > slack {
		m.epoch = wall
	}
}

// images are all symbols as they are before the first tick.
func (m *exchange) images() []market.Quote {
	quotes := make([]market.Quote, len(m.instruments))
	for i := range m.instruments {
		quotes[i] = m.instruments[i].image(m.epoch)
	}
	return quotes
}

// next appends the ticks up to the time until, in microseconds from the epoch, as many as fit the
// capacity of batch. It does not allocate.
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
			m.thicken(t)
		default:
			in.quote(u, 1, t, now)
		}
		m.left--
		m.proceed()
	}
	return batch
}

// choose is whose the next tick is: of one that has not opened, of the same as before, of one that
// is hot, or of any by its weight.
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
	if u>>47&31 < 2 && m.reopened >= 0 && m.due < m.hotUntil && !m.instruments[m.reopened].halted {
		return m.reopened
	}
	for {
		if i := m.busy.pick(m.arrivals.Uint64()); !m.instruments[i].halted {
			return i
		}
	}
}

// proceed finds when the next tick is, through as many steps as have none.
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
	m.at += step
	m.step++
	if m.step == m.steps {
		m.step = 0
		m.roll()
	}
	m.move()
	m.halt()
	m.credit += m.rateNow() * m.pace()
	m.count = m.credit / 1e7
	m.left = m.count
	m.credit -= m.count * 1e7
}

// rateNow is the rate at this step.
func (m *exchange) rateNow() int64 {
	if m.at < m.past {
		return m.thin
	}
	return m.rate
}

// thicken makes a trade of the past as large as those it stands for.
func (m *exchange) thicken(t *market.Tick) {
	if m.at < m.past {
		t.Size = t.Size.Scaled(uint64(m.rate / m.thin))
	}
}

// pace is the rate at this step in 1e-6 of the configured one: more in the first three seconds, and
// as much less in the rest of the first minute.
func (m *exchange) pace() int64 {
	switch {
	case m.step < 30:
		return 1e6 + m.extra*(30-m.step)/30
	case m.step < 600:
		return 1e6 - m.extra*31/2/570
	}
	return 1e6
}

// perStep is a daily volatility in basis points as what one step multiplies [bell] by, before a
// shift by 15: 2^-30 / √234000 steps a day, less what clusters add.
func perStep(daily int64) int64 { return daily * 150 }

// levels are powers of e from -2 to 2, of 2^16.
var levels = func() (t [257]int64) {
	t[128] = 1 << 16
	for i := 128; i < 256; i++ {
		t[i+1] = t[i] + t[i]/64
		t[255-i] = t[256-i] - t[256-i]/65
	}
	return t
}()

// level is the power of e of a logarithm of 2^16.
func level(log int64) int64 { return levels[min(max(log>>10+128, 0), 256)] }

// move shifts all values by one step.
func (m *exchange) move() {
	if m.step&15 == 0 { // half lives of 18 minutes and of a minute
		m.tide += bell(&m.prices)*7>>8 - m.tide>>10
		m.surf += bell(&m.prices)*7>>6 - m.surf>>6
	}
	storm := m.tide + m.surf
	if early := min(3000, m.steps/10); m.step < early { // an opening is twice as wild
		storm += 45_426 * (early - m.step) / early
	}
	wild := level(storm)
	tide := perStep(marketDaily) * wild >> 16 * bell(&m.prices) >> 15
	for i := range m.sectors {
		m.sectors[i] = perStep(sectorDaily) * wild >> 16 * bell(&m.prices) >> 15
	}
	for i := range m.instruments {
		in := &m.instruments[i]
		if in.leader >= 0 {
			m.follow(in)
			continue
		}
		if (int64(i)+m.step)&15 == 0 {
			in.storm += bell(&m.prices)*5>>5 - in.storm>>6
		}
		own := in.own * level(in.storm) >> 16 * bell(&m.prices) >> 15
		in.shift(in.beta*tide>>16 + m.sectors[in.sector] + own)
	}
}

// follow gives a share class the value of the other.
func (m *exchange) follow(in *instrument) {
	leader := &m.instruments[in.leader]
	in.value = ratio(leader.value, in.base, leader.base)
}

// gap is the move of all values between two sessions, a little towards where they started, so that
// a market that has run for months is still a plausible one.
func (m *exchange) gap() {
	const point = 1 << 30 / 10_000
	all := 45 * point * bell(&m.prices) / deviation
	var bySector [len(sectors)]int64
	for i := range bySector {
		bySector[i] = 30 * point * bell(&m.prices) / deviation
	}
	for i := range m.instruments {
		in := &m.instruments[i]
		if in.leader >= 0 {
			m.follow(in)
			continue
		}
		in.value += (in.base - in.value) / 32
		in.shift(in.beta*all>>16 + bySector[in.sector] + 60*point*bell(&m.prices)/deviation)
	}
}

// roll ends a session and opens the next.
func (m *exchange) roll() {
	m.gap()
	m.halted = m.halted[:0]
	for i := range m.instruments {
		in := &m.instruments[i]
		if in.halted {
			in.turn(market.Live, m.enqueue(), market.Time(m.at))
		}
		in.close(m.enqueue(), market.Time(m.at))
		in.quote(m.arrivals.Uint64(), 3, m.enqueue(), market.Time(m.at))
	}
	m.unopened = 0
}

// enqueue is room for a tick beside the rate, its time without the epoch.
func (m *exchange) enqueue() *market.Tick {
	m.queue = append(m.queue, market.Tick{})
	return &m.queue[len(m.queue)-1]
}
