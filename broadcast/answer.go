package broadcast

import (
	"fmt"
	"net/http"
	"time"

	"tickertape/broadcast/history"
	"tickertape/feed/market"
)

// atOnce is how many quotes an answer takes from the board at a time: those are of one flush.
const atOnce = 256

// answerQuotes answers with the newest quotes, of those that changed after since, and what is new of series. It
// takes them from the board in slices, so that it holds no more than one for a slow reader: a quote that
// changes meanwhile is told as it is then.
func (b *Board) answerQuotes(w http.ResponseWriter, r *http.Request, q query, want *want) {
	d := delivery{kind: snapshot, list: want.named.list, fields: want.fields, from: want.since, resumed: want.resumed}
	var out []byte
	var seq Seq
	encode := func(quotes []picked) {
		for i := range quotes {
			if d.told++; d.told > 1 {
				out = append(out, ',')
			}
			v := &quotes[i].version
			out = appendQuote(out, v.symbol, &v.quote, quotes[i].fields)
		}
	}
	h := w.Header()
	same := false
	slice := func(work func()) bool { return b.door.Slice(r.Context(), work) }
	if !slice(func() {
		at, standing, quotes := b.store.copy(d.list, &d)
		seq = at
		etag := `"` + Position{b.store.epoch, seq}.String() + `"`
		h.Set("ETag", etag)
		if same = q.since == "" && matches(r.Header.Get("If-None-Match"), etag); same {
			return
		}
		out = fmt.Appendf(nil, `{"epoch":%q,"seq":%d,"time":%d,"source":%q,"simulated":%t,"status":%q`,
			b.store.epoch, seq, micros(time.Now()), standing.names(), standing.simulated, standing.state)
		out = appendMessage(append(out, `,"sources":`...), standing.messages())
		if want.resumed {
			out = append(out, `,"resumed":true`...)
		}
		if want.unknown != nil {
			out = append(append(out, `,"unknown":`...), want.unknown...)
		}
		out = append(out, `,"quotes":[`...)
		encode(quotes)
	}) {
		return // nobody waits for an answer any more
	}
	h.Set("Cache-Control", "no-cache")
	if same {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Type", "application/json")
	if r.Method == http.MethodHead {
		return
	}
	sent := 0
	write := func(text []byte) bool {
		n, err := w.Write(text)
		sent += n
		return err == nil // a client that has gone needs no answer
	}
	defer func() {
		b.metrics.messages[transportPoll].Inc()
		b.metrics.bytes[transportPoll].Add(float64(sent))
	}()
	for d.done < d.total {
		if !write(out) || !slice(func() {
			out = out[:0]
			_, _, quotes := b.store.copy(d.list, &d)
			encode(quotes)
		}) {
			return
		}
	}
	out = append(out, ']')
	b.answerSeries(out, want.series.series, seq, write, slice)
}

// Cut returns a function that ends the writing of an answer.
func Cut(w http.ResponseWriter) func() {
	control := http.NewResponseController(w)
	return func() { control.SetWriteDeadline(time.Unix(1, 0)) } // without deadlines, the least rate ends it
}

// answerSeries writes the rest of an answer: of all series what is new up to a flush, as the messages that a stream
// would have. They are made one by one, so that no more than one is kept for a slow reader; what
// changes meanwhile is left to the next answer.
func (b *Board) answerSeries(out []byte, all []series, at Seq, write func([]byte) bool, slice func(func()) bool) {
	var p part
	now := time.Now()
	for _, name := range [...]string{"bars", "trades"} {
		followed, told := false, false
		for i := range all {
			r := &all[i]
			if (r.Interval == history.Trades) != (name == "trades") {
				continue
			}
			if !followed {
				out = append(out, `,"`+name+`":[`...)
				followed = true
			}
			for more := true; more; more = p.more {
				if !slice(func() { more = b.store.seriesSince(&p, r, at, now) }) {
					return
				}
				if !more {
					break
				}
				if told {
					out = append(out, ',')
				}
				told = true
				if !write(out) || !write(p.json()) {
					return
				}
				out = out[:0]
			}
		}
		if followed {
			out = append(out, ']')
		}
	}
	write(append(out, "}\n"...))
}

// seriesSince makes p the next message about r, which tells it up to a flush, and returns false where there is none.
func (s *store) seriesSince(p *part, r *series, at Seq, now time.Time) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.newsOf(r) && s.tellSeries(p, r, at, now)
}

// picked is a version and what to tell of it.
type picked struct {
	version
	fields market.Fields
}

// copy takes the next of what a delivery would tell, all of one flush, whichever that is.
func (s *store) copy(list symbolList, d *delivery) (Seq, *standing, []picked) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if !d.begun {
		d.begun, d.at, d.total = true, s.seq, list.len(len(s.versions))
	}
	out := make([]picked, 0, min(atOnce, d.total-d.done))
	for stop := min(d.total, d.done+sweep); d.done < stop && len(out) < atOnce; d.done++ {
		id := int(list.at(d.done))
		if id >= len(s.versions) || s.versions[id].last <= d.from {
			continue
		}
		if f, tell := d.pick(&s.versions[id]); tell {
			out = append(out, picked{s.versions[id], f})
		}
	}
	return s.seq, s.standing, out
}
