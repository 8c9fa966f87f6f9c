package broadcast

import (
	"context"
	"iter"
	"slices"
	"time"

	"tickertape/broadcast/admission"
	"tickertape/broadcast/board"
	"tickertape/broadcast/history"
	"tickertape/broadcast/wire"
)

// Query is a request for GET /api/quotes that has been admitted and paid.
type Query struct {
	hub     *Hub
	place   *admission.Place
	visitor admission.Visitor
	plan    *plan
	polls   bool          // it is a long poll
	wait    time.Duration // of a long poll
	rate    float64       // updates a second; 0 is any
}

// admit plans and charges the request, and reserves the memory that it takes.
func (q *Query) admit(ctx context.Context, r *wire.Request) error {
	x, err := q.hub.planAndWait(ctx, q.visitor, r)
	if err != nil {
		return err
	}
	x.dropLists()
	q.plan = x
	return q.keep(x.memory())
}

// keep reserves memory of the server for the request.
func (q *Query) keep(n int64) error {
	if q.place.Reserve(n, false) {
		return nil
	}
	return q.hub.noMemoryFor(q.visitor)
}

// Done frees the request's place, when it has been answered.
func (q *Query) Done() { q.place.Leave() }

// refresh has the request ask for the names, too, that have become known.
func (q *Query) refresh() {
	if x := q.hub.refreshed(q.plan); x != q.plan {
		x.dropLists()
		q.plan = x
	}
}

// Cursor reads the quotes that the request asks for from the board: all of them, or those that changed after its
// position. It is as of the newest flush: a name that is unknown then has no quote up to it, so that the answer's position
// holds for it, too.
func (q *Query) Cursor() board.Cursor {
	at := q.hub.board.Seq()
	q.refresh()
	c := board.Cursor{List: q.plan.named.list, Fields: q.plan.fields, From: q.plan.since, Mode: board.Snapshot, Newest: true}
	c.Begun, c.At, c.Places = true, at, c.Len(q.hub.board.Size())
	if q.plan.resumed {
		c.Mode = board.Resumed
	}
	return c
}

// Resumed reports whether the request goes on from a position of this run of the server.
func (q *Query) Resumed() bool { return q.plan.resumed }

// Unknown are the names that are unknown, as a JSON list; nil where there are none.
func (q *Query) Unknown() []byte { return q.plan.unknown }

// Asks reports whether the request asks for bars or for trades.
func (q *Query) Asks(kind wire.Kind) bool {
	return slices.ContainsFunc(q.plan.series, func(one requested) bool { return one.kind() == kind })
}

// Series are those of the bars or trades that have changed after the request's position, each with the trades up to a flush,
// and with the bars as they are when they are read. A bar that has changed after the flush was there before, too: an answer
// without it would lack the newest one.
func (q *Query) Series(kind wire.Kind, at board.Seq) iter.Seq[*SeriesReader] {
	return func(yield func(*SeriesReader) bool) {
		for _, one := range q.plan.series {
			r := q.plan.reader(one)
			if one.kind() != kind || !q.hub.board.HasChanges(one.symbol(), &r) {
				continue
			}
			if r.At = at; !one.isTrades() {
				r.At = latest
			}
			if !yield(&SeriesReader{&q.hub.encoder, one.series, r, at}) {
				return
			}
		}
	}
}

// Sent counts the answer, of so many bytes.
func (q *Query) Sent(bytes int) {
	q.hub.metrics.messages[LongPoll].Inc()
	q.hub.metrics.bytes[LongPoll].Add(float64(bytes))
}

// SeriesReader reads what a client has not been sent of the bars or trades of a symbol.
type SeriesReader struct {
	encoder *encoder
	series  series
	reader  history.Reader
	at      board.Seq // the flush that the answer is of
}

// Append appends the next message, as a stream would have it. It reports whether there is any, and whether another may
// follow.
func (r *SeriesReader) Append(b []byte, now time.Time) (out []byte, any, more bool) {
	return r.encoder.appendAsOf(b, r.series, &r.reader, r.at, now)
}
