package market

import (
	"math"
	"math/big"
	"math/bits"
)

// Turnover is a sum of price times quantity as a count of 1e-18 currency units, 128 bits wide:
// up to 3.4e20 currency units. The zero value is none.
type Turnover struct{ hi, lo uint64 }

// Times is what q costs at price p, and whether p is not negative and the product fits.
func (q Quantity) Times(p Price) (Turnover, bool) {
	hi, lo, ok := mulAdd(q.hi, q.lo, uint64(p), 0)
	return Turnover{hi, lo}, ok && p >= 0
}

// Compare is -1 if t is less than u, 0 if they are equal, and 1 otherwise.
func (t Turnover) Compare(u Turnover) int { return Quantity(t).Compare(Quantity(u)) }

// Add returns t+u and whether the sum fits.
func (t Turnover) Add(u Turnover) (Turnover, bool) {
	sum, ok := Quantity(t).Add(Quantity(u))
	return Turnover(sum), ok
}

// Sub returns t-u and whether the difference is not negative.
func (t Turnover) Sub(u Turnover) (Turnover, bool) {
	rest, ok := Quantity(t).Sub(Quantity(u))
	return Turnover(rest), ok
}

// Over is the average price of a turnover over a volume: the VWAP, rounded half up to 4 decimals
// from 1 up, to 6 from 0.01 up, and to 9 below that. It is zero where the volume is, and the largest
// price where it would be beyond.
func (t Turnover) Over(volume Quantity) Price {
	if volume.IsZero() {
		return 0
	}
	var quotient, rest uint64
	if volume.hi == 0 && t.hi < volume.lo {
		quotient, rest = bits.Div64(t.hi, t.lo, volume.lo)
		if rest >= volume.lo-rest { // half of the last unit or more
			rest = 1
		} else {
			rest = 0
		}
	} else {
		n, d := Quantity(t).big(), volume.big()
		n, r := n.QuoRem(n, d, new(big.Int))
		if !n.IsInt64() {
			return math.MaxInt64
		}
		quotient = n.Uint64()
		if r.Lsh(r, 1).Cmp(d) >= 0 {
			rest = 1
		}
	}
	if quotient >= math.MaxInt64 {
		return math.MaxInt64
	}
	coarse := uint64(1)
	switch {
	case quotient >= Scale:
		coarse = 100_000
	case quotient >= Scale/100:
		coarse = 1_000
	default:
		return Price(quotient + rest)
	}
	// rounded from the exact quotient, so that nothing is rounded twice
	return Price(min((quotient+coarse/2)/coarse*coarse, math.MaxInt64))
}
