package market

import (
	"errors"
	"fmt"
	"math/bits"
	"strconv"
)

// Scale is the number of integer units in one: prices and quantities count 1e-9. A scale of its own for each symbol would be exact for
// coins below a millionth of a dollar, too, which are rounded here and said to be. But no price could be read, compared, summed up or
// written without its symbol any more: prices become text or come of it in 63 places, and compare and add up in many more.
const Scale = 1_000_000_000

// decimals is the number of digits behind the point that a unit of 1e-9 allows.
const decimals = 9

// ErrDecimal is wrapped by every error about the text of a price or quantity.
var ErrDecimal = errors.New("market: bad decimal")

func badDecimal(s, why string) error {
	if len(s) > 64 {
		s = s[:64] + "…"
	}
	return fmt.Errorf("%w %q: %s", ErrDecimal, s, why)
}

// parseUnits reads an unsigned plain decimal into 1e-9 units, 128 bits wide. What is beyond the ninth decimal is an error or, with
// round, rounded half up; inexact says that there was something.
func parseUnits[T string | []byte](s T, round bool) (hi, lo uint64, inexact bool, err error) {
	digits, point, up := 0, -1, uint64(0)
	for i := range len(s) {
		c := s[i]
		if c == '.' {
			if point >= 0 {
				return 0, 0, false, badDecimal(string(s), "more than one point")
			}
			point = i
			continue
		}
		if c < '0' || c > '9' {
			return 0, 0, false, badDecimal(string(s), "want digits with at most one point")
		}
		if point >= 0 && i-point > decimals {
			if c != '0' && !round {
				return 0, 0, false, badDecimal(string(s), "more than 9 decimals")
			}
			if c >= '5' && i-point == decimals+1 {
				up = 1
			}
			inexact = inexact || c != '0' // zeros beyond the ninth decimal say nothing
			continue
		}
		digits++
		var ok bool
		if hi, lo, ok = mulAdd(hi, lo, 10, uint64(c-'0')); !ok {
			return 0, 0, false, badDecimal(string(s), "out of range")
		}
	}
	if digits == 0 || point == 0 || point == len(s)-1 {
		return 0, 0, false, badDecimal(string(s), "want digits before and after the point")
	}
	have := 0
	if point >= 0 {
		have = min(len(s)-1-point, decimals)
	}
	for range decimals - have {
		var ok bool
		if hi, lo, ok = mulAdd(hi, lo, 10, 0); !ok {
			return 0, 0, false, badDecimal(string(s), "out of range")
		}
	}
	if up != 0 {
		var ok bool
		if hi, lo, ok = mulAdd(hi, lo, 1, up); !ok {
			return 0, 0, false, badDecimal(string(s), "out of range")
		}
	}
	return hi, lo, inexact, nil
}

// mulAdd returns (hi,lo)*m + a, and whether it fits in 128 bits.
func mulAdd(hi, lo, m, a uint64) (uint64, uint64, bool) {
	over, top := bits.Mul64(hi, m)
	carry, low := bits.Mul64(lo, m)
	low, c := bits.Add64(low, a, 0)
	top, c = bits.Add64(top, carry, c)
	return top, low, over == 0 && c == 0
}

// appendUnits appends whole.fraction of a count of 1e-9 units, with no trailing zero.
func appendUnits(b []byte, whole, frac uint64) []byte {
	b = strconv.AppendUint(b, whole, 10)
	if frac == 0 {
		return b
	}
	var text [decimals + 1]byte
	text[0] = '.'
	for i := decimals; i > 0; i-- {
		text[i] = byte('0' + frac%10)
		frac /= 10
	}
	end := len(text)
	for text[end-1] == '0' {
		end--
	}
	return append(b, text[:end]...)
}
