package consolidate

import (
	"time"

	"tickertape/feed/calendar"
	"tickertape/feed/market"
)

const (
	// skewAfter is how long ticks of a source must have had a large lead for that to mean something, and skewTicks how many at least.
	skewAfter = time.Second
	skewTicks = 3
	// skewMajority is how many ticks must have a large lead for one that has not.
	skewMajority = 3
	// skewPart is what part of the lead that time must be at least: a lead of an hour is believed after a minute.
	skewPart = 60
	// mostEarly is how many early ticks of a source are kept until then. Beyond that, the oldest ones are refused.
	mostEarly = 10_000
	// mostSkew is how far ahead of this machine's clock an exchange's is believed to be.
	mostSkew = market.Time(24 * 3600e6)
	// reviewEvery is how often the skew is measured again: ticks of so long a time show it.
	reviewEvery = 2 * time.Minute
)

// skew is how far a source's exchange is ahead of this machine's clock, where that is much. The lead of a tick is how far it is ahead
// beyond that. A tick is early if its lead is more than max_clock_skew; a single one is wrong. But if the leads of most ticks are more
// than half of that, this machine's clock is behind, and the skew grows by the least of them: the other ticks have come late. If all
// agree with this machine's clock within max_clock_skew, though the skew is twice that or more, the exchange's clock was wrong, and
// the skew goes.
type skew struct {
	size   market.Time // 0: none
	since  time.Time   // when that was measured
	unsure market.Time // what it seems to be, though that is not believed; 0: nothing else

	ahead run         // of ticks with a large lead, the least one
	small int         // how many ticks with a small one have come since ahead began
	early []earlyTick // those of ahead that are early, in order; only the newest where they are too many
	late  run         // of the ticks that have come since the last one that did not agree with this machine's clock
}

// run is ticks whose leads are alike.
type run struct {
	ticks int
	began time.Time
	lead  market.Time // the one nearest to 0
}

// earlyTick is a tick that may count once the skew is known.
type earlyTick struct {
	from *connection
	came time.Time
	tick market.Tick
}

// add adds a tick, and reports whether the run means something.
func (r *run) add(lead market.Time, now time.Time) bool {
	if r.ticks == 0 {
		r.began, r.lead = now, lead
	}
	r.ticks++
	if max(lead, -lead) < max(r.lead, -r.lead) {
		r.lead = lead
	}
	return r.ticks >= skewTicks && now.Sub(r.began) >= skewAfter
}

// lead is how far a time of a source is in the future, beyond the skew.
func (s *source) lead(c *consolidator, at market.Time) market.Time { return c.ahead(at) - s.skew.size }

// early reports whether a time is further in the future than a tick of the source may be.
func (s *source) early(c *consolidator, at market.Time) bool { return s.lead(c, at) > c.limits.skew }

// noteLead notes the lead of a tick that is not early.
func (s *source) noteLead(c *consolidator, lead market.Time) {
	w := &s.skew
	if lead > c.limits.skew/2 {
		s.noteLarge(c, lead)
		return
	}
	if w.ahead.ticks > 0 {
		w.small++
		decided := w.small >= skewTicks || c.now.Sub(w.ahead.began) >= skewAfter
		if decided && w.small*skewMajority >= w.ahead.ticks || s.setRight(c) {
			s.endEarly(c)
		}
	}
	switch behind := w.size + lead; {
	case w.size <= 2*c.limits.skew || behind < -c.limits.skew || behind > c.limits.skew:
		w.late = run{}
	case w.late.add(lead, c.now):
		s.setSkew(c, max(w.size+w.late.lead, 0), 0)
		s.forgetTimes(c)
	}
}

// forgetTimes has the next ticks of a source's symbols be the newest, whatever came before: its clock was ahead.
func (s *source) forgetTimes(c *consolidator) {
	for id, ss := range s.symbols {
		if ss == nil {
			continue
		}
		ss.traded, ss.regular, ss.quoted = 0, 0, 0
		ss.day.Doubt()
		if sym := &c.symbols[id]; sym.source == s {
			sym.newestPublished, sym.traded = 0, 0
		}
	}
}

// keepEarly keeps an early tick. It counts at once if it shows that this machine's clock is behind.
func (s *source) keepEarly(c *consolidator, from *connection, k *market.Tick) {
	w := &s.skew
	if len(w.early) == mostEarly {
		w.early = thinOut(c, w.early)
	}
	w.early = append(w.early, earlyTick{from, c.now, *k})
	s.noteLarge(c, s.lead(c, k.Time))
}

