package history

import "tickertape/feed/market"

// Correct corrects a trade and the bars that it is in as part of flush seq. It returns false if the trade was dropped.
func (c *Symbol) Correct(correction *market.Correction, seq Seq, cfg *Config) bool {
	p := c.tape.find(correction)
	if p == nil {
		return false
	}
	old := *p
	p.Price, p.Size, p.Flags = correction.New.Price, correction.New.Size, correction.New.Flags
	if correction.New.Flags == 0 {
		p.Price, p.Size = old.Price, old.Size // as what it is struck out
	} else if old.Flags&market.OutOfOrder != 0 {
		p.Flags |= market.OutOfOrder
	}
	p.Corrected, p.Changed = true, seq
	c.changed = seq
	for k := range Interval(NumIntervals) {
		if cfg.Bars[k] == 0 {
			continue
		}
		start, at, ok := c.start(k, p.Time)
		if !ok {
			continue
		}
		s := &c.bars[k]
		place := s.find(start)
		if place == s.n || s.at(place).Start != start {
			continue
		}
		c.recompute(k, place, at, &old, p, cfg)
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

// replace puts a trade in another one's place where nothing is left of the rest: the sums are right, and
// open, high, low and close only as far as the two show. at is as in addTrade.
func (b *Bar) replace(old, next *Trade, k Interval, at uint32) {
	if old.Flags&market.SetsVolume != 0 && b.Count() > 0 {
		cost, _ := old.Size.Times(old.Price)
		volume, enough := b.Volume.Sub(old.Size)
		turnover, enoughTurnover := b.Turnover.Sub(cost)
		if !enough || !enoughTurnover {
			return
		}
		b.Volume, b.Turnover = volume, turnover
		b.counted--
	}
	if next.Flags&market.SetsVolume != 0 {
		cost, _ := next.Size.Times(next.Price)
		b.Volume, _ = b.Volume.Add(next.Size)
		b.Turnover, _ = b.Turnover.Add(cost)
		b.counted++
	}
	if b.Count() == 0 {
		*b = Bar{Start: b.Start}
	}
	if !b.Priced() || next.Flags&setsPrice == 0 || next.Outside() && (k == Day || !b.Extended()) || !next.Outside() && b.Extended() {
		return
	}
	b.High, b.Low = max(b.High, next.Price), min(b.Low, next.Price)
	if at == b.first && b.Open == old.Price {
		b.Open = next.Price
	}
	if at == b.last && b.Close == old.Price {
		b.Close = next.Price
	}
}
