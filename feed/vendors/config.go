package vendors

import "fmt"

// CheckBetween refuses a value of a configuration that is not between two others. key names it.
func CheckBetween(key string, value, least, most int) error {
	if value < least || value > most {
		return fmt.Errorf("%s: %d is not between %d and %d", key, value, least, most)
	}
	return nil
}

// CheckSymbols returns an error for each symbol of a configuration that check refuses, or that is there twice. The error of
// check continues a sentence that begins with the symbol: "is not a pair such as BTC/USD".
func CheckSymbols(symbols []string, check func(string) error) (errs []error) {
	seen := make(map[string]bool, len(symbols))
	for i, s := range symbols {
		if err := check(s); err != nil {
			errs = append(errs, fmt.Errorf("symbols[%d]: %.40q %w", i, s, err))
		} else if seen[s] {
			errs = append(errs, fmt.Errorf("symbols[%d]: %q is there twice", i, s))
		}
		seen[s] = true
	}
	return errs
}
