package bench

import (
	"encoding/json"
	"math/rand/v2"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// ask is what a subscriber asks for.
type ask struct {
	symbols []string // whose quotes, or "*" alone; none: no quotes
	bars    []string // whose bars of a minute
	trades  []string // whose trades
	rate    float64  // 0 is every flush
	fields  []string // none is all
	since   string   // a position, "" without
}

const (
	// longQuery is where a WebSocket's symbols go into messages instead of the address, which proxies limit.
	longQuery = 2 << 10

	// longMessage is where they go into several messages: a server takes 64 KiB of one by default.
	longMessage = 32 << 10
)

// query is all of it as the query of a URL.
func (a ask) query() string {
	return strings.Join(slices.Concat(parameter("symbols", a.symbols), a.series(), a.settings()), "&")
}

// series are the parameters of bars and trades.
func (a ask) series() []string {
	bars := parameter("bars", a.bars)
	if len(bars) > 0 {
		bars = append(bars, "interval=1m")
	}
	return append(bars, parameter("trades", a.trades)...)
}

// settings are the parameters that name no symbols.
func (a ask) settings() (all []string) {
	if a.rate != 0 {
		all = append(all, "rate="+strconv.FormatFloat(a.rate, 'f', -1, 64))
	}
	if len(a.fields) > 0 {
		all = append(all, "fields="+url.QueryEscape(strings.Join(a.fields, ",")))
	}
	if a.since != "" {
		all = append(all, "since="+url.QueryEscape(a.since))
	}
	return all
}

// parameter is a list of names as a parameter; none without any.
func parameter(key string, names []string) []string {
	if len(names) == 0 {
		return nil
	}
	escaped := make([]string, len(names))
	for i, n := range names {
		escaped[i] = url.QueryEscape(n)
	}
	return []string{key + "=" + strings.Join(escaped, ",")}
}

// states are how many whole states the answer begins with, when the symbols are asked for by so many messages: a snapshot
// of quotes for each, and a history of each series.
func (a ask) states(messages int) int {
	n := len(a.bars) + len(a.trades)
	if len(a.symbols) > 0 {
		n += max(1, messages)
	}
	return n
}

// messages are all of it but bars and trades as subscribe messages, each answered with a snapshot.
func (a ask) messages() [][]byte {
	type subscribe struct {
		Type    string   `json:"type"`
		ID      int      `json:"id"`
		Symbols []string `json:"symbols"`
		Rate    float64  `json:"rate,omitempty"`
		Fields  []string `json:"fields,omitempty"`
		Since   string   `json:"since,omitempty"`
	}
	var all [][]byte
	for rest := a.symbols; len(rest) > 0; {
		n, size := 0, 0
		for n < len(rest) && (n == 0 || size+len(rest[n])+3 <= longMessage) {
			size += len(rest[n]) + 3
			n++
		}
		m := subscribe{Type: "subscribe", ID: len(all) + 1, Symbols: rest[:n], Since: a.since}
		if len(all) == 0 { // fields said again would be answered with everything
			m.Rate, m.Fields = a.rate, a.fields
		}
		b, err := json.Marshal(m)
		if err != nil {
			panic(err) // there is nothing in it that JSON cannot say
		}
		all = append(all, b)
		rest = rest[n:]
	}
	return all
}

// watchlists says whom each subscriber follows.
type watchlists struct {
	all      []string // the server's symbols
	personal bool
	seed     uint64
}

// of is whose quotes subscriber i follows, n of the symbols, the same each time; "*" where n is 0 or as many as there are.
func (w watchlists) of(i, n int) []string {
	if n == 0 || n >= len(w.all) {
		return []string{"*"}
	}
	return w.some(i, n)
}

// some are n symbols of subscriber i, or all if there are no more, the same each time. Those that are shared are the
// first that the server names, which in the simulated market are the busiest.
func (w watchlists) some(i, n int) []string {
	if n = min(n, len(w.all)); !w.personal || n == len(w.all) {
		return w.all[:n]
	}
	// Floyd's sample: as many draws as symbols, whatever the size of the market.
	random := rand.New(rand.NewPCG(w.seed, uint64(i)))
	drawn := make(map[int]bool, n)
	list := make([]string, 0, n)
	for limit := len(w.all) - n; limit < len(w.all); limit++ {
		next := random.IntN(limit + 1)
		if drawn[next] {
			next = limit
		}
		drawn[next] = true
		list = append(list, w.all[next])
	}
	return list
}
