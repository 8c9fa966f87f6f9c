package coinbase

import (
	"math/bits"

	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

// product is what one connection knows of one product. The [Decoder] guards it.
type product struct {
	// static
	name  string
	id    market.SymbolID
	wants chan struct{} // of one place: something is missing that REST may have. Never closed.

	numbers  vendors.Sequence
	told     uint64       // the number of the newest trade that was told
	absent   bool         // its trades are not told here, whatever else is
	unsure   bool         // trades may be missing without anything that shows it
	ahead    uint64       // a trade that was said to be the last one, and is not there; 0 none
	known    bool         // the trading day's figures are known
	asOf     market.Time  // of them
	rolling  market.Quote // the figures of the last 24 hours, until the day's are known
	fresh    bool         // they have changed since they were taken
	state    market.State // as it was told; valid where stated
	stated   bool
	decimals int
}

// call asks for what is missing.
func (p *product) call() {
	select {
	case p.wants <- struct{}{}:
	default: // has been asked for
	}
}

// confirmed tells whether the last trade that was told is the last one there is, as far as can be known.
func (p *product) confirmed() bool {
	_, missing := p.numbers.Missing()
	return p.numbers.Newest() != 0 && !missing && !p.unsure && p.ahead == 0
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
