package dashboard

import (
	"bytes"
	"fmt"
	"net/http"
	"time"

	"github.com/klauspost/compress/gzip"

	"tickertape/broadcast"
	"tickertape/broadcast/admission"
	"tickertape/broadcast/board"
	"tickertape/broadcast/history"
	"tickertape/broadcast/wire"
	"tickertape/feed/market"
)

// bars serves GET /api/bars. Package wire reads its parameters.
type bars struct {
	hub       *broadcast.Hub
	dir       *market.Directory
	admission *admission.Admission
}

func (s *bars) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx, visitor := r.Context(), s.admission.Visitor(r)
	query, err := s.hub.ParseBarsQuery(ctx, visitor, r.URL.RawQuery)
	if err != nil {
		problemOf(err).write(w)
		return
	}
	found, err := s.hub.Bars(ctx, visitor, &query, cut(w))
	if err != nil {
		problemOf(err).write(w)
		return
	}
	defer found.Done()
	head := w.Header()
	head.Set("Content-Type", "application/json")
	head.Set("Cache-Control", "no-store")
	head.Add("Vary", "Accept-Encoding")
	if r.Method == http.MethodHead {
		return
	}
	a := barsAnswer{board: s.hub.Board(), dir: s.dir, query: &query, ids: found.IDs}
	if acceptsGzip(r.Header.Values("Accept-Encoding")) {
		head.Set("Content-Encoding", "gzip")
		// The level is one that there is, and keeps nothing for a slow reader.
		a.gzip, _ = gzip.NewWriterLevel(&a.packed, gzip.StatelessCompression)
	}
	a.begin(found.Unknown)
	for !a.done && s.admission.Slice(ctx, a.fill) {
		if _, err := w.Write(a.made()); err != nil {
			return // a client that has gone needs no answer
		}
	}
}

// barsAnswer is made in slices, so that no flush waits for it, and the server keeps one slice at most for a slow reader. A
// bar that changes meanwhile is sent as it is then.
type barsAnswer struct {
	board  *board.Board
	dir    *market.Directory
	query  *wire.BarsQuery
	ids    []market.SymbolID
	text   []byte
	gzip   *gzip.Writer // nil where the client takes none
	packed bytes.Buffer // what it has compressed
	done   bool

	at   int    // the symbol that is being answered
	open bool   // its bars have begun
	some bool   // it has one already
	next uint32 // the first bar that is not in the answer yet; 0 at the beginning
}

// The length of a slice of an answer in bytes, and how many bars are copied out of the board at a time.
const (
	sliceBytes = 16 << 10
	barsAtOnce = 64
)

// begin makes the part before the bars.
func (a *barsAnswer) begin(unknown []string) {
	if a.query.Symbol != "" {
		return
	}
	a.text = fmt.Appendf(a.text, `{"epoch":%q,"seq":%d,"time":%d,"interval":%q`,
		a.board.Epoch(), a.board.Seq(), time.Now().UnixMicro(), a.query.Range.Interval)
	if len(unknown) > 0 {
		a.text = wire.AppendJSON(append(a.text, `,"unknown":`...), unknown)
	}
	a.text = append(a.text, `,"series":[`...)
}

// fill makes the next slice.
func (a *barsAnswer) fill() {
	for len(a.text) < sliceBytes && !a.done {
		if a.at == len(a.ids) {
			if a.done = true; a.query.Symbol == "" {
				a.text = append(a.text, "]}"...)
			}
			a.text = append(a.text, '\n')
			break
		}
		if !a.open {
			a.openSymbol()
		}
		if a.appendBars() {
			a.text = append(a.text, "]}"...)
			a.at, a.open = a.at+1, false
		}
	}
	if a.gzip != nil {
		a.gzip.Write(a.text) // a buffer takes everything
		if a.done {
			a.gzip.Close()
		}
		a.text = a.text[:0]
	}
}

// made is the slice, good until the next fill.
func (a *barsAnswer) made() []byte {
	if a.gzip == nil {
		text := a.text
		a.text = a.text[:0]
		return text
	}
	text := a.packed.Bytes()
	a.packed.Reset()
	return text
}

// openSymbol makes what stands before the bars of a symbol.
func (a *barsAnswer) openSymbol() {
	a.open, a.some, a.next = true, false, 0
	if a.at > 0 {
		a.text = append(a.text, ',')
	}
	a.text = append(a.text, `{"symbol":"`...)
	a.text = append(a.text, a.dir.Symbol(a.ids[a.at]).Symbol...)
	a.text = append(a.text, '"')
	if a.query.Symbol != "" {
		a.text = append(a.text, `,"interval":"`...)
		a.text = append(a.text, a.query.Range.Interval.String()...)
		a.text = append(a.text, '"')
	}
	a.text = append(a.text, `,"bars":[`...)
}

// appendBars appends some bars of the symbol, and reports whether they are the last.
func (a *barsAnswer) appendBars() bool {
	var bars [barsAtOnce]history.Bar
	n, next := a.board.SelectBars(a.ids[a.at], &a.query.Range, a.next, bars[:])
	for i := range n {
		if a.some {
			a.text = append(a.text, ',')
		}
		a.some = true
		a.text = wire.AppendBar(a.text, &bars[i], a.query.Range.Fields)
	}
	a.next = next
	return next == 0
}
