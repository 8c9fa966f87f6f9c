package kraken

import (
	"context"
	"net/url"
	"strconv"
	"time"

	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

const (
	// reach is how far before the trading day the previous close is looked for; with the day itself these are fewer
	// hours than are told at once, which is 720.
	reach = 48 * time.Hour
	// arrival is how long a trade may be on its way.
	arrival = 2 * time.Second
	// calm is the least time between two requests for what is missing of one pair.
	calm = 10 * time.Second
)

// follow asks for what the stream does not say of a pair, until ctx ends.
func (l *line) follow(ctx context.Context, p *pair) {
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
		if !vendors.Pause(ctx, arrival) { // it may be late only
			return
		}
		if !l.decoder.missing(p) {
			continue
		}
		l.decoder.forget(p) // before it is asked, so that what goes missing meanwhile is not
		if day.Ask != nil {
			vendors.Repeat(ctx, day.Anew, l.fail)
		}
		if !vendors.Pause(ctx, calm) {
			return
		}
	}
}

func (l *line) fail(err error) { l.env.Faults.Count(name, vendors.Failed, err) }

// today asks for the trading day's figures.
func (l *line) today(ctx context.Context, p *pair) (market.Quote, market.Time, error) {
	from := l.decoder.hours.Rolled(time.Now()).Add(-reach)
	body, received, err := l.rest.Get(ctx, pathHours, url.Values{"pair": {restName(p.name)}, "interval": {"60"}, "since": {strconv.FormatInt(from.Unix(), 10)}})
	if err != nil {
		return market.Quote{}, 0, err
	}
	return l.decoder.today(p, body, received)
}
