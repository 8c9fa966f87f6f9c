package massive

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

// figures asks for the rules of conditions, for what happened to shares, and for the figures of this day and of each that follows,
// until ctx ends.
func (c *connection) figures(ctx context.Context) {
	c.Go(func() error {
		// the figures go first: for conditions there is the built-in table meanwhile
		if !c.asked && vendors.Pause(ctx, leastPause) {
			c.RetryUntilRefused(ctx, c.conditions, nil)
		}
		return nil
	})
	known := make(chan struct{}) // closed when the first figures have come
	c.Go(func() error {
		c.actions(ctx, known)
		return nil
	})
	ids := make([]market.SymbolID, len(c.all))
	for i, s := range c.all {
		ids[i] = s.ID
	}
	for first := true; ; first = false {
		if c.day(ctx); first {
			close(known)
		}
		if !vendors.NextDay(ctx, c.all[0].Hours) {
			return
		}
		c.Refetch(ctx, ids...)
	}
}

// day asks for the figures of all stocks and then, one by one, for the newest day of those that have none: a stock that exists
// but has not been traded yet has one. Where there is no trading on this day, both are of the day that is over, and the close before
// that is asked for.
func (c *connection) day(ctx context.Context) {
	var absent, over []*stock
	for some := range slices.Chunk(c.all, figuresAtOnce) {
		without := func() { c.CountWithoutFigures(ctx) }
		refused := c.RetryUntilRefused(ctx, func(ctx context.Context) error {
			missing, old, err := c.snapshots(ctx, some)
			absent, over = append(absent, missing...), append(over, old...)
			return err
		}, without)
		if refused {
			without()
		}
	}
	for _, s := range absent {
		c.RetryUntilRefused(ctx, func(ctx context.Context) error {
			old, err := c.previous(ctx, s)
			if old {
				over = append(over, s)
			}
			return err
		}, nil)
	}
	for _, s := range over {
		c.RetryUntilRefused(ctx, func(ctx context.Context) error { return c.closeBefore(ctx, s) }, nil)
	}
}

// conditions asks for the rules of conditions.
func (c *connection) conditions(ctx context.Context) error {
	body, _, err := c.rest.Get(ctx, pathConditions, url.Values{"asset_class": {"stocks"}, "data_type": {"trade"}, "limit": {"1000"}})
	if err != nil {
		return err
	}
	r, err := readRules(body)
	if err != nil {
		return err
	}
	c.rules.Store(r)
	c.asked = true
	return nil
}

// snapshots asks for the day's figures of some stocks, publishes them, and returns the stocks that have none, since a snapshot can
// be missing until the day's first trade, and those whose figures are of a day that is over.
func (c *connection) snapshots(ctx context.Context, some []*stock) (absent, over []*stock, err error) {
	symbols := make([]string, len(some))
	for i, s := range some {
		symbols[i] = s.Symbol
	}
	body, received, err := c.rest.Get(ctx, pathSnapshots, url.Values{"tickers": {strings.Join(symbols, ",")}})
	if err != nil {
		return nil, nil, err
	}
	err = c.Do(ctx, func(r *vendors.Reconciler, b *market.Batch) error {
		known, err := c.decoder.readSnapshots(body, received)
		if err != nil {
			return err
		}
		for _, s := range some {
			f, there := known[s.Symbol]
			switch {
			case !there:
				absent = append(absent, s)
			case f.over:
				over = append(over, s)
			}
			f.image.Symbol = s.ID
			r.AddFigures(b, f.image, f.asOf)
		}
		return nil
	})
	return absent, over, err
}

// previous asks for a stock's newest whole day, and reports whether that is the present trading day. The vendor does not have a stock
// without any.
func (c *connection) previous(ctx context.Context, s *stock) (over bool, err error) {
	body, received, err := c.rest.Get(ctx, previousPath(s.Symbol), asTraded)
	if err != nil {
		return false, err
	}
	err = c.Do(ctx, func(r *vendors.Reconciler, b *market.Batch) error {
		image, there, err := c.decoder.readPrevious(body, s, received)
		switch {
		case err != nil:
			return err
		case there:
			over = image.Set&market.FieldPreviousClose == 0
			r.AddFigures(b, image, 0)
		case !s.known: // or it is newly listed
			c.env.Faults.Note(name, vendors.Bad(vendors.BadSymbol, "symbols: %q has no figures of any day", s.Symbol))
			if s.MarkUnavailable() {
				c.env.Log.Warn("symbol unknown to the vendor", vendors.KeySource, name, vendors.KeySymbol, s.Symbol)
			}
			b.Ticks = append(b.Ticks, s.State(market.Down, 0, received))
		}
		return nil
	})
	return over, err
}

// closeBefore asks for the close before the present trading day.
func (c *connection) closeBefore(ctx context.Context, s *stock) error {
	if s.Hours == nil {
		return nil
	}
	body, received, err := c.rest.Get(ctx, daysPath(s.Symbol, s.Hours.Date(time.Now())), asTraded)
	if err != nil {
		return err
	}
	return c.Do(ctx, func(_ *vendors.Reconciler, b *market.Batch) error {
		image, err := c.decoder.readDays(body, s, received)
		if image.Set != 0 {
			b.Images = append(b.Images, image)
		}
		return err
	})
}
