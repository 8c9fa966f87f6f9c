package consolidate

import (
	"time"

	"tickertape/feed/calendar"
	"tickertape/feed/market"
)

// symbol is what was published of one symbol.
type symbol struct {
	source          *source            // whose data count; nil: none has had any
	state           market.State       // the newest that was published
	reason          string             // and why; "": that needs no saying
	provisional     bool               // source counts though it has not been reliable yet
	failedOver      bool               // a source of lower rank had to take over
	day             calendar.SymbolDay // as it was published
	newestPublished market.Time        // exchange time of the newest data
	traded          market.Time        // exchange time of the newest last price
}

// notePublished notes that what the source has said of the symbol is published.
func (sym *symbol) notePublished(ss *sourceSymbol) {
	sym.newestPublished, sym.traded = max(sym.newestPublished, ss.newest()), max(sym.traded, ss.traded)
}

// turn has the sums of a symbol follow its trading day, and publishes that if its source is the one that counts.
func (c *consolidator) turn(ss *sourceSymbol, id market.SymbolID, turn calendar.Turn) {
	if turn == calendar.Goes {
		return
	}
	k := ss.day.Tick(turn, id, market.TimeOf(c.now))
	if ss.tally != nil {
		ss.tally.Apply(&k)
	}
	if turn == calendar.Begins {
		ss.overnight.begin()
	} else {
		ss.overnight.reopen()
	}
	if sym := &c.symbols[id]; sym.source == ss.source || sym.source == nil && len(c.sources) == 1 {
		sym.day = ss.day
		if c.out.tick(&k); turn == calendar.Reopens {
			c.retellAdjustments(id)
		}
	}
	c.adjustDay(ss, id)
	c.tellAdjustments(id)
}

// beginDay has a symbol's trading day begin by the clock alone.
func (c *consolidator) beginDay(ss *sourceSymbol, id market.SymbolID) {
	if ss.market != nil && !ss.source.info.Lossless { // a lossless source publishes its sessions itself
		c.turn(ss, id, ss.day.Clock(ss.market.hours, ss.market.shown(ss.source.clock.Time(c.steady))))
	}
}

// adjustDay has a source's sums follow what is known to have happened before their trading day.
func (c *consolidator) adjustDay(ss *sourceSymbol, id market.SymbolID) {
	began, o := ss.day.Began(), &ss.overnight
	if began == 0 || ss.source.info.Lossless || !c.adjuster.known.Any() {
		return
	}
	by, known := c.adjuster.known.On(id, began)
	if by == o.by && known == o.explained {
		return
	}
	if o.by == (market.Adjustment{}) && ss.last != 0 && ss.traded < began {
		ss.last = by.Price(ss.last) // what the first trade of the day is compared with
	}
	if o.by, o.explained = by, known; ss.tally != nil {
		k := c.adjustTick(id, calendar.DayAdjustment{Start: began, Adjustment: by})
		ss.tally.Apply(&k)
	}
	c.weigh(ss, id)
}

// tellAdjustments publishes what is known of the days of a symbol up to now, as far as it was not published: that of the present
// day for its previous close, those of all for its bars.
func (c *consolidator) tellAdjustments(id market.SymbolID) {
	sym := &c.symbols[id]
	source := sym.source
	if source == nil && len(c.sources) == 1 {
		source = c.sources[0]
	}
	if source == nil || !c.adjuster.known.Any() {
		return
	}
	until := sym.day.Began()
	if until == 0 {
		if c.dir.Symbol(id).Market != "" {
			return // until its day has begun; a lossless source begins its days itself
		}
		until = c.steady // it has no days, as with a relay: its bars alone are adjusted
	}
	for _, day := range c.adjuster.known.Untold(id, until) {
		k := c.adjustTick(id, day)
		c.out.tick(&k)
	}
}

// retellAdjustments publishes once more what is known of the present day of a symbol, after an image that has taken the place of its
// quote.
func (c *consolidator) retellAdjustments(id market.SymbolID) {
	if c.adjuster.known.Any() {
		c.adjuster.known.Retell(id, c.symbols[id].day.Began())
		c.tellAdjustments(id)
	}
}

