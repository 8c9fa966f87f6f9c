package market

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"math/bits"
	"strconv"
	"strings"
	"time"
)

// Adjustment is what happened to a share between two sessions, so that the prices before and after it do not compare: a split, a
// special cash dividend, or both. The zero value is nothing.
type Adjustment struct {
	New, Old uint64 // a split gives New shares for Old ones, in lowest terms; 0 and 0: there is none
	Dividend Price  // in cash, for each of the shares before the split; 0: there is none
}

// ErrAdjustment is wrapped by every error about the text of a split or dividend.
var ErrAdjustment = errors.New("market: bad adjustment")

// mostShares is the most shares on either side of a split.
const mostShares = 1_000_000_000_000

// Split is a split that gives new shares for old ones: 10 and 1 are a split of 10:1, 1 and 10 a reverse one. Both are 1 to 10^12
// in lowest terms, and differ.
func Split(new, old uint64) (Adjustment, error) {
	if new == 0 || old == 0 || new == old {
		return Adjustment{}, fmt.Errorf("%w: %d new shares for %d old ones are no split", ErrAdjustment, new, old)
	}
	d := gcd(new, old)
	if new, old = new/d, old/d; max(new, old) > mostShares {
		return Adjustment{}, fmt.Errorf("%w: %d:%d is beyond %d", ErrAdjustment, new, old, uint64(mostShares))
	}
	return Adjustment{New: new, Old: old}, nil
}

func gcd(a, b uint64) uint64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// ParseSplit reads a split as "10:1", new shares for old ones.
func ParseSplit(text string) (Adjustment, error) {
	left, right, found := strings.Cut(text, ":")
	new, errNew := parseShares(left)
	old, errOld := parseShares(right)
	if !found || errNew != nil || errOld != nil {
		return Adjustment{}, fmt.Errorf("%w: %.40q is not new shares for old ones, such as 10:1", ErrAdjustment, text)
	}
	return Split(new, old)
}

// parseShares reads a whole number without sign or leading zeros.
func parseShares(text string) (uint64, error) {
	if text == "" || text[0] < '1' || text[0] > '9' {
		return 0, ErrAdjustment
	}
	return strconv.ParseUint(text, 10, 64)
}

// ParseDividend reads the cash of a dividend for one share.
func ParseDividend(text string) (Adjustment, error) {
	p, err := ParsePrice(text)
	if err != nil {
		return Adjustment{}, err
	}
	if p <= 0 {
		return Adjustment{}, fmt.Errorf("%w: a dividend of %v is not above zero", ErrAdjustment, p)
	}
	return Adjustment{Dividend: p}, nil
}

// ParseAdjustment reads what String makes.
func ParseAdjustment(text string) (a Adjustment, err error) {
	if text == "" {
		return a, nil
	}
	rest := text
	if cash, found := strings.CutPrefix(rest, "dividend "); found {
		cash, after, both := strings.Cut(cash, ", ")
		if a, err = ParseDividend(cash); err != nil || !both {
			return a, err
		}
		rest = after
	}
	shares, found := strings.CutPrefix(rest, "split ")
	if !found {
		return Adjustment{}, fmt.Errorf("%w: %.60q is neither split nor dividend", ErrAdjustment, text)
	}
	split, err := ParseSplit(shares)
	split.Dividend = a.Dividend
	return split, err
}

// String is "split 10:1", "dividend 1.25" or "dividend 1.25, split 10:1"; "" is nothing.
func (a Adjustment) String() string {
	var parts []string
	if a.Dividend != 0 {
		parts = append(parts, "dividend "+a.Dividend.String())
	}
	if a.New != 0 {
		parts = append(parts, fmt.Sprintf("split %d:%d", a.New, a.Old))
	}
	return strings.Join(parts, ", ")
}

// And is what happened where both a and b did on one day. A split in b takes the place of one in a, and so does a dividend.
func (a Adjustment) And(b Adjustment) Adjustment {
	if b.New != 0 {
		a.New, a.Old = b.New, b.Old
	}
	if b.Dividend != 0 {
		a.Dividend = b.Dividend
	}
	return a
}

// Splits is a without its dividend.
func (a Adjustment) Splits() Adjustment { return Adjustment{New: a.New, Old: a.Old} }

// Then is the one split that does what a does and after it b, neither of which has a dividend. It returns false where its numbers
// would be too large.
func (a Adjustment) Then(b Adjustment) (Adjustment, bool) {
	switch {
	case a.New == 0:
		return b, true
	case b.New == 0:
		return a, true
	}
	d, e := gcd(a.New, b.Old), gcd(b.New, a.Old)
	newHi, new := bits.Mul64(a.New/d, b.New/e)
	oldHi, old := bits.Mul64(a.Old/e, b.Old/d)
	if newHi != 0 || oldHi != 0 || max(new, old) > mostShares {
		return a, false
	}
	if new == old {
		return Adjustment{}, true
	}
	return Adjustment{New: new, Old: old}, true
}

// Price is what a price of before compares with afterwards: less the dividend, and then divided by the split, rounded half up to
// 1e-9. A dividend that is not below the price is left out. The result is never zero, which would be unknown, and no more than the
// largest price. p must be above zero.
func (a Adjustment) Price(p Price) Price {
	if a.Dividend < p {
		p -= a.Dividend
	}
	if a.New == 0 {
		return p
	}
	hi, lo := bits.Mul64(uint64(p), a.Old)
	if hi >= a.New {
		return math.MaxInt64
	}
	q, rest := bits.Div64(hi, lo, a.New)
	if rest >= a.New-rest {
		q++
	}
	return Price(max(1, min(q, math.MaxInt64)))
}

// Quantity is how many shares a number of before is afterwards, rounded half up to 1e-9, and no more than the largest quantity.
func (a Adjustment) Quantity(v Quantity) Quantity {
	if a.New == 0 {
		return v
	}
	if hi, lo := bits.Mul64(v.lo, a.New); v.hi == 0 && hi < a.Old {
		q, rest := bits.Div64(hi, lo, a.Old)
		if rest >= a.Old-rest {
			sum, carry := bits.Add64(q, 1, 0)
			return Quantity{carry, sum}
		}
		return Quantity{0, q}
	}
	old := new(big.Int).SetUint64(a.Old)
	n := v.big()
	n.Mul(n, new(big.Int).SetUint64(a.New)).Lsh(n, 1).Add(n, old).Quo(n, old.Lsh(old, 1))
	if n.BitLen() > 128 {
		return Quantity{math.MaxUint64, math.MaxUint64}
	}
	low := new(big.Int).And(n, new(big.Int).SetUint64(math.MaxUint64))
	return Quantity{n.Rsh(n, 64).Uint64(), low.Uint64()}
}

// Action is an adjustment of a symbol and its day: the first on which shares are traded as they are afterwards, the ex-date. A date
// is represented by its midnight UTC.
type Action struct {
	Symbol SymbolID
	Date   time.Time
	Adjustment
}

// Actions are all that a source knows of some symbols from one date to another, both included. They take the place of what it said
// of these before.
type Actions struct {
	Symbols  []SymbolID
	From, To time.Time
	All      []Action
}
