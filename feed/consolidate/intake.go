package consolidate

import (
	"log/slog"
	"time"

	"tickertape/feed"
	"tickertape/feed/calendar"
	"tickertape/feed/market"
)

// consolidator turns the batches of all sources into those of the feed. One goroutine owns it.
type consolidator struct {
	// static
	limits  limits
	dir     *market.Directory
	log     *slog.Logger
	metrics *metrics
	hours   *calendar.Calendar // nil: no market ever closes
	ledgers *market.Ledgers    // nil: sources correct nothing, or there is only one
	router

	clock
	adjuster    adjuster
	symbols     []symbol // by id
	rounds      rounds
	out         batchBuilder
	heldSymbols int  // how many sourceSymbols hold trades that wait for their confirmation
	unjudged    bool // a source's status has changed, and the states of some of its symbols do not show that yet
}

// connection adds a connection and, with the first of its name, its source.
func (c *consolidator) connection(given feed.Source) *connection {
	info := given.Info()
	var s *source
	for _, known := range c.sources {
		if known.name == info.Name {
			s = known
		}
	}
	if s == nil {
		s = &source{name: info.Name, place: len(c.sources), info: info, schedules: schedules{}}
		for r := accepted + 1; r < numReasons; r++ {
			s.refused[r] = c.metrics.refused.WithLabelValues(s.name, r.String())
		}
		s.late = c.metrics.late.WithLabelValues(s.name)
		c.metrics.setState(s.name, market.Down)
		c.sources = append(c.sources, s)
	}
	conn := &connection{feed: given, source: s, consumed: make(chan struct{}, 1), state: market.Down, message: "no tick yet"}
	s.connections = append(s.connections, conn)
	return conn
}

// addRoutes adds the symbols of routes to the directory, with what the configuration says of them in place of what sources do, and
// notes which sources they prefer.
func (c *consolidator) addRoutes(routes []Route) {
	for _, r := range routes {
		id, err := c.dir.Pin(market.Symbol{Symbol: r.Symbol, Name: r.Name, Market: r.Market})
		if err != nil {
			c.log.Warn("symbol cannot be routed", keySymbol, r.Symbol, keyError, err)
			continue
		}
		for _, text := range r.Sources {
			name, _, _ := SplitSource(text) // valid
			c.preferences[id] = append(c.preferences[id], name)
		}
	}
}

// receive processes a batch of a connection and publishes what follows from it.
func (c *consolidator) receive(from *connection, b market.Batch, now time.Time) {
	c.set(now)
	received := c.machine
	c.grow()
	if b.Status != nil {
		c.setStatus(from, b.Status)
	}
	for i := range b.Images {
		if im := &b.Images[i]; int(im.Symbol) < len(c.symbols) {
			c.image(from, im)
		}
	}
	if b.Actions != nil {
		c.actions(from, b.Actions)
	}
	for i := range b.Ticks {
		k := &b.Ticks[i]
		if int(k.Symbol) >= len(c.symbols) {
			continue
		}
		if k.Received == 0 {
			k.Received = received
		}
		c.tick(from, k)
	}
	for i := range b.Corrections {
		if correction := &b.Corrections[i]; int(correction.Symbol) < len(c.symbols) {
			c.correct(from, correction)
		}
	}
	if b.HasSeries() {
		c.out.series(&b, func(id market.SymbolID) bool { return seriesCount(c, from, id) })
	}
	if from.source.pause.ended() {
		c.publishStatus(from.source)
	}
	c.out.flush()
}

// grow makes room for symbols that are new in the directory.
func (c *consolidator) grow() {
	if n := c.dir.Len() - len(c.symbols); n > 0 {
		c.symbols = append(c.symbols, make([]symbol, n)...)
		c.adjuster.configure(len(c.symbols)-n, len(c.symbols))
	}
}

