package vendors

import (
	"context"
	"errors"

	"tickertape/feed"
)

// inARow is how many items may fail one after the other before all wait: then it is not for the items.
const inARow = 3

// AskEach calls ask for each item until that succeeds, the vendor refuses, or ctx ends. An item for which it fails is asked for again
// after all others, so that it holds up none of them. But they all wait where the vendor asks for it, and after three that fail in a
// row. Each failure is counted. failed is called after each that is no refusal, and refused after each that is; both can be nil.
func AskEach[T any](ctx context.Context, s *Session, items []T, ask func(context.Context, T) error, failed func(), refused func(T)) {
	Repeat(ctx, func(ctx context.Context) (err error) {
		var again []T
		for i, n := 0, 0; i < len(items) && n < inARow && ctx.Err() == nil; i++ {
			bad := ask(ctx, items[i])
			var b *feed.Break
			switch isBreak := errors.As(bad, &b); {
			case bad == nil:
				n = 0
			case isBreak && b.Cause == feed.Refused:
				if n = 0; refused != nil {
					refused(items[i])
				}
				s.Failed(bad)
			default:
				if n++; isBreak && b.After > 0 {
					n = inARow
				}
				if again = append(again, items[i]); n == inARow {
					again = append(items[i+1:len(items):len(items)], again...)
				}
				if failed != nil {
					failed()
				}
				if err != nil {
					s.Failed(err)
				}
				err = bad // the caller counts it
			}
		}
		items = again
		return err
	}, s.Failed)
}
