package alpaca

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/url"
	"strings"
	"time"

	"tickertape/feed"
	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

const (
	// The figures of a new day are asked for some time after it has begun, and not by everybody at once.
	leastLate = time.Minute
	mostLate  = 5 * time.Minute

	// Figures are as of a whole minute, and come some seconds later: after so long they hold all that was
	// traded before the connection, so that nothing is missing when they are asked for again.
	whole = 90 * time.Second

	figuresAtOnce = 100 // symbols
)

// tend asks for the day's figures, of this day and of each that follows, until ctx ends.
func (l *line) tend(ctx context.Context) {
	select {
	case <-ctx.Done():
		return
	case <-l.ready:
	}
	l.figures(ctx, market.AllFields)
	for {
		for _, in := range l.all {
			l.opening.Again(in.id)
		}
		if !vendors.Pause(ctx, whole) {
			return
		}
		l.figures(ctx, sums)
		next := l.all[0].hours.NextRoll(time.Now())
		if next.IsZero() || !vendors.Pause(ctx, time.Until(next)+leastLate+rand.N(mostLate-leastLate)) {
			return
		}
	}
}

// sums are what trades add up to, and the close before them.
const sums = market.FieldOpen | market.FieldHigh | market.FieldLow | market.FieldPreviousClose | market.FieldVolume | market.FieldCount | market.FieldVWAP

// figures asks for the figures of all symbols until there are answers, and tells those of the given fields.
func (l *line) figures(ctx context.Context, fields market.Fields) {
	for all := l.all; len(all) > 0; {
		n := min(len(all), figuresAtOnce)
		l.inquire(ctx, all[:n], fields)
		all = all[n:]
	}
}

// inquire asks for the figures of some symbols. A refusal is not asked again: the trades count without them.
func (l *line) inquire(ctx context.Context, some []*instrument, fields market.Fields) {
	vendors.Repeat(ctx, func(ctx context.Context) error {
		body, received, err := l.rest.Get(ctx, l.path, l.query(some))
		var refused *feed.Break
		if errors.As(err, &refused) && refused.Cause == feed.Refused {
			l.fail(err)
			for _, in := range some {
				l.opening.Start(market.Quote{Symbol: in.id}, 0)
			}
			return nil
		}
		if err != nil {
			return err
		}
		return l.answer(some, body, received, fields)
	}, func(err error) {
		l.fail(err)
		l.opening.GiveUp()
	})
}

func (l *line) fail(err error) { l.env.Faults.Count(name, vendors.Failed, err) }

func (l *line) query(some []*instrument) url.Values {
	symbols := make([]string, len(some))
	for i, in := range some {
		symbols[i] = in.symbol
	}
	q := url.Values{"symbols": {strings.Join(symbols, ",")}}
	if l.market == us {
		q.Set("feed", l.feed)
		return q
	}
	q.Set("timeframe", "1Hour")
	q.Set("limit", "10000")
	q.Set("start", l.since(some[0]).UTC().Format(time.RFC3339))
	return q
}

// since is where the hours begin that the figures of coins are made of: some before the day, of which the last
// that has a bar is the previous close.
func (l *line) since(in *instrument) time.Time {
	now := time.Now()
	if rolled := in.hours.Rolled(now); !rolled.IsZero() {
		return rolled.Add(-6 * time.Hour)
	}
	return now.Truncate(time.Hour).Add(-24 * time.Hour)
}

// answer tells what an answer says. A stock without figures is one that the vendor does not have; coins are rarely
// traded, and can be without.
func (l *line) answer(some []*instrument, body []byte, received market.Time, fields market.Fields) error {
	reader := newDecoder(l.all, &l.env) // the connection's own reads what streams in
	read := reader.readBars
	if l.market == us {
		read = reader.readSnapshots
	}
	known, err := read(body, received)
	if err != nil {
		return err
	}
	for _, in := range some {
		f, there := known[in.symbol]
		if !there && in.stock {
			l.unknown(in, received)
		}
		f.image.Symbol = in.id
		f.image.Set &= fields
		l.opening.Start(f.image, f.asOf)
	}
	return nil
}

// unknown says that the vendor does not have a stock.
func (l *line) unknown(in *instrument, received market.Time) {
	l.env.Faults.Note(name, vendors.Bad(vendors.BadSymbol, "symbol: %q has no figures at all", in.symbol))
	if in.down.CompareAndSwap(false, true) {
		l.env.Log.Warn("symbol unknown to the vendor", "source", name, "symbol", in.symbol)
	}
	l.opening.Publish(market.Batch{Ticks: []market.Tick{in.state(market.Down, 0, received)}})
}
