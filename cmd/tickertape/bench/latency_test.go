package bench

import (
	"math/rand/v2"
	"sync"
	"testing"
	"time"
)

func TestMergedPercentilesAreThoseOfAllTogether(t *testing.T) {
	whole, merged := newLatency(), newLatency()
	parts := []*latency{newLatency(), newLatency(), newLatency()}
	random := rand.New(rand.NewPCG(1, 2))
	for i := range 100_000 {
		us := int64(random.ExpFloat64() * 40_000)
		whole.record(us)
		parts[i%len(parts)].record(us)
	}
	for _, p := range parts {
		merged.merge(p)
	}
	if got, want := *merged.percentiles(), *whole.percentiles(); got != want {
		t.Errorf("merged %+v, want %+v", got, want)
	}
}

func TestPercentilesAreExactToAHundredth(t *testing.T) {
	l := newLatency()
	for us := range int64(100_000) {
		l.record(us + 1)
	}
	p := l.percentiles()
	for name, v := range map[string]struct{ got, want float64 }{
		"p50": {p.P50, 50}, "p90": {p.P90, 90}, "p99": {p.P99, 99}, "p99.9": {p.P999, 99.9}, "max": {p.Max, 100},
	} {
		if v.got < v.want || v.got > 1.01*v.want {
			t.Errorf("%s is %v ms, want %v to 1 %%", name, v.got, v.want)
		}
	}
	if p.Samples != 100_000 {
		t.Errorf("%d samples", p.Samples)
	}
}

func TestClocksThatDifferGiveNoLatency(t *testing.T) {
	for name, test := range map[string]struct {
		us    int64
		known bool
	}{
		"now":          {0, true},
		"a bit early":  {-900, true},
		"in a second":  {-1_000_000, false},
		"a minute old": {60_000_000, true},
		"yesterday's":  {86_400_000_000, false},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLatency()
			l.record(test.us)
			if known := l.percentiles() != nil; known != test.known {
				t.Errorf("known %v, want %v", known, test.known)
			}
		})
	}
	l := newLatency()
	for range 95 {
		l.record(1000)
	}
	for range 5 { // a quote that was halted since yesterday is no reason to hide the others
		l.record(86_400_000_000)
	}
	if p := l.percentiles(); p == nil || p.Samples != 95 {
		t.Errorf("got %+v, want the 95 that mean something", p)
	}
}

// Every message is counted once, whoever takes which tally; the race detector sees the rest.
func TestTalliesLoseNothing(t *testing.T) {
	all := newTallies()
	g := look([]byte(`{"type":"update","seq":1,"time":1,"quotes":[{"s":"A"},{"s":"B"}]}`))
	var readers sync.WaitGroup
	for i := range 50 {
		readers.Go(func() {
			for range 100 {
				tl := all.take(i)
				tl.note(g, i%2, time.Now(), false)
				tl.mu.Unlock()
				if i == 0 {
					all.traffic()
				}
			}
		})
	}
	readers.Wait()
	got := all.traffic()
	if want := (Traffic{Frames: 2500, Updates: 2500, Quotes: 5000}); got != [2]Traffic{want, want} {
		t.Errorf("got %+v, want %+v of each", got, want)
	}
	all.count(0)
	if got := all.traffic(); got != [2]Traffic{} {
		t.Errorf("in a new window: %+v", got)
	}
}

func TestOnlyWhatComesInTheWindowCounts(t *testing.T) {
	from := time.Unix(1_700_000_000, 0)
	w := &window{from: from, to: from.Add(time.Second)}
	for at, want := range map[time.Duration]bool{-1: false, 0: true, time.Second - 1: true, time.Second: false} {
		if got := w.has(from.Add(at)); got != want {
			t.Errorf("%v after its begin: %v, want %v", at, got, want)
		}
	}
	if got := w.span(); got != time.Second {
		t.Errorf("a window that has passed spans %v, want 1s", got)
	}
	if w.to = (time.Time{}); !w.has(from.Add(time.Hour)) || w.span() < time.Hour {
		t.Error("an open window ends")
	}
}
