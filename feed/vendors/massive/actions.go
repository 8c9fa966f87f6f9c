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

// What is asked for of splits and dividends.
const (
	pathSplits    = "/stocks/v1/splits"
	pathDividends = "/stocks/v1/dividends"
	actionsLate   = time.Minute // how long they wait for the figures
	actionsAtOnce = "5000"      // in one answer; the next one follows
	mostPages     = 20          // of answers: there are never so many within three weeks

	special = "special" // the distribution type of a dividend that adjusts prices; others are recurring, supplemental, irregular, unknown
)

// said is what the vendor has said of splits and dividends, page by page.
type said struct {
	from, to time.Time
	all      map[string][]market.Action // by path
}

// actions asks what happened to shares, and again as [vendors.NextActions] says, until ctx ends. The figures go first, unless they
// take too long.
func (c *connection) actions(ctx context.Context, figures <-chan struct{}) {
	timer := time.NewTimer(actionsLate)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return
	case <-figures:
	case <-timer.C:
	}
	for ok := true; ok; ok = vendors.NextActions(ctx, c.all[0].Hours) {
		c.askActions(ctx)
	}
}

// actionsQuery asks for the first page. Of few stocks, it names them; of many, it asks for those of all.
func (c *connection) actionsQuery(dateKey string, from, to time.Time) url.Values {
	q := url.Values{dateKey + ".gte": {vendors.Date(from)}, dateKey + ".lte": {vendors.Date(to)}, "limit": {actionsAtOnce}}
	if len(c.all) <= figuresAtOnce {
		var symbols []string
		for _, s := range c.all {
			symbols = append(symbols, s.Symbol)
		}
		q.Set("ticker.any_of", strings.Join(symbols, ","))
	}
	return q
}

// askActions asks for splits and special dividends, and publishes them. The close before a split of today comes with them as it was
// traded: whether the close in a snapshot is adjusted already, the vendor does not say.
func (c *connection) askActions(ctx context.Context) {
	from, to := vendors.ActionDates(time.Now())
	all := said{from: from, to: to, all: map[string][]market.Action{}}
	for _, kind := range [...]struct{ path, dateKey string }{{pathSplits, "execution_date"}, {pathDividends, "ex_dividend_date"}} {
		query := c.actionsQuery(kind.dateKey, from, to)
		for page := 0; query != nil; page++ {
			if page == mostPages {
				c.Failed(vendors.Bad(vendors.BadValue, "next_url: %s has more than %d pages", kind.path, mostPages))
				return
			}
			var next url.Values
			if c.RetryUntilRefused(ctx, func(ctx context.Context) error {
				body, _, err := c.get(ctx, kind.path, query)
				if err != nil {
					return err
				}
				return c.Do(ctx, func(*vendors.Reconciler, *market.Batch) (err error) {
					next, err = actionReader{c.decoder}.read(kind.path, query, body, &all)
					return err
				})
			}, nil) || ctx.Err() != nil {
				return // without both, what is known stays
			}
			query = next
		}
	}
	var closes []market.Quote
	for _, s := range c.split(ctx, &all) {
		c.RetryUntilRefused(ctx, func(ctx context.Context) error {
			body, received, err := c.get(ctx, previousPath(s.Symbol), asTraded)
			if err != nil {
				return err
			}
			return c.Do(ctx, func(*vendors.Reconciler, *market.Batch) error {
				known, _, err := readDays(c.env.Faults, body, s, received)
				if err != nil {
					return err
				}
				if image := known.closeImage(s); image.Set != 0 {
					closes = append(closes, image)
				}
				return nil
			})
		}, nil)
	}
	c.Do(ctx, func(_ *vendors.Reconciler, b *market.Batch) error {
		b.Images = append(b.Images, closes...)
		actionReader{c.decoder}.add(b, &all)
		return nil
	})
}

