package sim

// Daily volatilities in basis points, before clusters.
const (
	marketDaily = 105
	sectorDaily = 75
)

// factors are what moves several instruments together.
type factors struct {
	sectors    [len(sectors)]int64 // moves of this step, in 2^-30
	tide, surf int64               // logarithm of the market's volatility, in 2^-16: its slow and its fast part
}

// perStep is a daily volatility in basis points as what one step multiplies [bell] by, before a
// shift by 15: 2^-30 / √234000 steps a day, less what clusters add.
func perStep(daily int64) int64 { return daily * 150 }

// levels are e to the powers from -2 to 2, in 2^-16.
var levels = func() (t [257]int64) {
	t[128] = 1 << 16
	for i := 128; i < 256; i++ {
		t[i+1] = t[i] + t[i]/64
		t[255-i] = t[256-i] - t[256-i]/65
	}
	return t
}()

// level is e to the power of log; both are in 2^-16.
func level(log int64) int64 { return levels[min(max(log>>10+128, 0), 256)] }

// move moves all values by one step. Volatility comes in clusters: storm is its logarithm for the market, and for an
// instrument what it has beyond that; wild is how many times the usual volatility the market has.
func (m *exchange) move() {
	if m.step&15 == 0 { // half lives of 18 minutes and of a minute
		m.factors.tide += bell(&m.prices)*7>>8 - m.factors.tide>>10
		m.factors.surf += bell(&m.prices)*7>>6 - m.factors.surf>>6
	}
	storm := m.factors.tide + m.factors.surf
	if early := min(3000, m.ticks.steps/10); m.step < early { // an opening is twice as wild
		storm += 45_426 * (early - m.step) / early
	}
	wild := level(storm)
	market := perStep(marketDaily) * wild >> 16 * bell(&m.prices) >> 15
	for i := range m.factors.sectors {
		m.factors.sectors[i] = perStep(sectorDaily) * wild >> 16 * bell(&m.prices) >> 15
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
		in.shift(in.beta*market>>16 + m.factors.sectors[in.sector] + own)
	}
}

// follow gives a share class the value of the other.
func (m *exchange) follow(in *instrument) {
	leader := &m.instruments[in.leader]
	in.value = ratio(leader.value, in.base, leader.base)
}

// gap moves all values between two sessions, and a little towards where they started, so that a market that has run for
// months is still plausible.
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
