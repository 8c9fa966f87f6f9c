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

// start is when the bar of a trade begins, in seconds, and when in it the trade was, in units of the interval.
func (c *Symbol) start(k Interval, at market.Time) (uint32, uint32, bool) {
	second, ok := secondsOf(at)
	if !ok {
		return 0, 0, false
	}
	start := second - second%intervals[k].seconds
	if k == Day {
		switch {
		case c.days != nil:
			if at < c.from || at >= c.to {
				c.from, c.to = c.days(at)
			}
			start, ok = secondsOf(c.from)
		case c.day != 0 && at >= c.day:
			start, ok = secondsOf(c.day)
		case c.day != 0: // of a session before
			s := &c.bars[Day]
			i := s.find(second + 1)
			if i == 0 {
				return 0, 0, false
			}
			start = s.at(i - 1).Start
		}
	}
	grains := (at - market.Time(start)*1e6) / intervals[k].unit
	return start, uint32(min(grains, 1<<32-1)), ok
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
		b, at := s.current(k, second, p.Time)
		if b == nil {
			var start uint32
			if start, at, ok = c.start(k, p.Time); !ok {
				continue
			}
			if b = s.put(start, keep); b == nil {
				continue
			}
		}
		if b.addTrade(p, cost, fits, k, at) || b.Changed == 0 {
			b.Changed = seq
			if b != &s.newest {
				s.corrected = seq
			}
		}
	}
}

// Correct corrects a trade and the bars that it is in as part of flush seq. It returns false if the trade was dropped.
func (c *Symbol) Correct(k *market.Correction, seq Seq, cfg *Config) bool {
	p := c.tape.find(k)
	if p == nil {
		return false
	}
	old := *p
	p.Price, p.Size, p.Flags = k.New.Price, k.New.Size, k.New.Flags
	if k.New.Flags == 0 {
		p.Price, p.Size = old.Price, old.Size // as what it is struck out
	} else if old.Flags&market.OutOfOrder != 0 {
		p.Flags |= market.OutOfOrder
	}
	p.Corrected, p.Changed = true, seq
	c.changed = seq
	for i := range Interval(NumIntervals) {
		if cfg.Bars[i] == 0 {
			continue
		}
		start, at, ok := c.start(i, p.Time)
		if !ok {
			continue
		}
		s := &c.bars[i]
		place := s.find(start)
		if place == s.n || s.at(place).Start != start {
			continue
		}
		c.recompute(i, place, at, &old, p, cfg)
		s.at(place).Changed, s.corrected = seq, seq
	}
	return true
}

// recompute makes a bar anew after one of its trades has changed: of its trades where all of them are kept, else of
// shorter bars, else as far as the two trades show.
func (c *Symbol) recompute(k Interval, place int, at uint32, old, next *Trade, cfg *Config) {
	s := &c.bars[k]
	b := s.at(place)
	if c.tape.dropped < market.Time(b.Start)*1e6 {
		*b = c.ofTrades(k, b.Start)
		return
	}
	fresh := Bar{Start: b.Start}
	end := c.end(k, place)
	for j := range k {
		part := &c.bars[j]
		whole := b.Start%intervals[j].seconds == 0 && (end%intervals[j].seconds == 0 || end == never)
		if cfg.Bars[j] == 0 || part.dropped >= b.Start || !whole {
			continue
		}
		for i := part.find(b.Start); i < part.n && part.at(i).Start < end; i++ {
			fresh.addBar(part.at(i), k, int64(part.at(i).Start-b.Start)*1e6)
		}
		*b = fresh
		return
	}
	summed := *b
	summed.replace(old, next, k, at)
	if fresh = c.ofTrades(k, b.Start); fresh.Count() == summed.Count() { // of trades that came late, all may be kept
		*b = fresh
		return
	}
	*b = summed
}

// ofTrades is a bar of the trades that are kept.
func (c *Symbol) ofTrades(k Interval, start uint32) Bar {
	b := Bar{Start: start}
	for i := range c.tape.n {
		p := c.tape.at(i)
		if of, at, ok := c.start(k, p.Time); ok && of == start && p.marks(k) {
			cost, fits := p.Size.Times(p.Price)
			b.addTrade(p, cost, fits, k, at)
		}
	}
	return b
}

// never is later than every start.
const never = 1<<32 - 1

// end is when a bar is over, in seconds.
func (c *Symbol) end(k Interval, place int) uint32 {
	s := &c.bars[k]
	start := s.at(place).Start
	switch {
	case k == Day && c.days != nil:
		if _, to := c.days(market.Time(start) * 1e6); to > 0 && to/1e6 < never {
			return uint32(to / 1e6)
		}
		return never
	case k == Day && c.day != 0: // sessions follow upon each other, however long they are
		if place+1 < s.n {
			return s.at(place + 1).Start
		}
		return never
	default:
		return start + intervals[k].seconds
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
		c.oldest, c.cleared, c.changed = 0, seq, seq
	}
	c.day = at
}
