package vendors

import "fmt"

// CheckBetween refuses a value of a configuration that is not between two others. key names it.
func CheckBetween(key string, value, least, most int) error {
	if value < least || value > most {
		return fmt.Errorf("%s: %d is not between %d and %d", key, value, least, most)
	}
	return nil
}

// CheckFeed checks what most configurations have: url, rest and symbols, of which there may be from one to most. It returns an
// error for each value that is refused, and nil for some that are not; check is that of [CheckSymbols].
func CheckFeed(url, rest string, symbols []string, most int, check func(string) error) []error {
	errs := []error{CheckAddress("url", url, "wss", "ws"), CheckAddress("rest", rest, "https", "http"),
		CheckBetween("symbols", len(symbols), 1, most)}
	return append(errs, CheckSymbols(symbols, check)...)
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
