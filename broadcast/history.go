package broadcast

import (
	"tickertape/broadcast/history"
	"tickertape/feed/market"
)

// traded is something that changes a chart: a tick, or else a correction.
type traded struct {
	tick       market.Tick
	correction *market.Correction
}

// muchTraded is how much waits for a flush at most, give or take a batch, where flushes are rare or late.
const muchTraded = 1 << 16

// enter takes trades and corrections into the charts, as news of a flush, and tells whether there was any. The
// caller holds mu.
func (s *store) enter(all []traded, seq Seq) (news bool) {
	for i := range all {
		t := &all[i].tick
		if k := all[i].correction; k != nil {
			if c := s.historyOf(k.Symbol); c != nil {
				if !c.Correct(k, seq, &s.cfg.Config) {
					s.unmended.Inc()
				}
				news = news || c.TradesChanged(seq-1)
			}
			continue
		}
		if t.Kind == market.KindSession {
			if c := s.historyOf(t.Symbol); c != nil || t.Time != 0 {
				c = s.begun(t.Symbol)
				c.Session(t.Time, seq)
				news = news || c.TradesChanged(seq-1)
			}
			continue
		}
		at := t.Time
		if at == 0 {
			at = t.Received
		}
		s.begun(t.Symbol).Trade(&history.Trade{
			ID: t.ID, Price: t.Price, Size: t.Size, Time: at, Conditions: t.Conditions, Flags: t.Flags,
		}, seq, &s.cfg.Config)
		news = true
	}
	return news
}

// begun is the symbol's history, made when it is new. The caller holds mu.
func (s *store) begun(id market.SymbolID) *history.Symbol {
	for int(id) >= len(s.traded) {
		s.traded = append(s.traded, nil)
	}
	if s.traded[id] == nil {
		var days history.Days
		if s.days != nil {
			days = s.days(s.dir.Symbol(id).Market)
		}
		s.traded[id] = history.NewSymbol(days)
	}
	return s.traded[id]
}

// historyOf is the symbol's history; nil where it was never traded. The caller holds mu.
func (s *store) historyOf(id market.SymbolID) *history.Symbol {
	if int(id) >= len(s.traded) {
		return nil
	}
	return s.traded[id]
}

// TradingDays has the bars of a day begin with the trading day of their symbol's market, which of returns; nil
// for a market that has none. Otherwise a day is the source's session or, where it tells of none, UTC's. It is called before Run.
func (b *Board) TradingDays(of func(venue string) func(market.Time) (from, to market.Time)) {
	b.store.days = func(venue string) history.Days { return of(venue) }
}

// absorb takes trades into the charts before the flush that tells them, so that few wait where flushes
// are rare.
func (b *Board) absorb(f *flush) {
	b.mu.Lock()
	clear(f.traded)
	f.traded, b.traded = b.traded, f.traded[:0]
	b.mu.Unlock()
	b.store.mu.Lock()
	defer b.store.mu.Unlock()
	if b.store.enter(f.traded, b.store.seq+1) {
		b.store.absorbed = true
	}
}

// crowded tells whether much waits for a flush.
func (b *Board) crowded() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.traded) >= muchTraded
}

// kept counts the bars by interval, and the trades.
func (s *store) kept() (bars history.Counts, trades int) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, c := range s.traded {
		for k := range bars {
			bars[k] += c.Bars(history.Interval(k))
		}
		n, _ := c.Taped()
		trades += n
	}
	return bars, trades
}
