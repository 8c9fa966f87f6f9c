package vendors

import (
	"context"
	"errors"
	"slices"
	"time"

	"tickertape/feed"
)

// answerTime is how long a vendor may take to answer a request on the stream.
const answerTime = 10 * time.Second

// Forever is for [Answers.Await]: it waits until judge is done or the context ends.
const Forever time.Duration = -1

// Answers carries the answers of a vendor from the goroutine that decodes to the one that asked.
type Answers[A any] struct{ queue chan A }

// NewAnswers has room for so many answers that nobody has waited for yet.
func NewAnswers[A any](room int) Answers[A] { return Answers[A]{make(chan A, room)} }

// Put hands over an answer. It never blocks: when there is no more room, nobody has asked, and the answer is dropped.
func (a Answers[A]) Put(answer A) {
	select {
	case a.queue <- answer:
	default:
	}
}

// Next takes the oldest answer that nobody has waited for; false where there is none.
func (a Answers[A]) Next() (answer A, there bool) {
	select {
	case answer = <-a.queue:
		return answer, true
	default:
		return answer, false
	}
}

// Forget drops the answers to earlier requests.
func (a Answers[A]) Forget() {
	for there := true; there; {
		_, there = a.Next()
	}
}

// ErrNoAnswer is wrapped by the error of Await when an answer does not come in time.
var ErrNoAnswer = errors.New("vendors: no answer")

// Await passes answers to judge until judge says that it is done, or returns an error. what is the request and its address,
// for errors. After within, which is 10 seconds where it is 0, it returns a [feed.Break] that wraps [ErrNoAnswer]. When ctx
// ends, judge sees the answers that have come so far, and Await returns the cause of ctx.
func (a Answers[A]) Await(ctx context.Context, within time.Duration, what string, judge func(A) (done bool, err error)) error {
	var late <-chan time.Time // never
	if within != Forever {
		if within == 0 {
			within = answerTime
		}
		timer := time.NewTimer(within)
		defer timer.Stop()
		late = timer.C
	}
	for {
		select {
		case <-ctx.Done():
			for answer, there := a.Next(); there; answer, there = a.Next() { // one may say why it ends
				if done, err := judge(answer); done || err != nil {
					return err
				}
			}
			return context.Cause(ctx)
		case answer := <-a.queue:
			if done, err := judge(answer); done || err != nil {
				return err
			}
		case <-late:
			return &feed.Break{Cause: feed.Lost, Err: &noAnswer{what, within}}
		}
	}
}

type noAnswer struct {
	what   string
	within time.Duration
}

func (e *noAnswer) Error() string { return e.what + ": no answer within " + e.within.String() }
func (e *noAnswer) Unwrap() error { return ErrNoAnswer }

// Verdict is what a vendor answers to a subscription to several symbols.
type Verdict[T any] struct {
	Accepted []T
	Refused  []T
	Reason   string // why those are refused; where there is a reason and no symbol, one of all is meant
}

// Subscribe asks for items until each is accepted or refused, and returns the accepted ones. Where ask refuses without
// naming an item, it is called again for each half, until it refuses a single one. Each refused item goes to refused.
func Subscribe[T comparable](items []T, ask func([]T) (Verdict[T], error), refused func(item T, reason string)) (accepted []T, err error) {
	for len(items) > 0 {
		v, err := ask(items)
		if err != nil {
			return nil, err
		}
		accepted = append(accepted, v.Accepted...)
		for _, item := range v.Refused {
			refused(item, v.Reason)
		}
		rest := items
		if len(v.Accepted)+len(v.Refused) > 0 {
			rest = nil
			for _, item := range items {
				if !slices.Contains(v.Accepted, item) && !slices.Contains(v.Refused, item) {
					rest = append(rest, item)
				}
			}
		}
		switch n := len(items); {
		case len(rest) < n:
			items = rest
		case n == 1:
			refused(items[0], v.Reason)
			return accepted, nil
		default:
			half, err := Subscribe(items[:n/2], ask, refused)
			if err != nil {
				return nil, err
			}
			accepted, items = append(accepted, half...), items[n/2:]
		}
	}
	return accepted, nil
}
