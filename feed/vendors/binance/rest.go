package binance

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"

	"tickertape/feed"
	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

const (
	// quiet is how long a symbol may be without a trade, after the connection begins, before its last one is asked for.
	quiet = 5 * time.Second
	// productsEvery is how often it is asked which symbols trade: the stream does not say.
	productsEvery = time.Minute
	// noSymbol and illegal are the vendor's codes of the errors that it does not have a symbol, and that none is spelt so.
	noSymbol, illegal = -1121, -1100
)

// get asks over REST as soon as the vendor allows. It sends no request while the vendor asks for a wait: that would be a ban.
func (v *shared) get(ctx context.Context, path string, query url.Values) (body []byte, received market.Time, err error) {
	for {
		limit := v.requests
		if path == pathProducts {
			limit = v.lists
		}
		if err := limit.Wait(ctx); err != nil {
			return nil, 0, feed.Breakf(feed.Lost, "get %s%s: %w", vendors.Shown(v.rest.Base), path, err)
		}
		wait := v.wait()
		if wait <= 0 {
			break
		}
		vendors.Pause(ctx, wait)
	}
	body, received, err = v.rest.Get(ctx, path, query)
	if wait := bannedFor(err); wait > 0 {
		v.leaveAlone(time.Now().Add(wait))
	}
	return body, received, err
}

// bannedFor is how long no request may be sent to REST after an error. Where the vendor refuses this machine, be it by its firewall
// (403), further requests make it worse.
func bannedFor(err error) (wait time.Duration) {
	var b *feed.Break
	if errors.As(err, &b) {
		wait = b.After
	}
	var status *vendors.StatusError
	if wait <= 0 && errors.As(err, &status) {
		switch status.Code {
		case http.StatusForbidden, http.StatusTeapot, http.StatusTooManyRequests, http.StatusUnavailableForLegalReasons:
			wait = leftAlone
		}
	}
	return wait
}

// wait is how long no request may be sent to REST.
func (v *shared) wait() time.Duration {
	v.mu.Lock()
	defer v.mu.Unlock()
	return time.Until(v.alone)
}

// leaveAlone notes that no request may be sent to REST until an instant.
func (v *shared) leaveAlone(until time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if until.After(v.alone) {
		v.alone = until
	}
}

// lacksSymbol reports whether an error says that the vendor does not have a symbol that was asked about.
func lacksSymbol(err error) bool {
	var status *vendors.StatusError
	if !errors.As(err, &status) {
		return false
	}
	var answer struct {
		Code int `json:"code"`
	}
	return json.Unmarshal([]byte(status.Body), &answer) == nil && (answer.Code == noSymbol || answer.Code == illegal)
}

// watchProducts asks again and again which symbols there are and whether they trade, until ctx ends.
func (c *connection) watchProducts(ctx context.Context) error {
	for ok := true; ok; ok = vendors.Pause(ctx, productsEvery) {
		none := false
		vendors.Repeat(ctx, func(ctx context.Context) error {
			there, err := c.products(ctx)
			if err == nil {
				none = len(there) == 0
				c.judge(ctx, there)
			}
			return err
		}, c.Failed)
		if none {
			return feed.Breakf(feed.Refused, "%s has none of the symbols", vendors.Shown(c.rest.Base))
		}
	}
	return nil
}

// products returns the symbols that the vendor has. The vendor does not say which symbols it does not have, so those are looked
// for by halves. From then on they are asked about one by one, a few each time.
func (c *connection) products(ctx context.Context) (there []*symbol, err error) {
	var known, refused []*symbol
	for _, sym := range c.decoder.all {
		if sym.Unavailable() {
			refused = append(refused, sym)
		} else {
			known = append(known, sym)
		}
	}
	parts := partsOf(known)
	for range min(perRound, len(refused)) {
		c.round++
		parts = append(parts, []*symbol{refused[c.round%len(refused)]})
	}
	for _, some := range parts {
		search := func(some []*symbol) (vendors.Verdict[*symbol], error) { return c.search(ctx, some) }
		found, err := vendors.Subscribe(some, search, func(*symbol, string) {})
		if err != nil {
			return nil, err
		}
		there = append(there, found...)
	}
	return there, nil
}

// partsOf divides symbols into those that are asked about in one request.
func partsOf(symbols []*symbol) (parts [][]*symbol) {
	begin, size := 0, 0
	for i, sym := range symbols {
		n := len(url.QueryEscape(`"` + sym.Symbol + `",`))
		if i-begin == perResponse || size+n > mostQuery && i > begin {
			parts = append(parts, symbols[begin:i])
			begin, size = i, 0
		}
		size += n
	}
	if begin < len(symbols) {
		parts = append(parts, symbols[begin:])
	}
	return parts
}

