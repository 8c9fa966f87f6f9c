package market

// Prices are the open, high, low and close of some trades. The zero value is that of none. They do not depend on the order in
// which trades come, except for trades of the same time: of these, the one that came first opens, and the one that came last
// closes.
type Prices struct {
	Open, High, Low, Close Price
	First, Last            Time // when open and close were traded
	Ordered                bool // open and close are of trades that may open and close; other trades only stand in for them
}

// Any reports whether there are any.
func (p *Prices) Any() bool { return p.Close != 0 }

// Add adds a trade that came after those before. ordered is [Flags.Ordered] of it.
func (p *Prices) Add(price Price, at Time, ordered bool) {
	one := Prices{price, price, price, price, at, at, ordered}
	p.Join(&one)
}

// Join adds trades that came after those of p.
func (p *Prices) Join(o *Prices) {
	if !o.Any() {
		return
	}
	if !p.Any() {
		*p = *o
		return
	}
	p.High, p.Low = max(p.High, o.High), min(p.Low, o.Low)
	switch {
	case o.Ordered && !p.Ordered:
		p.Open, p.Close, p.First, p.Last, p.Ordered = o.Open, o.Close, o.First, o.Last, true
		return
	case p.Ordered && !o.Ordered:
		return
	}
	if o.First < p.First {
		p.Open, p.First = o.Open, o.First
	}
	if o.Last >= p.Last {
		p.Close, p.Last = o.Close, o.Last
	}
}
