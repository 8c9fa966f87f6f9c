package relay

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"tickertape/feed/market"
)

// tradesKind is the kind of series that trades are. The others are bars, and have the names of their intervals.
const tradesKind = "trades"

// seriesState is how far bars and trades have been published, over all connections so far. One connection at a time uses it.
type seriesState struct {
	names     []string // static: what is followed; "*" alone is all
	intervals []string // static: of the bars that are wanted; nil is all
	epoch     string   // the run of the server that the positions are of
	// by kind, the name of an interval or trades: everything is there up to this position. A connection moves those of the
	// kinds alone that it has brought up to date.
	done    map[string]string
	has     map[string]map[market.SymbolID]bool
	spelled map[market.SymbolID]string // as the server spells it
	again   againQueue
	wanted  map[string]bool // names of those that have not come again yet
}

func newSeriesState(symbols, intervals []string) *seriesState {
	if slices.Contains(symbols, all) {
		symbols = []string{all}
	}
	return &seriesState{names: symbols, intervals: intervals, done: map[string]string{}, has: map[string]map[market.SymbolID]bool{},
		spelled: map[market.SymbolID]string{}, wanted: map[string]bool{}}
}

// againQueue has the symbols whose bars and trades are wanted again, each once. Any goroutine may add to it.
type againQueue struct {
	mu  sync.Mutex
	ids map[market.SymbolID]bool // guarded by mu; nil: none
}

func (q *againQueue) add(id market.SymbolID) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.ids == nil {
		q.ids = map[market.SymbolID]bool{}
	}
	q.ids[id] = true
}

// take removes all.
func (q *againQueue) take() map[market.SymbolID]bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	ids := q.ids
	q.ids = nil
	return ids
}

// wants reports whether bars of an interval are wanted.
func (s *seriesState) wants(interval string) bool {
	return s.intervals == nil || slices.Contains(s.intervals, interval)
}

// begin is for a connection to a run of the server. Nothing of another run counts.
func (s *seriesState) begin(epoch string) {
	if s.epoch != epoch {
		s.epoch = epoch
		clear(s.done)
	}
}

// seriesAsk is a request for bars of an interval, or for trades.
type seriesAsk struct {
	kind  string
	names []string
	since string
	first bool // of its kind: histories begin to come
	last  bool // of its kind: afterwards all symbols have come
	probe bool // of symbols that the server did not know before, or that are wanted again
}

// text is the request as a message.
func (a *seriesAsk) text(id int) string {
	text := `{"type":"subscribe","id":` + strconv.Itoa(id) + `,"relay":true,`
	if a.kind == tradesKind {
		text += `"trades":[`
	} else {
		text += `"interval":"` + a.kind + `","bars":[`
	}
	text += requests(a.names)[0] + "]"
	if a.since != "" {
		text += `,"since":"` + a.since + `"`
	}
	return text + "}"
}

// asksFor are the requests for some symbols, in the order in which they are made: long bars first, which show most and are few,
// then trades, and bars of seconds last.
func (s *seriesState) asksFor(kinds, names []string, probe bool) (asks []seriesAsk) {
	for _, kind := range kinds {
		a := seriesAsk{kind: kind, probe: probe}
		if !probe {
			a.since = s.done[kind]
		}
		at := len(asks)
		for some := range slices.Chunk(names, mostText/40) { // a name has 32 bytes at most, and three around it
			a.names = some
			asks = append(asks, a)
		}
		asks[at].first, asks[len(asks)-1].last = !probe, !probe
	}
	return asks
}

// kindsOf are the kinds of series that a server has, by its intervals.
func kindsOf(intervals []string) []string {
	length := func(kind string) time.Duration {
		if kind == tradesKind {
			return 10 * time.Second
		}
		if days, is := strings.CutSuffix(kind, "d"); is {
			n, _ := strconv.Atoi(days)
			return time.Duration(n) * 24 * time.Hour
		}
		d, _ := time.ParseDuration(kind)
		return d
	}
	kinds := append(slices.Clone(intervals), tradesKind)
	slices.SortStableFunc(kinds, func(a, b string) int { return int(length(b)/time.Second) - int(length(a)/time.Second) })
	return kinds
}

// isInterval is what the name of an interval looks like.
var isInterval = regexp.MustCompile(`^[1-9][0-9]{0,3}[smhd]$`)
