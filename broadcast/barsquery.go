package broadcast

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"

	"tickertape/feed"
)

// barsQuery is what GET /api/bars asks for.
type barsQuery struct {
	symbol   string   // of one
	symbols  []string // of several
	interval interval
	from, to uint32 // seconds; a bar starts at from or later, and before to
	today    bool   // from is where the newest trading day of each symbol begins
	limit    int    // the newest; 0 is all
	fields   barFields
}

func parseBarsQuery(v url.Values, cfg *Config) (q barsQuery, err error) {
	q = barsQuery{symbol: v.Get("symbol"), to: 1<<32 - 1}
	for _, list := range v["symbols"] {
		q.symbols = append(q.symbols, splitNames(list)...)
	}
	switch {
	case q.symbol == "" && len(q.symbols) == 0:
		return q, &fault{badRequest, "symbol: missing; name one, or several with symbols"}
	case q.symbol != "" && len(q.symbols) > 0:
		return q, &fault{badRequest, "symbol and symbols: one of them is enough"}
	case len(q.symbols) > cfg.MaxSymbols:
		return q, &fault{tooManySymbols, fmt.Sprintf("symbols: %d are more than the %d allowed", len(q.symbols), cfg.MaxSymbols)}
	}
	if q.interval, err = cfg.kept(v.Get("interval")); err != nil {
		return q, err
	}
	if q.today = v.Get("from") == "day"; !q.today {
		if q.from, err = parseBound("from", v.Get("from"), 0, ", nor day"); err != nil {
			return q, err
		}
	}
	if q.to, err = parseBound("to", v.Get("to"), q.to, ""); err != nil {
		return q, err
	}
	if q.from > q.to {
		return q, &fault{badRequest, fmt.Sprintf("from: %.40q is after to, %.40q", v.Get("from"), v.Get("to"))}
	}
	if text := v.Get("limit"); text != "" {
		if q.limit, err = strconv.Atoi(text); err != nil {
			return q, &fault{badRequest, fmt.Sprintf("limit: %.40q is not between 1 and %d", text, maxLimit)}
		}
		if err = checkLimit(q.limit); err != nil {
			return q, err
		}
	}
	q.fields, err = parseBarFields(splitNames(strings.Join(v["fields"], ",")))
	return q, err
}

// parseBound reads microseconds since the Unix epoch or an RFC 3339 instant, as the first whole second that is not
// before it; nor is what else may stand there.
func parseBound(key, text string, otherwise uint32, nor string) (uint32, error) {
	if text == "" {
		return otherwise, nil
	}
	at, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		t, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return 0, &fault{badRequest, fmt.Sprintf("%s: %.40q is neither microseconds since 1970 nor an instant such as 2026-11-23T14:30:00Z%s", key, text, nor)}
		}
		at = t.UnixMicro()
	}
	if at < 0 {
		return 0, nil
	}
	return uint32(min(at/1e6+min(at%1e6, 1), 1<<32-1)), nil
}

// Bars serves GET /api/bars.
func (b *Board) Bars() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v, err := values(r)
		var q barsQuery
		if err == nil {
			q, err = parseBarsQuery(v, &b.cfg)
		}
		if err != nil {
			badQuery(err).Write(w)
			return
		}
		var named resolved
		if q.symbol != "" {
			id, ok := b.dir.ID(q.symbol)
			if !ok {
				Problem{Status: http.StatusNotFound, Code: "unknown_symbol", Detail: fmt.Sprintf("symbol: %.40q is unknown", q.symbol)}.Write(w)
				return
			}
			named.list.ids = []feed.SymbolID{id}
		} else if named = b.resolve(q.symbols); named.list.all {
			for id := range b.dir.Len() {
				named.list.ids = append(named.list.ids, feed.SymbolID(id))
			}
		}
		h := w.Header()
		h.Set("Content-Type", "application/json")
		h.Set("Cache-Control", "no-store")
		h.Add("Vary", "Accept-Encoding")
		if r.Method == http.MethodHead {
			return
		}
		var out io.Writer = w
		if acceptsGzip(r.Header.Values("Accept-Encoding")) {
			h.Set("Content-Encoding", "gzip")
			z, _ := gzip.NewWriterLevel(w, gzip.StatelessCompression) // the level is one that there is; it keeps nothing for a slow reader
			defer z.Close()
			out = z
		}
		buffered := bufio.NewWriterSize(out, 32<<10)
		b.writeBars(buffered, &q, named)
		buffered.Flush() // a client that has gone needs no answer
	})
}

// writeBars writes the answer symbol by symbol, so that no flush waits for it. A bar that has changed
// since it began is told as it is then.
func (b *Board) writeBars(w *bufio.Writer, q *barsQuery, named resolved) {
	var text []byte
	if q.symbol != "" {
		id := named.list.ids[0]
		text = append(text, `{"symbol":"`...)
		text = append(text, b.dir.Symbol(id).Symbol...)
		text = append(text, `","interval":"`...)
		text = append(text, q.interval.String()...)
		text = append(text, `","bars":[`...)
		text = b.store.appendBars(text, id, q)
		text = append(text, "]}\n"...)
		w.Write(text)
		return
	}
	text = fmt.Appendf(text, `{"epoch":%q,"seq":%d,"time":%d,"interval":%q`, b.store.epoch, b.store.now(), micros(time.Now()), q.interval)
	if len(named.unknown) > 0 {
		text = appendMessage(append(text, `,"unknown":`...), named.unknown)
	}
	text = append(text, `,"series":[`...)
	for i, id := range named.list.ids {
		if i > 0 {
			text = append(text, ',')
		}
		text = append(text, `{"symbol":"`...)
		text = append(text, b.dir.Symbol(id).Symbol...)
		text = append(text, `","bars":[`...)
		text = b.store.appendBars(text, id, q)
		text = append(text, "]}"...)
		if _, err := w.Write(text); err != nil {
			return
		}
		text = text[:0]
	}
	text = append(text, "]}\n"...)
	w.Write(text)
}

// appendBars appends the bars of one symbol that are asked for, with commas.
func (s *store) appendBars(out []byte, id feed.SymbolID, q *barsQuery) []byte {
	s.mu.RLock()
	defer s.mu.RUnlock()
	c := s.chartOf(id)
	all := &c.bars[q.interval]
	begin := q.from
	if q.today {
		begin = c.today(q.interval)
		if q.interval != oneDay {
			begin -= begin % intervals[q.interval].seconds // the bar that it begins in
		}
	}
	to := all.find(q.to)
	from := min(all.find(begin), to)
	if q.limit > 0 {
		from = all.newest(from, to, q.limit, q.fields)
	}
	first := true
	for i := from; i < to; i++ {
		b := all.at(i)
		if !b.tells(q.fields) {
			continue
		}
		if !first {
			out = append(out, ',')
		}
		first = false
		out = b.appendTo(out, q.fields)
	}
	return out
}

// acceptsGzip tells whether an answer may be compressed (RFC 9110, section 12.5.3).
func acceptsGzip(headers []string) bool {
	return slices.ContainsFunc(strings.Split(strings.Join(headers, ","), ","), func(offer string) bool {
		coding, q, _ := strings.Cut(strings.ReplaceAll(offer, " ", ""), ";")
		return strings.EqualFold(coding, "gzip") && strings.Trim(strings.TrimPrefix(q, "q="), "0.") != "" || strings.EqualFold(coding, "gzip") && q == ""
	})
}
