package history

import "tickertape/feed/market"

// Ledger knows the prices of trades.
type Ledger interface {
	// Between are the prices of the trades from from on and before to, in the regular session and outside of it. It returns
	// false where some of these trades are not kept.
	Between(from, to market.Time) (regular, outside market.Prices, complete bool)
}

// Correct corrects a trade and the bars that it is in as part of flush seq. was is what became of the correction in the quote, and
// kept the trades that are left, the correction included. Where not all of a bar's trades are kept, its volume, trade count and
// VWAP are right, and open, high, low and close as far as the two prints show. It returns false where it is not known when the
// trade was.
func (c *Symbol) Correct(correction *market.Correction, was *market.Corrected, kept Ledger, seq Seq, cfg *Config) bool {
	at := was.Traded
	if p := c.tape.find(correction, at); p != nil {
		if at == 0 {
			at = p.Time
		}
		c.strike(p, &was.New, correction.NewID, seq)
	}
	if at == 0 {
		return false
	}
	c.changed = seq
	for k := range Interval(NumIntervals) {
		start, ok := c.start(k, at)
		if !ok || cfg.Bars[k] == 0 {
			continue
		}
		s := &c.bars[k]
		b := s.get(start)
		if b == nil && was.New.Flags != 0 {
			b = s.put(start, cfg.Bars[k])
		}
		if b == nil {
			continue
		}
		b.replaceSums(&was.Old, &was.New)
		if regular, outside, complete := kept.Between(market.Time(start)*1e6, market.Time(c.end(k, start))*1e6); complete {
			b.setPrices(&market.Prices{}, false)
			b.join(&outside, true, k)
			b.join(&regular, false, k)
		} else {
			b.replacePrice(&was.Old, &was.New, at, k)
		}
		b.setChanged(seq)
		s.corrected = seq
	}
	return true
}

// strike corrects a trade of the tape. A cancelled one keeps its price and size.
func (c *Symbol) strike(p *Trade, next *market.Print, newID uint64, seq Seq) {
	late := p.Flags&market.OutOfOrder != 0
	if p.Flags = next.Flags; p.Flags != 0 {
		p.Price, p.Size = next.Price, next.Size
	}
	if late {
		p.Flags = p.Flags.AsOutOfOrder()
	}
	if newID != 0 {
		p.ID = newID
	}
	p.Corrected, p.Changed = true, seq
	c.changed = seq
}

// never is later than every start.
const never = 1<<32 - 1

// end is when the bar is over that begins at start, in seconds.
func (c *Symbol) end(k Interval, start uint32) uint32 {
	switch {
	case k == Day && c.days != nil:
		if _, to := c.days(market.Time(start) * 1e6); to > 0 && to/1e6 < never {
			return uint32(to / 1e6)
		}
		return never
	case k == Day && c.day != 0: // sessions follow upon each other, however long they are
		s := &c.bars[k]
		if next := s.find(start + 1); next < s.n {
			return s.at(next).Start
		}
		return never
	default:
		return start + intervals[k].seconds
	}
}

// replaceSums puts a print in the place of another, as far as volume, count and turnover are concerned.
func (b *Bar) replaceSums(old, next *market.Print) {
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
}

// replacePrice puts a print in the place of another where not all of the other trades are known.
func (b *Bar) replacePrice(old, next *market.Print, at market.Time, k Interval) {
	var one market.Prices
	one.Add(next.Price, at, next.Flags.Ordered())
	outside := next.Flags.Outside()
	if b.Count() == 0 || b.Count() == 1 && next.Flags&market.SetsVolume != 0 { // no other trade is left
		if b.setPrices(&market.Prices{}, false); next.Flags.SetsPrice() {
			b.join(&one, outside, k)
		}
		return
	}
	if !next.Flags.SetsPrice() || outside != b.Extended() {
		return
	}
	p := b.prices()
	if at == p.First && p.Open == old.Price {
		p.Open = next.Price
	}
	if at == p.Last && p.Close == old.Price {
		p.Close = next.Price
	}
	p.Join(&one)
	b.setPrices(&p, outside)
}
