package vendors

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

const (
	// leastAgain and mostAgain are how long after a refusal a vendor is asked again: the pause doubles from the one to the other.
	// Up to a quarter of it is taken off, so that not all is asked at once.
	leastAgain = time.Minute
	mostAgain  = 15 * time.Minute
	// againEvery is the least time between two questions of a connection, however much was refused.
	againEvery = 5 * time.Second
)

// Again asks once more, as long as a connection stands, for what the vendor has refused: a symbol that is listed later, a channel
// that works again. Each thing is asked for after a minute at first, and then less and less often, up to every 15 minutes; all
// together at most every five seconds. The zero value has nothing to ask for. Any goroutine may call Add and Hurry.
type Again[T comparable] struct {
	mu      sync.Mutex
	refused []again[T]    // guarded by mu
	added   chan struct{} // made under mu; one slot: there is more. Never closed.
}

// again is one thing that was refused.
type again[T comparable] struct {
	thing T
	pause time.Duration // after the next refusal
	due   time.Time     // when it is asked for next
}

// wake is the channel that says that there is more.
func (a *Again[T]) wake() chan struct{} {
	if a.added == nil {
		a.added = make(chan struct{}, 1)
	}
	return a.added
}

// Add notes that something was refused. It does nothing for what is noted already.
func (a *Again[T]) Add(thing T) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if slices.ContainsFunc(a.refused, func(r again[T]) bool { return r.thing == thing }) {
		return
	}
	a.refused = append(a.refused, again[T]{thing, min(2*leastAgain, mostAgain), time.Now().Add(jitter(leastAgain))})
	select {
	case a.wake() <- struct{}{}:
	default:
	}
}

// Hurry has something that was refused asked for at once: there is reason to believe that it is accepted now. It does nothing for
// what was not refused.
func (a *Again[T]) Hurry(thing T) {
	a.mu.Lock()
	defer a.mu.Unlock()
	i := slices.IndexFunc(a.refused, func(r again[T]) bool { return r.thing == thing })
	if i < 0 {
		return
	}
	a.refused[i].due, a.refused[i].pause = time.Now(), leastAgain
	select {
	case a.wake() <- struct{}{}:
	default:
	}
}

// Waiting is how many things are refused.
func (a *Again[T]) Waiting() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.refused)
}

func jitter(pause time.Duration) time.Duration { return pause - rand.N(pause/4) }

// Run calls ask for one thing after the other, until it is accepted. It returns the error of ask or, when ctx ends, the cause of
// that. ask may call Add.
func (a *Again[T]) Run(ctx context.Context, ask func(context.Context, T) (accepted bool, err error)) error {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	var asked time.Time // the last question
	for {
		thing, due, added := a.next()
		if due.IsZero() {
			timer.Stop()
		} else {
			timer.Reset(max(time.Until(due), time.Until(asked.Add(againEvery)), 0) + 1) // a timer of 0: see feed's backoff
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-added:
			continue
		case <-timer.C:
		}
		asked = time.Now()
		accepted, err := ask(ctx, thing)
		if err != nil {
			return err
		}
		a.judge(thing, accepted)
	}
}

// next is what is to be asked for next, and when; the zero instant where there is nothing.
func (a *Again[T]) next() (thing T, due time.Time, added <-chan struct{}) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.refused) == 0 {
		return thing, due, a.wake()
	}
	first := &a.refused[0]
	for i := range a.refused {
		if a.refused[i].due.Before(first.due) {
			first = &a.refused[i]
		}
	}
	return first.thing, first.due, a.wake()
}

// judge notes the answer about a thing.
func (a *Again[T]) judge(thing T, accepted bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	i := slices.IndexFunc(a.refused, func(r again[T]) bool { return r.thing == thing })
	if accepted {
		a.refused = slices.Delete(a.refused, i, i+1)
		return
	}
	r := &a.refused[i]
	r.due, r.pause = time.Now().Add(jitter(r.pause)), min(2*r.pause, mostAgain)
}
