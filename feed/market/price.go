package market

import "math"

// Price is a price as a count of 1e-9 currency units, so 189.30 is 189_300_000_000. Its range is
// ±9223372036.854775807. The zero value is the price zero; whether a price is known is in a field
// beside it ([Fields], [Flags]).
type Price int64

// ParsePrice reads a plain decimal such as "189.30" or "-0.00001234". It does not round: a
// tenth decimal that is not zero, an exponent, a bare point, or a value out of range is an error
// wrapping [ErrDecimal].
func ParsePrice[T string | []byte](s T) (Price, error) {
	p, _, err := parsePrice(s, false)
	return p, err
}

// RoundPrice is ParsePrice for what others write: it rounds what is beyond the ninth decimal, half of it away from zero, and
// reports whether there was anything. A price that would be rounded to zero is an error.
func RoundPrice[T string | []byte](s T) (p Price, rounded bool, err error) {
	if p, rounded, err = parsePrice(s, true); rounded && p == 0 {
		return 0, false, badDecimal(string(s), "it would be rounded to zero")
	}
	return p, rounded, err
}

func parsePrice[T string | []byte](s T, round bool) (Price, bool, error) {
	text, negative := s, false
	if len(s) > 0 && s[0] == '-' {
		text, negative = s[1:], true
	}
	hi, lo, inexact, err := parseUnits(text, round)
	if err != nil {
		return 0, false, err
	}
	if hi != 0 || lo > math.MaxInt64 {
		return 0, false, badDecimal(string(s), "beyond ±9223372036.854775807")
	}
	if negative {
		return -Price(lo), inexact, nil
	}
	return Price(lo), inexact, nil
}

// AppendTo appends the exact decimal without trailing zeros: 189.3, 0.00001234, never an exponent.
func (p Price) AppendTo(b []byte) []byte {
	u := uint64(p)
	if p < 0 {
		b, u = append(b, '-'), -u
	}
	return appendUnits(b, u/Scale, u%Scale)
}

// String is the exact decimal of [Price.AppendTo].
func (p Price) String() string { return string(p.AppendTo(nil)) }

// Decimals is how many digits behind the point the exact decimal has, 0 to 9.
func (p Price) Decimals() int {
	if p == 0 {
		return 0
	}
	n := decimals
	for ; n > 0 && p%10 == 0; n-- {
		p /= 10
	}
	return n
}
