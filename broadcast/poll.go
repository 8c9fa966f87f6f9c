package broadcast

import (
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"tickertape/broadcast/admission"
	"tickertape/broadcast/board"
	"tickertape/broadcast/wire"
)

// poll is a long poll while it waits. It belongs to a shard, which makes the frames of its watch anyway: one that
// has news wakes it, whatever changes elsewhere.
type poll struct {
	shard *shard // static
	woken chan struct{}
	full  atomic.Bool // there was no memory for its list

	// owned by the shard while it waits
	list  *list  // held; nil where it does not wait
	watch *watch // nil where it does not wait
	index int    // among the watch's polls
}

// rest answers requests that are no streams.
type rest struct{ *Hub }

// quotes serves GET /api/quotes: the board's newest flush at once, or, with since and wait, as a
// long poll: when a followed symbol has changed.
func (h rest) quotes() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q, ok := h.plainQuery(w, r)
		if !ok {
			return
		}
		kind := admission.Answer
		if _, resumed := h.since(q.Since); resumed && q.Wait > 0 {
			kind = admission.Poll
		}
		visitor := h.door.Visitor(r)
		place, refusal := h.door.Admit(visitor, kind, Cut(w))
		if kind == admission.Poll {
			h.came(transportPoll, refusal)
		}
		if refusal != nil {
			RefusalProblem(refusal).Write(w)
			return
		}
		defer place.Leave()
		want, err := h.wantOf(r.Context(), visitor, &q)
		if err != nil {
			badQuery(err).Write(w)
			return
		}
		want.unsaid()
		q.Symbols, q.Trades, q.Bars = nil, nil, nil // what they stand for has been found
		keep := func(n int64) bool {
			if place.Keep(n, false) {
				return true
			}
			h.refuseMemory(w, visitor)
			return false
		}
		if !keep(want.memory()) {
			return
		}
		if kind == admission.Poll && !(h.poll(w, r, &q, want) && keep(admission.MemoryAnswer-admission.MemoryPoll)) {
			return
		}
		h.answerQuotes(w, r, &q, want)
	})
}

// refuseMemory answers a request for which there is no memory.
func (h rest) refuseMemory(w http.ResponseWriter, visitor admission.Visitor) {
	h.door.Journal.Refused(admission.ReasonMemory, visitor.Addr)
	problemOf(wire.Full, wire.Full.Text(), h.cfg.Retry).Write(w)
}

// poll waits until a followed symbol has changed. It returns false when it has answered, or
// nobody waits for an answer any more.
func (h rest) poll(w http.ResponseWriter, r *http.Request, q *wire.Request, want *want) bool {
	h.metrics.subscribers.WithLabelValues(transportPoll.String()).Inc()
	defer h.metrics.subscribers.WithLabelValues(transportPoll.String()).Dec()
	gone := func(reason string) bool {
		h.metrics.gone.WithLabelValues(transportPoll.String(), reason).Inc()
		return reason == "answered"
	}

	over := time.NewTimer(q.Wait)
	defer over.Stop()
	// Asked for a rate, it answers no sooner than that rate allows after the question.
	var early <-chan time.Time
	if q.Rate > 0 {
		timer := time.NewTimer(min(q.Wait, time.Duration(float64(time.Second)/q.Rate)))
		defer timer.Stop()
		early = timer.C
	}
	p := &poll{shard: h.leastLoaded(), woken: make(chan struct{}, 1)}
	defer p.leave()
	news := h.newsFor(r, want, p)
	for !news || early != nil {
		select {
		case <-p.woken:
			if p.full.Load() {
				h.refuseMemory(w, h.door.Visitor(r))
				gone("memory")
				return false
			}
			news = h.newsFor(r, want, p)
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
		case <-h.door.Leaving():
			problemOf(wire.Draining, wire.Draining.Text(), h.cfg.Retry).Write(w)
			return gone("restarting")
		case <-r.Context().Done():
			return gone("closed")
		}
	}
	return gone("answered")
}

// newsFor tells whether there is news for a poll. When there is none, the poll begins to wait for the next.
func (h rest) newsFor(r *http.Request, want *want, p *poll) (news bool) {
	seq := h.board.Seq()
	h.door.Slice(r.Context(), func() {
		news = h.board.ChangedSince(want.since, want.named.list, want.fields) || h.seriesNews(want)
	})
	if !news && !p.shard.post(func() { p.join(want, seq) }) {
		p.wake()
	}
	return news
}

// seriesNews tells whether there is anything to tell of the bars and trades that are wanted.
func (h rest) seriesNews(want *want) bool {
	return slices.ContainsFunc(want.series, func(x wanted) bool {
		r := want.reader(x)
		return h.board.HasChanges(x.symbol(), &r)
	})
}

func (p *poll) wake() {
	select {
	case p.woken <- struct{}{}:
	default:
	}
}

// join has the poll wait for what comes after seq.
func (p *poll) join(want *want, seq board.Seq) {
	sh := p.shard
	h := sh.hub
	p.part()
	if h.board.Seq() != seq { // there was a commit meanwhile
		p.wake()
		return
	}
	l := sh.lists.hold(want.named.list, h.dir.Len(), h.door.Memory)
	if l == nil {
		p.full.Store(true)
		p.wake()
		return
	}
	var all []series
	for _, x := range want.series {
		all = append(all, x.series)
	}
	p.list = l
	p.watch = sh.watches.get(wants{list: l, fields: want.fields, series: union(nil, all)}, seq)
	p.index = len(p.watch.polls)
	p.watch.polls = append(p.watch.polls, p)
}

// part ends the waiting.
func (p *poll) part() {
	sh := p.shard
	if x := p.watch; x != nil {
		p.watch = nil
		x.polls = remove(x.polls, p.index, func(moved *poll) { moved.index = p.index })
		sh.watches.abandon(x)
	}
	if p.list != nil {
		sh.lists.drop(p.list, sh.hub.door.Memory)
		p.list = nil
	}
}

// leave ends the waiting from anywhere.
func (p *poll) leave() { p.shard.post(p.part) }

// matches tells whether an If-None-Match names the tag.
func matches(header, etag string) bool {
	for tag := range strings.SplitSeq(header, ",") {
		if tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/"); tag == etag || tag == "*" {
			return true
		}
	}
	return false
}

// plainQuery reads what a request that is no WebSocket asks for. One that cannot be served has been
// answered when it returns false.
func (h rest) plainQuery(w http.ResponseWriter, r *http.Request) (wire.Request, bool) {
	q, err := h.queryOf(r)
	if err == nil && !q.Names() {
		err = &wire.Fault{Code: wire.BadRequest, Message: `symbols: missing; name symbols, "*" or "#watchlist", or bars or trades`}
	}
	if err != nil {
		badQuery(err).Write(w)
		return wire.Request{}, false
	}
	return q, true
}
