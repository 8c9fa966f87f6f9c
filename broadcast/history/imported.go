package history

import "tickertape/feed/market"

// What another server has of a symbol's bars and trades is taken over as it is: nothing is summed up here, so that both
// have the same, whatever came late or was corrected there.

// ImportBars takes over bars as part of flush seq, and reports whether that changes any. Bars of an interval that is unknown
// or not kept here are left out, and so are those that are older than what is kept. If a reset leaves out a bar that there was,
// readers of the symbol begin anew.
func ImportBars(s *Symbol, from *market.Bars, seq Seq, cfg *Config) (changed bool) {
	k, err := ParseInterval(from.Interval)
	if err != nil || cfg.Bars[k] == 0 {
		return false
	}
	all := &s.bars[k]
	if from.Reset && all.loses(from.Bars) {
		*all = bars{}
		s.cleared, changed = seq, true
	}
	for i := range from.Bars {
		if importBar(all, &from.Bars[i], seq, cfg.Bars[k]) {
			changed = true
		}
	}
	if changed {
		s.changed = seq
	}
	return changed
}

// loses reports whether there is a bar that a whole history does not have.
func (s *bars) loses(history []market.Bar) bool {
	for i := range s.n {
		b := s.at(i)
		for len(history) > 0 && history[0].Start < market.Time(b.Start)*1e6 {
			history = history[1:]
		}
		if !b.Empty() && (len(history) == 0 || history[0].Start != market.Time(b.Start)*1e6) {
			return true
		}
	}
	return false
}

// importBar takes over one bar, and reports whether that changes anything.
func importBar(all *bars, from *market.Bar, seq Seq, keep int) bool {
	start, ok := secondsOf(from.Start)
	if !ok {
		return false
	}
	i := all.find(start)
	known := i < all.n && all.at(i).Start == start
	switch {
	case !known && from.Empty():
		return false
	case known && sameBar(all.at(i), from):
		return false
	}
	b := all.put(start, keep)
	if b == nil {
		return false
	}
	*b = Bar{Start: start, Volume: from.Volume, Turnover: from.Turnover(), counted: min(from.Count, mostCounted)}
	b.setChanged(seq)
	if from.Close != 0 { // nobody says when they were traded
		at := market.Time(start) * 1e6
		b.setPrices(&market.Prices{Open: from.Open, High: from.High, Low: from.Low, Close: from.Close, First: at, Last: at, Ordered: true},
			from.Outside)
	}
	if b != &all.newest {
		all.corrected = seq
	}
	return true
}

// sameBar reports whether a bar is what another server says that it is.
func sameBar(b *Bar, from *market.Bar) bool {
	return b.Open == from.Open && b.High == from.High && b.Low == from.Low && b.Close == from.Close && b.Volume == from.Volume &&
		b.Count() == from.Count && b.Extended() == from.Outside && b.Turnover.Over(b.Volume) == from.VWAP
}

// ImportTrades takes over trades with their numbers as part of flush seq, and reports whether that changes any. New trades
// that follow upon those that are there are added, and others replace the trade of their number. Where they do not follow, since
// trades were left out between, the other server has begun anew, or trades were numbered here meanwhile, the list begins anew.
func ImportTrades(s *Symbol, from *market.Trades, seq Seq, cfg *Config) (changed bool) {
	t := &s.tape
	own := t.n > 0 && t.imported != t.total // trades that were numbered here
	if own && len(from.Trades) > 0 || from.Reset && !t.goesOn(from.Trades) && !t.skipsTo(from.Trades) {
		if changed = t.n > 0; changed {
			s.cleared = seq
		}
		*t = tape{}
	}
	for i := range from.Trades {
		if importTrade(s, &from.Trades[i], seq, cfg.Trades) {
			changed = true
		}
	}
	if changed {
		s.changed = seq
	}
	return changed
}

// goesOn reports whether the last trades of another server begin with trades that are there, or follow right upon them, and none
// that is there is gone. Fewer than [TradesAtOnce] are all that it has.
func (t *tape) goesOn(last []market.NumberedTrade) bool {
	if len(last) == 0 || t.n == 0 {
		return len(last) == t.n
	}
	if last[0].Number > t.total+1 || last[len(last)-1].Number < t.total || last[0].Number < t.number(0) ||
		last[0].Number > t.number(0) && len(last) < TradesAtOnce {
		return false
	}
	for i := range last {
		p := &last[i]
		if p.Number > t.total {
			return true
		}
		if old := t.numbered(p.Number); old == nil || old.Time != p.Time || !p.Corrected && !sameTrade(old, p) {
			return false
		}
	}
	return true
}

// skipsTo reports whether so many trades came at once that only the last of them are known. Readers get them as such.
func (t *tape) skipsTo(last []market.NumberedTrade) bool {
	return len(last) == TradesAtOnce && last[0].Number > t.total
}

// numbered is the trade of a number; nil where it is not kept.
func (t *tape) numbered(number uint64) *Trade {
	back := t.total - number
	if number > t.total || back >= uint64(t.n) {
		return nil
	}
	return t.at(t.n - 1 - int(back))
}

// importTrade takes over one trade, and reports whether that changes anything.
func importTrade(s *Symbol, from *market.NumberedTrade, seq Seq, keep int) bool {
	t := &s.tape
	if from.Number <= t.total {
		p := t.numbered(from.Number)
		if p == nil || sameTrade(p, from) {
			return false
		}
		added := p.Added
		*p = tradeOf(from)
		p.Added, p.Changed = added, seq
		return true
	}
	if t.n > 0 && from.Number != t.total+1 { // those between are not kept anywhere
		t.dropped = max(t.dropped, t.at(t.n-1).Time)
		t.head, t.n = 0, 0
	}
	t.total = from.Number - 1
	p := tradeOf(from)
	p.Added, p.Changed = seq, seq
	t.add(&p, keep)
	t.imported = t.total
	t.direction, t.at(t.n-1).Direction = from.Direction, from.Direction
	if s.oldest == 0 {
		s.oldest = from.Time
	}
	return true
}

// tradeOf is a trade with the flags that make it look as it does there.
func tradeOf(from *market.NumberedTrade) Trade {
	t := Trade{
		Price: from.Price, Size: from.Size, Time: from.Time, Conditions: from.Conditions, Direction: from.Direction,
		Corrected: from.Corrected || from.Cancelled, Flags: market.Regular,
	}
	switch {
	case from.Cancelled:
		t.Flags = 0
	case from.Outside:
		t.Flags = market.SetsExtended | market.SetsVolume
	}
	return t
}

// sameTrade reports whether a trade is what another server says that it is.
func sameTrade(t *Trade, from *market.NumberedTrade) bool {
	return t.Price == from.Price && t.Size == from.Size && t.Time == from.Time && t.Conditions == from.Conditions &&
		t.Direction == from.Direction && t.Outside() == from.Outside && t.Cancelled() == from.Cancelled &&
		t.Corrected == (from.Corrected || from.Cancelled)
}
