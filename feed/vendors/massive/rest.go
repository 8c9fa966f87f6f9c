package massive

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/url"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"tickertape/feed"
	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

const (
	// The figures of a new day are asked for some time after it has begun, and not by everybody at once.
	leastLate = time.Minute
	mostLate  = 5 * time.Minute

	figuresAtOnce = 100 // stocks

	leastPause = time.Second // between the first request and the next
)

// tend sees to the connection once it stands, until ctx ends. What one request waits for holds up no other: the rules
// of conditions may be missing, and figures come all the same.
func (l *line) tend(ctx context.Context) error {
	if err := l.enlist(ctx); err != nil || ctx.Err() != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return l.probe(ctx) })
	group.Go(func() error {
		// the figures go first: there is a table of conditions, but no day without them
		if !l.asked.Load() && vendors.Pause(ctx, leastPause) {
			l.repeat(ctx, l.conditions, l.fail)
		}
		return nil
	})
	group.Go(func() error {
		l.days(ctx)
		return nil
	})
	return group.Wait()
}

// days asks for the figures of this day and of each that follows.
func (l *line) days(ctx context.Context) {
	for {
		l.day(ctx)
		if l.all[0].hours == nil {
			return
		}
		next := l.all[0].hours.NextRoll(time.Now())
		if !vendors.Pause(ctx, time.Until(next)+leastLate+rand.N(mostLate-leastLate)) {
			return
		}
		for _, s := range l.all {
			l.opening.Again(s.id)
		}
	}
}

// day asks for the figures of all stocks and then, one by one, for the newest day of those that have none: it tells a
// stock that has not been traded yet from one that there is not.
func (l *line) day(ctx context.Context) {
	var absent []*stock
	for all := l.all; len(all) > 0; {
		n := min(len(all), figuresAtOnce)
		l.repeat(ctx, func(ctx context.Context) error {
			without, err := l.figures(ctx, all[:n])
			absent = append(absent, without...)
			return err
		}, func(err error) {
			l.fail(err)
			l.opening.GiveUp()
		})
		all = all[n:]
	}
	for _, s := range absent {
		l.repeat(ctx, func(ctx context.Context) error { return l.previous(ctx, s) }, l.fail)
	}
}

// repeat asks until there is an answer. What the plan does not allow is not asked again.
func (l *line) repeat(ctx context.Context, ask func(context.Context) error, failed func(error)) {
	vendors.Repeat(ctx, func(ctx context.Context) error {
		err := ask(ctx)
		var refused *feed.Break
		if errors.As(err, &refused) && refused.Cause == feed.Refused {
			failed(err)
			return nil
		}
		return err
	}, failed)
}

func (l *line) fail(err error) { l.env.Faults.Count(name, vendors.Failed, err) }

// conditions asks for the rules of conditions.
func (l *line) conditions(ctx context.Context) error {
	body, _, err := l.rest.Get(ctx, pathConditions, url.Values{"asset_class": {"stocks"}, "data_type": {"trade"}, "limit": {"1000"}})
	if err != nil {
		return err
	}
	r, err := readRules(body)
	if err != nil {
		return err
	}
	l.rules.Store(r)
	l.asked.Store(true)
	return nil
}

// reader reads answers: the connection's own decoder reads what streams in.
func (l *line) reader() *Decoder { return newDecoder(l.all, l.lot, l.rules, &l.env) }

// figures asks for the day's figures of some stocks, tells them, and returns those that have none: each day the vendor
// begins with no stock at all.
func (l *line) figures(ctx context.Context, some []*stock) (absent []*stock, err error) {
	symbols := make([]string, len(some))
	for i, s := range some {
		symbols[i] = s.symbol
	}
	body, _, err := l.rest.Get(ctx, pathSnapshots, url.Values{"tickers": {strings.Join(symbols, ",")}})
	if err != nil {
		return nil, err
	}
	known, err := l.reader().readSnapshots(body)
	if err != nil {
		return nil, err
	}
	for _, s := range some {
		f, there := known[s.symbol]
		if !there {
			absent = append(absent, s)
		}
		f.image.Symbol = s.id
		l.opening.Start(f.image, f.asOf)
	}
	return absent, nil
}

// previous asks for a stock's newest whole day. One that never had any is one that the vendor does not have.
func (l *line) previous(ctx context.Context, s *stock) error {
	body, received, err := l.rest.Get(ctx, previousPath(s.symbol), nil)
	if err != nil {
		return err
	}
	image, there, err := l.reader().readPrevious(body, s, received)
	switch {
	case err != nil:
		return err
	case !there && s.known.Load(): // newly listed
	case !there:
		l.unknown(s, received)
	default:
		l.opening.Start(image, 0)
	}
	return nil
}

// unknown says that the vendor does not have a stock.
func (l *line) unknown(s *stock, received market.Time) {
	l.env.Faults.Note(name, vendors.Bad(vendors.BadSymbol, "symbols: %q has no figures of any day", s.symbol))
	if s.down.CompareAndSwap(false, true) {
		l.env.Log.Warn("symbol unknown to the vendor", "source", name, "symbol", s.symbol)
	}
	l.opening.Publish(market.Batch{Ticks: []market.Tick{s.state(market.Down, 0, received)}})
}
