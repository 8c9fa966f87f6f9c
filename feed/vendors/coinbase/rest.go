package coinbase

import (
	"context"
	"time"

	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

const (
	// reach is how far before the trading day the previous close is looked for; with the day itself these are
	// fewer hours than either feed tells at once, which is 300.
	reach = 48 * time.Hour
	// calm is the least time between two requests for what is missing of one product.
	calm = 10 * time.Second
	// newest is how many trades are asked for.
	newest = "100"
)

// tend asks for what the stream does not say of a product, until ctx ends.
func (l *line) tend(ctx context.Context, p *product) {
	day := vendors.Day{Symbol: p.id, Opening: l.opening, Failed: l.fail, Rolling: func() (market.Quote, bool) { return l.decoder.lastFigures(p) }}
	if l.decoder.hours != nil {
		day.Ask = func(ctx context.Context) (market.Quote, market.Time, error) { return l.today(ctx, p) }
	}
	stop := day.Begin(ctx)
	defer func() { stop() }()
	for {
		select {
		case <-ctx.Done():
			return
		case <-p.wants:
		}
		if !vendors.Pause(ctx, time.Duration(arrival)*time.Microsecond) { // it may be late only
			return
		}
		vendors.Repeat(ctx, func(ctx context.Context) error { return l.fill(ctx, p, &day) }, l.fail)
		if !vendors.Pause(ctx, calm) {
			return
		}
	}
}

func (l *line) fail(err error) { l.env.Faults.Count(name, vendors.Failed, err) }

// today asks for the trading day's figures.
func (l *line) today(ctx context.Context, p *product) (market.Quote, market.Time, error) {
	now := time.Now()
	from := l.decoder.hours.Rolled(now).Add(-reach)
	body, received, err := l.rest.Get(ctx, "/products/"+p.name+"/candles", l.api.hours(from, now.Add(time.Hour)))
	if err != nil {
		return market.Quote{}, 0, err
	}
	return l.decoder.today(p, body, received)
}

// fill asks for trades that are missing and, where they are too many for that, for the day's figures anew.
func (l *line) fill(ctx context.Context, p *product, day *vendors.Day) error {
	body, received, err := l.rest.Get(ctx, "/products/"+p.name+"/"+l.api.recent, map[string][]string{"limit": {newest}})
	if err != nil {
		return err
	}
	var b market.Batch
	if err := l.decoder.missed(p, body, received, &b); err != nil {
		return err
	}
	if b.Lost > 0 || len(b.Ticks) > 0 {
		l.opening.Publish(b)
	}
	if !l.decoder.missing(p) {
		return nil
	}
	if day.Ask != nil {
		if err := day.Anew(ctx); err != nil {
			return err
		}
	}
	l.decoder.forget(p)
	return nil
}
