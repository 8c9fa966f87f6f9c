package alpaca

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

// completeAfter is how long after a connection begins its figures are asked for again. Figures are as of a whole minute and
// come some seconds later, so those include all that was traded before the connection.
const completeAfter = 90 * time.Second

// sums are what trades add up to, and the close before them.
const sums = market.FieldOpen | market.FieldHigh | market.FieldLow | market.FieldPreviousClose |
	market.FieldVolume | market.FieldCount | market.FieldVWAP

// actionsTime is how long the figures wait for what happened to shares: a previous close without it would be in doubt.
const actionsTime = 2 * time.Second

// figures asks for the figures of this day and of each that follows, until ctx ends. The first wait until actions have been asked
// for, but not for long.
func (c *connection) figures(ctx context.Context, actions <-chan struct{}) {
	timer := time.NewTimer(actionsTime)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return
	case <-actions:
	case <-timer.C:
	}
	ids := make([]market.SymbolID, len(c.all))
	for i, in := range c.all {
		ids[i] = in.ID
	}
	c.ask(ctx, market.AllFields)
	for {
		c.Refetch(ctx, ids...)
		if !vendors.Pause(ctx, completeAfter) {
			return
		}
		c.ask(ctx, sums)
		if !vendors.NextDay(ctx, c.all[0].Hours) {
			return
		}
	}
}

// ask asks for the figures of all symbols until it has them, and publishes the given fields. If the vendor refuses, the trades
// count without figures.
func (c *connection) ask(ctx context.Context, fields market.Fields) {
	for some := range slices.Chunk(c.all, figuresAtOnce) {
		refused := c.RetryUntilRefused(ctx, func(ctx context.Context) error {
			body, received, err := c.rest.Get(ctx, c.path, c.query(some))
			if err != nil {
				return err
			}
			return c.Do(ctx, func(r *vendors.Reconciler, b *market.Batch) error {
				return c.publishFigures(r, b, some, body, received, fields)
			})
		}, func() { c.CountWithoutFigures(ctx) })
		if refused {
			for _, in := range some {
				c.CountWithoutFigures(ctx, in.ID)
			}
		}
	}
}

func (c *connection) query(some []*instrument) url.Values {
	symbols := make([]string, len(some))
	for i, in := range some {
		symbols[i] = in.Symbol
	}
	q := url.Values{"symbols": {strings.Join(symbols, ",")}}
	if c.market == us {
		q.Set("feed", c.feed)
		return q
	}
	q.Set("timeframe", "1Hour")
	q.Set("limit", "10000")
	q.Set("start", since(some[0]).UTC().Format(time.RFC3339))
	return q
}

// since is where the hours begin that the figures of coins are made of: some before the day, of which the last that has a
// bar is the previous close.
func since(in *instrument) time.Time {
	now := time.Now()
	if rolled := in.Hours.Rolled(now); !rolled.IsZero() {
		return rolled.Add(-6 * time.Hour)
	}
	return now.Truncate(time.Hour).Add(-24 * time.Hour)
}

// publishFigures publishes the figures in a response. A stock without figures is one that the vendor does not have; a coin may
// just not have been traded.
func (c *connection) publishFigures(r *vendors.Reconciler, b *market.Batch, some []*instrument, body []byte,
	received market.Time, fields market.Fields) error {
	read := c.decoder.readBars
	if c.market == us {
		read = c.decoder.readSnapshots
	}
	known, err := read(body, received)
	if err != nil {
		return err
	}
	for _, in := range some {
		f, there := known[in.Symbol]
		if !there && in.stock {
			c.env.Faults.Note(name, vendors.Bad(vendors.BadSymbol, "symbol: %q has no figures at all", in.Symbol))
			if in.MarkUnavailable() {
				c.env.Log.Warn("symbol unknown to the vendor", vendors.KeySource, name, vendors.KeySymbol, in.Symbol)
			}
			b.Ticks = append(b.Ticks, in.State(market.Down, 0, received))
		}
		f.image.Symbol = in.ID
		f.image.Set &= fields
		r.AddFigures(b, f.image, f.asOf)
	}
	return nil
}
