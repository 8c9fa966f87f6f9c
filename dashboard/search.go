package dashboard

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"tickertape/broadcast/admission"
	"tickertape/broadcast/board"
	"tickertape/feed/market"
)

const (
	searchSlice = 500 // symbols that are compared in a slice, about 0.1 ms
	searchWords = 8   // words of a query that count: each costs a look at every symbol

	// searchWithin is how many bytes a word of several must have to be found within another one: almost every name has an "a".
	searchWithin = 3
)

// search finds symbols as PROTOCOL.md says in "Search": the best matches first, of two alike the one that is traded more.
type search struct {
	dir       *market.Directory
	board     *board.Board
	admission *admission.Admission
}

// hit is a symbol that a search has found.
type hit struct {
	id     market.SymbolID
	symbol string
	match  match
	begins bool // the symbol begins with the query
	traded market.Turnover
}

// compare puts the better hit first.
func (h *hit) compare(o *hit) int {
	begins := func(h *hit) int {
		if h.begins {
			return 0
		}
		return 1
	}
	return cmp.Or(cmp.Compare(h.match, o.match), o.traded.Compare(h.traded), cmp.Compare(begins(h), begins(o)),
		cmp.Compare(len(h.symbol), len(o.symbol)), cmp.Compare(h.symbol, o.symbol))
}

// find returns the best hits, at most limit. It is false when nobody waits for them any more.
func (s *search) find(ctx context.Context, text string, limit int) (found []market.Symbol, ok bool) {
	q := newQuery(text)
	var best []hit
	for from, n := 0, s.dir.Len(); from < n; from += searchSlice {
		look := func() {
			best = s.add(best, &q, from, min(n, from+searchSlice))
			if from+searchSlice < n && len(best) < 2*max(limit, searchSlice) {
				return
			}
			slices.SortFunc(best, func(a, b hit) int { return a.compare(&b) })
			best = best[:min(len(best), limit)]
		}
		if !s.admission.Slice(ctx, look) {
			return nil, false
		}
	}
	for i := range best {
		found = append(found, s.dir.Symbol(best[i].id))
	}
	return found, true
}

// add appends the hits among the ids from from up to and without to.
func (s *search) add(hits []hit, q *query, from, to int) []hit {
	known := len(hits)
	for id := from; id < to; id++ {
		x := s.dir.Symbol(market.SymbolID(id))
		if m, begins := q.match(&x); m != matchNone {
			hits = append(hits, hit{id: market.SymbolID(id), symbol: x.Symbol, match: m, begins: begins})
		}
	}
	fresh := hits[known:]
	ids, traded := make([]market.SymbolID, len(fresh)), make([]market.Turnover, len(fresh))
	for i := range fresh {
		ids[i] = fresh[i].id
	}
	s.board.Turnovers(ids, traded)
	for i := range fresh {
		fresh[i].traded = traded[i]
	}
	return hits
}

// match is how well a symbol matches a query, the best first: the ranks of PROTOCOL.md, "Search".
type match int

const (
	matchExact  match = iota // the symbol is the query
	matchStarts              // the symbol or the name begins with the query
	matchBegins              // the name has the query at the start of a word, or symbol and name have each of its words there
	matchWithin              // symbol or name has the query anywhere, or they and the sector have each of its words
	matchNone
)

// query is a text that is searched for. Its buffers are used for one symbol after another.
type query struct {
	raw   string // in lower case; only where it has neither letters nor digits
	whole []byte // folded, without what is between words
	words [][]byte

	symbol, name, sector folded
}

func newQuery(text string) query {
	var f folded
	f.fold(text)
	q := query{whole: f.text}
	if len(f.text) == 0 {
		q.raw = strings.ToLower(strings.TrimSpace(text))
	}
	for i, start := range f.starts[:min(len(f.starts), searchWords)] {
		end := len(f.text)
		if i+1 < len(f.starts) {
			end = f.starts[i+1]
		}
		if word := f.text[start:end]; !slices.ContainsFunc(q.words, func(w []byte) bool { return bytes.Equal(w, word) }) {
			q.words = append(q.words, word)
		}
	}
	return q
}

// match compares a symbol with the query, and says whether the symbol itself begins with it. An empty query matches all.
func (q *query) match(s *market.Symbol) (m match, begins bool) {
	if len(q.whole) == 0 {
		switch {
		case q.raw == "":
			return matchStarts, false
		case strings.Contains(strings.ToLower(s.Symbol), q.raw) || strings.Contains(strings.ToLower(s.Name), q.raw):
			return matchWithin, false
		}
		return matchNone, false
	}
	q.symbol.fold(s.Symbol)
	q.name.fold(s.Name)
	if bytes.HasPrefix(q.symbol.text, q.whole) {
		if len(q.symbol.text) == len(q.whole) {
			return matchExact, true
		}
		return matchStarts, true
	}
	if bytes.HasPrefix(q.name.text, q.whole) {
		return matchStarts, false
	}
	if q.name.begins(q.whole) || q.all(func(word []byte) bool { return q.symbol.begins(word) || q.name.begins(word) }) {
		return matchBegins, false
	}
	q.sector.fold(s.Sector)
	has := func(text []byte) bool {
		return bytes.Contains(q.symbol.text, text) || bytes.Contains(q.name.text, text)
	}
	within := func(word []byte) bool {
		return q.symbol.begins(word) || q.name.begins(word) || q.sector.begins(word) || len(word) >= searchWithin && has(word)
	}
	if has(q.whole) || q.all(within) {
		return matchWithin, false
	}
	return matchNone, false
}

// all reports whether every word of the query does.
func (q *query) all(does func(word []byte) bool) bool {
	for _, word := range q.words {
		if !does(word) {
			return false
		}
	}
	return true
}

// folded is a text as a search compares it: its letters and digits in lower case without accents, and where its words start.
type folded struct {
	text   []byte
	starts []int
}

// fold takes a text in place of the one before.
func (f *folded) fold(s string) {
	f.text, f.starts = f.text[:0], f.starts[:0]
	between := true // words
	for i := range len(s) {
		c := s[i]
		switch {
		case 'A' <= c && c <= 'Z':
			c += 'a' - 'A'
		case 'a' <= c && c <= 'z' || '0' <= c && c <= '9':
		case c < utf8.RuneSelf:
			between = true
			continue
		default:
			f.foldRunes(s)
			return
		}
		if between {
			f.starts, between = append(f.starts, len(f.text)), false
		}
		f.text = append(f.text, c)
	}
}

// foldRunes is fold for texts that are not ASCII alone.
func (f *folded) foldRunes(s string) {
	f.text, f.starts = f.text[:0], f.starts[:0]
	between := true
	for _, r := range norm.NFKD.String(s) {
		switch {
		case unicode.Is(unicode.Mn, r):
			continue // an accent
		case !unicode.IsLetter(r) && !unicode.IsNumber(r):
			between = true
			continue
		}
		if between {
			f.starts, between = append(f.starts, len(f.text)), false
		}
		if r = unicode.ToLower(r); r == 'ς' {
			r = 'σ' // it is written so at the end of a word
		}
		f.text = utf8.AppendRune(f.text, r)
	}
}

// begins reports whether the text has the prefix from the start of one of its words on.
func (f *folded) begins(prefix []byte) bool {
	for _, start := range f.starts {
		if bytes.HasPrefix(f.text[start:], prefix) {
			return true
		}
	}
	return false
}
