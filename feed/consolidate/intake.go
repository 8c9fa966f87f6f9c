package consolidate

import (
	"log/slog"
	"time"

	"tickertape/feed"
	"tickertape/feed/market"
)

// consolidator turns the batches of all sources into those of the feed. One goroutine owns it.
type consolidator struct {
	// static
	limits  limits
	dir     *market.Directory
	log     *slog.Logger
	metrics *metrics
	router

	schedules schedules
	symbols   []symbol // by id
	sweep     sweep
	out       outbox
	now       time.Time // of the batch that is processed, or of the visit
	doubts    int       // how many tracks hold trades that wait for their confirmation
	unjudged  bool      // the state of a source has changed, and not all of its symbols have been judged by it
}

// connection enters a connection and, with the first of its name, its source.
func (c *consolidator) connection(given feed.Source) *connection {
	info := given.Info()
	var s *source
	for _, known := range c.sources {
		if known.name == info.Name {
			s = known
		}
	}
	if s == nil {
		s = &source{name: info.Name, place: len(c.sources), info: info}
		for r := accepted + 1; r < numReasons; r++ {
			s.refused[r] = c.metrics.refused.WithLabelValues(s.name, r.String())
		}
		c.metrics.setState(s.name, market.Down)
		c.sources = append(c.sources, s)
	}
	conn := &connection{feed: given, source: s, consumed: make(chan struct{}, 1), state: market.Down, message: "no tick yet"}
	s.connections = append(s.connections, conn)
	return conn
}

