package broadcast

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/klauspost/compress/gzip"

	"tickertape/broadcast/admission"
	"tickertape/broadcast/history"
	"tickertape/feed/market"
)

// Bars serves GET /api/bars.
func (b *Board) Bars() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		visitor := b.door.Visitor(r)
		q, err := b.barsQueryOf(r)
		if err != nil {
			b.noteTooMany(visitor, err)
			badQuery(err).Write(w)
			return
		}
		place, refusal := b.door.Admit(visitor, admission.Answer, Cut(w))
		if refusal != nil {
			RefusalProblem(refusal).Write(w)
			return
		}
		defer place.Leave()
		named, err := b.barsWanted(r, visitor, &q)
		if err != nil {
			badQuery(err).Write(w)
			return
		}
		if !place.Keep(int64(12*len(named.list.ids)+echoed(named.unknown)), false) {
			b.refuseMemory(w, visitor)
			return
		}
		h := w.Header()
		h.Set("Content-Type", "application/json")
		h.Set("Cache-Control", "no-store")
		h.Add("Vary", "Accept-Encoding")
		if r.Method == http.MethodHead {
			return
		}
		a := barsAnswer{board: b, query: &q, ids: named.list.ids}
		if acceptsGzip(r.Header.Values("Accept-Encoding")) {
			h.Set("Content-Encoding", "gzip")
			a.gzip, _ = gzip.NewWriterLevel(&a.packed, gzip.StatelessCompression) // the level is one that there is; it keeps nothing for a slow reader
		}
		a.begin(named.unknown)
		for !a.done && b.door.Slice(r.Context(), a.fill) {
			if _, err := w.Write(a.take()); err != nil {
				return // a client that has gone needs no answer
			}
		}
	})
}

// barsQueryOf reads the query of a request.
func (b *Board) barsQueryOf(r *http.Request) (q barsQuery, err error) {
	if !b.door.Slice(r.Context(), func() {
		var v url.Values
		if v, err = values(r); err == nil {
			q, err = parseBarsQuery(v, &b.cfg)
		}
	}) {
		return q, r.Context().Err()
	}
	return q, err
}

// barsWanted finds the symbols whose bars are asked for, and pays for the answer.
func (b *Board) barsWanted(r *http.Request, visitor admission.Visitor, q *barsQuery) (named resolved, err error) {
	if q.symbol != "" {
		id, ok := b.dir.ID(q.symbol)
		if !ok {
			return named, Problem{Status: http.StatusNotFound, Code: "unknown_symbol", Detail: fmt.Sprintf("symbol: %.40q is unknown", q.symbol)}
		}
		named.list.ids = []market.SymbolID{id}
	} else {
		looking, ok := b.costOf(q.symbols, b.cfg.MaxSymbols)
		if !ok {
			return named, tooManyListed(b.cfg.MaxSymbols)
		}
		if refusal := b.door.Charge(r.Context(), visitor, looking); refusal != nil {
			return named, refusal
		}
		if !b.door.Slice(r.Context(), func() { named, err = b.resolve("symbols", q.symbols, b.cfg.MaxSymbols) }) {
			return named, r.Context().Err()
		}
		if err != nil {
			b.noteTooMany(visitor, err)
			return named, err
		}
	}
	if named.list.all {
		for id := range b.dir.Len() {
			named.list.ids = append(named.list.ids, market.SymbolID(id))
		}
	}
	cost, ok := b.costOfBars(r.Context(), named.list.ids, q)
	if !ok {
		return named, r.Context().Err()
	}
	if refusal := b.door.Charge(r.Context(), visitor, cost.Plus(admission.Echo(echoed(named.unknown)))); refusal != nil {
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
func (b *Board) costOfBars(ctx context.Context, ids []market.SymbolID, q *barsQuery) (admission.Cost, bool) {
	n := 0
	for some := range slices.Chunk(ids, symbolsAtOnce) {
		if !b.door.Slice(ctx, func() { n += b.store.countBars(some, q) }) {
			return admission.Cost{}, false
		}
	}
	return admission.Bars(n).Plus(admission.Names(len(ids), 0)), true
}

// countBars is how many bars of these symbols are asked for, at most.
func (s *store) countBars(ids []market.SymbolID, q *barsQuery) (n int) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, id := range ids {
		n += s.historyOf(id).CountRange(&q.bars)
	}
	return n
}

// barsAnswer is made in slices, so that no flush waits for it and no more than one is held for a slow reader. A
// bar that has changed since it began is told as it is then.
type barsAnswer struct {
	board  *Board
	query  *barsQuery
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
	if a.query.symbol != "" {
		return
	}
	s := a.board.store
	a.text = fmt.Appendf(a.text, `{"epoch":%q,"seq":%d,"time":%d,"interval":%q`, s.epoch, s.now(), micros(time.Now()), a.query.bars.Interval)
	if len(unknown) > 0 {
		a.text = appendMessage(append(a.text, `,"unknown":`...), unknown)
	}
	a.text = append(a.text, `,"series":[`...)
}

// fill makes the next slice.
func (a *barsAnswer) fill() {
	for len(a.text) < sliceBytes && !a.done {
		if a.at == len(a.ids) {
			if a.done = true; a.query.symbol == "" {
				a.text = append(a.text, "]}"...)
			}
			a.text = append(a.text, '\n')
			break
		}
		if !a.open {
			a.openSymbol()
		}
		if a.board.store.appendBars(a) {
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
	a.text = append(a.text, a.board.dir.Symbol(a.ids[a.at]).Symbol...)
	a.text = append(a.text, '"')
	if a.query.symbol != "" {
		a.text = append(a.text, `,"interval":"`...)
		a.text = append(a.text, a.query.bars.Interval.String()...)
		a.text = append(a.text, '"')
	}
	a.text = append(a.text, `,"bars":[`...)
}

// appendBars appends some bars of the symbol whose turn it is, and tells whether these were the last.
func (s *store) appendBars(a *barsAnswer) bool {
	var bars [barsAtOnce]history.Bar
	s.mu.RLock()
	n, next := s.historyOf(a.ids[a.at]).Select(&a.query.bars, a.next, bars[:])
	s.mu.RUnlock()
	for i := range n {
		if a.told {
			a.text = append(a.text, ',')
		}
		a.told = true
		a.text = appendBar(a.text, &bars[i], a.query.bars.Fields)
	}
	a.next = next
	return next == 0
}
