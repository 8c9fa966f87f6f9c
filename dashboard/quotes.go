package dashboard

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"tickertape/broadcast"
	"tickertape/broadcast/admission"
	"tickertape/broadcast/board"
	"tickertape/broadcast/wire"
)

// quotes serves GET /api/quotes: the newest quotes at once or, with since and wait, as a long poll: when something that
// the request asks for has changed.
type quotes struct {
	hub       *broadcast.Hub
	admission *admission.Admission
}

func (s *quotes) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx, visitor := r.Context(), s.admission.Visitor(r)
	asked, err := plainQuery(ctx, s.hub, visitor, r.URL.RawQuery)
	if err != nil {
		problemOf(err).write(w)
		return
	}
	tagged := asked.Since == ""
	query, err := s.hub.Query(ctx, visitor, &asked, cut(w))
	if err != nil {
		problemOf(err).write(w)
		return
	}
	defer query.Done()
	asked = wire.Request{} // its names are not needed any more, and a poll may last
	changed, err := query.Wait(ctx)
	switch {
	case ctx.Err() != nil && err != nil:
		// nobody waits for an answer any more
	case err != nil:
		problemOf(err).write(w)
	case !changed:
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(http.StatusNoContent)
	default:
		a := quotesAnswer{board: s.hub.Board(), admission: s.admission, query: query}
		a.write(ctx, w, r, tagged)
	}
}

// quotesAtOnce is how many quotes an answer reads from the board at a time: those are of one flush.
const quotesAtOnce = 256

// quotesAnswer is an answer that is made in slices, so that the server keeps one slice at most for a slow reader. A quote
// that changes meanwhile is sent as it is then.
type quotesAnswer struct {
	board     *board.Board
	admission *admission.Admission
	query     *broadcast.Query
	cursor    board.Cursor
	picked    []board.Picked
	seq       board.Seq // of the first slice
	count     int       // quotes that the answer has
	text      []byte    // not written yet
	message   []byte    // about bars or trades, that is written after text
	sent      int       // bytes
}

// write writes the answer: the newest quotes, or those that have changed after since, and what is new of bars and
// trades. With tagged, the client may have the answer already, and names it in If-None-Match.
func (a *quotesAnswer) write(ctx context.Context, w http.ResponseWriter, r *http.Request, tagged bool) {
	if !a.admission.Slice(ctx, a.begin) {
		return // nobody waits for an answer any more
	}
	head := w.Header()
	etag := `"` + board.Position{Epoch: a.board.Epoch(), Seq: a.seq}.String() + `"`
	head.Set("ETag", etag)
	head.Set("Cache-Control", "no-cache")
	if tagged && hasTag(r.Header.Get("If-None-Match"), etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	head.Set("Content-Type", "application/json")
	if r.Method == http.MethodHead {
		return
	}
	defer func() { a.query.Sent(a.sent) }()
	for !a.cursor.Over() {
		if !a.flush(w) || !a.admission.Slice(ctx, a.fill) {
			return
		}
	}
	a.text = append(a.text, ']')
	now := time.Now()
	for _, kind := range [...]wire.Kind{wire.BarsOf, wire.TradesOf} {
		if a.query.Asks(kind) && !a.writeSeries(ctx, w, kind, now) {
			return
		}
	}
	a.text = append(a.text, "}\n"...)
	a.flush(w)
}

// flush writes what has been made, and reports whether the client is still there.
func (a *quotesAnswer) flush(w http.ResponseWriter) bool {
	ok := a.send(w, a.text)
	a.text = a.text[:0]
	return ok
}

func (a *quotesAnswer) send(w http.ResponseWriter, text []byte) bool {
	n, err := w.Write(text)
	a.sent += n
	return err == nil // a client that has gone needs no answer
}

// begin makes the first slice.
func (a *quotesAnswer) begin() {
	a.cursor = a.query.Cursor()
	a.picked = make([]board.Picked, min(quotesAtOnce, a.cursor.List.Len(a.board.Size())))
	n := a.board.Read(&a.cursor, a.picked)
	a.seq = a.cursor.At
	sources := a.cursor.Sources
	a.text = fmt.Appendf(a.text, `{"epoch":%q,"seq":%d,"time":%d,"source":%q,"simulated":%t,"replayed":%t,"status":%q`,
		a.board.Epoch(), a.seq, time.Now().UnixMicro(), sources.Names(), sources.Simulated, sources.Replayed, sources.State)
	a.text = wire.AppendJSON(append(a.text, `,"sources":`...), wire.Statuses(sources))
	if a.query.Resumed() {
		a.text = append(a.text, `,"resumed":true`...)
	}
	if unknown := a.query.Unknown(); unknown != nil {
		a.text = append(append(a.text, `,"unknown":`...), unknown...)
	}
	a.text = append(a.text, `,"quotes":[`...)
	a.encode(n)
}

// fill makes the next slice.
func (a *quotesAnswer) fill() { a.encode(a.board.Read(&a.cursor, a.picked)) }

// encode appends the first n of the quotes that were read.
func (a *quotesAnswer) encode(n int) {
	for i := range n {
		if a.count++; a.count > 1 {
			a.text = append(a.text, ',')
		}
		x := &a.picked[i]
		a.text = wire.AppendQuote(a.text, x.Symbol, &x.Quote, x.Fields)
	}
}

// writeSeries writes what is new of all bars, or all trades up to the flush of the first slice: the messages that a stream
// would have. They are made one by one, so that the server keeps one at most for a slow reader. A bar that changes meanwhile
// is sent as it is then, and a trade that comes is left to the next answer.
func (a *quotesAnswer) writeSeries(ctx context.Context, w http.ResponseWriter, kind wire.Kind, now time.Time) bool {
	a.text = append(a.text, `,"`+string(kind)+`":[`...)
	first := true
	for reader := range a.query.Series(kind, a.seq) {
		for more := true; more; {
			var any bool
			if !a.admission.Slice(ctx, func() { a.message, any, more = reader.Append(a.message[:0], now) }) {
				return false
			}
			if !any {
				continue
			}
			if !first {
				a.text = append(a.text, ',')
			}
			first = false
			if !a.flush(w) || !a.send(w, a.message) {
				return false
			}
		}
	}
	a.text = append(a.text, ']')
	return true
}
