package vendors

import (
	"context"
	"math/rand/v2"
	"time"

	"tickertape/feed/calendar"
	"tickertape/feed/market"
)

const (
	// actionsBefore and actionsAfter are the dates around today for which a vendor is asked what happened to shares: long enough
	// to learn of what was announced late or taken back.
	actionsBefore = 10 * 24 * time.Hour
	actionsAfter  = 10 * 24 * time.Hour
	// beforeOpen is how long before the regular session a vendor is asked once more.
	beforeOpen = 30 * time.Minute
)

// Date writes a date, represented by its midnight UTC, as 2006-01-02.
func Date(date time.Time) string { return date.Format(time.DateOnly) }

// ActionDates are the dates from and to which a vendor is asked what happened to shares, represented by their midnight UTC.
func ActionDates(now time.Time) (from, to time.Time) {
	today := now.UTC().Truncate(24 * time.Hour)
	return today.Add(-actionsBefore), today.Add(actionsAfter)
}

// ReadDate reads a date such as "2006-01-02".
func (v Value) ReadDate(key string) (time.Time, error) {
	text, err := v.String(key)
	if err != nil {
		return time.Time{}, err
	}
	date, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return time.Time{}, Bad(BadTime, "%s: %.40q is not a date such as 2026-12-01", key, text)
	}
	return date, nil
}

// ReadSplit reads how many new shares a split gives for how many old ones, which may have fractions.
func ReadSplit(newKey string, new Value, oldKey string, old Value) (market.Adjustment, error) {
	n, err := new.Price(newKey)
	if err != nil {
		return market.Adjustment{}, err
	}
	o, err := old.Price(oldKey)
	if err != nil {
		return market.Adjustment{}, err
	}
	if n <= 0 || o <= 0 {
		return market.Adjustment{}, Bad(BadNumber, "%s, %s: %v and %v are no split", newKey, oldKey, n, o)
	}
	split, err := market.Split(uint64(n), uint64(o)) // the common factor of 1e9 goes away
	if err != nil {
		return market.Adjustment{}, Bad(BadNumber, "%s, %s: %w", newKey, oldKey, err)
	}
	return split, nil
}

// ReadDividend reads the cash of a dividend for one share.
func ReadDividend(key string, cash Value) (market.Adjustment, error) {
	p, err := cash.Price(key)
	if err == nil && p <= 0 {
		err = Bad(BadNumber, "%s: %v is no dividend", key, p)
	}
	return market.Adjustment{Dividend: p}, err
}

// AddActions adds actions to a batch. They hold for symbols from one date to another, both included.
func AddActions(b *market.Batch, symbols []market.SymbolID, from, to time.Time, all []market.Action) {
	b.Actions = &market.Actions{Symbols: symbols, From: from, To: to, All: all}
}

// NextActions waits until it is time to ask again what happened to shares: after the next trading day of a market has begun, and
// once more before its regular session. It returns false when ctx has ended, or for a market without days.
func NextActions(ctx context.Context, hours *calendar.Market) bool {
	now := time.Now()
	next := hours.NextRoll(now)
	if next.IsZero() {
		return false
	}
	next = next.Add(leastLate)
	if open := hours.NextOpen(now); !open.IsZero() && open.Add(-beforeOpen).After(now) && open.Add(-beforeOpen).Before(next) {
		next = open.Add(-beforeOpen)
	}
	return Pause(ctx, time.Until(next)+rand.N(mostLate-leastLate))
}
