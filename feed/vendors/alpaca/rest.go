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

const (
	// Figures are as of a whole minute, and come some seconds later: after so long they hold all that was traded before the
	// connection, so that nothing is missing when they are asked for again.
	whole = 90 * time.Second

	figuresAtOnce = 100 // symbols
)

// sums are what trades add up to, and the close before them.
const sums = market.FieldOpen | market.FieldHigh | market.FieldLow | market.FieldPreviousClose |
	market.FieldVolume | market.FieldCount | market.FieldVWAP

// figures asks for the figures of this day and of each that follows, until ctx ends.
func (c *connection) figures(ctx context.Context) {
	ids := make([]market.SymbolID, len(c.all))
	for i, in := range c.all {
		ids[i] = in.ID
	}
	c.ask(ctx, market.AllFields)
	for {
		c.Again(ctx, ids...)
		if !vendors.Pause(ctx, whole) {
			return
		}
		c.ask(ctx, sums)
		if !vendors.NextDay(ctx, c.all[0].Hours) {
			return
		}
	}
}

// ask asks for the figures of all symbols until there are answers, and publishes the given fields. Where the vendor
// refuses, the trades count without figures.
func (c *connection) ask(ctx context.Context, fields market.Fields) {
	for some := range slices.Chunk(c.all, figuresAtOnce) {
		refused := c.Inquire(ctx, func(ctx context.Context) error {
			body, received, err := c.rest.Get(ctx, c.path, c.query(some))
			if err != nil {
				return err
			}
			return c.Do(ctx, func(o *vendors.Opening, b *market.Batch) error { return c.answer(o, b, some, body, received, fields) })
		}, func() { c.WithoutFigures(ctx) })
		if refused {
			for _, in := range some {
				c.WithoutFigures(ctx, in.ID)
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

// answer publishes what an answer says. The vendor does not have a stock without figures. Coins are rarely traded, and can
// be without.
func (c *connection) answer(o *vendors.Opening, b *market.Batch, some []*instrument, body []byte,
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
			if in.Expel() {
				c.env.Log.Warn("symbol unknown to the vendor", vendors.KeySource, name, vendors.KeySymbol, in.Symbol)
			}
			b.Ticks = append(b.Ticks, in.State(market.Down, 0, received))
		}
		f.image.Symbol = in.ID
		f.image.Set &= fields
		o.Start(b, f.image, f.asOf)
	}
	return nil
}
