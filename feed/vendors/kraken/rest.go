package kraken

import (
	"context"
	"net/url"
	"strconv"
	"time"

	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

// reach is how far before the trading day the previous close is looked for. With the day itself these are fewer hours than
// the vendor sends at once, which is 720.
const reach = 48 * time.Hour

// follow asks for what the stream does not say of a pair, until ctx ends. REST has no trades by number: where one is
// missing, the day's figures are asked for once more.
func (c *connection) follow(ctx context.Context, p *pair) {
	day := vendors.Day{Symbol: p.ID, Rolling: p.Rolling}
	if hours := c.decoder.hours; hours != nil {
		day.Get = func(ctx context.Context) ([]byte, market.Time, error) {
			since := strconv.FormatInt(hours.Rolled(time.Now()).Add(-reach).Unix(), 10)
			return c.rest.Get(ctx, pathHours, url.Values{"pair": {restName(p.Symbol)}, "interval": {"60"}, "since": {since}})
		}
		day.Read = func(body []byte, received market.Time) (market.Quote, market.Time, error) {
			return c.decoder.today(p, body, received)
		}
	}
	c.BeginDay(ctx, &day)
	c.FillGaps(ctx, p.NumberedSymbol, &day, nil)
}
