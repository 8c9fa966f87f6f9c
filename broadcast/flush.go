package broadcast

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"tickertape/feed/market"
)

// Run flushes until ctx ends: at once when something has changed and the last flush is an
// interval ago, otherwise when the interval is over. Subscribers that are left at the end are cut off.
func (b *Board) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return b.sockets.Run(ctx) })
	for _, sh := range b.shards {
		g.Go(func() error {
			sh.run(ctx)
			return nil
		})
	}
	g.Go(func() error { return b.workers.run(ctx) })
	g.Go(func() error {
		b.run(ctx)
		return nil
	})
	return g.Wait()
}

// crowd is how many must come between two flushes for the next to be put off by a quarter of the interval: when all
// come back at once, they are let in before the rest is told the newest.
const crowd = 50

func (b *Board) run(ctx context.Context) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	var (
		last time.Time // of the newest flush
		due  time.Time // of the next frame that waits for its time; zero when none does
		news bool
		f    flush

		pause = b.cfg.Interval // from one flush to the next
	)
	for {
		select {
		case <-b.kick:
			news = true
		default: // frames that are late do not keep the news waiting
		}
		if b.crowded() {
			b.absorb(&f)
		}
		wait := time.Hour
		switch {
		case news: // the flush tells who is due, too: a frame alone costs twice what it does among many
			wait = pause - time.Since(last)
		case !due.IsZero():
			wait = time.Until(due)
		}
		if wait > 0 {
			timer.Reset(wait)
			select {
			case <-ctx.Done():
				return
			case <-b.kick:
				news = true
				continue
			case <-timer.C:
			}
		}
		now := time.Now()
		switch {
		case news && now.Sub(last) >= pause:
			news, last = false, now
			b.publish(&f)
		case !due.IsZero() && !due.After(now):
			f.news.standing, f.news.ids = b.store.stand(), nil
		default:
			continue
		}
		if !b.tell(ctx, &f.news) {
			return
		}
		due = b.due()
		pause = b.cfg.Interval
		if b.arrivals.Swap(0) > crowd {
			pause = max(pause, min(3*time.Since(now), pause*5/4))
		}
		if n := len(f.news.ids); n > 0 {
			b.metrics.flushes.Inc()
			b.metrics.flushQuotes.Observe(float64(n))
			b.metrics.flushTime.Observe(time.Since(now).Seconds())
		}
	}
}

// flush is the scratch of flushes.
type flush struct {
	quotes   []market.Quote
	received []market.Time
	ids      []market.SymbolID
	traded   []traded
	news     news
}

// publish enters what has changed into the store, and encodes it.
func (b *Board) publish(f *flush) {
	b.take(f)
	var seq Seq
	seq, f.ids = b.store.publish(f.news.standing, f.quotes, f.received, f.traded, f.ids[:0])
	f.news.encode(b.store, seq, f.ids)
}

// tell has every shard tell the news, and returns when all have: the next flush waits for the
// slowest, so that a server with too much to do tells newer values, not more. It returns false
// when ctx has ended.
func (b *Board) tell(ctx context.Context, n *news) bool {
	now := time.Now().UnixNano()
	for _, sh := range b.shards {
		sh.asked.Store(now)
	}
	for _, sh := range b.shards {
		select {
		case sh.flushes <- n:
		case <-ctx.Done():
			return false
		}
	}
	for range b.shards {
		select {
		case <-b.told:
		case <-ctx.Done():
			return false
		}
	}
	return true
}

// due is when the next frame is that waits for its time.
func (b *Board) due() time.Time {
	var due time.Time
	for _, sh := range b.shards {
		for _, d := range [...]time.Time{sh.watches.due, sh.seriesDue} {
			if !d.IsZero() && (due.IsZero() || d.Before(due)) {
				due = d
			}
		}
	}
	return due
}

// take copies the feed's state and the changed quotes, and forgets that they changed.
func (b *Board) take(f *flush) {
	f.quotes, f.received = f.quotes[:0], f.received[:0]
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, id := range b.dirty {
		c := &b.cells[id]
		f.quotes = append(f.quotes, c.published(b.standing.state))
		f.received = append(f.received, c.received)
		c.changed = false
	}
	b.dirty = b.dirty[:0]
	clear(f.traded) // of corrections
	f.traded, b.traded = b.traded, f.traded[:0]
	b.restated = false
	f.news.standing = b.standing
}
