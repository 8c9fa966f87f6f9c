package consolidate

import (
	"time"

	"tickertape/feed/calendar"
	"tickertape/feed/market"
)

// market is whose hours a symbol keeps; nil: it never closes, and has no days.
func (d *Desk) market(id market.SymbolID) *schedule {
	y := &d.symbols[id]
	if y.entered {
		return y.market
	}
	y.entered = true
	name := d.dir.Symbol(id).Market
	if name == "" || d.hours == nil {
		return nil
	}
	m, known := d.markets[name]
	if !known {
		if hours, ok := d.hours.Market(name); ok && hours != nil {
			m = &schedule{hours: hours, phase: hours.Phase(d.now), rolled: market.TimeOf(hours.Rolled(d.now)), next: market.TimeOf(hours.NextRoll(d.now))}
		}
		d.markets[name] = m
	}
	y.market = m
	return m
}

// judge tells the state of a symbol where that has changed; at is the exchange's time of the change, 0 unknown.
func (d *Desk) judge(id market.SymbolID, at market.Time) {
	y := &d.symbols[id]
	if y.source == nil {
		return
	}
	state := d.state(id, y)
	if state == y.state {
		return
	}
	y.state = state
	d.out.Ticks = append(d.out.Ticks, market.Tick{Symbol: id, Kind: market.KindState, State: state, Time: at, Received: market.TimeOf(d.now)})
}

// state is what can be said of a symbol's prices now: the worst of what its source says, how its connection is,
// and how long there were no news.
func (d *Desk) state(id market.SymbolID, y *symbol) market.State {
	t := y.source.track(id)
	state := max(t.own, d.lines[t.line].state)
	if state >= market.Halted || y.source.info.Whole {
		return state
	}
	if t.heard.IsZero() {
		return state // there is no price that could be old
	}
	if len(t.held) > 0 && d.now.Sub(t.heldAt) > doubtful {
		state = market.Stale
	}
	quiet := d.now.Sub(t.heard)
	if m := d.market(id); m != nil && m.phase != calendar.Regular {
		if quiet > d.cfg.StaleAfter {
			return market.Closed
		}
		return state
	}
	if quiet > t.patience(d.cfg) {
		return market.Stale
	}
	return state
}

// look judges all symbols without news of them: time alone makes them stale, closes their market, begins
// its next day, or lets a source take over.
func (d *Desk) look(now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.now = now
	d.grow()
	for _, m := range d.markets {
		if m != nil {
			m.phase = m.hours.Phase(now)
			if market.TimeOf(now) >= m.next {
				d.roll(m, now)
			}
		}
	}
	restless := d.doubts > 0
	for _, s := range d.sources {
		restless = restless || !s.info.Whole
		if seconds, known := s.skew.seconds(now); known {
			d.metrics.skew.WithLabelValues(s.name).Set(seconds)
		}
	}
	if !restless && len(d.sources) == 1 {
		return
	}
	if d.doubts > 0 {
		for _, s := range d.sources {
			d.taking = s
			for _, t := range s.tracks {
				if t != nil {
					d.agreed(t)
				}
			}
		}
	}
	for id := range d.symbols {
		y := &d.symbols[id]
		if y.source == nil {
			continue
		}
		if len(d.sources) > 1 && !d.well(y.source, market.SymbolID(id), now) {
			if to := d.choose(market.SymbolID(id), y, now); to != nil {
				d.taking = to
				d.change(market.SymbolID(id), y, to)
				y.shown, y.traded = max(y.shown, to.track(market.SymbolID(id)).newest()), max(y.traded, to.track(market.SymbolID(id)).traded)
			}
		}
		d.judge(market.SymbolID(id), 0)
	}
	d.flush()
}

// roll begins the next trading day of a market: of each of its symbols, the last price of the session is
// the previous close now, and the sums begin anew.
func (d *Desk) roll(m *schedule, at time.Time) {
	m.rolled = market.TimeOf(m.hours.Rolled(at))
	m.next = market.TimeOf(m.hours.NextRoll(at))
	d.flush()
	for id := range d.symbols {
		if d.market(market.SymbolID(id)) != m {
			continue
		}
		for _, s := range d.sources {
			t := s.track(market.SymbolID(id))
			if t == nil || s.info.Whole {
				continue // it says itself when a session begins
			}
			k := market.Tick{Symbol: market.SymbolID(id), Kind: market.KindSession, Price: t.regular, Time: m.rolled, Received: market.TimeOf(d.now)}
			if t.tally != nil {
				t.tally.Apply(&k)
			}
			if d.symbols[id].source == s {
				d.out.Ticks = append(d.out.Ticks, k)
			}
		}
	}
	d.flush()
}
