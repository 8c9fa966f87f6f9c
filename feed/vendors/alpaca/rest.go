package alpaca

import (
	"context"
	"net/url"
	"slices"
	"sync"
	"time"

	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

// Figures are as of a whole minute and come some seconds later. So they are asked for again after the next one: trades are kept from
// keptBefore it, and it is asked barTime after it. The figures then include all that was traded before.
const (
	keptBefore = 10 * time.Second
	barTime    = 30 * time.Second
)

// untilMinute is how long it is until keptBefore the next whole minute that is so far away.
func untilMinute(now time.Time) time.Duration {
	wait := now.Truncate(time.Minute).Add(time.Minute - keptBefore).Sub(now)
	if wait < 0 {
		wait += time.Minute
	}
	return wait
}

// sums are what trades add up to, and the close before them.
const sums = market.FieldOpen | market.FieldHigh | market.FieldLow | market.FieldPreviousClose |
	market.FieldVolume | market.FieldCount | market.FieldVWAP

// actionsTime is how long the figures wait for what happened to shares, without which a previous close would be in doubt, and for the
// closes of all exchanges.
const actionsTime = 2 * time.Second

// figures asks for the figures of this day and of each that follows, and once more after the regular session has begun, until ctx ends.
// The first wait until it is known what happened to shares, but not for long.
func (c *connection) figures(ctx context.Context) {
	if c.stocks != nil && !c.stocks.snapshots {
		c.CountWithoutFigures(ctx)
		return
	}
	if c.stocks != nil {
		asked := make(chan struct{}) // closed when it is known what happened to shares, or will not be soon
		settle := sync.OnceFunc(func() { close(asked) })
		c.Go(func() error {
			c.actions(ctx, settle)
			return nil
		})
		wait(ctx, asked)
	}
	ids := make([]market.SymbolID, len(c.all))
	for i, in := range c.all {
		ids[i] = in.ID
	}
	for first := true; ; first = false {
		day, over := context.WithCancel(ctx)
		if !first || c.stocks == nil || !c.stocks.night { // talk has asked for them
			closer{c}.begin(day)
		}
		if first {
			c.ask(ctx, market.AllFields)
		}
		if vendors.Pause(ctx, untilMinute(time.Now())) {
			c.Refetch(ctx, ids...)
		}
		if vendors.Pause(ctx, keptBefore+barTime) {
			c.ask(ctx, sums)
		}
		again := vendors.NextFigures(ctx, c.all[0].Hours)
		if again && c.stocks != nil { // it begins later for a feed that is late
			again = vendors.Pause(ctx, c.stocks.delay)
		}
		if over(); !again {
			return
		}
	}
}

// ask asks for the figures of all symbols until it has them, and publishes the given fields. If the vendor refuses, the trades
// count without figures.
func (c *connection) ask(ctx context.Context, fields market.Fields) {
	for some := range slices.Chunk(c.all, figuresAtOnce) {
		refused := asker{c}.ask(ctx, c.path(), some, func(ctx context.Context, some []*instrument) error {
			body, received, err := c.rest.Get(ctx, c.path(), c.query(some))
			if err != nil {
				return err
			}
			return c.Do(ctx, func(r *vendors.Reconciler, b *market.Batch) error {
				return c.publishFigures(r, b, some, body, received, fields)
			})
		}, func(in *instrument, reason string) {
			c.CountWithoutFigures(ctx, in.ID)
			c.MarkUnavailable(ctx, in.Instrument, reason)
		}, func() { c.CountWithoutFigures(ctx) })
		for _, in := range refused {
			c.CountWithoutFigures(ctx, in.ID)
		}
	}
}

// path is where the figures are.
func (c *connection) path() string {
	if c.stocks != nil {
		return snapshotsPath
	}
	return c.bars
}

func (c *connection) query(some []*instrument) url.Values {
	q := url.Values{"symbols": {symbolsOf(some)}}
	if c.stocks != nil {
		q.Set("feed", c.stocks.name)
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

// publishFigures publishes the figures in a response. A stock without figures is one that the vendor does not have; a coin, or a
// stock overnight, may just not have been traded.
func (c *connection) publishFigures(r *vendors.Reconciler, b *market.Batch, some []*instrument, body []byte,
	received market.Time, fields market.Fields) error {
	read := c.decoder.readBars
	if c.stocks != nil {
		read = c.decoder.readSnapshots
	}
	known, err := read(body, received)
	if err != nil {
		return err
	}
	for _, in := range some {
		f, there := known[in.Symbol]
		if !there && in.stock && !c.stocks.night {
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