// setStatus sets the status of a connection, and publishes that of its source where it has changed.
func (c *consolidator) setStatus(from *connection, status *market.Status) {
	s := from.source
	if from.state != market.Live && status.State == market.Live {
		from.liveSince = c.now
	}
	from.state, from.message = status.State, status.Message
	from.quiet, from.behind, from.delay = status.Quiet, status.Behind, market.Time(status.Delay.Microseconds())
	s.info.Simulated, s.info.Replayed, s.info.Delay = status.Simulated, status.Replayed, 0
	for _, other := range s.connections {
		s.info.Delay = max(s.info.Delay, time.Duration(other.delay)*time.Microsecond)
	}
	c.publishStatus(s)
	s.nextToJudge = 0
	c.judgeSome(s)
	c.unjudged = c.unjudged || s.nextToJudge < len(s.symbols)
}

// publishStatus publishes the status of a source where it has changed.
func (c *consolidator) publishStatus(s *source) {
	next := s.combinedStatus()
	if s.skew.unsure > 0 && next.State == market.Live {
		next.State, next.Quiet = market.Stale, false
	}
	if text := s.skewText(c); text != "" && next.State <= market.Stale {
		if next.Message != "" {
			text = next.Message + "; " + text
		}
		next.Message = text
	}
	if s.status.Since == 0 || s.status.State != next.State {
		next.Since = market.TimeOf(c.now)
	}
	if next.Equal(&s.status) {
		return
	}
	if next.State != s.status.State || s.status.Since == 0 {
		c.metrics.setState(s.name, next.State)
	}
	s.status = next
	c.out.status(next)
}

// sourceSymbol returns what a source has said of a symbol so far, and notes from as the connection that it comes over now.
func (c *consolidator) sourceSymbol(from *connection, id market.SymbolID) *sourceSymbol {
	s := from.source
	if more := int(id) + 1 - len(s.symbols); more > 0 {
		s.symbols = append(s.symbols, make([]*sourceSymbol, more)...)
	}
	ss := s.symbols[id]
	if ss == nil {
		known := c.dir.Symbol(id)
		ss = &sourceSymbol{
			source: s, market: s.schedules.of(scheduleKey{known.Market, from.delay}, c.hours, s.clock.Time(c.steady)),
			overnight: overnight{before: known.PreviousClose},
		}
		if len(c.sources) > 1 {
			tally := market.NewTally(id, known.PreviousClose, c.ledgers)
			ss.tally = &tally
		}
		s.symbols[id] = ss
	}
	if ss.connection != from { // mostly it is: no write, and no write barrier
		ss.connection = from
	}
	return ss
}

// tick processes one tick.
func (c *consolidator) tick(from *connection, k *market.Tick) {
	ss := c.sourceSymbol(from, k.Symbol)
	switch k.Kind {
	case market.KindTrade, market.KindQuote:
		why, held := c.check(ss, k)
		if why == future {
			from.source.keepEarly(c, from, k)
			return
		}
		if why != accepted {
			c.refuse(ss.source, why, k)
			if why != duplicate && k.Kind == market.KindTrade {
				ss.noteRefused(k)
			}
			return
		}
		ss.hear(c.now, &c.cfg)
		if held {
			return
		}
		c.forward(ss, k)
		if k.Kind == market.KindQuote {
			c.compareHeld(ss, k)
		}
	case market.KindState: // says nothing of the price
		ss.claimed, ss.reason = k.State, k.Conditions
		if n := len(ss.held); n > 0 && k.State == market.Halted { // the halt confirms the move: it is the reason for it
			c.confirmHeld(ss, ss.held[n-1].Price)
		}
		c.reconsider(ss, k.Symbol)
		if c.symbols[k.Symbol].source == ss.source {
			c.judge(k.Symbol, k.Time)
		}
	case market.KindSession:
		ss.hear(c.now, &c.cfg)
		ss.traded, ss.regular, ss.quoted = 0, 0, 0 // a recording that starts again goes back in time
		if ss.source.info.Lossless {
			ss.seen = nil // and repeats its trades
		}
		c.refuseHeld(ss)
		ss.last = 0
		if sym := &c.symbols[k.Symbol]; sym.source == ss.source {
			sym.newestPublished, sym.traded = 0, 0
		}
		c.forward(ss, k)
	case market.KindAlive:
		ss.hear(c.now, &c.cfg)
		c.reconsider(ss, k.Symbol)
	case market.KindRoll, market.KindReopen, market.KindAdjust: // of a lossless source
		c.forward(ss, k)
	default:
		c.forward(ss, k) // the board counts it as rejected
	}
}

