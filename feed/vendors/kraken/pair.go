package kraken

import (
	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

// pair is what one connection knows of one pair. The goroutine that decodes owns it.
type pair struct {
	*vendors.NumberedSymbol
	decimals int
	rounded  bool         // its prices have more decimals than are kept, and the directory says so
	absent   bool         // the vendor refuses its trades for now, so that its status is not published
	status   market.State // the newest that the vendor has said, if it has
}

// register puts pairs into the directory.
func register(symbols []string, env *vendors.Env) ([]*vendors.Instrument, error) {
	records := make([]market.Symbol, len(symbols))
	for i, s := range symbols {
		records[i] = record(s)
	}
	return env.Instruments(name, records)
}
