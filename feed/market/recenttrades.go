package market

import "slices"

// keptTrades is how many of the newest trades can be taken back so that the one before shows again.
const keptTrades = 8

// recentTrades are what a tally keeps of its trades, so that they can be taken back.
type recentTrades struct {
	last [keptTrades]lastTrade // those that set the last price, newest last
	n    int
	high extremes
	low  extremes
}

// lastTrade is a trade that once set the last price.
type lastTrade struct {
	id    uint64
	price Price
	size  Quantity
}

func (h *recentTrades) note(t *Tick) {
	if t.Flags&SetsLast != 0 {
		if h.n == keptTrades {
			copy(h.last[:], h.last[1:])
			h.n--
		}
		h.last[h.n] = lastTrade{t.ID, t.Price, t.Size}
		h.n++
	}
	if t.Flags&SetsHighLow != 0 {
		h.high.add(t.Price, 1)
		h.low.add(t.Price, -1)
	}
}

// correct mends the trade, and reports whether that changes the last price. It returns the trade that has set the last price
// then, nil where none is known.
func (h *recentTrades) correct(c *Correction) (*lastTrade, bool) {
	i := slices.IndexFunc(h.last[:h.n], func(m lastTrade) bool { return m.id == c.ID && m.id != 0 })
	if i < 0 {
		return nil, false
	}
	newest := i == h.n-1
	if c.New.Flags&SetsLast != 0 {
		h.last[i].price, h.last[i].size = c.New.Price, c.New.Size
	} else {
		copy(h.last[i:], h.last[i+1:h.n])
		h.n--
	}
	if !newest || h.n == 0 {
		return nil, newest
	}
	return &h.last[h.n-1], true
}

// levels is how many of the most extreme prices are kept.
const levels = 4

// extremes are the highest (or lowest) prices and how often each was traded, most extreme first.
type extremes struct {
	price [levels]Price
	count [levels]int
	n     int
	floor Price // prices up to here were traded and are not kept; 0 none
}

// add counts a trade. sign is 1 for the highest, -1 for the lowest.
func (e *extremes) add(p Price, sign Price) {
	i := 0
	for i < e.n && (e.price[i]-p)*sign > 0 {
		i++
	}
	if i < e.n && e.price[i] == p {
		e.count[i]++
		return
	}
	if e.floor != 0 && (p-e.floor)*sign <= 0 {
		return
	}
	if i == levels {
		e.drop(p, sign)
		return
	}
	if e.n == levels {
		e.n--
		e.drop(e.price[e.n], sign)
	}
	copy(e.price[i+1:e.n+1], e.price[i:e.n])
	copy(e.count[i+1:e.n+1], e.count[i:e.n])
	e.price[i], e.count[i] = p, 1
	e.n++
}

// drop notes that a price was traded which is not kept.
func (e *extremes) drop(p Price, sign Price) {
	if e.floor == 0 || (p-e.floor)*sign > 0 {
		e.floor = p
	}
}

// remove takes a trade away, and returns the most extreme price that is left, 0 where none is; false
// where that is not known.
func (e *extremes) remove(p Price) (Price, bool) {
	i := slices.Index(e.price[:e.n], p)
	if i < 0 {
		return 0, false
	}
	if e.count[i]--; e.count[i] == 0 {
		copy(e.price[i:], e.price[i+1:e.n])
		copy(e.count[i:], e.count[i+1:e.n])
		e.n--
	}
	if e.n > 0 {
		return e.price[0], true
	}
	return e.floor, true
}