// names are the symbols as the vendor spells them.
func names(symbols []*symbol) []string {
	names := make([]string, len(symbols))
	for i, sym := range symbols {
		names[i] = sym.Symbol
	}
	return names
}

// search asks about symbols once.
func (c *connection) search(ctx context.Context, symbols []*symbol) (v vendors.Verdict[*symbol], err error) {
	text, err := json.Marshal(names(symbols))
	if err != nil {
		return v, err
	}
	body, received, err := c.get(ctx, pathProducts, url.Values{"symbols": {string(text)}})
	if lacksSymbol(err) {
		v.Reason = "the vendor does not have it"
		return v, nil
	}
	if err != nil {
		return v, err
	}
	err = c.Do(ctx, func(_ *vendors.Reconciler, b *market.Batch) error {
		v.Accepted, err = c.decoder.products(body, received, b)
		return err
	})
	for _, sym := range symbols {
		if !slices.Contains(v.Accepted, sym) {
			v.Refused = append(v.Refused, sym)
		}
	}
	return v, err
}

// judge marks the symbols that the vendor does not have as unavailable, and those that it has again as available.
func (c *connection) judge(ctx context.Context, there []*symbol) {
	for _, sym := range c.decoder.all {
		switch {
		case slices.Contains(there, sym):
			c.MarkAvailable(ctx, sym.Instrument)
		case !sym.Unavailable():
			c.env.Faults.Count(name, vendors.BadSymbol, fmt.Errorf("symbol: the vendor does not have %s", sym.Symbol))
			c.MarkUnavailable(ctx, sym.Instrument, "the vendor does not have it")
		}
	}
}

// follow asks for what the stream does not say of a symbol, until ctx ends.
func (c *connection) follow(ctx context.Context, sym *symbol) {
	day := vendors.Day{Symbol: sym.ID, Rolling: sym.Rolling}
	if hours := c.decoder.hours; hours != nil {
		day.Get = func(ctx context.Context) ([]byte, market.Time, error) {
			for sym.Unavailable() { // it would be refused
				if !vendors.Pause(ctx, quiet) {
					return nil, 0, context.Cause(ctx)
				}
			}
			from := strconv.FormatInt(hours.Rolled(time.Now()).Add(-time.Hour).UnixMilli(), 10) // an hour more has the close before it
			body, received, err := c.get(ctx, pathHours, url.Values{"symbol": {sym.Symbol}, "interval": {"1h"}, "startTime": {from}})
			return body, received, of(sym, err)
		}
		day.Read = func(body []byte, received market.Time) (market.Quote, market.Time, error) {
			q, asOf, err := c.decoder.today(sym, body, received)
			return q, asOf, of(sym, err)
		}
	}
	if sym.inherited {
		vendors.Repeat(ctx, func(ctx context.Context) error { return c.RenewDay(ctx, &day) }, c.Failed)
	} else {
		c.BeginDay(ctx, &day)
	}
	if day.Get != nil && ctx.Err() == nil {
		c.figures.note(sym.Instrument)
	}
	c.FillGaps(ctx, sym.NumberedSymbol, &day, func(ctx context.Context) error { return c.recent(ctx, sym, newest) })
}

// awaitTrade asks for the last trade of a symbol, if the stream has none for some time.
func (c *connection) awaitTrade(ctx context.Context, sym *symbol) {
	for vendors.Pause(ctx, quiet) {
		traded, awaited := true, false
		c.Do(ctx, func(*vendors.Reconciler, *market.Batch) error {
			traded = sym.traded()
			return nil
		})
		if traded {
			return
		}
		vendors.Repeat(ctx, func(ctx context.Context) error { return c.recent(ctx, sym, "1") }, c.Failed)
		c.Do(ctx, func(*vendors.Reconciler, *market.Batch) error {
			awaited = sym.awaited && !sym.traded()
			return nil
		})
		if !awaited {
			return
		}
	}
}

// recent asks for the newest trades, and publishes those that were missing.
func (c *connection) recent(ctx context.Context, sym *symbol, limit string) error {
	body, received, err := c.get(ctx, pathTrades, url.Values{"symbol": {sym.Symbol}, "limit": {limit}})
	if lacksSymbol(err) {
		return nil // judge says so
	}
	if err != nil {
		return of(sym, err)
	}
	return c.Do(ctx, func(_ *vendors.Reconciler, b *market.Batch) error {
		return of(sym, c.decoder.missed(sym, body, received, b))
	})
}

// of says which symbol an error is about; nil stays nil.
func of(sym *symbol, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", sym.Symbol, err)
}