// addRoutes enters the symbols of routes, and which sources they prefer.
func (c *consolidator) addRoutes(routes []Route) {
	for _, r := range routes {
		id, err := c.dir.Add(market.Symbol{Symbol: r.Symbol, Name: r.Name, Market: r.Market})
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
	c.now = now
	received := market.TimeOf(now)
	c.grow()
	if b.Status != nil {
		c.setStatus(from, b.Status)
	}
	for i := range b.Images {
		if im := &b.Images[i]; int(im.Symbol) < len(c.symbols) {
			c.image(from, im)
		}
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
	c.out.flush()
}

// grow makes room for symbols that are new in the directory.
func (c *consolidator) grow() {
	if n := c.dir.Len() - len(c.symbols); n > 0 {
		c.symbols = append(c.symbols, make([]symbol, n)...)
	}
}

// setStatus sets the status of a connection, and publishes that of its source where it has changed.
func (c *consolidator) setStatus(from *connection, status *market.Status) {
	s := from.source
	if from.state != market.Live && status.State == market.Live {
		from.liveSince = c.now
	}
	from.state, from.message = status.State, status.Message
	s.info.Simulated = status.Simulated
	if next, changed := s.stand(c.now); changed {
		if next.State != s.status.State || s.status.Since == 0 {
			c.metrics.setState(s.name, next.State)
		}
		s.status = next
		c.out.status(next)
	}
	s.unjudged = 0
	c.judgeSome(s)
	c.unjudged = c.unjudged || s.unjudged < len(s.tracks)
}

// track returns what a source has said of a symbol so far, and notes the connection that says more of it now.
func (c *consolidator) track(from *connection, id market.SymbolID) *track {
	s := from.source
	if more := int(id) + 1 - len(s.tracks); more > 0 {
		s.tracks = append(s.tracks, make([]*track, more)...)
	}
	t := s.tracks[id]
	if t == nil {
		t = &track{source: s}
		if len(c.sources) > 1 {
			tally := market.NewTally(id, c.dir.Symbol(id).PreviousClose)
			t.tally = &tally
		}
		s.tracks[id] = t
	}
	if t.connection != from { // mostly it is: no write, and no write barrier
		t.connection = from
	}
	return t
}

// tick processes one tick.
func (c *consolidator) tick(from *connection, k *market.Tick) {
	c.beginDay(k.Symbol)
	t := c.track(from, k.Symbol)
	switch k.Kind {
	case market.KindTrade, market.KindQuote:
		why, held := c.check(t, k)
		if why != accepted {
			if !held {
				c.refuse(t.source, why, k)
			}
			if why != duplicate && k.Kind == market.KindTrade {
				t.noteRefused(k.ID)
			}
			return
		}
		t.hear(c.now, c.cfg)
		if k.Time != 0 && k.Time != k.Received && !t.source.info.Whole {
			t.source.skew.note(k.Time, k.Received)
		}
		if held {
			return
		}
		c.forward(t, k)
		if k.Kind == market.KindQuote {
			c.compareHeld(t, k)
		}
	case market.KindState: // says nothing of the price
		t.claimed = k.State
		if n := len(t.held); n > 0 && k.State == market.Halted { // the move was what trading is halted for
			c.confirm(t, t.held[n-1].Price)
		}
		c.reconsider(t, k.Symbol)
		if c.symbols[k.Symbol].source == t.source {
			c.judge(k.Symbol, k.Time)
		}
	case market.KindSession:
		t.hear(c.now, c.cfg)
		t.traded, t.quoted = 0, 0 // a recording that starts again goes back in time
		if t.source.info.Whole {
			t.seen = nil // and repeats its trades
		}
		c.contradict(t)
		t.last = 0
		if y := &c.symbols[k.Symbol]; y.source == t.source {
			y.shown, y.traded = 0, 0
		}
		c.forward(t, k)
	case market.KindAlive:
		t.hear(c.now, c.cfg)
		c.reconsider(t, k.Symbol)
	default:
		c.forward(t, k) // the board counts it as rejected
	}
}

// forward publishes a tick that can be believed, if its source is the one that counts.
func (c *consolidator) forward(t *track, k *market.Tick) {
	if t.tally != nil {
		t.tally.Apply(k)
	}
	if c.reconsider(t, k.Symbol) {
		return // it is in the image that made the source the one that counts
	}
	y := &c.symbols[k.Symbol]
	if y.source != t.source {
		return
	}
	y.show(t)
	c.out.tick(k)
}

// image processes the state of a symbol as a source sums it up. A last price that is older than the one shown is left out.
func (c *consolidator) image(from *connection, im *market.Quote) {
	c.beginDay(im.Symbol)
	t := c.track(from, im.Symbol)
	s := t.source
	t.hearImage(im, c.now, c.cfg)
	if im.Set&market.FieldState != 0 {
		t.claimed = im.State
		im.Set &^= market.FieldState
	}
	if im.Set&market.FieldPrice != 0 {
		if at := im.Time; !s.info.Whole && im.Set&market.FieldTime != 0 && at < t.traded {
			im.Set &^= market.FieldPrice | market.FieldSize | market.FieldTime
		} else {
			t.last, t.regular = im.Price, im.Price
			if im.Set&market.FieldTime != 0 {
				t.traded = max(t.traded, at)
			}
		}
	}
	if im.Set&market.FieldBid != 0 && im.Set&market.FieldAsk != 0 {
		t.bid, t.ask = im.Bid, im.Ask
	}
	if len(c.sources) > 1 && im.Whole && im.Set&market.FieldSource == 0 {
		im.Source = s.name
		im.Set |= market.FieldSource
	}
	if t.tally != nil && t.tally.Image(im) != market.Accepted {
		return
	}
	changed := c.reconsider(t, im.Symbol)
	y := &c.symbols[im.Symbol]
	if y.source != s {
		return
	}
	y.show(t)
	if !changed {
		c.out.image(im)
	}
	c.judge(im.Symbol, 0)
}

// correct processes a correction.
func (c *consolidator) correct(from *connection, correction *market.Correction) {
	c.beginDay(correction.Symbol)
	t := c.track(from, correction.Symbol)
	t.hear(c.now, c.cfg)
	if correction.ID != 0 && (c.dropHeld(t, correction.ID) || t.wasRefused(correction.ID)) {
		if correction.New.Flags == 0 {
			return
		}
		correction.Old.Flags = 0 // the trade that is corrected never counted
	}
	if t.tally != nil {
		t.tally.Correct(correction)
	}
	if correction.Old.Price == t.last && correction.New.Flags&setsAnyLast != 0 {
		t.last = correction.New.Price
	}
	if correction.Old.Price == t.regular && correction.New.Flags&market.SetsLast != 0 {
		t.regular = correction.New.Price
	}
	if c.symbols[correction.Symbol].source == t.source {
		c.out.correction(correction)
	}
}
