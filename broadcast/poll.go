package broadcast

import (
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"tickertape/broadcast/admission"
)

// poll is a long poll while it waits. It belongs to a shard, which makes the frames of its watch anyway: one that
// has news wakes it, whatever changes elsewhere.
type poll struct {
	shard *shard // static
	woken chan struct{}
	full  atomic.Bool // there was no memory for its list

	// owned by the shard while it waits
	list   *list
	watch  *watch // nil where it waits for no quotes, or not at all
	index  int    // among the watch's polls
	series []series
	among  int // among the shard's polls for series; -1 elsewhere
}

// Quotes serves GET /api/quotes: the board's newest flush at once, or, with since and wait, as a
// long poll: when a followed symbol has changed.
func (b *Board) Quotes() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q, ok := b.plainQuery(w, r)
		if !ok {
			return
		}
		kind := admission.Answer
		if _, resumed := b.since(q.since); resumed && q.wait > 0 {
			kind = admission.Poll
		}
		visitor := b.door.Visitor(r)
		place, refusal := b.door.Admit(visitor, kind, Cut(w))
		if kind == admission.Poll {
			b.came(transportPoll, refusal)
		}
		if refusal != nil {
			RefusalProblem(refusal).Write(w)
			return
		}
		defer place.Leave()
		request := q.request(q.asks)
		if err := b.wantOf(r.Context(), visitor, &request); err != nil {
			badQuery(err).Write(w)
			return
		}
		want := request.want
		want.unsaid()
		q.symbols, q.trades, q.asks = nil, nil, nil // what they stand for has been found
		keep := func(n int64) bool {
			if place.Keep(n, false) {
				return true
			}
			b.refuseMemory(w, visitor)
			return false
		}
		if !keep(want.memory()) {
			return
		}
		if kind == admission.Poll && !(b.poll(w, r, q, want) && keep(admission.MemoryAnswer-admission.MemoryPoll)) {
			return
		}
		b.answerQuotes(w, r, q, want)
	})
}

// refuseMemory answers a request for which there is no memory.
func (b *Board) refuseMemory(w http.ResponseWriter, visitor admission.Visitor) {
	b.door.Journal.Refused(admission.ReasonMemory, visitor.Addr)
	comeBack(1013, full, b.cfg.Retry).problem().Write(w)
}

// poll waits until a followed symbol has changed. It returns false when it has answered, or
// nobody waits for an answer any more.
func (b *Board) poll(w http.ResponseWriter, r *http.Request, q query, want *want) bool {
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
	p := &poll{shard: b.place(), woken: make(chan struct{}, 1), among: -1}
	defer p.leave()
	news := b.newsFor(r, want, p)
	for !news || early != nil {
		select {
		case <-p.woken:
			if p.full.Load() {
				b.refuseMemory(w, b.door.Visitor(r))
				gone("memory")
				return false
			}
			news = b.newsFor(r, want, p)
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
		case <-b.door.Leaving():
			comeBack(1012, "draining", b.cfg.Retry).problem().Write(w)
			return gone("restarting")
		case <-r.Context().Done():
			return gone("closed")
		}
	}
	return gone("answered")
}

// newsFor tells whether there is news for a poll. When there is none, the poll begins to wait for the next.
func (b *Board) newsFor(r *http.Request, want *want, p *poll) (news bool) {
	seq := b.store.now()
	b.door.Slice(r.Context(), func() {
		news = b.store.newsSince(want.since, want.named.list, want.fields) || len(want.series.series) > 0 && b.store.seriesNews(want.series.series)
	})
	if !news {
		waiting := slices.Clone(want.series.series)
		if !p.shard.post(func() { p.join(want, waiting, seq) }) {
			p.wake()
		}
	}
	return news
}

func (p *poll) wake() {
	select {
	case p.woken <- struct{}{}:
	default:
	}
}

// join has the poll wait for what comes after seq.
func (p *poll) join(want *want, waiting []series, seq Seq) {
	sh := p.shard
	b := sh.board
	p.part()
	if b.store.now() != seq { // there was a flush meanwhile
		p.wake()
		return
	}
	if len(waiting) > 0 {
		p.series, p.among = waiting, len(sh.polls)
		sh.polls = append(sh.polls, p)
	}
	if want.named.list.empty() {
		return
	}
	l := sh.lists.hold(want.named.list, b.dir.Len(), b.door.Memory)
	if l == nil {
		p.part()
		p.full.Store(true)
		p.wake()
		return
	}
	p.list = l
	p.watch = sh.watches.get(l, want.fields, 0, seq)
	p.index = len(p.watch.polls)
	p.watch.polls = append(p.watch.polls, p)
}

// part ends the waiting.
func (p *poll) part() {
	sh := p.shard
	if x := p.watch; x != nil {
		p.watch = nil
		x.polls = take(x.polls, p.index, func(moved *poll) { moved.index = p.index })
		sh.watches.abandon(x)
	}
	if p.list != nil {
		sh.lists.drop(p.list, sh.board.door.Memory)
		p.list = nil
	}
	if at := p.among; at >= 0 {
		sh.polls = take(sh.polls, at, func(moved *poll) { moved.among = at })
		p.among = -1
	}
}

// leave ends the waiting from anywhere.
func (p *poll) leave() { p.shard.post(p.part) }

// wakePolls wakes those who wait for a frame of the watch.
func (sh *shard) wakePolls(x *watch) {
	for len(x.polls) > 0 {
		p := x.polls[len(x.polls)-1]
		p.part()
		p.wake()
	}
}

// lookAtPolls wakes those who wait for bars or trades that there are.
func (sh *shard) lookAtPolls() {
	for i := len(sh.polls) - 1; i >= 0; i-- { // backwards: whoever leaves is replaced by the last
		if p := sh.polls[i]; sh.board.store.seriesNews(p.series) {
			p.part()
			p.wake()
		}
	}
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
