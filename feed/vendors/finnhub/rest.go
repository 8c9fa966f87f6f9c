package finnhub

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/url"
	"sync"
	"time"

	"tickertape/feed"
	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

const quotePath = "/quote"

const (
	// The figures of a new day are asked for some time after it has begun, and not by everybody at once.
	leastLate = time.Minute
	mostLate  = 5 * time.Minute
)

// closes are the previous closes that were told, for as long as their trading day lasts. All connections share
// them, so that a new one need not wait for its turn at REST to count trades in full.
type closes struct {
	mu    sync.Mutex
	known map[market.SymbolID]previousClose // guarded by mu
}

type previousClose struct {
	price  market.Price
	rolled market.Time // the beginning of its day
}

func (c *closes) note(in *instrument, price market.Price, now market.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.known[in.id] = previousClose{price, in.rolled(now)}
}

// of is the previous close of the trading day that an instant belongs to; 0 unknown.
func (c *closes) of(in *instrument, now market.Time) market.Price {
	c.mu.Lock()
	defer c.mu.Unlock()
	if p, known := c.known[in.id]; known && p.rolled == in.rolled(now) {
		return p.price
	}
	return 0
}

// recall tells the previous closes that are known, so that trades of those symbols count in full at once.
func (l *line) recall(received market.Time) {
	for _, in := range l.all {
		if price := l.closes.of(in, received); price > 0 {
			l.opening.Start(market.Quote{Symbol: in.id, Set: market.FieldPreviousClose, PreviousClose: price}, 0)
		}
	}
}

// tend asks for the day's figures, of this day and of each that follows, until ctx ends. Of an outage, high and
// low know nothing, so that a new connection asks for what is known as well, but last.
func (l *line) tend(ctx context.Context) {
	now := market.TimeOf(time.Now())
	var first, last, stocks []*instrument
	for _, in := range l.all {
		if l.closes.of(in, now) == 0 {
			first = append(first, in)
		} else {
			last = append(last, in)
		}
		if in.stock {
			stocks = append(stocks, in)
		}
	}
	for _, in := range append(first, last...) {
		l.ask(ctx, in)
	}
	for len(stocks) > 0 && ctx.Err() == nil {
		next := stocks[0].hours.NextRoll(time.Now())
		if next.IsZero() || !vendors.Pause(ctx, time.Until(next)+leastLate+rand.N(mostLate-leastLate)) {
			return
		}
		for _, in := range stocks {
			l.ask(ctx, in)
		}
	}
}

// ask asks for the figures of one symbol until there is an answer. One that helps nothing, such as that the plan
// does not have these figures, is not asked for again: the trades count without them.
func (l *line) ask(ctx context.Context, in *instrument) {
	vendors.Repeat(ctx, func(ctx context.Context) error {
		l.opening.Again(in.id)
		body, received, err := l.rest.Get(ctx, quotePath, url.Values{"symbol": {in.symbol}})
		var refused *feed.Break
		switch {
		case err == nil:
			l.answer(in, body, received)
			return nil
		case errors.As(err, &refused) && refused.Cause == feed.Refused:
			l.fail(err)
			l.opening.Start(market.Quote{Symbol: in.id}, 0)
			return nil
		}
		return err
	}, func(err error) {
		l.fail(err)
		l.opening.GiveUp()
	})
}

func (l *line) fail(err error) { l.env.Faults.Count(name, vendors.Failed, err) }

// answer tells what an answer says.
func (l *line) answer(in *instrument, body []byte, received market.Time) {
	f, err := readFigures(body, received)
	switch {
	case err != nil:
		l.env.Faults.Note(name, err)
	case f.none() && in.stock:
		l.unknown(in, received)
	}
	image := f.image(in, received)
	if image.Set&market.FieldPreviousClose != 0 {
		l.closes.note(in, image.PreviousClose, received)
	}
	l.opening.Start(image, f.at) // those of the last second count twice: into high and low, which does not matter
}

// unknown says that the vendor does not have a stock. The figures of coins and currencies are not promised.
func (l *line) unknown(in *instrument, received market.Time) {
	l.env.Faults.Note(name, vendors.Bad(vendors.BadSymbol, "symbol: %q has no figures at all", in.symbol))
	if in.down.CompareAndSwap(false, true) {
		l.env.Log.Warn("symbol unknown to the vendor", "source", name, "symbol", in.symbol)
		l.opening.Publish(market.Batch{Ticks: []market.Tick{in.state(market.Down, received)}})
	}
}
