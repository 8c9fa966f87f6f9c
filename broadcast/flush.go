package broadcast

import (
	"context"
	"time"

	"tickertape/feed"
)

// Run flushes until ctx ends: at once when something has changed and the last flush is an
// interval ago, otherwise when the interval is over.
func (b *Board) Run(ctx context.Context) error {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	var (
		last time.Time // of the newest flush
		due  time.Time // of the next frame that waits for its time; zero when none does
		news bool
	)
	for {
		wait := time.Hour
		if news {
			wait = b.cfg.Interval - time.Since(last)
		}
		if !due.IsZero() {
			wait = min(wait, time.Until(due))
		}
		timer.Reset(max(wait, 0))
		select {
		case <-ctx.Done():
			return nil
		case <-b.kick:
			news = true
			continue
		case <-timer.C:
		}
		now := time.Now()
		if news && now.Sub(last) >= b.cfg.Interval {
			news, last = false, now
			due = b.flush(now)
		} else if !due.IsZero() && !due.After(now) {
			due = b.watches.tell(b.store.now(), nil, now)
		}
	}
}

// flush publishes what has changed, wakes whom it concerns, and returns when the next frame that
// has to wait is due.
func (b *Board) flush(now time.Time) time.Time {
	status, quotes, received, restated := b.take()
	seq, news := b.store.publish(status, quotes, received)
	if restated {
		b.watches.nudgeAll()
	}
	due := b.watches.tell(seq, news, now)
	if len(news) > 0 {
		b.metrics.flushes.Inc()
		b.metrics.flushQuotes.Observe(float64(len(news)))
		b.metrics.flushTime.Observe(time.Since(now).Seconds())
	}
	return due
}

// take copies the feed's state and the changed quotes, and forgets that they changed.
func (b *Board) take() (status feed.Status, quotes []feed.Quote, received []feed.Time, restated bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	quotes = make([]feed.Quote, 0, len(b.dirty))
	received = make([]feed.Time, 0, len(b.dirty))
	for _, id := range b.dirty {
		c := &b.cells[id]
		quotes = append(quotes, c.published(b.status.State))
		received = append(received, c.received)
		c.changed = false
	}
	b.dirty = b.dirty[:0]
	restated, b.restated = b.restated, false
	return b.status, quotes, received, restated
}