// forward publishes a tick that can be believed, if its source is the one that counts. If the source takes over with it, the tick
// comes after all that the source has said before, so that a trade is in the bars, too.
func (c *consolidator) forward(ss *sourceSymbol, k *market.Tick) {
	c.reconsider(ss, k.Symbol)
	if ss.tally != nil {
		ss.tally.Apply(k)
	}
	c.noteOvernight(ss, k)
	sym := &c.symbols[k.Symbol]
	if sym.source != ss.source {
		return
	}
	sym.notePublished(ss)
	c.out.tick(k)
}

// noteOvernight notes a price that may be the first of its day.
func (c *consolidator) noteOvernight(ss *sourceSymbol, k *market.Tick) {
	weigh := false
	switch {
	case ss.market == nil: // it has no nights
	case k.Kind == market.KindTrade && k.Flags&setsAnyLast != 0:
		weigh = ss.overnight.trade(k)
	case k.Kind == market.KindQuote && k.Flags&market.BothSides == market.BothSides:
		weigh = ss.overnight.quote(k.Bid, k.Ask)
	}
	if weigh {
		c.weigh(ss, k.Symbol)
	}
}

// image processes the quote of a symbol as a source sums it up. A last price that is older than the source's newest trade is left
// out, unless that trade was outside the session and it was not; and so is one outside the session that is of a day before.
func (c *consolidator) image(from *connection, im *market.Quote) {
	ss := c.sourceSymbol(from, im.Symbol)
	s := ss.source
	ss.hearImage(im, &c.clock, &c.cfg)
	c.dayOfImage(ss, im)
	if im.Set&market.FieldState != 0 {
		ss.claimed, ss.reason = im.State, ""
		if im.Set&market.FieldReason != 0 {
			ss.reason = im.Reason
		}
		im.Set &^= market.FieldState | market.FieldReason
	}
	dropOldExtended(ss, im)
	takePrice(ss, im)
	if im.Set&market.FieldBid != 0 && im.Set&market.FieldAsk != 0 {
		ss.bid, ss.ask = im.Bid, im.Ask
	}
	if len(c.sources) > 1 && im.Replaces && im.Set&market.FieldSource == 0 {
		im.Source = s.name
		im.Set |= market.FieldSource
	}
	if ss.tally != nil && ss.tally.Image(im) != market.Accepted {
		return
	}
	ss.overnight.image(im, im.Set&market.FieldTime != 0 && im.Time >= ss.day.Began())
	c.weigh(ss, im.Symbol)
	changed := c.reconsider(ss, im.Symbol)
	sym := &c.symbols[im.Symbol]
	if sym.source != s {
		return
	}
	sym.notePublished(ss)
	if !changed {
		if c.out.image(im); im.Replaces {
			c.retellAdjustments(im.Symbol)
		}
	}
	c.tellAdjustments(im.Symbol)
	c.judge(im.Symbol, 0)
}

// dropOldExtended leaves out of an image that adds to a quote a last price outside the session that is older than the source's newest
// trade, or than the trading day: figures are asked for when that has begun, and can still have the evening before.
func dropOldExtended(ss *sourceSymbol, im *market.Quote) {
	const extended = market.FieldExtended | market.FieldExtendedTime
	if im.Set&extended == extended && !im.Replaces && !ss.source.info.Lossless && im.ExtendedTime < max(ss.traded, ss.day.Began()) {
		im.Set &^= extended
	}
}

// takePrice takes note of the last price of an image, or leaves it out. Where only prices outside the session are newer, its time is
// left out: it is no news, but nothing else says what the session's last price was.
func takePrice(ss *sourceSymbol, im *market.Quote) {
	if im.Set&market.FieldPrice == 0 {
		return
	}
	at, timed := im.Time, im.Set&market.FieldTime != 0
	if timed && !ss.source.info.Lossless && at < ss.traded {
		if at < ss.regular {
			im.Set &^= market.FieldPrice | market.FieldSize | market.FieldTime
			return
		}
		im.Set &^= market.FieldTime
		im.OldPrice = im.OldPrice || at < ss.day.Began()
		ss.regular = at
		return
	}
	ss.last = im.Price
	if timed && at < ss.day.Began() {
		ss.last = ss.overnight.by.Price(im.Price)
	}
	if timed {
		ss.traded, ss.regular = max(ss.traded, at), max(ss.regular, at)
	}
}

