package binance

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"tickertape/feed"
	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

const (
	// calm is the least time between two requests for what is missing of one symbol.
	calm = 10 * time.Second
	// quiet is how long a symbol may be without a trade before its last one is asked for.
	quiet = 5 * time.Second
	// newest is how many trades are asked for, at most.
	newest = "1000"
	// perAnswer is how many symbols are asked about at once.
	perAnswer = 100
	// perRound is how many of the symbols that the vendor did not have are asked about each time: one spoils the
	// answer about all others, so that each is a request.
	perRound = 3
	// halts is how often it is asked which symbols trade: the stream does not tell.
	halts = time.Minute
	// noSymbol is the vendor's code for one that it does not have.
	noSymbol = `"code\":-1121`
)

// tend asks for what the stream does not say, until ctx ends.
func (l *line) tend(ctx context.Context) error {
	for _, y := range l.decoder.all {
		l.group.Go(func() error {
			l.follow(ctx, y)
			return nil
		})
	}
	for ok := true; ok; ok = vendors.Pause(ctx, halts) {
		none := false
		vendors.Repeat(ctx, func(ctx context.Context) error {
			there, err := l.products(ctx)
			if err == nil {
				none = len(there) == 0
				l.judge(there)
			}
			return err
		}, l.fail)
		if none {
			return feed.Breakf(feed.Refused, "%s has none of the symbols", vendors.Shown(l.rest.Base))
		}
	}
	return nil
}

func (l *line) fail(err error) { l.env.Faults.Count(name, vendors.Failed, err) }

// get asks over REST, as soon as the vendor lets it: whoever goes on after being told to wait, with whatever
// request, is banned.
func (v *venue) get(ctx context.Context, path string, query url.Values) (body []byte, received market.Time, err error) {
	for {
		if err := v.requests.Wait(ctx); err != nil {
			return nil, 0, feed.Breakf(feed.Lost, "get %s%s: %w", vendors.Shown(v.rest.Base), path, err)
		}
		wait := v.wait()
		if wait <= 0 {
			break
		}
		vendors.Pause(ctx, wait)
	}
	body, received, err = v.rest.Get(ctx, path, query)
	var b *feed.Break
	if errors.As(err, &b) && b.After > 0 {
		v.leave(time.Now().Add(b.After))
	}
	return body, received, err
}

// wait is how long REST wants to be left alone.
func (v *venue) wait() time.Duration {
	v.mu.Lock()
	defer v.mu.Unlock()
	return time.Until(v.alone)
}

// leave notes that REST wants to be left alone until an instant.
func (v *venue) leave(until time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if until.After(v.alone) {
		v.alone = until
	}
}

// products asks which of the symbols there are, and returns them. The vendor does not say which it does not have:
// those are looked for in halves, and then asked about one by one, a few each time.
func (l *line) products(ctx context.Context) (there []*symbol, err error) {
	known, lacking := l.parted()
	for some := range slices.Chunk(known, perAnswer) {
		found, err := l.search(ctx, some)
		if err != nil {
			return nil, err
		}
		there = append(there, found...)
	}
	for range min(perRound, len(lacking)) {
		l.round++
		found, err := l.search(ctx, []*symbol{lacking[l.round%len(lacking)]})
		if err != nil {
			return nil, err
		}
		there = append(there, found...)
	}
	return there, nil
}

// parted are the symbols that the vendor may have, and those that it did not have when it was last asked.
func (l *line) parted() (known, lacking []*symbol) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, y := range l.decoder.all {
		if l.refused[y.name] {
			lacking = append(lacking, y)
		} else {
			known = append(known, y)
		}
	}
	return known, lacking
}

func (l *line) search(ctx context.Context, symbols []*symbol) (there []*symbol, err error) {
	names := make([]string, len(symbols))
	for i, y := range symbols {
		names[i] = y.name
	}
	text, err := json.Marshal(names)
	if err != nil {
		return nil, err
	}
	body, received, err := l.get(ctx, pathProducts, url.Values{"symbols": {string(text)}})
	if err != nil {
		if !strings.Contains(err.Error(), noSymbol) {
			return nil, err
		}
		if len(symbols) == 1 {
			return nil, nil
		}
		half := len(symbols) / 2
		first, err := l.search(ctx, symbols[:half])
		if err != nil {
			return nil, err
		}
		second, err := l.search(ctx, symbols[half:])
		return append(first, second...), err
	}
	var b market.Batch
	if there, err = l.decoder.products(body, received, &b); err != nil {
		return nil, err
	}
	if len(b.Ticks) > 0 {
		l.opening.Publish(b)
	}
	return there, nil
}

