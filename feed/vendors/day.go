package vendors

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"tickertape/feed"
	"tickertape/feed/calendar"
	"tickertape/feed/market"
)

// Day says where the figures of one symbol's trading day come from while its trades stream in.
type Day struct {
	Symbol market.SymbolID
	// Get asks over REST; nil: the figures cannot be had.
	Get func(context.Context) (body []byte, received market.Time, err error)
	// Read reads the response: the figures, and the instant of the vendor's clock that they are of. The goroutine that decodes
	// calls it.
	Read func(body []byte, received market.Time) (market.Quote, market.Time, error)
	// Rolling is the figures of the last 24 hours as the stream has them, and whether they have changed since the last call.
	// The goroutine that decodes calls it.
	Rolling func() (image market.Quote, changed bool)

	known bool // owned by the goroutine that decodes: the day's own figures are published
}

const (
	// rollingAfter is how long the day's figures may take before those of the last 24 hours stand in for them.
	rollingAfter = 2 * time.Second
	// rollingEvery is how often these are published then.
	rollingEvery = time.Second
)

// BeginDay asks for a day's figures until it has them or ctx ends. If that takes more than two seconds, the figures of the last
// 24 hours are published meanwhile. If day.Get is nil, only these are published, in a goroutine of their own.
func (s *Session) BeginDay(ctx context.Context, day *Day) {
	if day.Get == nil {
		s.Go(func() error {
			s.publishRolling(ctx, day, 0)
			return nil
		})
		return
	}
	waiting, cancel := context.WithCancel(ctx)
	defer cancel()
	s.Go(func() error {
		s.publishRolling(waiting, day, rollingAfter)
		return nil
	})
	Repeat(ctx, func(ctx context.Context) error { return s.askDay(ctx, day) }, s.Failed)
}

// askDay asks for a day's figures once and publishes them.
func (s *Session) askDay(ctx context.Context, day *Day) error {
	body, received, err := day.Get(ctx)
	if err != nil {
		return err
	}
	return s.Do(ctx, func(r *Reconciler, b *market.Batch) error {
		image, asOf, err := day.Read(body, received)
		if err != nil {
			return err
		}
		day.known = true
		r.AddFigures(b, image, asOf)
		return nil
	})
}

// RenewDay asks once more for a day's figures. It loses no trade that comes meanwhile.
func (s *Session) RenewDay(ctx context.Context, day *Day) error {
	s.Refetch(ctx, day.Symbol)
	return s.askDay(ctx, day)
}

// publishRolling publishes the figures of the last 24 hours when they have changed, from a time after now until ctx ends. It
// publishes none once the day's own figures are known.
func (s *Session) publishRolling(ctx context.Context, day *Day, after time.Duration) {
	for ok := after == 0 || Pause(ctx, after); ok; ok = Pause(ctx, rollingEvery) {
		s.Do(ctx, func(_ *Reconciler, b *market.Batch) error {
			if image, changed := day.Rolling(); changed && !day.known {
				b.Images = append(b.Images, image)
			}
			return nil
		})
	}
}

const (
	// gapTime is how long a trade may be on its way before it is missing.
	gapTime = 2 * time.Second
	// gapEvery is the least time between two requests for what is missing of one symbol.
	gapEvery = 10 * time.Second
)

// FillGaps waits for trades of a symbol to go missing. Then it calls recent to ask for the newest trades; nil: the vendor does
// not have them. If that does not fill the gap, it asks for the day's figures once more. It returns when ctx ends.
func (s *Session) FillGaps(ctx context.Context, n *NumberedSymbol, day *Day, recent func(context.Context) error) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-n.Gap:
		}
		if !Pause(ctx, gapTime) { // they may just be late
			return
		}
		if recent != nil {
			Repeat(ctx, recent, s.Failed)
		}
		missing := false
		s.Do(ctx, func(*Reconciler, *market.Batch) error {
			if missing = n.Missing(); missing {
				n.Trades.Forget() // before asking: what goes missing meanwhile is not in the answer
			}
			return nil
		})
		if missing && day.Get != nil {
			Repeat(ctx, func(ctx context.Context) error { return s.RenewDay(ctx, day) }, s.Failed)
		}
		if !Pause(ctx, gapEvery) {
			return
		}
	}
}

// Refetch is [Reconciler.Refetch].
func (s *Session) Refetch(ctx context.Context, ids ...market.SymbolID) {
	s.Do(ctx, func(r *Reconciler, _ *market.Batch) error {
		for _, id := range ids {
			r.Refetch(id)
		}
		return nil
	})
}

// CountWithoutFigures has trades count without the figures of their day: those of the given symbols or, where none is given,
// of all.
func (s *Session) CountWithoutFigures(ctx context.Context, ids ...market.SymbolID) {
	s.Do(ctx, func(r *Reconciler, b *market.Batch) error {
		for _, id := range ids {
			r.AddFigures(b, market.Quote{Symbol: id}, 0)
		}
		if len(ids) == 0 {
			r.CountWithoutFigures(b)
		}
		return nil
	})
}

// RetryUntilRefused calls ask until it succeeds, the vendor refuses, or ctx ends. It counts each failure, and calls failed, if
// that is not nil, after each that is no refusal.
func (s *Session) RetryUntilRefused(ctx context.Context, ask func(context.Context) error, failed func()) (refused bool) {
	Repeat(ctx, func(ctx context.Context) error {
		err := ask(ctx)
		var b *feed.Break
		if errors.As(err, &b) && b.Cause == feed.Refused {
			s.Failed(err)
			refused = true
			return nil
		}
		return err
	}, func(err error) {
		s.Failed(err)
		if failed != nil {
			failed()
		}
	})
	return refused
}

// Failed counts a request over REST that had no good answer.
func (s *Session) Failed(err error) { s.Env.Faults.Count(s.Source, Failed, err) }

const (
	leastLate = time.Minute
	mostLate  = 5 * time.Minute
)

// NextDay waits until the next trading day of a market has begun, and one to five minutes more, so that not everybody asks at
// once. It returns false when ctx has ended, or for a market without days.
func NextDay(ctx context.Context, hours *calendar.Market) bool {
	return afterward(ctx, hours.NextRoll(time.Now()))
}

// NextFigures is NextDay, but also waits for no longer than until the regular session has begun. What was traded before that can
// be missing from figures that are asked for earlier.
func NextFigures(ctx context.Context, hours *calendar.Market) bool {
	now := time.Now()
	next := hours.NextRoll(now)
	if open := hours.NextOpen(now); !open.IsZero() && open.Before(next) {
		next = open
	}
	return afterward(ctx, next)
}

// afterward waits until one to five minutes after an instant. It returns false when ctx has ended, or for the zero instant.
func afterward(ctx context.Context, at time.Time) bool {
	return !at.IsZero() && Pause(ctx, time.Until(at)+leastLate+rand.N(mostLate-leastLate))
}

// Pause waits for d, and returns false when ctx has ended.
func Pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
