package broadcast

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"tickertape/feed"
)

// Quotes serves GET /api/quotes: the board's newest flush at once, or, with since and wait, as a
// long poll: when a followed symbol has changed.
func (b *Board) Quotes() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q, ok := b.plainQuery(w, r)
		if !ok {
			return
		}
		named := b.resolve(q.symbols)
		since, resumed := b.since(q.since)
		series, err := b.resolveSeries(q.asks, q.trades, since, resumed)
		if err != nil {
			badQuery(err).Write(w)
			return
		}
		named.unknown = append(named.unknown, series.unknown...)
		if resumed && q.wait > 0 {
			if !b.poll(w, r, q, named.list, series.series, since) {
				return
			}
		}
		b.answerQuotes(w, r, q, named, series, since, resumed)
	})
}

// poll waits until a followed symbol has changed. It returns false when it has answered, or
// nobody waits for an answer any more.
func (b *Board) poll(w http.ResponseWriter, r *http.Request, q query, list symbolList, series []series, since Seq) bool {
	refusal, ok := b.roster.enter()
	if !ok {
		b.metrics.connects.WithLabelValues(transportPoll.String(), refusal.label).Inc()
		refusal.problem().Write(w)
		return false
	}
	defer b.roster.exit()
	b.metrics.connects.WithLabelValues(transportPoll.String(), "accepted").Inc()
	b.metrics.subscribers.WithLabelValues(transportPoll.String()).Inc()
	defer b.metrics.subscribers.WithLabelValues(transportPoll.String()).Dec()
	gone := func(reason string) bool {
		b.metrics.gone.WithLabelValues(transportPoll.String(), reason).Inc()
		return reason == "answered"
	}

	over := time.NewTimer(q.wait)
	defer over.Stop()
	// Asked for a rate, it answers no sooner than that rate allows after the question.
	var early <-chan time.Time
	if q.rate > 0 {
		timer := time.NewTimer(min(q.wait, time.Duration(float64(time.Second)/q.rate)))
		defer timer.Stop()
		early = timer.C
	}
	anything := func() bool {
		return b.store.newsSince(since, list, q.fields) || len(series) > 0 && b.store.seriesNews(series)
	}
	flushed := b.store.flushed()
	news := anything()
	for !news || early != nil {
		select {
		case <-flushed:
			flushed = b.store.flushed()
			news = anything()
		case <-early:
			early = nil
		case <-over.C:
			if news {
				return gone("answered")
			}
			w.Header().Set("Cache-Control", "no-store")
			w.WriteHeader(http.StatusNoContent)
			gone("answered")
			return false
		case <-b.roster.leave:
			comeBack(1012, "draining", b.cfg.Retry).problem().Write(w)
			return gone("restarting")
		case <-r.Context().Done():
			return gone("closed")
		}
	}
	return gone("answered")
}

// answerQuotes answers with the newest quotes, of those that changed after since, and what is new of series. All
// are of one flush.
func (b *Board) answerQuotes(w http.ResponseWriter, r *http.Request, q query, named resolved, followed wish, since Seq, resumed bool) {
	d := delivery{kind: snapshot, fields: q.fields, from: since, resumed: resumed}
	seq, standing, versions := b.store.copy(named.list, &d)
	etag := `"` + Position{b.store.epoch, seq}.String() + `"`
	h := w.Header()
	h.Set("ETag", etag)
	h.Set("Cache-Control", "no-cache")
	if q.since == "" && matches(r.Header.Get("If-None-Match"), etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	out := fmt.Appendf(nil, `{"epoch":%q,"seq":%d,"time":%d,"source":%q,"simulated":%t,"status":%q`,
		b.store.epoch, seq, micros(time.Now()), standing.names(), standing.simulated, standing.state)
	out = appendMessage(append(out, `,"sources":`...), standing.messages())
	if resumed {
		out = append(out, `,"resumed":true`...)
	}
	if len(named.unknown) > 0 {
		unknown, _ := json.Marshal(named.unknown) // strings always encode
		out = append(append(out, `,"unknown":`...), unknown...)
	}
	out = append(out, `,"quotes":[`...)
	for i := range versions {
		if i > 0 {
			out = append(out, ',')
		}
		v := &versions[i].version
		out = appendQuote(out, v.symbol, &v.quote, versions[i].fields)
	}
	out = append(out, ']')
	h.Set("Content-Type", "application/json")
	n := 0
	b.answerSeries(out, followed.series, seq, func(text []byte) bool {
		more, err := w.Write(text)
		n += more
		return err == nil // a client that has gone needs no answer
	})
	b.metrics.messages[transportPoll].Inc()
	b.metrics.bytes[transportPoll].Add(float64(n))
}

// answerSeries writes the rest of an answer: of all series what is new up to a flush, as the messages that a stream
// would have. They are made one by one, so that no more than one is kept for a slow reader; what
// changes meanwhile is left to the next answer.
func (b *Board) answerSeries(out []byte, all []series, at Seq, write func([]byte) bool) {
	var p part
	now := time.Now()
	for _, name := range [...]string{"bars", "trades"} {
		followed, told := false, false
		for i := range all {
			r := &all[i]
			if (r.kind == ofTrades) != (name == "trades") {
				continue
			}
			if !followed {
				out = append(out, `,"`+name+`":[`...)
				followed = true
			}
			for more := true; more && b.store.seriesSince(&p, r, at, now); more = p.more {
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

// matches tells whether an If-None-Match names the tag.
func matches(header, etag string) bool {
	for tag := range strings.SplitSeq(header, ",") {
		if tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/"); tag == etag || tag == "*" {
			return true
		}
	}
	return false
}

// picked is a version and what to tell of it.
type picked struct {
	version
	fields feed.Fields
}

// copy takes what a delivery would tell, all of one flush.
func (s *store) copy(list symbolList, d *delivery) (Seq, *standing, []picked) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var out []picked
	for i := range list.len(len(s.versions)) {
		id := int(list.at(i))
		if id >= len(s.versions) || s.versions[id].last <= d.from {
			continue
		}
		if f, tell := d.pick(&s.versions[id]); tell {
			out = append(out, picked{s.versions[id], f})
		}
	}
	return s.seq, s.standing, out
}
