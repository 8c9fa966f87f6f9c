package alpaca

import (
	"context"
	"net/url"
	"slices"
	"sync"
	"time"

	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

const (
	daysPath = "/v2/stocks/bars"
	// daysBefore is how many days before a trading day the close before it is looked for: longer than the exchanges were ever closed
	// since 1933.
	daysBefore = 14
)

// dayClose is the close of a trading day.
type dayClose struct {
	of    time.Time // the date of the trading day that it was looked for on; zero: it is not known
	at    market.Time
	price market.Price
}

// closer asks for the closes before the present trading day, of all exchanges.
type closer struct{ *connection }

// begin asks for the closes in a goroutine that ends with ctx, and waits for them, but not for long. What comes later is published
// then.
func (c closer) begin(ctx context.Context) {
	if c.stocks == nil || c.stocks.days == "" || c.all[0].Hours == nil {
		return
	}
	asked := make(chan struct{})
	settle := sync.OnceFunc(func() { close(asked) })
	c.Go(func() error {
		defer settle()
		c.ask(ctx, settle)
		return nil
	})
	wait(ctx, asked)
}

// ask asks until it has the closes, or the vendor refuses. Then those of the snapshots stand in, which are of the feed alone, and that
// is logged once.
func (c closer) ask(ctx context.Context, failed func()) {
	var absent []string
	refused := false
	for some := range slices.Chunk(c.all, figuresAtOnce) {
		denied := asker(c).ask(ctx, daysPath, some, func(ctx context.Context, some []*instrument) error {
			missing, err := c.get(ctx, some)
			absent = append(absent, missing...)
			return err
		}, nil, failed)
		refused = refused || len(denied) > 0
	}
	if ctx.Err() != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if refused && !c.closesTold {
		c.closesTold = true
		c.env.Log.Warn("daily bars refused: previous closes are those of the feed, not of all exchanges", vendors.KeySource, name,
			keyFeed, c.stocks.days)
	}
	if len(absent) > 0 && !slices.Equal(absent, c.closeAbsent) {
		c.closeAbsent = absent
		c.env.Log.Warn("no daily bars: previous closes are those of the feed, if there are any", vendors.KeySource, name,
			keyFeed, c.stocks.days, vendors.KeyCount, len(absent), vendors.KeySymbols, absent)
	}
}

const keyFeed = "feed"

// get asks for the daily bars of some stocks, part by part, publishes their closes, and returns the stocks that have none.
func (c closer) get(ctx context.Context, some []*instrument) (absent []string, err error) {
	query := c.query(some, time.Now())
	for n := 1; ; n++ {
		body, received, err := c.rest.Get(ctx, daysPath, query)
		if err != nil {
			return nil, err
		}
		next := ""
		err = c.Do(ctx, func(_ *vendors.Reconciler, b *market.Batch) (err error) {
			next, err = closeReader{c.decoder}.read(body, received, b)
			return err
		})
		if err != nil {
			return nil, err
		}
		if next == "" {
			break
		}
		if n == pagesAtMost {
			c.env.Faults.Note(name, vendors.Bad(vendors.BadValue, "next_page_token: the answer for %d symbols has more than %d parts", len(some), n))
			break
		}
		query.Set("page_token", next)
	}
	err = c.Do(ctx, func(*vendors.Reconciler, *market.Batch) error {
		for _, in := range some {
			if e := c.decoder.symbols[in.Symbol]; e.before.of != in.Hours.Date(time.Now().Add(-c.stocks.delay)) {
				absent = append(absent, in.Symbol)
			}
		}
		return nil
	})
	return absent, err
}

// query asks for closes as they were traded: the consolidated feed adjusts them for what happened to the shares, as the configuration
// has it, too, and once. It asks for nothing so young that a plan would be needed for it.
func (c closer) query(some []*instrument, now time.Time) url.Values {
	hours := some[0].Hours
	date := hours.Date(now.Add(-c.stocks.delay))
	end := date // of a feed that trades overnight alone, the close of this day is the last price
	if c.stocks.night {
		end = date.AddDate(0, 0, 1)
	}
	year, month, day := end.Date()
	until := time.Date(year, month, day, 0, 0, -1, 0, hours.Zone())
	if newest := now.Add(-settled); until.After(newest) {
		until = newest
	}
	return url.Values{"symbols": {symbolsOf(some)}, "timeframe": {"1Day"}, "feed": {c.stocks.days}, "adjustment": {"raw"},
		"start": {vendors.Date(date.AddDate(0, 0, -daysBefore))}, "end": {until.UTC().Format(time.RFC3339)}, "limit": {"10000"}}
}

// closeReader reads what a decoder is told of closes.
type closeReader struct{ *Decoder }

// read adds to a batch what a part of an answer says of the closes before the present trading day, and returns the token of the next
// part; "": there is none.
func (d closeReader) read(body []byte, received market.Time, b *market.Batch) (next string, err error) {
	received = d.marketTime(received)
	s := d.faults.Scanner(name)
	s.Reset(body)
	answered := false
	for s.Object(); s.More(); {
		switch key := string(s.Key()); {
		case key == "bars" && s.Kind() == '{':
			answered = true
			for s.Object(); s.More(); {
				d.readDays(&s, string(s.Key()), received, b)
			}
		case key == "bars" && s.Kind() == 'n': // nothing was traded
			answered = true
			s.Skip()
		case key == "next_page_token" && s.Kind() == '"':
			if next, err = s.Value().String(key); err != nil {
				return "", err
			}
		default:
			s.Skip()
		}
	}
	if err := s.End(); err != nil {
		return "", err
	}
	if !answered {
		return "", vendors.Bad(vendors.NoJSON, "bars: the answer has none")
	}
	return next, nil
}

// readDays reads the daily bars of one stock.
func (d closeReader) readDays(s *vendors.Scanner, symbol string, received market.Time, b *market.Batch) {
	e := d.symbols[symbol]
	if e == nil || e.Hours == nil || s.Kind() != '[' {
		s.Skip()
		d.note(vendors.Bad(vendors.BadSymbol, "bars: %.40q was not asked for, or has no list", symbol))
		return
	}
	today := e.Hours.Date(received.Std())
	before, last := e.before, e.closed
	if before.of != today {
		before, last = dayClose{of: today}, dayClose{of: today}
	}
	for s.Array(); s.More(); {
		bar, err := readBar(s)
		if s.Err() != nil {
			return
		}
		d.note(err)
		if err != nil || bar.Close <= 0 {
			continue
		}
		switch date := e.dateOf(bar.At); {
		case date.Before(today) && bar.At >= before.at:
			before = dayClose{today, bar.At, bar.Close}
		case date.Equal(today) && e.over(received-market.Time(settled.Microseconds())):
			last = dayClose{today, bar.At, bar.Close}
		}
	}
	if max(before.at, last.at) == 0 {
		return
	}
	e.before, e.closed = before, last
	q := market.Quote{Symbol: e.ID}
	if d.set(e, &q, received); q.Set != 0 {
		b.Images = append(b.Images, q)
	}
}

// set puts the close before the present trading day into an image, if it is known. Of a feed that trades overnight alone, the
// newest close is the last price.
func (d closeReader) set(e *entry, q *market.Quote, received market.Time) (known bool) {
	if e.before.of.IsZero() || !e.before.of.Equal(e.Hours.Date(received.Std())) {
		return false
	}
	if e.before.at != 0 {
		vendors.SetPrice(q, market.FieldPreviousClose, &q.PreviousClose, e.sinceAdjusted(e.before.price, e.before.at, received))
	}
	if last := max(e.before.at, e.closed.at); d.stocks.night {
		price := e.before.price
		if e.closed.at != 0 {
			price = e.closed.price
		}
		vendors.SetLast(q, price, vendors.LastAt(e.Hours, e.dateOf(last), received))
	}
	return e.before.at != 0
}

// wait waits until a channel is closed or ctx ends, but no longer than actionsTime.
func wait(ctx context.Context, done <-chan struct{}) {
	timer := time.NewTimer(actionsTime)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-done:
	case <-timer.C:
	}
}
