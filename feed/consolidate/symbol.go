package consolidate

import (
	"time"

	"tickertape/feed/calendar"
	"tickertape/feed/market"
)

// symbol is what was published of one symbol.
type symbol struct {
	source     *source      // whose data count; nil: none has had any
	state      market.State // the newest that was published
	market     *schedule    // nil: it never closes
	day        int          // of market: the day whose session has begun
	entered    bool         // market is known
	failedOver bool         // a source of lower rank had to take over
	shown      market.Time  // exchange time of the newest data
	traded     market.Time  // exchange time of the newest last price
}

// show notes that what is known of a track is published.
func (y *symbol) show(t *track) {
	y.shown, y.traded = max(y.shown, t.newest()), max(y.traded, t.traded)
}

// beginDay begins the symbol's session where its market's trading day has begun since: the last price of the session is the
// previous close then, and the sums start anew.
func (c *consolidator) beginDay(id market.SymbolID) {
	y := &c.symbols[id]
	if !y.entered {
		y.entered = true
		if y.market = c.schedules.named(c.dir.Symbol(id).Market, c.now); y.market != nil {
			y.day = y.market.day
		}
	}
	if y.market == nil || y.day == y.market.day {
		return
	}
	y.day = y.market.day
	for _, s := range c.sources {
		t := s.track(id)
		if t == nil || s.info.Whole { // a whole source says itself when a session begins
			continue
		}
		k := market.Tick{Symbol: id, Kind: market.KindSession, Price: t.regular, Time: y.market.rolled, Received: market.TimeOf(c.now)}
		if t.tally != nil {
			t.tally.Apply(&k)
		}
		if y.source == s {
			c.out.tick(&k)
		}
	}
}

// reconsider decides whether new data make their source the one that counts, and judges the symbol. It reports whether the
// source has just taken over: then all that it has said was published.
func (c *consolidator) reconsider(t *track, id market.SymbolID) (tookOver bool) {
	y := &c.symbols[id]
	if y.source == nil && len(c.sources) == 1 {
		y.source = t.source
	} else if y.source != t.source {
		if to := c.choose(id, y, c.now); to != nil {
			c.takeOver(id, y, to)
			tookOver = to == t.source
		}
	}
	if y.source == t.source && (y.state != market.Live || t.claimed != market.Live) {
		c.judge(id, 0)
	}
	return tookOver
}

// takeOver makes a source the one that counts for a symbol.
func (c *consolidator) takeOver(id market.SymbolID, y *symbol, to *source) {
	from := y.source
	if from != nil && c.rank(id, from) < c.rank(id, to) {
		y.failedOver = true
	}
	y.source = to
	t := to.track(id)
	if len(c.sources) > 1 {
		var before *track
		if from != nil {
			before = from.track(id)
			c.metrics.changes.WithLabelValues(to.name).Inc()
		}
		image := takeoverImage(id, y, before, t)
		c.out.image(&image)
	}
	y.show(t)
}

// judge publishes the state of a symbol where it has changed; at is the exchange's time of the change, 0 unknown.
func (c *consolidator) judge(id market.SymbolID, at market.Time) {
	y := &c.symbols[id]
	if y.source == nil {
		return
	}
	state := c.state(y, y.source.track(id))
	if state == y.state {
		return
	}
	y.state = state
	c.out.tick(&market.Tick{Symbol: id, Kind: market.KindState, State: state, Time: at, Received: market.TimeOf(c.now)})
}

// state is the worst of what the symbol's source says of it, the state of the connection, and how long nothing has come.
func (c *consolidator) state(y *symbol, t *track) market.State {
	state := max(t.claimed, t.connection.state)
	if state >= market.Halted || t.source.info.Whole {
		return state
	}
	if t.heard.IsZero() {
		return state // there is no price that could be old
	}
	if len(t.held) > 0 && c.now.Sub(t.heldSince) > doubtAfter {
		state = market.Stale
	}
	quiet := c.now.Sub(t.heard)
	if y.market != nil && y.market.phase != calendar.Regular {
		if quiet > c.cfg.StaleAfter {
			return market.Closed
		}
		return state
	}
	if quiet > t.patience(c.cfg) {
		return market.Stale
	}
	return state
}

// visitSlice judges a slice of all symbols without data of them, since time alone makes them stale, closes their market,
// begins its next day, or lets another source take over. It returns how long to wait for the next slice.
func (c *consolidator) visitSlice(now time.Time) (wait time.Duration) {
	c.now = now
	c.grow()
	if c.sweep.next == 0 && !c.beginRound() {
		return c.sweep.skip(now)
	}
	from, to, wait := c.sweep.slice(now, len(c.symbols))
	for id := market.SymbolID(from); id < market.SymbolID(to); id++ {
		c.visit(id)
	}
	c.out.flush()
	return wait
}

// beginRound updates what all symbols share, and reports whether there is any symbol that time alone can change.
func (c *consolidator) beginRound() (needed bool) {
	c.schedules.update(c.now)
	needed = c.doubts > 0 || len(c.sources) > 1
	for _, s := range c.sources {
		needed = needed || !s.info.Whole
		if seconds, known := s.skew.seconds(c.now); known {
			c.metrics.skew.WithLabelValues(s.name).Set(seconds)
		}
	}
	return needed
}

// visit judges a symbol without data of it.
func (c *consolidator) visit(id market.SymbolID) {
	y := &c.symbols[id]
	if y.source == nil {
		return
	}
	c.beginDay(id)
	if c.doubts > 0 {
		for _, s := range c.sources {
			if t := s.track(id); t != nil {
				c.confirmAgreed(t)
			}
		}
	}
	if len(c.sources) > 1 && !c.reliable(y.source, id, c.now) {
		if to := c.choose(id, y, c.now); to != nil {
			c.takeOver(id, y, to)
		}
	}
	c.judge(id, 0)
}

// judgeSlice judges a slice of the symbols of a source whose state has changed.
func (c *consolidator) judgeSlice(now time.Time) {
	c.now = now
	for _, s := range c.sources {
		if s.unjudged < len(s.tracks) {
			c.judgeSome(s)
			c.out.flush()
			return
		}
	}
	c.unjudged = false
}

// judgeSome judges the next slice of a source's symbols.
func (c *consolidator) judgeSome(s *source) {
	from, to := min(s.unjudged, len(s.tracks)), min(s.unjudged+sliceSize, len(s.tracks))
	for id := market.SymbolID(from); id < market.SymbolID(to); id++ {
		if s.tracks[id] != nil && c.symbols[id].source == s {
			c.judge(id, 0)
		}
	}
	s.unjudged = to
}
