package market

import (
	"cmp"
	"math"
	"math/big"
	"math/bits"
)

// Quantity is a size or a volume as an unsigned count of 1e-9 units (shares, coins). It is 128
// bits wide, since a coin trades more in a day, and some in a single trade, than the 9.2e9
// units of an int64. The zero value is none.
type Quantity struct{ hi, lo uint64 }

// Units is a quantity of n whole shares or coins.
func Units(n uint64) Quantity {
	hi, lo := bits.Mul64(n, Scale)
	return Quantity{hi, lo}
}

// ParseQuantity reads an unsigned plain decimal such as "100" or "0.02000000". Like [ParsePrice]
// it does not round; its errors wrap [ErrDecimal]. The largest is 2^128-1 units of 1e-9.
func ParseQuantity[T string | []byte](s T) (Quantity, error) {
	hi, lo, _, err := parseUnits(s, false)
	return Quantity{hi, lo}, err
}

// RoundQuantity is ParseQuantity for what others write: it rounds what is beyond the ninth decimal half up, and reports whether
// there was anything. Less than half a unit of 1e-9 is one unit and not zero, which would be unknown.
func RoundQuantity[T string | []byte](s T) (q Quantity, rounded bool, err error) {
	hi, lo, inexact, err := parseUnits(s, true)
	if inexact && hi == 0 && lo == 0 {
		lo = 1
	}
	return Quantity{hi, lo}, inexact, err
}

// IsZero reports whether q is none.
func (q Quantity) IsZero() bool { return q == Quantity{} }

// Compare is -1, 0 or +1 as q is less than, equal to or greater than r.
func (q Quantity) Compare(r Quantity) int {
	return cmp.Or(cmp.Compare(q.hi, r.hi), cmp.Compare(q.lo, r.lo))
}

// Add returns q+r and whether the sum fits.
func (q Quantity) Add(r Quantity) (Quantity, bool) {
	lo, c := bits.Add64(q.lo, r.lo, 0)
	hi, c := bits.Add64(q.hi, r.hi, c)
	return Quantity{hi, lo}, c == 0
}

// Sub returns q-r and whether the difference is not negative.
func (q Quantity) Sub(r Quantity) (Quantity, bool) {
	lo, c := bits.Sub64(q.lo, r.lo, 0)
	hi, c := bits.Sub64(q.hi, r.hi, c)
	return Quantity{hi, lo}, c == 0
}

// Scaled is q n times, or the largest quantity where that is more.
func (q Quantity) Scaled(n uint64) Quantity {
	hi, lo, ok := mulAdd(q.hi, q.lo, n, 0)
	if !ok {
		return Quantity{math.MaxUint64, math.MaxUint64}
	}
	return Quantity{hi, lo}
}

// AppendTo appends the exact decimal without trailing zeros and without an exponent.
func (q Quantity) AppendTo(b []byte) []byte {
	if q.hi == 0 {
		return appendUnits(b, q.lo/Scale, q.lo%Scale)
	}
	top, rest := q.hi/Scale, q.hi%Scale
	low, frac := bits.Div64(rest, q.lo, Scale)
	if top == 0 {
		return appendUnits(b, low, frac)
	}
	whole := new(big.Int).SetUint64(top)
	whole.Lsh(whole, 64).Or(whole, new(big.Int).SetUint64(low))
	b = whole.Append(b, 10)
	return append(b, appendUnits(nil, 0, frac)[1:]...) // drops the "0" before the point
}

// String is the exact decimal of [Quantity.AppendTo].
func (q Quantity) String() string { return string(q.AppendTo(nil)) }

func (q Quantity) big() *big.Int {
	n := new(big.Int).SetUint64(q.hi)
	return n.Lsh(n, 64).Or(n, new(big.Int).SetUint64(q.lo))
}

// tenth is a tenth of q, and whether that is without a rest.
func (q Quantity) tenth() (Quantity, bool) {
	hi, rest := q.hi/10, q.hi%10
	lo, rest := bits.Div64(rest, q.lo, 10)
	return Quantity{hi, lo}, rest == 0
}
