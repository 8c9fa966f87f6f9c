package coinbase

import (
	"math/bits"

	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

// product is what one connection knows of one product. The goroutine that decodes owns it.
type product struct {
	*vendors.NumberedSymbol
	absent   bool   // the vendor refuses its trades for now, so that its status is not published
	unsure   bool   // trades may be missing although no number shows it
	ahead    uint64 // the number of a trade that the vendor said is the last one, and that has not come; 0 none
	decimals int
	book     book
	rounded  bool         // its prices have more decimals than are kept, and the directory says so
	status   market.State // the newest that the vendor has said, if it has
}

// instruments puts products into the directory.
func instruments(symbols []string, env *vendors.Env) ([]*vendors.Instrument, error) {
	records := make([]market.Symbol, len(symbols))
	for i, s := range symbols {
		records[i] = record(s)
	}
	return env.Instruments(name, records)
}

// confirmed reports whether the last published trade is known to be the last one there is.
func (p *product) confirmed() bool {
	return p.Trades.Newest() != 0 && !p.Missing() && !p.unsure && p.ahead == 0
}

// before is what a price was before it changed by so many billionths of a percent, with at most so many
// decimals; 0 where that cannot be.
func before(price, percent market.Price, decimals int) market.Price {
	const hundred = 100 * market.Scale
	whole := hundred + percent
	if price <= 0 || whole <= 0 {
		return 0
	}
	hi, lo := bits.Mul64(uint64(price), hundred)
	if hi >= uint64(whole) {
		return 0
	}
	q, _ := bits.Div64(hi, lo, uint64(whole))
	step := uint64(market.Scale)
	for range decimals {
		step /= 10
	}
	if q > 1<<63-1-step {
		return 0
	}
	return market.Price((q + step/2) / step * step)
}
