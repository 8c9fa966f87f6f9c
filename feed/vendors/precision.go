package vendors

import "tickertape/feed/market"

// Precision learns how many decimals a symbol's prices have, for a vendor that does not say. [NewPrecision] makes one.
type Precision struct {
	step market.Price // between two prices with so many decimals
}

// NewPrecision begins with so many decimals, 0 to 9.
func NewPrecision(decimals int) Precision { return Precision{step(decimals)} }

func step(decimals int) market.Price {
	step := market.Price(market.Scale)
	for range decimals {
		step /= 10
	}
	return step
}

// mostStockDecimals is how many decimals quotes of stocks below a dollar have. Midpoints and averages have more.
const mostStockDecimals = 4

// Fits reports whether a price has no more decimals than are known. If it has more, call Learn.
func (p *Precision) Fits(price market.Price) bool { return price%p.step == 0 }

// Learn sets the symbol's decimals in the directory to those of a price that does not fit. For a stock from a dollar up it does
// nothing: these are quoted in cents, however many decimals their trades have.
func (p *Precision) Learn(price market.Price, in *Instrument, stock bool, dir *market.Directory) error {
	n := price.Decimals()
	if stock {
		if price >= market.Scale {
			return nil
		}
		n = min(n, mostStockDecimals)
	}
	if s := step(n); s < p.step {
		p.step = s
		_, err := dir.Add(market.Symbol{Symbol: in.Symbol, Decimals: n})
		return err
	}
	return nil
}
