package kraken

import (
	"context"
	"errors"
	"net/url"
	"strconv"
	"time"

	"tickertape/feed"
	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

// reach is how far before the trading day the previous close is looked for. With the day itself these are fewer hours than
// the vendor sends at once, which is 720.
const reach = 48 * time.Hour

// get asks for hours, once the vendor does not want to be left alone any more.
func (c *connection) get(ctx context.Context, query url.Values) (body []byte, received market.Time, err error) {
	for {
		if err := c.requests.Wait(ctx); err != nil {
			return nil, 0, feed.Breakf(feed.Lost, "get %s%s: %w", vendors.Shown(c.rest.Base), pathHours, err)
		}
		c.mu.Lock()
		wait := time.Until(c.alone)
		c.mu.Unlock()
		if wait <= 0 {
			break
		}
		if !vendors.Pause(ctx, wait) {
			return nil, 0, context.Cause(ctx)
		}
	}
	return c.rest.Get(ctx, pathHours, query)
}

// leaveAlone has no connection ask over REST for as long as an error says; nil says nothing.
func (v *shared) leaveAlone(err error) {
	var b *feed.Break
	if !errors.As(err, &b) || b.After <= 0 {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if until := time.Now().Add(b.After); until.After(v.alone) {
		v.alone = until
	}
}

// follow asks for what the stream does not say of a pair, until ctx ends. REST has no trades by number: where one is
// missing, the day's figures are asked for once more.
func (c *connection) follow(ctx context.Context, p *pair) {
	day := vendors.Day{Symbol: p.ID, Rolling: p.Rolling}
	if hours := c.decoder.hours; hours != nil {
		class := classOf(p.Symbol) // Get and Read take turns
		day.Get = func(ctx context.Context) ([]byte, market.Time, error) {
			since := strconv.FormatInt(hours.Rolled(time.Now()).Add(-reach).Unix(), 10)
			query := url.Values{"pair": {restName(p.Symbol)}, "interval": {"60"}, "since": {since}}
			if classes[class] != "" {
				query.Set("asset_class", classes[class])
			}
			return c.get(ctx, query)
		}
		day.Read = func(body []byte, received market.Time) (market.Quote, market.Time, error) {
			q, asOf, err := c.decoder.today(p, body, received)
			if errors.Is(err, errUnknownPair) { // the name does not tell
				class = (class + 1) % len(classes)
			}
			c.leaveAlone(err)
			return q, asOf, err
		}
	}
	c.BeginDay(ctx, &day)
	c.FillGaps(ctx, p.NumberedSymbol, &day, nil)
}
