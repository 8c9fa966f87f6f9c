package finnhub

import (
	"context"
	"net/url"
	"time"

	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

const quotePath = "/quote"

// closes are the known previous closes, each for as long as its trading day lasts. A new connection uses them, so that trades
// count in full before the figures have come.
type closes map[market.SymbolID]previousClose

type previousClose struct {
	price  market.Price
	rolled market.Time // the beginning of its day
}

func (c closes) note(in *instrument, price market.Price, now market.Time) {
	c[in.ID] = previousClose{price, in.rolled(now)}
}

// of is the previous close of the trading day that an instant belongs to; 0 unknown.
func (c closes) of(in *instrument, now market.Time) market.Price {
	if p, known := c[in.ID]; known && p.rolled == in.rolled(now) {
		return p.price
	}
	return 0
}

// figures asks for the figures of this day and of each that follows, until ctx ends. Symbols of which nothing is known come
// first. A new connection asks for the others as well: their high and low may have changed during the outage.
func (c *connection) figures(ctx context.Context) {
	var first, last, stocks []*instrument
	c.Do(ctx, func(*vendors.Reconciler, *market.Batch) error {
		now := market.TimeOf(time.Now())
		for _, in := range c.all {
			if c.closes.of(in, now) == 0 {
				first = append(first, in)
			} else {
				last = append(last, in)
			}
			if in.stock {
				stocks = append(stocks, in)
			}
		}
		return nil
	})
	c.askEach(ctx, append(first, last...))
	for len(stocks) > 0 && vendors.NextDay(ctx, stocks[0].Hours) {
		c.askEach(ctx, stocks)
	}
}

// askEach asks for the figures of some symbols, one by one, until it has them. Where the vendor refuses, as when the plan does not have
// them or it does not understand the symbol, and while it fails, trades count without figures.
func (c *connection) askEach(ctx context.Context, some []*instrument) {
	vendors.AskEach(ctx, c.Session, some, c.ask, func() { c.CountWithoutFigures(ctx) },
		func(in *instrument) { c.CountWithoutFigures(ctx, in.ID) })
}

// ask asks for the figures of one symbol.
func (c *connection) ask(ctx context.Context, in *instrument) error {
	c.Refetch(ctx, in.ID)
	body, received, err := c.rest.Get(ctx, quotePath, url.Values{"symbol": {in.Symbol}})
	if err != nil {
		return vendors.RefuseMalformed(err)
	}
	return c.Do(ctx, func(r *vendors.Reconciler, b *market.Batch) error {
		c.publishFigures(r, b, in, body, received)
		return nil
	})
}

// publishFigures publishes the figures in a response. One that cannot be read is counted, and not asked for again.
func (c *connection) publishFigures(r *vendors.Reconciler, b *market.Batch, in *instrument, body []byte, received market.Time) {
	f, err := readFigures(body, received)
	switch {
	case err != nil:
		c.env.Faults.Note(name, err)
	case f.early != nil:
		c.env.Faults.Note(name, f.early)
	case f.none() && in.stock && !c.decoder.symbols[in.Symbol].traded: // figures of coins and currencies are not promised
		c.env.Faults.Note(name, vendors.Bad(vendors.BadSymbol, "symbol: %q has no figures at all", in.Symbol))
		if in.MarkUnavailable() {
			c.env.Log.Warn("symbol unknown to the vendor", vendors.KeySource, name, vendors.KeySymbol, in.Symbol)
			b.Ticks = append(b.Ticks, in.State(market.Down, 0, received))
		}
	}
	image := f.image(in, received)
	if image.Set&market.FieldPreviousClose != 0 {
		c.closes.note(in, image.PreviousClose, received)
	}
	r.AddFigures(b, image, f.at) // trades of the last second count twice: into high and low, where that does not matter
}
