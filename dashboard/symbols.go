package dashboard

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"unicode/utf8"

	"tickertape/broadcast"
	"tickertape/broadcast/admission"
	"tickertape/broadcast/wire"
	"tickertape/feed/market"
)

type symbolRecord struct {
	Symbol   string `json:"symbol"`
	Name     string `json:"name"`
	Sector   string `json:"sector"`
	Currency string `json:"currency"`
	Decimals int    `json:"decimals"`
	Rounded  bool   `json:"rounded,omitempty"`
	Market   string `json:"market,omitempty"`
	Zone     string `json:"zone"` // of its market's hours, as an IANA name
}

const (
	defaultLimit = 20
	maxLimit     = 1000
	maxQuery     = 100 // bytes
	symbolSlice  = 64  // records that are written at a time, some 8 KiB
)

// symbols serves GET /api/symbols: a search by query, or the records of the named symbols.
type symbols struct {
	dir       *market.Directory
	zone      func(market string) string
	most      int // symbols that one request may name
	search    *search
	admission *admission.Admission
}

func (s *symbols) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v, err := parameters(r, wire.SymbolsParameters)
	if err != nil {
		problemOf(err).write(w)
		return
	}
	if v.Has("symbols") {
		for _, other := range []string{"query", "limit"} {
			if v.Has(other) {
				refuse(w, fmt.Sprintf("%s: %.40q is of a search, and symbols are named", other, v.Get(other)))
				return
			}
		}
		s.answerNamed(w, r, v["symbols"])
		return
	}
	limit := defaultLimit
	if v.Has("limit") {
		n, err := strconv.Atoi(v.Get("limit"))
		if err != nil || n < 1 || n > maxLimit {
			refuse(w, fmt.Sprintf("limit: %.40q is not between 1 and %d", v.Get("limit"), maxLimit))
			return
		}
		limit = n
	}
	query := v.Get("query")
	if len(query) > maxQuery || !utf8.ValidString(query) {
		refuse(w, fmt.Sprintf("query: %.40q is not UTF-8 text of at most %d bytes", query, maxQuery))
		return
	}
	place := s.admit(w, r, admission.Search(s.dir.Len()).Plus(admission.SymbolEntries(limit)))
	if place == nil {
		return
	}
	defer place.Leave()
	found, ok := s.search.find(r.Context(), query, limit)
	if !ok {
		return // nobody waits for an answer any more
	}
	s.write(w, r, len(found), func(i int) market.Symbol { return found[i] })
}

// answerNamed answers with the records of comma-separated symbols, "*" for all: each once, in the order of the
// directory. Names that are unknown are left out.
func (s *symbols) answerNamed(w http.ResponseWriter, r *http.Request, lists []string) {
	var ids []market.SymbolID
	n, everyone := 0, false
	find := func() {
		var names []string
		names, n = wire.SplitNames(lists, s.most)
		everyone = slices.Contains(names, "*")
		for _, name := range names {
			if id, ok := s.dir.ID(name); ok {
				ids = append(ids, id)
			}
		}
	}
	if !s.admission.Slice(r.Context(), find) {
		return
	}
	if n > s.most {
		s.admission.Refusals.Note(admission.ReasonSymbols, s.admission.Visitor(r).Addr)
		problemOf(&wire.Fault{Code: wire.TooManySymbols, Message: fmt.Sprintf("symbols: %d are more than the %d allowed", n, s.most)}).write(w)
		return
	}
	slices.Sort(ids)
	ids = slices.Compact(ids) // a symbol may have several names
	count, at := len(ids), func(i int) market.Symbol { return s.dir.Symbol(ids[i]) }
	if everyone {
		count, at = s.dir.Len(), func(i int) market.Symbol { return s.dir.Symbol(market.SymbolID(i)) }
	}
	place := s.admit(w, r, admission.SymbolEntries(count))
	if place == nil {
		return
	}
	defer place.Leave()
	s.write(w, r, count, at)
}

// admit reserves the place of an answer and charges its cost. It returns nil when it has refused the request.
func (s *symbols) admit(w http.ResponseWriter, r *http.Request, cost admission.Cost) *admission.Place {
	visitor := s.admission.Visitor(r)
	place, refusal := s.admission.Admit(visitor, admission.Answer, cut(w))
	if refusal == nil {
		if refusal = s.admission.Charge(r.Context(), visitor, cost); refusal == nil {
			return place
		}
		place.Leave()
	}
	problemOf(refusal).write(w)
	return nil
}

// write answers with n records, a slice at a time, so that a slow reader keeps no more than one of them.
func (s *symbols) write(w http.ResponseWriter, r *http.Request, n int, at func(int) market.Symbol) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	if r.Method == http.MethodHead {
		return
	}
	out := bytes.NewBufferString(`{"symbols":[`)
	encode := json.NewEncoder(out)
	for i := 0; i < n; {
		next := func() {
			for end := min(n, i+symbolSlice); i < end; i++ {
				if i > 0 {
					out.WriteByte(',')
				}
				x := at(i)
				encode.Encode(symbolRecord{x.Symbol, x.Name, x.Sector, x.Currency, x.Decimals, x.Rounded, x.Market, s.zone(x.Market)})
				out.Truncate(out.Len() - 1) // the line's end
			}
		}
		if !s.admission.Slice(r.Context(), next) {
			return
		}
		if _, err := w.Write(out.Bytes()); err != nil {
			return // a client that has gone needs no answer
		}
		out.Reset()
	}
	out.WriteString("]}\n")
	w.Write(out.Bytes())
}

func refuse(w http.ResponseWriter, detail string) {
	problemOf(&wire.Fault{Code: wire.BadRequest, Message: detail}).write(w)
}

type watchlistRecord struct {
	Name    string   `json:"name"`
	Symbols []string `json:"symbols"`
}

// watchlists serves GET /api/watchlists: the configured ones, the first of which a newcomer is shown.
func watchlists(lists []broadcast.Watchlist, adm *admission.Admission) http.Handler {
	answer := struct {
		Watchlists []watchlistRecord `json:"watchlists"`
		Default    string            `json:"default,omitempty"`
	}{Watchlists: []watchlistRecord{}}
	for i, l := range lists {
		if i == 0 {
			answer.Default = l.Name
		}
		answer.Watchlists = append(answer.Watchlists, watchlistRecord(l))
	}
	text, _ := json.Marshal(answer) // text always encodes
	text = append(text, '\n')
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if refusal := adm.Charge(r.Context(), adm.Visitor(r), admission.Asset(len(text))); refusal != nil {
			problemOf(refusal).write(w)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		w.Write(text) // a client that has gone needs no answer
	})
}
