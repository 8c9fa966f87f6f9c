package broadcast

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"

	"tickertape/broadcast/admission"
	"tickertape/broadcast/history"
	"tickertape/broadcast/wire"
	"tickertape/feed/market"
)

// bars serves GET /api/bars.
func (h rest) bars() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		visitor := h.door.Visitor(r)
		q, err := h.barsQueryOf(r)
		if err != nil {
			h.noteTooMany(visitor, err)
			badQuery(err).Write(w)
			return
		}
		place, refusal := h.door.Admit(visitor, admission.Answer, Cut(w))
		if refusal != nil {
			RefusalProblem(refusal).Write(w)
			return
		}
		defer place.Leave()
		named, err := h.barsWanted(r, visitor, &q)
		if err != nil {
			badQuery(err).Write(w)
			return
		}
		if !place.Keep(int64(12*len(named.list.IDs)+echoed(named.unknown)), false) {
			h.refuseMemory(w, visitor)
			return
		}
		head := w.Header()
		head.Set("Content-Type", "application/json")
		head.Set("Cache-Control", "no-store")
		head.Add("Vary", "Accept-Encoding")
		if r.Method == http.MethodHead {
			return
		}
		a := barsAnswer{hub: h, query: &q, ids: named.list.IDs}
		if acceptsGzip(r.Header.Values("Accept-Encoding")) {
			head.Set("Content-Encoding", "gzip")
			// The level is one that there is, and keeps nothing for a slow reader.
			a.gzip, _ = gzip.NewWriterLevel(&a.packed, gzip.StatelessCompression)
		}
		a.begin(named.unknown)
		for !a.done && h.door.Slice(r.Context(), a.fill) {
			if _, err := w.Write(a.take()); err != nil {
				return // a client that has gone needs no answer
			}
		}
	})
}

// barsQueryOf reads the query of a request.
func (h rest) barsQueryOf(r *http.Request) (q wire.BarsQuery, err error) {
	if !h.door.Slice(r.Context(), func() {
		var v url.Values
		if v, err = wire.ParseValues(r.URL.RawQuery); err == nil {
			q, err = wire.ParseBarsQuery(v, h.limits())
		}
	}) {
		return q, r.Context().Err()
	}
	return q, err
}

// barsWanted finds the symbols whose bars are asked for, and pays for the answer.
func (h rest) barsWanted(r *http.Request, visitor admission.Visitor, q *wire.BarsQuery) (named resolved, err error) {
	if q.Symbol != "" {
		id, ok := h.dir.ID(q.Symbol)
		if !ok {
			return named, problemOf(wire.UnknownSymbol, fmt.Sprintf("symbol: %.40q is unknown", q.Symbol), 0)
		}
		named.list.IDs = []market.SymbolID{id}
	} else {
		looking, ok := h.costOf(q.Symbols, h.cfg.MaxSymbols)
		if !ok {
			return named, tooManyListed(h.cfg.MaxSymbols)
		}
		if refusal := h.door.Charge(r.Context(), visitor, looking); refusal != nil {
			return named, refusal
		}
		if !h.door.Slice(r.Context(), func() { named, err = h.resolve("symbols", q.Symbols, h.cfg.MaxSymbols) }) {
			return named, r.Context().Err()
		}
		if err != nil {
			h.noteTooMany(visitor, err)
			return named, err
		}
	}
	if named.list.All {
		for id := range h.dir.Len() {
			named.list.IDs = append(named.list.IDs, market.SymbolID(id))
		}
	}
	cost, ok := h.costOfBars(r.Context(), named.list.IDs, q)
	if !ok {
		return named, r.Context().Err()
	}
	if refusal := h.door.Charge(r.Context(), visitor, cost.Plus(admission.Echo(echoed(named.unknown)))); refusal != nil {
		return named, refusal
	}
	return named, nil
}

