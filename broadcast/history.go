package broadcast

import "tickertape/feed/market"

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
			if c := s.chart(k.Symbol, false); c != nil {
				if !c.correct(k, seq, s.cfg) {
					s.unmended.Inc()
				}
				news = news || c.changed == seq
			}
			continue
		}
		if t.Kind == market.KindSession {
			if c := s.chart(t.Symbol, t.Time != 0); c != nil {
				c.session(t.Time, seq)
				news = news || c.changed == seq
			}
			continue
		}
		at := t.Time
		if at == 0 {
			at = t.Received
		}
		s.chart(t.Symbol, true).trade(&trade{
			id: t.ID, price: t.Price, size: t.Size, time: at, conditions: t.Conditions, flags: t.Flags,
		}, seq, s.cfg)
		news = true
	}
	return news
}

// chart is the symbol's, made when it is new and wanted. The caller holds mu.
func (s *store) chart(id market.SymbolID, make bool) *chart {
	for int(id) >= len(s.charts) {
		s.charts = append(s.charts, nil)
	}
	if s.charts[id] == nil && make {
		s.charts[id] = &chart{}
		if s.days != nil {
			s.charts[id].days = s.days(s.dir.Symbol(id).Market)
		}
	}
	return s.charts[id]
}

// TradingDays has the bars of a day begin with the trading day of their symbol's market, which of returns; nil
// for a market that has none. Otherwise a day is the source's session or, where it tells of none, UTC's. It is called before Run.
func (b *Board) TradingDays(of func(venue string) func(market.Time) (from, to market.Time)) {
	b.store.days = func(venue string) days { return of(venue) }
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
func (s *store) kept() (bars [numIntervals]int, trades int) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, c := range s.charts {
		if c == nil {
			continue
		}
		for k := range c.bars {
			bars[k] += c.bars[k].n
		}
		trades += c.tape.n
	}
	return bars, trades
}
