package finnhub

import (
	"fmt"

	"tickertape/feed/vendors"
)

// Conditions say which trade conditions keep a trade from setting all that a trade sets. The vendor has numbers of its own
// for the conditions of the tapes. If a trade has several, the strictest counts.
type Conditions struct {
	VolumeOnly []string `mapstructure:"volume_only"` // sets neither last, open, high nor low
	OnlyFirst  []string `mapstructure:"only_first"`  // sets last and open only as the first trade of its session
	NoVolume   []string `mapstructure:"no_volume"`   // sets prices, but counts into no volume
	Extended   []string `mapstructure:"extended"`    // outside the regular session
	Nothing    []string `mapstructure:"nothing"`     // not even volume
}

// DefaultConditions are what the rules of the tapes make of the vendor's numbers. The vendor's documentation of its quotes and
// trades links the sheet with them.
func DefaultConditions() Conditions {
	return Conditions{
		// average price, cash, price variation, odd lot, next day, seller, extended hours out of sequence, contingent, QCT
		VolumeOnly: []string{"3", "5", "10", "12", "17", "22", "25", "26", "37"},
		OnlyFirst:  []string{"9", "21", "30", "32"}, // bunched sold, prior reference, out of sequence, derivatively priced: of the past
		NoVolume:   []string{"39"},                  // corrected close
		Extended:   []string{"24"},                  // Form T
		Nothing:    []string{"16", "20"},            // official close and open of a market centre: no trades
	}
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
		{"only_first", vendors.OnlyFirst, c.OnlyFirst},
		{"no_volume", vendors.NoVolume, c.NoVolume},
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
