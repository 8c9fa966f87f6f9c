package coinbase

import (
	"context"
	"net/url"
	"time"

	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

// reach is how far before the trading day the previous close is looked for. With the day itself these are fewer hours than
// either feed sends at once, which is 300.
const reach = 48 * time.Hour

// follow asks for what the stream does not say of a product, until ctx ends.
func (c *connection) follow(ctx context.Context, p *product) {
	path := "/products/" + p.Symbol + "/"
	day := vendors.Day{Symbol: p.ID, Rolling: p.Rolling}
	if hours := c.decoder.hours; hours != nil {
		day.Get = func(ctx context.Context) ([]byte, market.Time, error) {
			now := time.Now()
			return c.rest.Get(ctx, path+"candles", c.api.hours(hours.Rolled(now).Add(-reach), now.Add(time.Hour)))
		}
		day.Read = func(body []byte, received market.Time) (market.Quote, market.Time, error) {
			return c.decoder.today(p, body, received)
		}
	}
	c.BeginDay(ctx, &day)
	c.FillGaps(ctx, p.NumberedSymbol, &day, func(ctx context.Context) error {
		body, received, err := c.rest.Get(ctx, path+c.api.recent, url.Values{"limit": {newest}})
		if err != nil {
			return err
		}
		return c.Do(ctx, func(_ *vendors.Reconciler, b *market.Batch) error { return c.decoder.missed(p, body, received, b) })
	})
}
