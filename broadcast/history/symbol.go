package history

import "tickertape/feed/market"

// Symbol is what was traded of one symbol: its newest trades, and its bars of each interval. A nil *Symbol is one that
// was never traded: it can be read. Reading changes nothing, so several may read at once while nobody writes.
type Symbol struct {
	tape    tape
	bars    [NumIntervals]bars
	changed Seq         // the newest flush that changed any
	cleared Seq         // the newest flush that began anew
	oldest  market.Time // of the first trade since then; 0 none

	days     Days        // of the symbol's market; nil where it has none
	day      market.Time // when the source's session began; 0 unknown
	from, to market.Time // the trading day that was asked for last

	splits splits
}

// NewSymbol is a symbol that was not traded yet. days are those of its market; nil where it has none: then a day is the
// source's session or, where that has none, UTC's.
func NewSymbol(days Days) *Symbol { return &Symbol{days: days} }

// Touch reads a little of what the next trade changes, so that the machine fetches it. Touching several symbols before
// their trades are added one by one takes as long as touching one. What it returns means nothing.
func (s *Symbol) Touch() (sum uint64) {
	if s == nil {
		return 0
	}
	for k := range s.bars {
		b := &s.bars[k].newest
		sum += uint64(b.Start) + uint64(b.Open)
	}
	if t := &s.tape; len(t.ring) > 0 {
		next := t.head
		if t.n < len(t.ring) {
			next = (t.head + t.n) % len(t.ring)
		}
		p := &t.ring[next]
		sum += p.ID + uint64(p.Direction)
	}
	return sum
}

// Days is when the trading day begins that a time belongs to, and when the next one does.
type Days func(market.Time) (from, to market.Time)

// start is when the bar of a trade begins, in seconds; false where there is none.
func (c *Symbol) start(k Interval, at market.Time) (uint32, bool) {
	second, ok := secondsOf(at)
	switch {
	case !ok:
		return 0, false
	case k != Day:
		return second - second%intervals[k].seconds, true
	case c.days != nil:
		if at < c.from || at >= c.to {
			c.from, c.to = c.days(at)
		}
		return secondsOf(c.from)
	case c.day == 0:
		return second - second%intervals[k].seconds, true
	case at >= c.day:
		return secondsOf(c.day)
	}
	s := &c.bars[Day] // of a session before
	i := s.find(second + 1)
	if i == 0 {
		return 0, false
	}
	return s.at(i - 1).Start, true
}

// today is when the newest trading day with a trade begins, in seconds: that of the newest bar of the interval, where
// no bars of days are kept. It is 0 without bars, and writes nothing, unlike start.
func (c *Symbol) today(k Interval) uint32 {
	if all := &c.bars[Day]; all.n > 0 {
		return all.at(all.n - 1).Start
	}
	all := &c.bars[k]
	if all.n == 0 {
		return 0
	}
	newest := all.at(all.n - 1).Start
	at, begin := market.Time(newest)*1e6, c.day
	switch {
	case c.days != nil:
		begin, _ = c.days(at)
	case begin == 0 || begin > at:
		return newest - newest%intervals[Day].seconds
	}
	start, _ := secondsOf(begin)
	return start
}

// Trade adds a trade as part of flush seq, and sets its direction and flush in p.
func (c *Symbol) Trade(p *Trade, seq Seq, cfg *Config) {
	p.Added, p.Changed = seq, seq
	if c.oldest == 0 {
		c.oldest = p.Time
	}
	c.changed = seq
	c.tape.add(p, cfg.Trades)
	second, ok := secondsOf(p.Time)
	if !ok {
		return
	}
	cost, fits := p.Size.Times(p.Price)
	for k := range Interval(NumIntervals) {
		keep := cfg.Bars[k]
		if keep == 0 || !p.marks(k) {
			continue
		}
		s := &c.bars[k]
		b := s.current(k, second)
		if b == nil {
			start, ok := c.start(k, p.Time)
			if !ok {
				continue
			}
			if b = s.put(start, keep); b == nil {
				continue
			}
		}
		if b.addTrade(p, cost, fits, k) || b.changed == 0 {
			b.setChanged(seq)
			if b != &s.newest {
				s.corrected = seq
			}
		}
	}
}

// Session begins a trading day as part of flush seq; a time of 0 is unknown, and changes nothing. A session that begins no
// later than the first trade is that of a recording that is played again: everything that was traded is forgotten.
func (c *Symbol) Session(at market.Time, seq Seq) {
	if at == 0 {
		return
	}
	if c.oldest != 0 && at <= c.oldest {
		for k := range c.bars {
			c.bars[k] = bars{}
		}
		c.tape.clear()
		c.oldest, c.cleared, c.changed, c.splits = 0, seq, seq, nil
		c.day = 0 // as at first
		return
	}
	c.day = at
}

// Roll begins a trading day of the market, as part of the flush under way. Where the market's days are not known, bars of
// days begin with it.
func (c *Symbol) Roll(at market.Time) { c.day = at }

// Adjust notes what happened to the shares before the trading day that begins at a time, in place of what was noted of it before.
// Bars are kept as they were traded; what is adjusted for splits is computed when it is read.
func (c *Symbol) Adjust(at market.Time, by market.Adjustment) {
	if start, ok := secondsOf(at); ok {
		c.splits.set(start, by.Splits())
	}
}
