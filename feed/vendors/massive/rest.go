package massive

import (
	"context"
	"net/http"
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
	hours := c.all[0].Hours
	for first := true; ; first = false {
		day, end := context.WithCancel(ctx)
		ended := make(chan struct{})
		c.Go(func() error {
			defer close(ended)
			if c.day(day); first {
				close(known)
			}
			return nil
		})
		again := vendors.NextFigures(ctx, hours) && vendors.Pause(ctx, c.delay)
		if again {
			end() // what is still asked for, one by one, is asked for anew
		}
		<-ended
		if end(); !again {
			return
		}
	}
}

// lack is what is not known of a stock after its snapshot was asked for.
type lack struct {
	*stock
	closeBefore bool // the close before the trading day alone; else all: a snapshot can be missing until the day's first trade
}

// day asks for the figures of all stocks and then, one by one, for what they lack.
func (c *connection) day(ctx context.Context) {
	var lacks []lack
	for some := range slices.Chunk(c.all, figuresAtOnce) {
		ask := func(some []*stock) (vendors.Verdict[*stock], error) { return c.askSnapshots(ctx, some, &lacks) }
		vendors.Subscribe(some, ask, func(s *stock, reason string) {
			c.env.Faults.Note(name, vendors.Bad(vendors.BadSymbol, "symbols: %q: %.200s", s.Symbol, reason))
			c.CountWithoutFigures(ctx, s.ID)
			lacks = append(lacks, lack{stock: s})
		})
	}
	vendors.AskEach(ctx, c.Session, lacks, c.complete, nil, nil)
}

// complete asks for what a stock lacks.
func (c *connection) complete(ctx context.Context, l lack) error {
	if !l.closeBefore {
		if alone, err := c.previous(ctx, l.stock); err != nil || !alone {
			return err
		}
	}
	return c.closeBefore(ctx, l.stock)
}

// get asks over REST. What the vendor does not understand is refused, and not asked again.
func (c *connection) get(ctx context.Context, path string, query url.Values) (body []byte, received market.Time, err error) {
	body, received, err = c.rest.Get(ctx, path, query)
	return body, received, vendors.RefuseMalformed(err)
}

// askSnapshots asks for the snapshots of some stocks until it has them. It refuses all where the vendor does not understand the
// request: a symbol can be one that it does not allow. Where it refuses for another reason, or fails for now, trades count without
// figures.
func (c *connection) askSnapshots(ctx context.Context, some []*stock, lacks *[]lack) (v vendors.Verdict[*stock], err error) {
	ids := make([]market.SymbolID, len(some))
	for i, s := range some {
		ids[i] = s.ID
	}
	refused := c.RetryUntilRefused(ctx, func(ctx context.Context) error {
		c.Refetch(ctx, ids...)
		err := c.snapshots(ctx, some, lacks)
		if vendors.HasStatus(err, http.StatusBadRequest) {
			v.Reason = err.Error()
			return nil
		}
		return err
	}, func() { c.CountWithoutFigures(ctx) })
	switch {
	case ctx.Err() != nil:
		return v, context.Cause(ctx)
	case refused:
		c.CountWithoutFigures(ctx)
	}
	if v.Reason == "" {
		v.Accepted = some
	}
	return v, nil
}

// conditions asks for the rules of conditions.
func (c *connection) conditions(ctx context.Context) error {
	body, _, err := c.get(ctx, pathConditions, url.Values{"asset_class": {"stocks"}, "data_type": {"trade"}, "limit": {"1000"}})
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

// snapshots asks for the day's figures of some stocks and publishes them.
func (c *connection) snapshots(ctx context.Context, some []*stock, lacks *[]lack) error {
	symbols := make([]string, len(some))
	for i, s := range some {
		symbols[i] = s.Symbol
	}
	body, received, err := c.get(ctx, pathSnapshots, url.Values{"tickers": {strings.Join(symbols, ",")}})
	if err != nil {
		return err
	}
	return c.Do(ctx, func(r *vendors.Reconciler, b *market.Batch) error {
		known, err := c.decoder.readSnapshots(body, received)
		if err != nil {
			return err
		}
		for _, s := range some {
			f, there := known[s.Symbol]
			switch {
			case !there:
				*lacks = append(*lacks, lack{stock: s})
			case f.alone:
				*lacks = append(*lacks, lack{stock: s, closeBefore: true})
			}
			f.image.Symbol = s.ID
			r.AddFigures(b, f.image, f.asOf)
		}
		return nil
	})
}

// previous asks for a stock's newest whole day, and reports whether that is the trading day that goes on, so that the close before is not
// known. The vendor does not have a stock without any.
func (c *connection) previous(ctx context.Context, s *stock) (alone bool, err error) {
	body, received, err := c.get(ctx, previousPath(s.Symbol), asTraded)
	nowhere := vendors.HasStatus(err, http.StatusBadRequest, http.StatusNotFound)
	if err != nil && !nowhere {
		return false, err
	}
	err = c.Do(ctx, func(r *vendors.Reconciler, b *market.Batch) error {
		if !nowhere {
			known, there, err := readDays(c.env.Faults, body, s, received)
			if err != nil {
				return err
			}
			if there {
				alone = known.alone()
				r.AddFigures(b, known.image(s), 0)
				return nil
			}
		}
		c.lacksStock(s, b)
		return nil
	})
	return alone, err
}

// lacksStock publishes that the vendor does not have a stock, unless prices of it have come: then it is newly listed.
func (c *connection) lacksStock(s *stock, b *market.Batch) {
	if s.known {
		return
	}
	c.env.Faults.Note(name, vendors.Bad(vendors.BadSymbol, "symbols: %q has no figures of any day", s.Symbol))
	if s.MarkUnavailable() {
		c.env.Log.Warn("symbol unknown to the vendor", vendors.KeySource, name, vendors.KeySymbol, s.Symbol)
	}
	b.Ticks = append(b.Ticks, s.State(market.Down, 0, market.TimeOf(time.Now())))
}

// closeBefore asks for the close before the present trading day.
func (c *connection) closeBefore(ctx context.Context, s *stock) error {
	body, received, err := c.get(ctx, rangePath(s.Symbol, s.Hours.Date(time.Now())), asTraded)
	if err != nil {
		return err
	}
	return c.Do(ctx, func(_ *vendors.Reconciler, b *market.Batch) error {
		known, _, err := readDays(c.env.Faults, body, s, received)
		if err != nil {
			return err
		}
		if image := known.closeImage(s); image.Set != 0 {
			b.Images = append(b.Images, image)
		}
		return nil
	})
}