// thinOut refuses early ticks where there are too many: quotes that a newer one of the same symbol has replaced, and if that is not
// enough, the older half.
func thinOut(c *consolidator, all []earlyTick) []earlyTick {
	newest := map[market.SymbolID]int{}
	for i := range all {
		if all[i].tick.Kind == market.KindQuote {
			newest[all[i].tick.Symbol] = i
		}
	}
	rest := all[:0]
	for i := range all {
		if k := &all[i].tick; k.Kind == market.KindQuote && newest[k.Symbol] != i {
			refuseEarly(c, all[i:i+1])
		} else {
			rest = append(rest, all[i])
		}
	}
	if more := len(rest) - mostEarly/2; more > 0 {
		refuseEarly(c, rest[:more])
		rest = append(rest[:0], rest[more:]...)
	}
	return rest
}

// noteLarge notes a large lead. If most have been so for long enough, the skew grows, and the early ticks count.
func (s *source) noteLarge(c *consolidator, lead market.Time) {
	w := &s.skew
	if !w.ahead.add(lead, c.now) {
		return
	}
	size, lasted := w.size+w.ahead.lead, market.Time(c.now.Sub(w.ahead.began).Microseconds())
	if size > mostSkew || lasted < w.ahead.lead/skewPart {
		s.setSkew(c, w.size, size)
		return
	}
	all := w.early
	w.early, w.ahead, w.small, w.late = nil, run{}, 0, run{}
	s.setSkew(c, size, 0)
	for i := range all {
		c.tick(all[i].from, &all[i].tick)
	}
}

// setRight reports whether the newest early tick would not have been early by this machine's clock as it is now.
func (s *source) setRight(c *consolidator) bool {
	n := len(s.skew.early)
	return n > 0 && !s.early(c, s.skew.early[n-1].byNow(c))
}

// byNow is the time that a tick would have that is as early now as this one was when it came.
func (e *earlyTick) byNow(c *consolidator) market.Time {
	return e.tick.Time + market.Time(c.now.Sub(e.came).Microseconds())
}

// endEarly ends the early ticks of a source, because too many others have a small lead. If this machine's clock was set right meanwhile,
// those count that would not have been early by it. The others are wrong.
func (s *source) endEarly(c *consolidator) {
	all := s.skew.early
	s.skew.early, s.skew.ahead, s.skew.small = nil, run{}, 0
	s.setSkew(c, s.skew.size, 0)
	for i := range all {
		k := &all[i].tick
		if s.early(c, all[i].byNow(c)) {
			refuseEarly(c, all[i:i+1])
		} else {
			c.tick(all[i].from, k)
		}
	}
}

func refuseEarly(c *consolidator, all []earlyTick) {
	for i := range all {
		k := &all[i].tick
		c.refuse(all[i].from.source, future, k)
		if k.Kind == market.KindTrade {
			c.sourceSymbol(all[i].from, k.Symbol).noteRefused(k)
		}
	}
}

// setSkew sets the skew of a source and what it seems to be, and says so.
func (s *source) setSkew(c *consolidator, size, unsure market.Time) {
	if s.skew.size == size && s.skew.unsure == unsure {
		return
	}
	before := s.skewText(c)
	if size > s.skew.size {
		s.clock = calendar.ExchangeClock{}
		c.confirmed = true // this machine's clock goes on evenly from here on, so that the skew stays right
	}
	s.skew.size, s.skew.unsure, s.skew.since = size, unsure, c.now
	text := s.skewText(c)
	switch {
	case text == before:
		return
	case text == "":
		c.log.Info("this machine's clock is right again", keySource, s.name)
	case before == "":
		c.log.Warn("this machine's clock is wrong, or the exchange's", keySource, s.name, keyMessage, text)
	}
	c.publishStatus(s)
}

// reviewSkew makes the skew of a source smaller where its ticks show that it is. It is called with each tick of a source that has
// one.
func (s *source) reviewSkew(c *consolidator) {
	if c.now.Sub(s.skew.since) < reviewEvery {
		return
	}
	if lead, known := s.clock.Lead(c.steady); known && lead < s.skew.size {
		s.setSkew(c, max(lead, 0), s.skew.unsure)
	}
	s.skew.since = c.now
}

// skewText is what subscribers may read about the skew of a source; "" where it is small.
func (s *source) skewText(c *consolidator) string {
	switch {
	case s.skew.unsure > mostSkew:
		return "its prices are not shown: the exchange's clock seems to be more than a day ahead of the server's"
	case s.skew.unsure > 0:
		return "its prices wait: the server's clock seems to be behind the exchange's by " + shownSkew(s.skew.unsure)
	case s.skew.size > c.limits.skew/2:
		return "the server's clock is behind the exchange's by " + shownSkew(s.skew.size)
	}
	return ""
}

func shownSkew(size market.Time) string {
	return (time.Duration(size) * time.Microsecond).Round(100 * time.Millisecond).String()
}
