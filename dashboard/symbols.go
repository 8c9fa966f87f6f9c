package dashboard

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"tickertape/broadcast"
	"tickertape/feed"
	"tickertape/feed/calendar"
)

type symbolRecord struct {
	Symbol   string `json:"symbol"`
	Name     string `json:"name"`
	Sector   string `json:"sector"`
	Currency string `json:"currency"`
	Decimals int    `json:"decimals"`
	Market   string `json:"market,omitempty"`
	Zone     string `json:"zone"` // of its market's hours, as an IANA name
}

const (
	defaultLimit = 20
	maxLimit     = 1000
	maxQuery     = 100 // bytes
)

// symbols serves GET /api/symbols: a search by query, or the records of the named symbols.
func symbols(dir *feed.Directory, hours *calendar.Calendar) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := r.URL.Query()
		var found []feed.Symbol
		if v.Has("symbols") {
			found = named(dir, v["symbols"])
		} else {
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
			found = search(dir.All(), query, limit)
		}
		records := make([]symbolRecord, 0, len(found))
		for _, s := range found {
			records = append(records, symbolRecord{s.Symbol, s.Name, s.Sector, s.Currency, s.Decimals, s.Market, zoneOf(hours, s.Market)})
		}
		writeJSON(w, http.StatusOK, map[string]any{"symbols": records})
	})
}

func zoneOf(hours *calendar.Calendar, market string) string {
	m, _ := hours.Market(market)
	return m.Zone().String()
}

func refuse(w http.ResponseWriter, detail string) {
	broadcast.Problem{Status: http.StatusBadRequest, Code: "bad_request", Detail: detail}.Write(w)
}

// named are the records of comma-separated symbols, "*" for all; names that are unknown are left out.
func named(dir *feed.Directory, lists []string) []feed.Symbol {
	var found []feed.Symbol
	for _, list := range lists {
		for name := range strings.SplitSeq(list, ",") {
			name = strings.TrimSpace(name)
			if name == "*" {
				return dir.All()
			}
			if id, ok := dir.ID(name); ok {
				found = append(found, dir.Symbol(id))
			}
		}
	}
	return found
}

// search ranks by how a symbol or name matches: the symbol itself, its beginning, the beginning of the
// name, of a word in it, anywhere in the symbol, anywhere in the name. An empty query matches all.
func search(all []feed.Symbol, query string, limit int) []feed.Symbol {
	query = strings.ToLower(strings.TrimSpace(query))
	type hit struct {
		rank  int
		index int
	}
	var hits []hit
	for i, s := range all {
		if rank := match(s, query); rank > 0 {
			hits = append(hits, hit{rank, i})
		}
	}
	slices.SortFunc(hits, func(a, b hit) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(len(all[a.index].Symbol), len(all[b.index].Symbol)),
			cmp.Compare(all[a.index].Symbol, all[b.index].Symbol))
	})
	found := make([]feed.Symbol, 0, min(limit, len(hits)))
	for _, h := range hits[:min(limit, len(hits))] {
		found = append(found, all[h.index])
	}
	return found
}

// match is the rank of a match, 1 the best, 0 none. The query is in lower case.
func match(s feed.Symbol, query string) int {
	symbol, name := strings.ToLower(s.Symbol), strings.ToLower(s.Name)
	switch {
	case symbol == query:
		return 1
	case strings.HasPrefix(symbol, query):
		return 2
	case strings.HasPrefix(name, query):
		return 3
	case wordBegins(name, query):
		return 4
	case strings.Contains(symbol, query):
		return 5
	case strings.Contains(name, query):
		return 6
	}
	return 0
}

func wordBegins(name, query string) bool {
	for at := 0; ; {
		i := strings.Index(name[at:], query)
		if i < 0 {
			return false
		}
		at += i
		if before, _ := utf8.DecodeLastRuneInString(name[:at]); !unicode.IsLetter(before) && !unicode.IsDigit(before) {
			return true
		}
		_, size := utf8.DecodeRuneInString(name[at:])
		at += max(size, 1)
	}
}

type watchlistRecord struct {
	Name    string   `json:"name"`
	Symbols []string `json:"symbols"`
}

// watchlists serves GET /api/watchlists: the configured ones, the first of which a newcomer is shown.
func watchlists(lists []broadcast.Watchlist) http.Handler {
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
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { writeJSON(w, http.StatusOK, answer) })
}