// judge says that there are no prices of the symbols that the vendor does not have, and that there are again of
// those that it had not before.
func (l *line) judge(there []*symbol) {
	var b market.Batch
	now := market.TimeOf(time.Now())
	for _, y := range l.decoder.all {
		known := slices.Contains(there, y)
		news := l.expel(y.name, !known)
		if !news {
			continue
		}
		state := market.Live
		if !known {
			state = market.Down
			l.env.Faults.Count(name, vendors.BadSymbol, fmt.Errorf("symbol: the vendor does not have %s", y.name))
			l.env.Log.Warn("binance does not have a symbol", "symbol", y.name)
		}
		b.Ticks = append(b.Ticks, market.Tick{Symbol: y.id, Kind: market.KindState, State: state, Received: now})
	}
	if len(b.Ticks) > 0 {
		l.opening.Publish(b)
	}
}

// expel notes whether the vendor lacks a symbol, and tells whether that is news.
func (v *venue) expel(symbol string, lacks bool) (news bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	news = v.refused[symbol] != lacks
	v.refused[symbol] = lacks
	return news
}

// follow asks for what the stream does not say of a symbol, until ctx ends.
func (l *line) follow(ctx context.Context, y *symbol) {
	day := vendors.Day{Symbol: y.id, Opening: l.opening, Failed: l.fail, Rolling: func() (market.Quote, bool) { return l.decoder.lastFigures(y) }}
	if l.decoder.hours != nil {
		day.Ask = func(ctx context.Context) (market.Quote, market.Time, error) { return l.today(ctx, y) }
	}
	stop := day.Begin(ctx)
	defer func() { stop() }()
	idle := time.NewTimer(quiet)
	defer idle.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-idle.C:
			if l.decoder.traded(y) {
				continue
			}
			vendors.Repeat(ctx, func(ctx context.Context) error { return l.fill(ctx, y, "1") }, l.fail)
			if l.decoder.awaits(y) {
				idle.Reset(quiet)
			}
		case <-y.wants:
			if !vendors.Pause(ctx, time.Duration(arrival)*time.Microsecond) { // it may be late only
				return
			}
			vendors.Repeat(ctx, func(ctx context.Context) error { return l.refill(ctx, y, &day) }, l.fail)
			if !vendors.Pause(ctx, calm) {
				return
			}
		}
	}
}

// today asks for the trading day's figures.
func (l *line) today(ctx context.Context, y *symbol) (market.Quote, market.Time, error) {
	from := l.decoder.hours.Rolled(time.Now()).Add(-time.Hour) // for the close before it
	body, received, err := l.get(ctx, pathHours, url.Values{"symbol": {y.name}, "interval": {"1h"}, "startTime": {strconv.FormatInt(from.UnixMilli(), 10)}})
	if err != nil {
		return market.Quote{}, 0, err
	}
	return l.decoder.today(y, body, received)
}

// fill asks for the newest trades.
func (l *line) fill(ctx context.Context, y *symbol, limit string) error {
	body, received, err := l.get(ctx, pathTrades, url.Values{"symbol": {y.name}, "limit": {limit}})
	if err != nil {
		if strings.Contains(err.Error(), noSymbol) {
			return nil // judge says so
		}
		return err
	}
	var b market.Batch
	if err := l.decoder.missed(y, body, received, &b); err != nil {
		return err
	}
	if b.Lost > 0 || len(b.Ticks)+len(b.Images) > 0 {
		l.opening.Publish(b)
	}
	return nil
}

// refill asks for trades that are missing and, where they are too many for that, for the day's figures anew.
func (l *line) refill(ctx context.Context, y *symbol, day *vendors.Day) error {
	if err := l.fill(ctx, y, newest); err != nil || !l.decoder.missing(y) {
		return err
	}
	if day.Ask != nil {
		if err := day.Anew(ctx); err != nil {
			return err
		}
	}
	l.decoder.forget(y)
	return nil
}
