package kraken

import (
	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

// pair is what one connection knows of one pair. The goroutine that decodes owns it.
type pair struct {
	*vendors.NumberedSymbol
	decimals int
}

// instruments puts pairs into the directory.
func instruments(symbols []string, env *vendors.Env) ([]*vendors.Instrument, error) {
	records := make([]market.Symbol, len(symbols))
	for i, s := range symbols {
		records[i] = record(s)
	}
	return env.Instruments(name, records)
}
