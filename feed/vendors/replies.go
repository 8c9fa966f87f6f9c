package vendors

import (
	"context"
	"errors"
	"slices"
	"time"

	"tickertape/feed"
)

// replyTime is how long a vendor may take to reply to a request on the stream.
const replyTime = 10 * time.Second

// Forever is for [Replies.Await]: it waits until judge is done or the context ends.
const Forever time.Duration = -1

// Replies carries a vendor's replies on the stream from the goroutine that decodes to the one that asked. (What REST returns is
// a response.)
type Replies[R any] struct{ queue chan R }

// NewReplies has room for so many replies that nobody has waited for yet.
func NewReplies[R any](room int) Replies[R] { return Replies[R]{make(chan R, room)} }

// Put hands over a reply. It never blocks: when there is no more room, nobody has asked, and the reply is dropped.
func (r Replies[R]) Put(reply R) {
	select {
	case r.queue <- reply:
	default:
	}
}

// Next takes the oldest reply that nobody has waited for; false where there is none.
func (r Replies[R]) Next() (reply R, there bool) {
	select {
	case reply = <-r.queue:
		return reply, true
	default:
		return reply, false
	}
}

// Forget drops the replies to earlier requests.
func (r Replies[R]) Forget() {
	for there := true; there; {
		_, there = r.Next()
	}
}

// ErrNoReply is wrapped by the error of Await when a reply does not come in time.
var ErrNoReply = errors.New("vendors: no reply")

// Await passes replies to judge until judge is done or returns an error. what names the request and its address, for errors.
// After within (0: 10 seconds), it returns a [feed.Break] that wraps [ErrNoReply]. When ctx ends, judge sees the replies that
// have come so far, and Await returns the cause of ctx. If judge itself fails because ctx has ended, it still sees them.
func (r Replies[R]) Await(ctx context.Context, within time.Duration, what string, judge func(R) (done bool, err error)) error {
	var late <-chan time.Time // never
	if within != Forever {
		if within == 0 {
			within = replyTime
		}
		timer := time.NewTimer(within)
		defer timer.Stop()
		late = timer.C
	}
	ends := func(reply R) (bool, error) {
		done, err := judge(reply)
		if err != nil && ctx.Err() != nil && errors.Is(err, context.Cause(ctx)) {
			return false, nil // it wrote to a connection that had ended: a later reply may say why
		}
		return done || err != nil, err
	}
	for {
		select {
		case <-ctx.Done():
			for reply, there := r.Next(); there; reply, there = r.Next() { // one may say why it ends
				if over, err := ends(reply); over {
					return err
				}
			}
			return context.Cause(ctx)
		case reply := <-r.queue:
			if over, err := ends(reply); over {
				return err
			}
		case <-late:
			return &feed.Break{Cause: feed.Lost, Err: &noReply{what, within}}
		}
	}
}

type noReply struct {
	what   string
	within time.Duration
}

func (e *noReply) Error() string { return e.what + ": no answer within " + e.within.String() }
func (e *noReply) Unwrap() error { return ErrNoReply }

// Verdict is a vendor's decision on a subscription to several symbols.
type Verdict[T any] struct {
	Accepted []T
	Refused  []T
	Reason   string // why those are refused; without any symbol: why some symbol is, the vendor does not say which
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
