package broadcast

import (
	"math"
	"time"
)

// pace compares the updates that a subscriber took with those that there were for it, from the first
// that it missed.
type pace struct {
	began  time.Time
	issued uint64 // the watch's frames when it began
	taken  int
	slow   bool
	told   float64 // the rate last said, when slow
	first  bool    // it was the first verdict of its kind
}

const paceWindow = 2 * time.Second

// begin starts to count anew, for another watch or another window.
func (p *pace) begin(now time.Time, issued uint64) {
	p.began, p.issued, p.taken = now, issued, 0
}

// verdict looks at a window that is over. It returns the rate to announce, 0 for nothing to say;
// recovered is that of a subscriber which keeps up again. The window is over when a verdict was due.
func (p *pace) verdict(now time.Time, issued uint64) (rate float64, recovered, over bool) {
	elapsed := now.Sub(p.began)
	if elapsed < paceWindow {
		return 0, false, false
	}
	there, taken := int(issued-p.issued), p.taken
	p.begin(now, issued)
	rate = round(float64(taken) / elapsed.Seconds())
	switch {
	case there >= 4 && taken*10 < there*7:
		if p.slow && rate < p.told*1.5 && rate > p.told*0.5 {
			return 0, false, true
		}
		p.first, p.slow, p.told = !p.slow, true, max(rate, minRate)
		return p.told, false, true
	case p.slow && taken*10 >= there*9:
		p.slow = false
		return 0, true, true
	}
	return 0, false, true
}

// granted is the rate that the subscriber gets at most, in updates a second.
func (s *subscriber) granted() float64 {
	most := math.Round(1e6/s.shard.board.cfg.Interval.Seconds()) / 1e6
	if s.asked == 0 || s.asked > most {
		return most
	}
	return s.asked
}

// every is the least time between two updates; 0 is each flush.
func (s *subscriber) every() time.Duration {
	if s.asked == 0 {
		return 0
	}
	if every := time.Duration(float64(time.Second) / s.asked); every > s.shard.board.cfg.Interval {
		return every
	}
	return 0
}

// ration sets the rate that was asked for.
func (s *subscriber) ration(rate float64) {
	tiers := &s.shard.board.metrics.tiers
	tiers[tierOf(s.asked)].Dec()
	s.asked = rate
	tiers[tierOf(s.asked)].Inc()
}

// miss notes a frame that the subscriber could not take; its news will be in a later one.
func (s *subscriber) miss() {
	sh := s.shard
	sh.tally.merged++
	if !s.missed {
		s.missed = true
		sh.tally.stalls++
	}
	if s.pace == nil {
		s.pace = &pace{}
		s.pace.begin(sh.now, s.watch.frames-1)
	}
}

// took notes an update that the subscriber took.
func (s *subscriber) took() {
	if s.pace != nil {
		s.pace.taken++
	}
}

// keepPace says when the subscriber reads more slowly than it asked for, and when that is over.
func (s *subscriber) keepPace() (said bool, err error) {
	if s.pace == nil {
		return false, nil
	}
	rate, recovered, over := s.pace.verdict(s.shard.now, s.watch.frames)
	switch {
	case recovered:
		s.shard.board.metrics.slow.Dec()
		s.pace = nil
		return true, s.say("rate", rateMessage{Type: "rate", Rate: s.granted(), Asked: s.granted(), Reason: "recovered"})
	case rate > 0:
		if s.pace.first {
			s.shard.board.metrics.slow.Inc()
		}
		return true, s.say("rate", rateMessage{Type: "rate", Rate: rate, Asked: s.granted(), Reason: "slow_consumer"})
	case over && !s.pace.slow:
		s.pace = nil
	}
	return false, nil
}

// round keeps two significant digits.
func round(rate float64) float64 {
	if rate <= 0 {
		return 0
	}
	unit := math.Pow(10, math.Floor(math.Log10(rate))-1)
	return math.Round(math.Round(rate/unit)*unit*1e6) / 1e6
}