func (c *consolidator) adjustTick(id market.SymbolID, day calendar.DayAdjustment) market.Tick {
	return market.Tick{Symbol: id, Kind: market.KindAdjust, Time: day.Start, Conditions: day.String(), Received: market.TimeOf(c.now)}
}

// weigh decides whether the prices of a symbol are in doubt, as far as one source has them. Only markets that close have nights.
func (c *consolidator) weigh(ss *sourceSymbol, id market.SymbolID) {
	if ss.market == nil || !ss.market.hours.Closes() || ss.source.info.Lossless {
		return
	}
	o := &ss.overnight
	split, doubt := o.doubtful()
	if doubt == o.inDoubt {
		return
	}
	if o.inDoubt = doubt; doubt {
		c.log.Warn("prices are in doubt: they look as after a split that nobody knows of; feed.adjustments can say what happened",
			keySource, ss.source.name, keySymbol, c.dir.Symbol(id).Symbol, keyReason, split.String(), keyPreviousClose, o.before.String(),
			keyPrice, max(o.open, o.early).String())
	}
	if c.symbols[id].source == ss.source {
		c.judge(id, 0)
	}
}

// reconsider decides whether new data make their source the one that counts, and judges the symbol. It reports whether the
// source has just taken over: then all that it has said was published.
func (c *consolidator) reconsider(ss *sourceSymbol, id market.SymbolID) (tookOver bool) {
	sym := &c.symbols[id]
	if sym.provisional && sym.source == ss.source && c.reliable(ss.source, id, c.now) {
		sym.provisional = false
	}
	if sym.source == nil && len(c.sources) == 1 {
		sym.source = ss.source
	} else if sym.source != ss.source {
		if to := c.choose(id, sym, c.now); to != nil {
			c.takeOver(id, sym, to)
			tookOver = to == ss.source
		}
	}
	if sym.source == ss.source && (sym.state != market.Live || ss.claimed != market.Live) {
		c.judge(id, 0)
	}
	return tookOver
}

// takeOver makes a source the one that counts for a symbol.
func (c *consolidator) takeOver(id market.SymbolID, sym *symbol, to *source) {
	from, failed := sym.source, sym.source != nil && !sym.provisional
	if failed && c.rank(id, from) < c.rank(id, to) {
		sym.failedOver = true
	}
	sym.source, sym.provisional = to, !failed && !c.reliable(to, id, c.now)
	ss := to.symbol(id)
	if len(c.sources) > 1 {
		var before *sourceSymbol
		if from != nil {
			before = from.symbol(id)
		}
		if failed {
			c.metrics.changes.WithLabelValues(to.name).Inc()
		}
		c.turn(ss, id, ss.day.CatchUp(&sym.day))
		if k := ss.day.Tick(calendar.Begins, id, market.TimeOf(c.now)); ss.day.Began() > sym.day.Began() {
			c.out.tick(&k)
		}
		sym.day = ss.day
		image := takeoverImage(id, sym, before, ss)
		c.out.image(&image)
		c.retellAdjustments(id)
	}
	sym.notePublished(ss)
	resend(ss, id)
}

// judge publishes the state of a symbol where it has changed; at is the exchange's time of the change, 0 unknown.
func (c *consolidator) judge(id market.SymbolID, at market.Time) {
	sym := &c.symbols[id]
	if sym.source == nil {
		return
	}
	ss := sym.source.symbol(id)
	state, reason := c.state(sym, ss), ss.reason
	if ss.overnight.inDoubt {
		state, reason = max(state, market.Stale), market.InDoubt
	}
	if state == sym.state && reason == sym.reason {
		return
	}
	sym.state, sym.reason = state, reason
	c.out.tick(&market.Tick{Symbol: id, Kind: market.KindState, State: state, Time: at, Received: market.TimeOf(c.now), Conditions: reason})
}

