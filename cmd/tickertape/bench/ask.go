package bench

import (
	"encoding/json"
	"math/rand/v2"
	"net/url"
	"strconv"
	"strings"
)

// ask is what a subscriber asks for.
type ask struct {
	symbols []string // or "*" alone
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
	var b strings.Builder
	b.WriteString("symbols=")
	for i, s := range a.symbols {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(url.QueryEscape(s))
	}
	b.WriteString(a.settings("&"))
	return b.String()
}

// settings are the parameters besides the symbols, each behind sep.
func (a ask) settings(sep string) string {
	var b strings.Builder
	if a.rate != 0 {
		b.WriteString(sep + "rate=" + strconv.FormatFloat(a.rate, 'f', -1, 64))
	}
	if len(a.fields) > 0 {
		b.WriteString(sep + "fields=" + url.QueryEscape(strings.Join(a.fields, ",")))
	}
	if a.since != "" {
		b.WriteString(sep + "since=" + url.QueryEscape(a.since))
	}
	return b.String()
}

// messages are all of it as subscribe messages, each answered with a snapshot.
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
	each     int      // how many of them; 0 or as many as there are: "*"
	personal bool
	seed     uint64
}

// of is the list of subscriber i, the same each time. A shared list is the first that the server names,
// which in the simulated market are the busiest.
func (w watchlists) of(i int) []string {
	switch {
	case w.each == 0 || w.each >= len(w.all):
		return []string{"*"}
	case !w.personal:
		return w.all[:w.each]
	}
	// Floyd's sample: as many draws as symbols, whatever the size of the market.
	random := rand.New(rand.NewPCG(w.seed, uint64(i)))
	drawn := make(map[int]bool, w.each)
	list := make([]string, 0, w.each)
	for limit := len(w.all) - w.each; limit < len(w.all); limit++ {
		n := random.IntN(limit + 1)
		if drawn[n] {
			n = limit
		}
		drawn[n] = true
		list = append(list, w.all[n])
	}
	return list
}
