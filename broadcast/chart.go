package broadcast

import (
	"tickertape/feed/market"
)

// chart is what was traded of one symbol: its newest trades, and its bars of each interval.
type chart struct {
	tape    tape
	bars    [numIntervals]bars
	changed Seq         // the newest flush that tells of any
	cleared Seq         // the newest flush that began anew
	oldest  market.Time // of the first trade since then; 0 none

	days     days        // of the symbol's market; nil where it has none
	day      market.Time // when the source's session began; 0 unknown
	from, to market.Time // the trading day that was asked for last
}

// days is when the trading day begins that a time belongs to, and when the next one does.
type days func(market.Time) (from, to market.Time)

// start is when the bar of a trade begins, in seconds, and when in it the trade was, in grains.
func (c *chart) start(k interval, at market.Time) (uint32, uint32, bool) {
	second, ok := secondsOf(at)
	if !ok {
		return 0, 0, false
	}
	start := second - second%intervals[k].seconds
	if k == oneDay {
		switch {
		case c.days != nil:
			if at < c.from || at >= c.to {
				c.from, c.to = c.days(at)
			}
			start, ok = secondsOf(c.from)
		case c.day != 0 && at >= c.day:
			start, ok = secondsOf(c.day)
		case c.day != 0: // of a session before
			s := &c.bars[oneDay]
			i := s.find(second + 1)
			if i == 0 {
				return 0, 0, false
			}
			start = s.at(i - 1).start
		}
	}
	grains := (at - market.Time(start)*1e6) / intervals[k].grain
	return start, uint32(min(grains, 1<<32-1)), ok
}

// today is when the newest trading day with a trade begins, in seconds: that of the newest bar of the interval, where
// no bars of days are kept. It is 0 without bars, and writes nothing, unlike start.
func (c *chart) today(k interval) uint32 {
	if all := &c.bars[oneDay]; all.n > 0 {
		return all.at(all.n - 1).start
	}
	all := &c.bars[k]
	if all.n == 0 {
		return 0
	}
	newest := all.at(all.n - 1).start
	at, begin := market.Time(newest)*1e6, c.day
	switch {
	case c.days != nil:
		begin, _ = c.days(at)
	case begin == 0 || begin > at:
		return newest - newest%intervals[oneDay].seconds
	}
	start, _ := secondsOf(begin)
	return start
}

// trade takes in a trade, which flush seq tells.
func (c *chart) trade(p *trade, seq Seq, cfg *Config) {
	p.came, p.changed = seq, seq
	if c.oldest == 0 {
		c.oldest = p.time
	}
	c.changed = seq
	c.tape.add(p, cfg.Trades)
	for k := range interval(numIntervals) {
		keep := cfg.Bars.keep(k)
		if keep == 0 || !p.marks(k) {
			continue
		}
		start, at, ok := c.start(k, p.time)
		if !ok {
			continue
		}
		s := &c.bars[k]
		if b := s.put(start, keep); b != nil && (b.take(p, k, at) || b.changed == 0) {
			b.changed = seq
			if b != s.at(s.n-1) {
				s.mended = seq
			}
		}
	}
}

// correct mends a trade and the bars that it is in, and returns false where the trade is kept no more.
func (c *chart) correct(k *market.Correction, seq Seq, cfg *Config) bool {
	p := c.tape.find(k)
	if p == nil {
		return false
	}
	old := *p
	p.price, p.size, p.flags = k.New.Price, k.New.Size, k.New.Flags
	if k.New.Flags == 0 {
		p.price, p.size = old.price, old.size // as what it is struck out
	} else if old.flags&market.Late != 0 {
		p.flags |= market.Late
	}
	p.mended, p.changed = true, seq
	c.changed = seq
	for i := range interval(numIntervals) {
		if cfg.Bars.keep(i) == 0 {
			continue
		}
		start, at, ok := c.start(i, p.time)
		if !ok {
			continue
		}
		s := &c.bars[i]
		place := s.find(start)
		if place == s.n || s.at(place).start != start {
			continue
		}
		c.mend(i, place, at, &old, p, cfg)
		s.at(place).changed, s.mended = seq, seq
	}
	return true
}

// mend makes a bar anew after one of its trades has changed: of its trades where all of them are kept, else of
// shorter bars, else as far as the two trades show.
func (c *chart) mend(k interval, place int, at uint32, old, next *trade, cfg *Config) {
	s := &c.bars[k]
	b := s.at(place)
	if c.tape.gone < market.Time(b.start)*1e6 {
		*b = c.ofTrades(k, b.start)
		return
	}
	fresh := bar{start: b.start}
	end := c.end(k, place)
	for j := range k {
		part := &c.bars[j]
		whole := b.start%intervals[j].seconds == 0 && (end%intervals[j].seconds == 0 || end == never)
		if cfg.Bars.keep(j) == 0 || part.gone >= b.start || !whole {
			continue
		}
		for i := part.find(b.start); i < part.n && part.at(i).start < end; i++ {
			fresh.add(part.at(i), k, int64(part.at(i).start-b.start)*1e6)
		}
		*b = fresh
		return
	}
	summed := *b
	summed.replace(old, next, k, at)
	if fresh = c.ofTrades(k, b.start); fresh.count() == summed.count() { // of trades that came late, all may be kept
		*b = fresh
		return
	}
	*b = summed
}

// ofTrades is a bar of the trades that are kept.
func (c *chart) ofTrades(k interval, start uint32) bar {
	b := bar{start: start}
	for i := range c.tape.n {
		p := c.tape.at(i)
		if of, at, ok := c.start(k, p.time); ok && of == start && p.marks(k) {
			b.take(p, k, at)
		}
	}
	return b
}

// never is later than every start.
const never = 1<<32 - 1

// end is when a bar is over, in seconds.
func (c *chart) end(k interval, place int) uint32 {
	s := &c.bars[k]
	start := s.at(place).start
	switch {
	case k == oneDay && c.days != nil:
		if _, to := c.days(market.Time(start) * 1e6); to > 0 && to/1e6 < never {
			return uint32(to / 1e6)
		}
		return never
	case k == oneDay && c.day != 0: // sessions follow upon each other, however long they are
		if place+1 < s.n {
			return s.at(place + 1).start
		}
		return never
	default:
		return start + intervals[k].seconds
	}
}

// session begins a trading day. One that begins no later than all that was traded is that of a recording that
// begins anew.
func (c *chart) session(at market.Time, seq Seq) {
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
