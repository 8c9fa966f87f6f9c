package vendors

import "tickertape/feed/market"

// Precision learns how many decimals a symbol's prices have, for a vendor that does not say. The zero value has two.
type Precision struct {
	step market.Price // between two prices with so many decimals; 0: of two decimals
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

// Learn looks at a price, and changes the directory where it has more decimals than any before. Stocks from a dollar up
// are quoted in cents, whatever their trades have, so that such a price changes nothing.
func (p *Precision) Learn(price market.Price, in *Instrument, stock bool, dir *market.Directory) error {
	if p.step == 0 {
		p.step = step(2)
	}
	if price%p.step == 0 {
		return nil
	}
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
