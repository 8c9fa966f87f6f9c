package kraken

import (
	"context"
	"errors"
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
		class := classOf(p.Symbol) // Get and Read take turns
		day.Get = func(ctx context.Context) ([]byte, market.Time, error) {
			since := strconv.FormatInt(hours.Rolled(time.Now()).Add(-reach).Unix(), 10)
			query := url.Values{"pair": {restName(p.Symbol)}, "interval": {"60"}, "since": {since}}
			if classes[class] != "" {
				query.Set("asset_class", classes[class])
			}
			return c.rest.Get(ctx, pathHours, query)
		}
		day.Read = func(body []byte, received market.Time) (market.Quote, market.Time, error) {
			q, asOf, err := c.decoder.today(p, body, received)
			if errors.Is(err, errUnknownPair) { // the name does not tell
				class = (class + 1) % len(classes)
			}
			return q, asOf, err
		}
	}
	c.BeginDay(ctx, &day)
	c.FillGaps(ctx, p.NumberedSymbol, &day, nil)
}