// split notes which stocks are split today, and returns them.
func (c *connection) split(ctx context.Context, all *said) (some []*stock) {
	c.Do(ctx, func(*vendors.Reconciler, *market.Batch) error {
		some = actionReader{c.decoder}.noteSplits(all, time.Now())
		return nil
	})
	return some
}

// actionReader reads what a decoder is told of actions.
type actionReader struct{ *Decoder }

// noteSplits notes the splits of all stocks, and returns those that are split on the trading day of now.
func (d actionReader) noteSplits(all *said, now time.Time) (today []*stock) {
	dates := map[market.SymbolID][]time.Time{}
	for _, a := range all.all[pathSplits] {
		dates[a.Symbol] = append(dates[a.Symbol], a.Date)
	}
	for _, e := range d.all {
		if e.splits = dates[e.ID]; e.splitOn(now) {
			today = append(today, e.stock)
		}
	}
	return today
}

// add adds all that was said to a batch.
func (d actionReader) add(b *market.Batch, all *said) {
	ids := make([]market.SymbolID, len(d.all))
	for i, e := range d.all {
		ids[i] = e.ID
	}
	vendors.AddActions(b, ids, all.from, all.to, slices.Concat(all.all[pathSplits], all.all[pathDividends]))
}

// read reads a page of splits or dividends into all, and returns the query of the next; nil: there is none. Of dividends it
// takes special ones only.
func (d actionReader) read(path string, query url.Values, body []byte, all *said) (next url.Values, err error) {
	if !query.Has("cursor") {
		all.all[path] = nil
	}
	s := d.faults.Scanner(name)
	s.Reset(body)
	answered := false
	var link vendors.Value
	for s.Object(); s.More(); {
		switch string(s.Key()) {
		case "results":
			answered = true
			for s.Array(); s.More(); {
				a, wanted, err := d.readAction(&s, path == pathSplits)
				if s.Err() != nil {
					break
				}
				if d.note(err); err == nil && wanted {
					all.all[path] = append(all.all[path], a)
				}
			}
		case "next_url":
			link = s.Value()
		default:
			s.Skip()
		}
	}
	if err := s.End(); err != nil {
		return nil, err
	}
	if !answered {
		return nil, vendors.Bad(vendors.NoJSON, "results: the answer has none")
	}
	if !link.Known() {
		return nil, nil
	}
	text, err := link.String("next_url")
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(text)
	if err != nil || !u.Query().Has("cursor") {
		return nil, vendors.Bad(vendors.BadValue, "next_url: %.100q has no cursor", text)
	}
	next = u.Query()
	next.Del("apiKey") // the header has the key
	return next, nil
}

// readAction reads a split or a dividend. It is not wanted if it is of another stock or, of a dividend, not special.
func (d actionReader) readAction(s *vendors.Scanner, split bool) (a market.Action, wanted bool, err error) {
	var ticker, date, from, to, cash, kind vendors.Value
	for s.Object(); s.More(); {
		switch string(s.Key()) {
		case "ticker":
			ticker = s.Value()
		case "execution_date", "ex_dividend_date":
			date = s.Value()
		case "split_from":
			from = s.Value()
		case "split_to":
			to = s.Value()
		case "cash_amount":
			cash = s.Value()
		case "distribution_type":
			kind = s.Value()
		default:
			s.Skip()
		}
	}
	if s.Err() != nil {
		return a, false, nil
	}
	symbol, err := ticker.String("ticker")
	if err != nil {
		return a, false, err
	}
	e := d.symbols[symbol]
	if e == nil {
		return a, false, nil
	}
	if !split {
		if word, err := kind.String("distribution_type"); err != nil || word != special {
			return a, false, err
		}
	}
	a.Symbol = e.ID
	if a.Date, err = date.ReadDate("date"); err != nil {
		return a, false, err
	}
	if split {
		a.Adjustment, err = vendors.ReadSplit("split_to", to, "split_from", from)
	} else {
		a.Adjustment, err = vendors.ReadDividend("cash_amount", cash)
	}
	return a, err == nil, err
}
