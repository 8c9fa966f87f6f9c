package market

import "fmt"

// Bar is one bar of a symbol as a source sums it up. It has all four prices or none, and a volume has a VWAP.
type Bar struct {
	Start                  Time // whole seconds
	Open, High, Low, Close Price
	Volume                 Quantity
	VWAP                   Price  // 0 where there is no volume
	Count                  uint32 // trades that count
	Outside                bool   // the prices are of outside the regular session
}

// MostBarTrades is how many trades a bar can count.
const MostBarTrades = 1<<31 - 1

// Empty reports whether nothing is left of the bar, after corrections.
func (b *Bar) Empty() bool { return b.Close == 0 && b.Count == 0 }

// Turnover is what the trades of the bar cost, as its VWAP has it. Over its volume, it gives the same VWAP again.
func (b *Bar) Turnover() Turnover {
	t, _ := b.Volume.Times(b.VWAP)
	return t
}

// Check is an error that names the key, as PROTOCOL.md has it, and the value that no bar can have.
func (b *Bar) Check() error {
	switch second := b.Start / 1e6; {
	case b.Start < 1e6 || b.Start%1e6 != 0 || second >= 1<<32-1:
		return fmt.Errorf("t: %d is no whole second in microseconds since 1970", b.Start)
	case b.Count > MostBarTrades:
		return fmt.Errorf("n: %d is more than %d", b.Count, MostBarTrades)
	case b.Volume.IsZero() != (b.VWAP == 0):
		return fmt.Errorf("vw: %v does not go with the volume %v", b.VWAP, b.Volume)
	case b.VWAP < 0:
		return fmt.Errorf("vw: %v is not above zero", b.VWAP)
	case b.Count == 0 && !b.Volume.IsZero():
		return fmt.Errorf("v: %v of no trade", b.Volume)
	}
	if _, fits := b.Volume.Times(b.VWAP); !fits {
		return fmt.Errorf("vw: %v times the volume %v is more than the sums can hold", b.VWAP, b.Volume)
	}
	if b.Open == 0 && b.High == 0 && b.Low == 0 && b.Close == 0 {
		if b.Outside {
			return fmt.Errorf("x: true, without a price")
		}
		return nil
	}
	for _, p := range [...]struct {
		key   string
		price Price
	}{{"o", b.Open}, {"h", b.High}, {"l", b.Low}, {"c", b.Close}} {
		if p.price <= 0 {
			return fmt.Errorf("%s: %v is not above zero", p.key, p.price)
		}
		if p.price > b.High || p.price < b.Low {
			return fmt.Errorf("%s: %v is not between the low %v and the high %v", p.key, p.price, b.Low, b.High)
		}
	}
	return nil
}

// Bars are bars of one symbol and interval as a source has them: those that have changed, or all that there are.
type Bars struct {
	Symbol   SymbolID
	Interval string // as PROTOCOL.md names it, such as "1m"
	Reset    bool   // they are all: others are gone
	Bars     []Bar  // in order of their start, each once. An empty one is gone
}

// NumberedTrade is one of the time and sales as a source numbers them.
type NumberedTrade struct {
	Number     uint64 // from 1, in the order of their coming
	Price      Price
	Size       Quantity // zero where it is unknown
	Time       Time
	Conditions string // as in [Tick]
	Direction  int8   // 1 or -1: above or below the last price that differed; 0 for the first
	Outside    bool   // of outside the regular session
	Corrected  bool
	Cancelled  bool // it has the price and the size that it had
}

// Check is an error that names the key, as PROTOCOL.md has it, and the value that no trade can have.
func (t *NumberedTrade) Check() error {
	switch {
	case t.Number == 0:
		return fmt.Errorf("i: 0 is no number of a trade: they begin with 1")
	case t.Price <= 0:
		return fmt.Errorf("p: %v is not above zero", t.Price)
	case t.Time <= 0:
		return fmt.Errorf("t: %d is no time", t.Time)
	case t.Direction < -1 || t.Direction > 1:
		return fmt.Errorf("d: %d is neither 1 nor -1", t.Direction)
	}
	return nil
}

// Trades are trades of one symbol as a source numbers them: those that are new or have been corrected, or the last that
// there are.
type Trades struct {
	Symbol SymbolID
	Reset  bool            // others are gone
	Trades []NumberedTrade // first those that were corrected, then the new ones; each part in order of their numbers
}
