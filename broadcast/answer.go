package broadcast

import (
	"fmt"
	"net/http"
	"time"

	"tickertape/broadcast/board"
	"tickertape/broadcast/wire"
)

// answerAtOnce is how many quotes an answer takes from the board at a time: those are of one flush.
const answerAtOnce = 256

// quotesAnswer is an answer that is made in slices, so that it holds no more than one for a slow reader: a quote that
// changes meanwhile is told as it is then.
type quotesAnswer struct {
	hub    rest
	want   *want
	cursor board.Cursor
	picked []board.Picked
	seq    board.Seq // of the first slice
	told   int
	text   []byte
}

// answerQuotes answers with the newest quotes, of those that changed after since, and what is new of series.
func (h rest) answerQuotes(w http.ResponseWriter, r *http.Request, q *wire.Request, want *want) {
	a := quotesAnswer{hub: h, want: want}
	a.cursor = board.Cursor{List: want.named.list, Fields: want.fields, From: want.since, Mode: board.Snapshot, Newest: true}
	if want.resumed {
		a.cursor.Mode = board.Resumed
	}
	slice := func(work func()) bool { return h.door.Slice(r.Context(), work) }
	if !slice(a.begin) {
		return // nobody waits for an answer any more
	}
	head := w.Header()
	etag := `"` + board.Position{Epoch: h.board.Epoch(), Seq: a.seq}.String() + `"`
	head.Set("ETag", etag)
	head.Set("Cache-Control", "no-cache")
	if q.Since == "" && matches(r.Header.Get("If-None-Match"), etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	head.Set("Content-Type", "application/json")
	if r.Method == http.MethodHead {
		return
	}
	sent := 0
	write := func(text []byte) bool {
		n, err := w.Write(text)
		sent += n
		return err == nil // a client that has gone needs no answer
	}
	defer func() {
		h.metrics.messages[transportPoll].Inc()
		h.metrics.bytes[transportPoll].Add(float64(sent))
	}()
	for !a.cursor.Over() {
		if !write(a.text) || !slice(a.fill) {
			return
		}
	}
	a.text = append(a.text, ']')
	a.answerSeries(write, slice)
}

// begin makes the first slice.
func (a *quotesAnswer) begin() {
	a.picked = make([]board.Picked, min(answerAtOnce, a.want.named.list.Len(a.hub.board.Size())))
	n := a.hub.board.Read(&a.cursor, a.picked)
	a.seq = a.cursor.At
	sources := a.cursor.Sources
	a.text = fmt.Appendf(a.text, `{"epoch":%q,"seq":%d,"time":%d,"source":%q,"simulated":%t,"status":%q`,
		a.hub.board.Epoch(), a.seq, time.Now().UnixMicro(), sources.Names(), sources.Simulated, sources.State)
	a.text = wire.AppendJSON(append(a.text, `,"sources":`...), statuses(sources))
	if a.want.resumed {
		a.text = append(a.text, `,"resumed":true`...)
	}
	if a.want.unknown != nil {
		a.text = append(append(a.text, `,"unknown":`...), a.want.unknown...)
	}
	a.text = append(a.text, `,"quotes":[`...)
	a.encode(n)
}

// fill makes the next slice.
func (a *quotesAnswer) fill() {
	a.text = a.text[:0]
	a.encode(a.hub.board.Read(&a.cursor, a.picked))
}

func (a *quotesAnswer) encode(n int) {
	for i := range n {
		if a.told++; a.told > 1 {
			a.text = append(a.text, ',')
		}
		x := &a.picked[i]
		a.text = wire.AppendQuote(a.text, x.Symbol, &x.Quote, x.Fields)
	}
}

// Cut returns a function that ends the writing of an answer.
func Cut(w http.ResponseWriter) func() {
	control := http.NewResponseController(w)
	return func() { control.SetWriteDeadline(time.Unix(1, 0)) } // without deadlines, the least rate ends it
}

// answerSeries writes the rest of an answer: of all series what is new up to a flush, as the messages that a stream
// would have. They are made one by one, so that no more than one is kept for a slow reader; what
// changes meanwhile is left to the next answer.
func (a *quotesAnswer) answerSeries(write func([]byte) bool, slice func(func()) bool) {
	now := time.Now()
	var message []byte
	for _, kind := range [...]wire.Kind{wire.BarsOf, wire.TradesOf} {
		followed, told := false, false
		for _, x := range a.want.series {
			if x.kind() != kind {
				continue
			}
			if !followed {
				a.text = append(a.text, `,"`+string(kind)+`":[`...)
				followed = true
			}
			r := a.want.reader(x)
			if !a.hub.board.HasChanges(x.symbol(), &r) {
				continue
			}
			r.At = a.seq
			for more := true; more; {
				var any bool
				if !slice(func() { message, any, more = a.hub.encoder.appendSeries(message[:0], x.series, &r, now) }) {
					return
				}
				if !any {
					continue
				}
				if told {
					a.text = append(a.text, ',')
				}
				told = true
				if !write(a.text) || !write(message) {
					return
				}
				a.text = a.text[:0]
			}
		}
		if followed {
			a.text = append(a.text, ']')
		}
	}
	write(append(a.text, "}\n"...))
}

// statuses are the states of the sources.
func statuses(s *board.SourceStates) []wire.Status {
	var all []wire.Status
	for i := range s.Sources {
		all = append(all, statusOf(&s.Sources[i], ""))
	}
	return all
}

func statusOf(x *board.Source, kind string) wire.Status {
	return wire.Status{Type: kind, Source: x.Source, Status: x.State.String(), Since: x.Since, Message: x.Message, Simulated: x.Simulated}
}
