package consolidate

import (
	"math"
	"math/bits"

	"tickertape/feed/market"
)

// limits are the bounds of the configuration, in the units that ticks are compared in.
type limits struct {
	skew  market.Time // max_clock_skew
	move  int64       // max_move, in millionths; 0: trades may move as far as they like
	cross int64       // max_cross, in millionths
}

const million = 1_000_000

func newLimits(c Config) limits {
	return limits{skew: market.Time(c.MaxClockSkew.Microseconds()), move: int64(c.MaxMove * million), cross: int64(c.MaxCross * million)}
}

// near reports whether a price is within max_move of another.
func (l limits) near(p, to market.Price) bool { return within(p, to, part(to, l.move)) }

// crossed reports whether a bid is above the ask by more than max_cross.
func (l limits) crossed(bid, ask market.Price) bool { return bid > ask && bid-ask > part(ask, l.cross) }

// within reports whether two prices differ by no more than a distance.
func within(p, to, distance market.Price) bool {
	d := p - to
	return max(d, -d) <= distance
}

// part is so many millionths of a price above zero, or the largest price where that is more.
func part(p market.Price, millionths int64) market.Price {
	hi, lo := bits.Mul64(uint64(p), uint64(millionths))
	if hi >= million {
		return math.MaxInt64
	}
	q, _ := bits.Div64(hi, lo, million)
	return market.Price(min(q, math.MaxInt64))
}
