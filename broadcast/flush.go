package broadcast

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"tickertape/broadcast/board"
	"tickertape/broadcast/wire"
	"tickertape/feed/market"
)

// flush is what has changed since the flush before: each quote's change is encoded once, for everyone who follows
// all its fields flush by flush. Shards read it until they have published it.
type flush struct {
	board.Changes
	names  *newNames     // if there are any, nothing is published: they have become known
	text   []byte        // the changes of the quotes, one behind the other
	ends   []int         // of each quote's change in text
	oldest []market.Time // when each quote's newest tick came

	versions [64]board.Version // scratch
}

// newNames are the symbols that the directory has from one number on, up to another.
type newNames struct{ from, to int }

// encode makes the changes of the quotes. Only the flush commits, so they are those of its newest commit.
func (f *flush) encode(b *board.Board) {
	f.text, f.ends, f.oldest = f.text[:0], f.ends[:0], f.oldest[:0]
	for ids := f.Quotes; len(ids) > 0; {
		n := min(len(ids), len(f.versions))
		b.Versions(ids[:n], f.versions[:])
		for i := range n {
			v := &f.versions[i]
			f.text = wire.AppendQuote(f.text, v.Symbol, &v.Quote, v.Since(f.From))
			f.ends = append(f.ends, len(f.text))
			f.oldest = append(f.oldest, v.Received)
		}
		ids = ids[n:]
	}
}

// change is the i-th quote's `{"s":…}`.
func (f *flush) change(i int) []byte {
	if i == 0 {
		return f.text[:f.ends[0]]
	}
	return f.text[f.ends[i-1]:f.ends[i]]
}

// Run flushes until ctx ends: at once when something has changed and the last flush is an
// interval ago, otherwise when the interval is over. Subscribers that are left at the end are cut off.
func (h *Hub) Run(ctx context.Context) error {
	defer h.board.Close()
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return h.sockets.Run(ctx) })
	for _, sh := range h.shards {
		g.Go(func() error {
			sh.run(ctx)
			return nil
		})
	}
	g.Go(func() error { return h.workers.run(ctx) })
	g.Go(func() error {
		h.flushWhenDue(ctx)
		return nil
	})
	return g.Wait()
}

// manyArrivals is how many subscribers have to come between two flushes for the next to wait three times as long as the
// last took, a quarter of the interval more at most, so that they can be admitted.
const manyArrivals = 50

func (h *Hub) flushWhenDue(ctx context.Context) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	var (
		last    time.Time // of the newest flush
		due     time.Time // of the next frame that waits for its time; zero when none does
		changed bool
		f       flush
		idle    flush // publishes only frames whose time has come

		pause = h.cfg.Interval // from one flush to the next
	)
	for {
		select {
		case <-h.kick:
			changed = true
		default: // frames that are due do not delay changes
		}
		if h.board.Full() {
			h.commit(ctx, &f)
		}
		wait := time.Hour
		if h.noteNames(ctx); h.awaited.Load() > 0 {
			wait = h.cfg.Interval // a symbol may become known long before it has a quote
		}
		switch {
		case changed: // the flush publishes frames that are due, too: a frame that is flushed by itself costs twice as much as one among many
			wait = min(wait, pause-time.Since(last))
		case !due.IsZero():
			wait = min(wait, time.Until(due))
		}
		if wait > 0 {
			timer.Reset(wait)
			select {
			case <-ctx.Done():
				return
			case <-h.kick:
				changed = true
				continue
			case <-h.look:
				continue
			case <-timer.C:
			}
		}
		now := time.Now()
		current := &f
		switch {
		case changed && now.Sub(last) >= pause:
			changed, last = false, now
			h.commit(ctx, &f)
			f.encode(h.board)
		case !due.IsZero() && !due.After(now):
			current = &idle
			idle.From, idle.Seq, idle.Sources = f.Seq, f.Seq, h.board.SourceStates()
		default:
			continue
		}
		if !h.publish(ctx, current) {
			return
		}
		due = h.due()
		pause = h.cfg.Interval
		if h.arrivals.Swap(0) > manyArrivals {
			pause = max(pause, min(3*time.Since(now), pause*5/4))
		}
		h.metrics.flushed(len(current.Quotes), time.Since(now))
		current.Published()
	}
}

// commit commits what has been gathered. The next flush publishes it. Before a symbol's first quote is committed, the shards
// have noted who waits for it: no position that a client is sent then leaves the symbol out.
func (h *Hub) commit(ctx context.Context, f *flush) {
	for more := true; more; {
		more = h.board.Full() // or what comes meanwhile would be a flush of its own
		r := h.board.Take()
		if r == nil || !h.noteNames(ctx) {
			return
		}
		h.metrics.committed(h.board.Commit(r, &f.Changes))
	}
}

// noteNames has the shards note the symbols that the directory has newly, if somebody waits for a name. It returns false when
// ctx has ended. Whoever begins to wait is counted before it looks a name up, so none is missed.
func (h *Hub) noteNames(ctx context.Context) bool {
	from, to := h.noted, h.dir.Len()
	if h.noted = to; from == to || h.awaited.Load() == 0 {
		return true
	}
	return h.publish(ctx, &flush{names: &newNames{from, to}})
}

// publish has every shard publish a flush, and returns when all have. The next flush waits for the slowest shard, so a
// server with too much to do conflates more, rather than being late. It returns false when ctx has ended.
func (h *Hub) publish(ctx context.Context, f *flush) bool {
	now := instantOf(time.Now())
	for _, sh := range h.shards {
		sh.times.asked.Store(now)
	}
	for _, sh := range h.shards {
		select {
		case sh.flushes <- f:
		case <-ctx.Done():
			return false
		}
	}
	for range h.shards {
		select {
		case <-h.published:
		case <-ctx.Done():
			return false
		}
	}
	return true
}

// due is when the next frame is that waits for its time.
func (h *Hub) due() time.Time {
	var due time.Time
	for _, sh := range h.shards {
		if at := sh.times.due.Load(); at != 0 {
			if d := at.time(); due.IsZero() || d.Before(due) {
				due = d
			}
		}
	}
	return due
}
