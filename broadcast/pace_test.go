package broadcast

import (
	"math/rand/v2"
	"testing"
	"time"
)

// line is a connection by how many of ten updates a second it takes.
type line func(at time.Duration, random *rand.Rand) float64

// paced is what the owner of a line is sent.
type paced struct {
	at        time.Duration
	rate      float64
	recovered bool
}

// run offers a line ten updates a second, and returns what it is sent.
func (l line) run(span time.Duration) (sent []paced) {
	var p *pace
	random := rand.New(rand.NewPCG(1, 2))
	begin, took := time.Unix(1e9, 0), 0.0
	issued := uint64(0)
	for at := time.Duration(0); at < span; at += 100 * time.Millisecond {
		now := begin.Add(at)
		issued++
		if took += l(at, random) / 10; took >= 1 {
			took--
			if p != nil {
				p.taken++
			}
		} else if p == nil {
			p = &pace{}
			p.begin(now, issued-1)
		}
		if p == nil {
			continue
		}
		if rate, recovered := p.verdict(now, issued); rate > 0 || recovered {
			sent = append(sent, paced{at, rate, recovered})
		} else if p.over(now) {
			p = nil
		}
	}
	return sent
}

// A line at the border has buffers that fill and empty. Whoever reads over it is not told the opposite every few seconds.
func TestPaceSettles(t *testing.T) {
	every := func(period, bad time.Duration) line {
		return func(at time.Duration, _ *rand.Rand) float64 {
			if at%period < bad {
				return 0
			}
			return 10
		}
	}
	for name, c := range map[string]struct {
		line line
		most int // messages within an hour
	}{
		"keeps up":                 {func(time.Duration, *rand.Rand) float64 { return 10 }, 0},
		"steadily slow":            {func(time.Duration, *rand.Rand) float64 { return 2 }, 1},
		"stops for 2.5 s each 5 s": {every(5*time.Second, 2500*time.Millisecond), 4},
		"stops for 3 s each 10 s":  {every(10*time.Second, 3*time.Second), 3},
		"stops for 3 s each 15 s":  {every(15*time.Second, 3*time.Second), 6},
		"stops for 3 s each 30 s":  {every(30*time.Second, 3*time.Second), 10},
		"stops for 3 s each 2 min": {every(2*time.Minute, 3*time.Second), 20},
		"goes up and down":         {func(at time.Duration, r *rand.Rand) float64 { return 10 * r.Float64() }, 3},
		"is at the border":         {func(at time.Duration, r *rand.Rand) float64 { return 5 + 4*r.Float64() }, 1},
		"changes sides each 2 s":   {func(at time.Duration, _ *rand.Rand) float64 { return []float64{6, 9.5}[at/(2*time.Second)%2] }, 2},
		"changes sides each 7 s":   {func(at time.Duration, _ *rand.Rand) float64 { return []float64{6, 9.5}[at/(7*time.Second)%2] }, 2},
		"falls to a tenth, and stays": {func(at time.Duration, _ *rand.Rand) float64 {
			return map[bool]float64{true: 5, false: 0.5}[at < time.Minute]
		}, 4},
	} {
		sent := c.line.run(time.Hour)
		if len(sent) > c.most {
			t.Errorf("a line that %s: %d messages, want %d at most: %+v", name, len(sent), c.most, sent[:min(len(sent), 20)])
		}
		if c.most > 0 && len(sent) == 0 {
			t.Errorf("a line that %s: no message", name)
		}
	}
}

func TestPaceIsToldSoon(t *testing.T) {
	at := func(sent []paced, i int) paced {
		if i < len(sent) {
			return sent[i]
		}
		return paced{}
	}
	slow := line(func(at time.Duration, _ *rand.Rand) float64 {
		switch {
		case at < time.Minute, at > 2*time.Minute && at < 20*time.Minute, at > 21*time.Minute: // beyond paceMemory
			return 10
		}
		return 2
	}).run(30 * time.Minute)
	for i, want := range []paced{
		{time.Minute, 2, false}, {2 * time.Minute, 0, true}, {20 * time.Minute, 2, false}, {21 * time.Minute, 0, true},
	} {
		got := at(slow, i)
		within := 4 * time.Second
		if want.recovered {
			within += leastPatience // after a long time without, the patience is the least one again
		}
		if got.recovered != want.recovered || got.at < want.at || got.at > want.at+within || got.rate < want.rate/2 || got.rate > 2*want.rate {
			t.Errorf("message %d is %+v, want %+v within %v", i, got, want, within)
		}
	}
	if len(slow) != 4 {
		t.Errorf("%d messages, want 4: %+v", len(slow), slow)
	}
	worse := line(func(at time.Duration, _ *rand.Rand) float64 {
		if at < time.Minute {
			return 6
		}
		return 1
	}).run(2 * time.Minute)
	if last := at(worse, len(worse)-1); len(worse) < 2 || last.rate > 2 || at(worse, 1).at > time.Minute+20*time.Second {
		t.Errorf("worse after a minute: %+v", worse)
	}
}
