package consolidate

import (
	"fmt"
	"time"

	"tickertape/feed/calendar"
	"tickertape/feed/market"
)

const (
	// skewAfter is how long all ticks of a source must have had a large lead to be believed, and skewTicks how many.
	skewAfter = time.Second
	skewTicks = 3
	// mostEarly is how many early ticks of a source are kept until then. Beyond that, the oldest ones are refused.
	mostEarly = 10_000
	// mostSkew is how far ahead of this machine's clock an exchange's is believed to be.
	mostSkew = market.Time(24 * 3600e6)
	// reviewEvery is how often the skew is measured again: ticks of so long a time show it.
	reviewEvery = 2 * time.Minute
)

// skew is how far a source's exchange is ahead of this machine's clock, where that is much. The lead of a tick is how far it is ahead
// beyond that. A tick is early if its lead is more than max_clock_skew; a single one is wrong. But if the leads of all ticks are more
// than half of that, this machine's clock is behind, and the skew grows by the least of them.
type skew struct {
	size   market.Time // 0: none
	since  time.Time   // when that was measured
	tooFar bool        // all ticks are further ahead than mostSkew

	// of the ticks that have come since the last one with a small lead
	ticks int
	began time.Time   // when the first of them came
	least market.Time // the least lead
	early []earlyTick // those that are early, in order; only the newest where they are too many
}

// earlyTick is a tick that may count once the skew is known.
type earlyTick struct {
	from *connection
	came time.Time
	tick market.Tick
}

// lead is how far a time of a source is in the future, beyond the skew.
func (s *source) lead(c *consolidator, at market.Time) market.Time { return c.ahead(at) - s.skew.size }

// early reports whether a time is further in the future than a tick of the source may be.
func (s *source) early(c *consolidator, at market.Time) bool { return s.lead(c, at) > c.limits.skew }

// noteLead notes the lead of a tick that is not early.
func (s *source) noteLead(c *consolidator, lead market.Time) {
	switch {
	case lead > c.limits.skew/2:
		s.noteLarge(c, lead)
	case s.skew.ticks > 0 || s.skew.tooFar:
		s.endEarly(c)
	}
}

// keepEarly keeps an early tick. It counts at once if it shows that this machine's clock is behind.
func (s *source) keepEarly(c *consolidator, from *connection, k *market.Tick) {
	w := &s.skew
	if len(w.early) == mostEarly {
		half := w.early[:mostEarly/2]
		refuseEarly(c, half)
		w.early = append(w.early[:0], w.early[len(half):]...)
	}
	w.early = append(w.early, earlyTick{from, c.now, *k})
	s.noteLarge(c, s.lead(c, k.Time))
}

// noteLarge notes a large lead. If they have all been so for long enough, the skew grows, and the early ticks count.
func (s *source) noteLarge(c *consolidator, lead market.Time) {
	w := &s.skew
	if w.ticks == 0 {
		w.began, w.least = c.now, lead
	}
	w.ticks++
	w.least = min(w.least, lead)
	if w.ticks < skewTicks || c.now.Sub(w.began) < skewAfter {
		return
	}
	all, size := w.early, w.size+w.least
	w.early, w.ticks = nil, 0
	if size > mostSkew {
		refuseEarly(c, all)
		s.setSkew(c, w.size, true)
		return
	}
	s.setSkew(c, size, false)
	for i := range all {
		c.tick(all[i].from, &all[i].tick)
	}
}

// endEarly ends the early ticks of a source, because another one has a small lead. If this machine's clock was set right meanwhile,
// those count that would not have been early by it. The others are wrong.
func (s *source) endEarly(c *consolidator) {
	all := s.skew.early
	s.skew.early, s.skew.ticks = nil, 0
	if s.skew.tooFar {
		s.setSkew(c, 0, false)
	}
	for i := range all {
		k := &all[i].tick
		if since := market.Time(c.now.Sub(all[i].came).Microseconds()); s.early(c, k.Time+since) {
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
			c.sourceSymbol(all[i].from, k.Symbol).noteRefused(k.ID)
		}
	}
}

// setSkew sets the skew of a source, and says so.
func (s *source) setSkew(c *consolidator, size market.Time, tooFar bool) {
	if s.skew.size == size && s.skew.tooFar == tooFar {
		return
	}
	before := s.skewText(c)
	if size > s.skew.size {
		s.clock = calendar.ExchangeClock{}
		c.confirmed = true // this machine's clock goes on evenly from here on, so that the skew stays right
	}
	s.skew.size, s.skew.tooFar, s.skew.since = size, tooFar, c.now
	switch text := s.skewText(c); {
	case text == "" && before != "":
		c.log.Info("this machine's clock is right again", keySource, s.name)
	case text != "" && before == "":
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
		s.setSkew(c, max(lead, 0), false)
	}
	s.skew.since = c.now
}

// skewText is what subscribers may read about the skew of a source; "" where it is small.
func (s *source) skewText(c *consolidator) string {
	switch {
	case s.skew.tooFar:
		return "its prices are not shown: the exchange's clock is more than a day ahead of the server's"
	case s.skew.size > c.limits.skew/2:
		return fmt.Sprintf("the server's clock is behind the exchange's by %v",
			(time.Duration(s.skew.size) * time.Microsecond).Round(100*time.Millisecond))
	}
	return ""
}