// echoed is how many bytes of an answer names take that a client sent, at most: each byte may need six.
func echoed(names []string) (n int) {
	for _, name := range names {
		n += 6*len(name) + len(`"",`)
	}
	return n
}

// symbolsAtOnce is of how many symbols the bars are counted at a time.
const symbolsAtOnce = 64

// costOfBars is what the bars of these symbols cost at most. They are counted in slices: with a limit, that goes back
// over as many bars as are told. It returns false when ctx has ended.
func (h rest) costOfBars(ctx context.Context, ids []market.SymbolID, q *wire.BarsQuery) (admission.Cost, bool) {
	n := 0
	for some := range slices.Chunk(ids, symbolsAtOnce) {
		if !h.door.Slice(ctx, func() { n += h.board.CountBars(some, &q.Range) }) {
			return admission.Cost{}, false
		}
	}
	return admission.Bars(n).Plus(admission.Names(len(ids), 0)), true
}

// barsAnswer is made in slices, so that no flush waits for it and no more than one is held for a slow reader. A
// bar that has changed since it began is told as it is then.
type barsAnswer struct {
	hub    rest
	query  *wire.BarsQuery
	ids    []market.SymbolID
	text   []byte
	gzip   *gzip.Writer // nil where the client takes none
	packed bytes.Buffer // what it has compressed
	done   bool

	at   int    // the symbol whose turn it is
	open bool   // its bars have begun
	told bool   // one of them has been told
	next uint32 // no bar before has to be told; 0 at the beginning
}

// sliceBytes is how long a slice of an answer is.
const sliceBytes = 16 << 10

// begin makes the part before the bars.
func (a *barsAnswer) begin(unknown []string) {
	if a.query.Symbol != "" {
		return
	}
	board := a.hub.board
	a.text = fmt.Appendf(a.text, `{"epoch":%q,"seq":%d,"time":%d,"interval":%q`,
		board.Epoch(), board.Seq(), time.Now().UnixMicro(), a.query.Range.Interval)
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

// take is what has been made, good until the next fill.
func (a *barsAnswer) take() []byte {
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
	a.open, a.told, a.next = true, false, 0
	if a.at > 0 {
		a.text = append(a.text, ',')
	}
	a.text = append(a.text, `{"symbol":"`...)
	a.text = append(a.text, a.hub.dir.Symbol(a.ids[a.at]).Symbol...)
	a.text = append(a.text, '"')
	if a.query.Symbol != "" {
		a.text = append(a.text, `,"interval":"`...)
		a.text = append(a.text, a.query.Range.Interval.String()...)
		a.text = append(a.text, '"')
	}
	a.text = append(a.text, `,"bars":[`...)
}

// appendBars appends some bars of the symbol whose turn it is, and tells whether these were the last.
func (a *barsAnswer) appendBars() bool {
	var bars [barsAtOnce]history.Bar
	n, next := a.hub.board.SelectBars(a.ids[a.at], &a.query.Range, a.next, bars[:])
	for i := range n {
		if a.told {
			a.text = append(a.text, ',')
		}
		a.told = true
		a.text = wire.AppendBar(a.text, &bars[i], a.query.Range.Fields)
	}
	a.next = next
	return next == 0
}

// LongAccept is how many bytes a client may say of the forms and codings that it takes. Of more none is looked at: to
// parse them would cost more than the answer.
const LongAccept = 1 << 10

// acceptsGzip tells whether an answer may be compressed (RFC 9110, section 12.5.3).
func acceptsGzip(headers []string) bool {
	all := strings.Join(headers, ",")
	return len(all) <= LongAccept && slices.ContainsFunc(strings.Split(all, ","), func(offer string) bool {
		coding, q, _ := strings.Cut(strings.ReplaceAll(offer, " ", ""), ";")
		refused := q != "" && strings.Trim(strings.TrimPrefix(q, "q="), "0.") == "" // of weight 0
		return strings.EqualFold(coding, "gzip") && !refused
	})
}
