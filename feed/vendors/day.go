package vendors

import (
	"context"
	"time"

	"tickertape/feed/market"
)

// Day is the figures of one symbol's trading day, as they are asked for while its trades stream in.
type Day struct {
	Symbol  market.SymbolID
	Opening *Opening
	// Ask asks for the figures, and when they were so by the vendor's clock; nil: they cannot be had.
	Ask func(context.Context) (market.Quote, market.Time, error)
	// Rolling are those of the last 24 hours that the stream tells, and whether they have changed since it was asked.
	Rolling func() (image market.Quote, changed bool)
	Failed  func(error)
}

const (
	// soon is how long the day's figures may take before those of the last 24 hours stand in for them.
	soon = 2 * time.Second
	// standing is how often these are told then.
	standing = time.Second
)

// Begin asks for the figures until it has them or ctx ends. Where they are not there soon, those of the last 24
// hours stand in; where they cannot be had at all, until stop is called, which waits.
func (y *Day) Begin(ctx context.Context) (stop func()) {
	if y.Ask == nil {
		return y.standIn(ctx, 0)
	}
	stop = y.standIn(ctx, soon)
	Repeat(ctx, func(ctx context.Context) error {
		image, asOf, err := y.Ask(ctx)
		if err != nil {
			return err
		}
		stop() // before the day's own figures are told, so that these stay
		y.Opening.Start(image, asOf)
		return nil
	}, y.Failed)
	return stop
}

// Anew asks for the figures once more, without losing a trade that comes meanwhile.
func (y *Day) Anew(ctx context.Context) error {
	y.Opening.Again(y.Symbol)
	image, asOf, err := y.Ask(ctx)
	if err == nil {
		y.Opening.Start(image, asOf)
	}
	return err
}

// standIn tells the figures of the last 24 hours whenever they have changed, after a while.
func (y *Day) standIn(ctx context.Context, after time.Duration) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ok := after == 0 || Pause(ctx, after); ok; ok = Pause(ctx, standing) {
			if image, changed := y.Rolling(); changed && ctx.Err() == nil {
				y.Opening.Publish(market.Batch{Images: []market.Quote{image}})
			}
		}
	}()
	return func() {
		cancel()
		<-done
	}
}

// Pause waits, and returns false when ctx has ended.
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
