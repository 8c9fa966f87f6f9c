package finnhub

import (
	"fmt"

	"tickertape/feed/vendors"
)

// Conditions say which trade conditions keep a trade from setting all that a trade sets. The vendor numbers
// conditions and publishes no list of them. If a trade has several, the strictest counts.
type Conditions struct {
	VolumeOnly []string `mapstructure:"volume_only"` // sets neither last, open, high nor low
	Extended   []string `mapstructure:"extended"`    // outside the regular session
	Nothing    []string `mapstructure:"nothing"`     // not even volume
}

// DefaultConditions are those whose meaning follows from the trades that have them: 12 has every trade of less
// than 100 shares and no other, so that it is an odd lot, which by the rules of the tapes sets volume only; 24
// has every trade outside the regular session. 1 has every trade, and 8 is no reason to leave one out.
func DefaultConditions() Conditions {
	return Conditions{VolumeOnly: []string{"12"}, Extended: []string{"24"}, Nothing: []string{}}
}

const mostCode = 8 // bytes

func (c Conditions) validate() (errs []error) {
	first := map[string]string{}
	for _, list := range c.lists() {
		for i, code := range list.codes {
			key := fmt.Sprintf("conditions.%s[%d]", list.key, i)
			switch other := first[code]; {
			case code == "" || len(code) > mostCode:
				errs = append(errs, fmt.Errorf("%s: %.40q is not a code of 1 to %d bytes", key, code, mostCode))
			case other != "":
				errs = append(errs, fmt.Errorf("%s: %q is in %s, too", key, code, other))
			}
			first[code] = key
		}
	}
	return errs
}

type codes struct {
	key    string
	effect vendors.Effect
	codes  []string
}

func (c Conditions) lists() []codes {
	return []codes{
		{"volume_only", vendors.NoLast | vendors.NoRange, c.VolumeOnly},
		{"extended", vendors.Extended, c.Extended},
		{"nothing", vendors.NoLast | vendors.NoRange | vendors.NoVolume, c.Nothing},
	}
}

// effects are the conditions that have one.
func (c Conditions) effects() map[string]vendors.Effect {
	m := map[string]vendors.Effect{}
	for _, list := range c.lists() {
		for _, code := range list.codes {
			m[code] |= list.effect
		}
	}
	return m
}