// state decides between live, stale, halted, closed and down: the worst of what the symbol's source says of it, the state of
// the connection, and what follows from the time without data.
func (c *consolidator) state(sym *symbol, ss *sourceSymbol) market.State {
	state := max(ss.claimed, ss.connection.state)
	if state >= market.Halted || ss.source.info.Lossless {
		return state
	}
	if ss.heard.IsZero() && (ss.market == nil || ss.market.phase == calendar.Regular) {
		return state // there is no price that could be old
	}
	if len(ss.held) > 0 && c.now.Sub(ss.heldSince) > staleWhenHeld {
		state = market.Stale
	}
	quiet := c.now.Sub(ss.heard)
	if ss.market != nil && ss.market.phase != calendar.Regular {
		if quiet > c.cfg.StaleAfter {
			return market.Closed
		}
		return state
	}
	if quiet > ss.staleAfter(&c.cfg) {
		return market.Stale
	}
	return state
}

// visitSlice judges the next slice of symbols by the time alone, which makes them stale, closes their market, begins their
// next day, or lets another source take over. It returns how long to wait for the next slice.
func (c *consolidator) visitSlice(now time.Time) (wait time.Duration) {
	c.set(now)
	c.grow()
	if c.rounds.next == 0 && !c.beginRound() {
		return c.rounds.skip(now)
	}
	from, to, wait := c.rounds.slice(now, len(c.symbols))
	for id := market.SymbolID(from); id < market.SymbolID(to); id++ {
		c.visit(id)
	}
	if c.rounds.next == 0 {
		c.endRound()
	}
	c.out.flush()
	return wait
}

// beginRound updates what all symbols share, and reports whether there is any symbol that time alone can change.
func (c *consolidator) beginRound() (needed bool) {
	needed = c.heldSymbols > 0 || len(c.sources) > 1
	for _, s := range c.sources {
		needed = needed || !s.info.Lossless
		if lead, known := s.clock.Lead(c.steady); known {
			c.metrics.skew.WithLabelValues(s.name).Set(float64(lead+c.steady-c.machine) / 1e6)
		}
		s.schedules.update(s.clock.Time(c.steady))
	}
	return needed
}

// endRound publishes which sources are quiet.
func (c *consolidator) endRound() {
	for _, s := range c.sources {
		if s.pause.round() {
			c.publishStatus(s)
		}
	}
}

// visit judges a symbol by the time alone.
func (c *consolidator) visit(id market.SymbolID) {
	sym := &c.symbols[id]
	if sym.source == nil {
		return
	}
	for _, s := range c.sources {
		if ss := s.symbol(id); ss != nil {
			c.beginDay(ss, id)
			if !s.info.Lossless && (ss.market == nil || ss.market.phase == calendar.Regular) {
				s.pause.note(ss, c.now, &c.cfg)
			}
			if c.heldSymbols > 0 {
				c.confirmAgreed(ss)
			}
		}
	}
	if len(c.sources) > 1 && !c.reliable(sym.source, id, c.now) {
		if to := c.choose(id, sym, c.now); to != nil {
			c.takeOver(id, sym, to)
		}
	}
	c.tellAdjustments(id)
	c.judge(id, 0)
}

// judgeSlice judges a slice of the symbols of a source whose state has changed.
func (c *consolidator) judgeSlice(now time.Time) {
	c.set(now)
	for _, s := range c.sources {
		if s.nextToJudge < len(s.symbols) {
			c.judgeSome(s)
			c.out.flush()
			return
		}
	}
	c.unjudged = false
}

// judgeSome judges the next slice of a source's symbols.
func (c *consolidator) judgeSome(s *source) {
	from, to := min(s.nextToJudge, len(s.symbols)), min(s.nextToJudge+sliceSize, len(s.symbols))
	for id := market.SymbolID(from); id < market.SymbolID(to); id++ {
		if s.symbols[id] != nil && c.symbols[id].source == s {
			c.judge(id, 0)
		}
	}
	s.nextToJudge = to
}