// dayOfImage begins the day that an image is of: that of the last price in it, as by a trade, or else the one that there is by the
// clock.
func (c *consolidator) dayOfImage(ss *sourceSymbol, im *market.Quote) {
	if ss.day.Began() == 0 {
		c.beginDay(ss, im.Symbol)
	}
	const last = market.FieldPrice | market.FieldTime
	if ss.market == nil || ss.source.info.Lossless || im.Set&last != last || ss.source.early(c, im.Time) {
		return
	}
	c.turn(ss, im.Symbol, ss.day.Trade(ss.market.hours, im.Time, ss.market.shown(ss.source.clock.Time(c.steady))))
}

// correct processes a correction.
func (c *consolidator) correct(from *connection, correction *market.Correction) {
	ss := c.sourceSymbol(from, correction.Symbol)
	ss.hear(c.now, &c.cfg)
	if p := corrected(correction); correction.ID != 0 && (c.dropHeld(ss, p) || ss.refused.has(p)) {
		if correction.New.Flags != 0 { // the trade that is corrected never counted
			ss.refused.forget(p) // now it does
			c.countCorrected(ss, correction)
		}
		return
	}
	if ss.tally != nil {
		ss.tally.Correct(correction)
	}
	if correction.Old.Price == ss.last && (correction.Traded == 0 || correction.Traded == ss.traded) {
		ss.last = 0 // any price may follow one that was wrong
		if correction.New.Flags&setsAnyLast != 0 {
			ss.last = correction.New.Price
		}
	} else if at := correction.Traded; correction.New.Flags&setsAnyLast != 0 && at > ss.traded && !ss.source.early(c, at) {
		ss.traded, ss.last = at, correction.New.Price // what was traded before it comes late from now on
		if correction.New.Flags&market.SetsLast != 0 {
			ss.regular = at
		}
	}
	if c.symbols[correction.Symbol].source == ss.source {
		c.out.correction(correction)
	}
	if ss.overnight.correct(correction) {
		c.weigh(ss, correction.Symbol)
	}
}

// actions processes what a source knows of splits and dividends.
func (c *consolidator) actions(from *connection, all *market.Actions) {
	if c.hours == nil || from.source.info.Lossless { // a recording has what followed from them
		return
	}
	known := &c.adjuster.known
	known.Say(from.source.place, all, c.adjuster.hoursOf)
	known.Changed(func(id market.SymbolID) {
		if int(id) >= len(c.symbols) {
			return
		}
		for _, s := range c.sources {
			if ss := s.symbol(id); ss != nil {
				c.adjustDay(ss, id)
			}
		}
		c.tellAdjustments(id)
		c.judge(id, 0)
	})
}

// countCorrected forwards the trade that a correction makes of one that was not believed, if its time at least can be.
func (c *consolidator) countCorrected(ss *sourceSymbol, correction *market.Correction) {
	k := market.Tick{Symbol: correction.Symbol, Kind: market.KindTrade, Flags: correction.New.Flags, Price: correction.New.Price,
		Size: correction.New.Size, Time: correction.Traded, Received: correction.Received, ID: correction.NewID}
	if k.ID == 0 {
		k.ID = correction.ID
	}
	if k.Time == 0 {
		k.Time = correction.Time
	}
	if !ss.source.info.Lossless {
		if ss.source.early(c, k.Time) {
			c.refuse(ss.source, future, &k)
			ss.noteRefused(&k)
			return
		}
		if ss.market != nil {
			c.turn(ss, k.Symbol, ss.day.Trade(ss.market.hours, k.Time, ss.market.shown(ss.source.clock.Time(c.steady))))
		}
	}
	if at := k.Time; at < ss.traded {
		k.Flags = k.Flags.AsOutOfOrder()
	} else if k.Flags&setsAnyLast != 0 {
		ss.setLast(&k, at)
	}
	c.forward(ss, &k)
}
