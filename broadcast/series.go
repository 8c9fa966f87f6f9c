package broadcast

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"tickertape/broadcast/admission"
	"tickertape/feed/market"
)

// series is something that a subscriber follows beside quotes: the bars of a symbol and interval, or its
// trades. What it has not been told is what changed after sent, so it does not grow with how slowly
// the subscriber reads.
type series struct {
	id      market.SymbolID
	kind    interval // of its bars, or ofTrades
	limit   int      // bars of its history; 0 is all
	fresh   bool     // its history is to be told
	resumed bool     // which trades it has been told, is to be found out
	sent    Seq      // it has been told all up to this flush
	told    uint64   // number of the newest trade that it has been told, or that was skipped
	at      Seq      // the flush that a message under way tells; 0 when none is
	next    uint32   // where the next part of it begins
}

// ofTrades is the kind of a series of trades.
const ofTrades = interval(numIntervals)

// seriesKey is what a series is of.
type seriesKey struct {
	id   market.SymbolID
	kind interval
}

func (r *series) key() seriesKey { return seriesKey{r.id, r.kind} }

func (k seriesKey) compare(l seriesKey) int {
	return cmp.Or(cmp.Compare(k.id, l.id), cmp.Compare(k.kind, l.kind))
}

// followed are all series of one subscriber, owned by its shard.
type followed struct {
	place  int       // in the shard's list
	series []series  // in the order of their keys
	turn   int       // whose turn it is
	begun  bool      // a round is under way, in which each is told once
	round  Seq       // the flush up to which it tells at least
	last   time.Time // when the newest one ended
	seq    Seq       // the flush up to which everything has been told
}

// nextSeries makes p the next message about one of the series, and returns false where a round is over. alone
// is whether the subscriber follows no quotes.
func (s *store) nextSeries(p *part, f *followed, alone bool, now time.Time) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if !f.begun {
		f.begun, f.round = true, s.seq
	}
	for range f.series {
		if f.turn >= len(f.series) {
			f.turn = 0
		}
		r := &f.series[f.turn]
		if (r.fresh || r.at != 0 || r.sent < f.round) && s.newsOf(r) && s.tellSeries(p, r, s.seq, now) {
			if !p.more {
				f.turn++
			}
			p.marked = alone && !p.more && !s.newsOfAny(f.series)
			return true
		}
		f.turn++
	}
	f.begun, f.seq = false, f.round
	if !s.newsOfAny(f.series) {
		f.seq = s.seq
	}
	return false
}

// seriesNews tells whether there is anything to tell.
func (s *store) seriesNews(all []series) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.newsOfAny(all)
}

// newsOfAny may err on the side of news, as newsOf may. The caller holds mu.
func (s *store) newsOfAny(all []series) bool {
	for i := range all {
		if s.newsOf(&all[i]) {
			return true
		}
	}
	return false
}

func (s *store) newsOf(r *series) bool {
	if r.fresh || r.at != 0 {
		return true
	}
	c := s.chartOf(r.id)
	if c.changed <= r.sent {
		return false
	}
	return r.kind == ofTrades || c.cleared > r.sent || c.bars[r.kind].changedSince(r.sent)
}

var noChart chart

// chartOf is the symbol's, or an empty one. The caller holds mu.
func (s *store) chartOf(id market.SymbolID) *chart {
	if int(id) >= len(s.charts) || s.charts[id] == nil {
		return &noChart
	}
	return s.charts[id]
}

// tellSeries makes p the next message about r, and returns false where there is none. It tells r up to a flush, of which
// a message under way has its own. The caller holds mu.
func (s *store) tellSeries(p *part, r *series, at Seq, now time.Time) bool {
	c := s.chartOf(r.id)
	if !r.fresh && c.cleared > max(r.sent, r.at) {
		r.fresh, r.at = true, 0
	}
	first := r.at == 0
	if first {
		r.at, r.next = at, 0
	}
	if r.kind == ofTrades {
		p.beginSeries("trades", r.at, now, s.dir.Symbol(r.id).Symbol)
		told := appendTrades(p, c, r)
		p.data = append(p.data, "]}"...)
		r.done()
		return told
	}
	p.beginSeries("bars", r.at, now, s.dir.Symbol(r.id).Symbol)
	p.data = append(p.data, `,"interval":"`...)
	p.data = append(p.data, r.kind.String()...)
	p.data = append(p.data, '"')
	if r.fresh && first {
		p.data = append(p.data, `,"reset":true`...)
		p.quotes++ // told even where it is empty
	}
	p.data = append(p.data, `,"bars":[`...)
	told := c.bars[r.kind].tell(p, r)
	p.data = append(p.data, ']')
	if p.more {
		p.data = append(p.data, `,"more":true`...)
	}
	p.data = append(p.data, '}')
	if !p.more {
		told = told || r.fresh
		r.done()
	}
	return told
}

func (r *series) done() {
	r.sent, r.at, r.fresh, r.resumed = r.at, 0, false, false
}

// tell appends the bars from where r is, and tells whether there was any.
func (s *bars) tell(p *part, r *series) (told bool) {
	i := s.find(r.next)
	switch {
	case r.next > 0:
	case r.fresh && r.limit > 0:
		i = s.newest(0, s.n, r.limit, allBarFields)
	case !r.fresh:
		i = s.firstSince(r.sent)
	}
	limit := partLimit
	if r.fresh {
		limit = historyLimit
	}
	for ; i < s.n; i++ {
		b := s.at(i)
		if b.changed > r.at || r.fresh && b.empty() || !r.fresh && b.changed <= r.sent {
			continue // the first of these is left to the next flush
		}
		if len(p.data) > limit-512 {
			r.next, p.more = b.start, true
			return true
		}
		if told {
			p.data = append(p.data, ',')
		}
		p.data = b.appendTo(p.data, allBarFields)
		told = true
	}
	return told
}

// appendTrades appends the trades that r has not been told, the newest of them, and tells whether there was
// any. Its sent is still that of the message before.
func appendTrades(p *part, c *chart, r *series) (told bool) {
	t := &c.tape
	end := t.n
	for end > 0 && t.at(end-1).came > r.at {
		end-- // left to the next flush
	}
	newest := t.total - uint64(t.n-end)
	if r.resumed && !r.fresh {
		i := end
		for i > 0 && t.at(i-1).came > r.sent {
			i--
		}
		r.told = newest - uint64(end-i)
		r.fresh = i == 0 && t.n > 0 && t.number(0) > 1 // what came before is kept no more
	}
	from := newest - min(newest, tapeTold)
	if t.n > 0 {
		from = max(from, t.number(0)-1)
	}
	skipped := uint64(0)
	if r.fresh {
		p.data = append(p.data, `,"reset":true`...)
	} else if from > r.told {
		skipped = from - r.told
	} else {
		from = r.told
	}
	p.data = append(p.data, `,"skipped":`...)
	p.data = strconv.AppendUint(p.data, skipped, 10)
	p.data = append(p.data, `,"trades":[`...)
	mended := func(i int) bool {
		k := t.at(i)
		return !r.fresh && t.number(i) <= r.told && k.changed > r.sent && k.changed <= r.at
	}
	first, mends := max(0, end-int(newest-from)), 0
	for first > 0 && mends < tapeTold {
		if first--; mended(first) {
			mends++
		}
	}
	for i := first; i < end; i++ {
		if t.number(i) <= from && !mended(i) {
			continue
		}
		if told {
			p.data = append(p.data, ',')
		}
		p.data = t.appendTo(p.data, i)
		told = true
	}
	r.told = newest
	return told || r.fresh || skipped > 0
}

// beginSeries makes p a message about a symbol, up to what is in it.
func (p *part) beginSeries(k kind, seq Seq, now time.Time, symbol string) {
	p.begin(k)
	p.seq = seq
	p.data = append(p.data, `{"type":"`...)
	p.data = append(p.data, k...)
	p.data = append(p.data, `","seq":`...)
	p.data = strconv.AppendUint(p.data, uint64(seq), 10)
	p.data = append(p.data, `,"time":`...)
	p.data = strconv.AppendInt(p.data, micros(now), 10)
	p.data = append(p.data, `,"symbol":"`...)
	p.data = append(p.data, symbol...) // feed.CheckSymbol lets nothing through that needs an escape
	p.data = append(p.data, '"')
}

// follow adds series, or has those that are followed already told anew.
func (s *subscriber) follow(more []series) {
	if len(more) == 0 {
		return
	}
	f := s.followed
	if f == nil {
		sh := s.shard
		f = &followed{place: len(sh.followers)}
		sh.followers = append(sh.followers, s)
		s.followed = f
	}
	before := len(f.series)
	all := append(f.series, more...)
	slices.SortStableFunc(all, func(a, b series) int { return a.key().compare(b.key()) })
	n := 0
	for i := range all { // of two, the newer
		if n > 0 && all[n-1].key() == all[i].key() {
			n--
		}
		all[n] = all[i]
		n++
	}
	f.series, f.turn = all[:n], 0
	s.place.Let(admission.MemorySeries * int64(before+len(more)-n)) // of those that were followed before
	f.begun, f.round, f.seq = true, s.shard.board.store.now(), 0
}

// find is the place of a series, or -1.
func (f *followed) find(key seriesKey) int {
	i, found := slices.BinarySearchFunc(f.series, key, func(r series, k seriesKey) int { return r.key().compare(k) })
	if !found {
		return -1
	}
	return i
}

// unfollow takes series away.
func (s *subscriber) unfollow(gone func(r *series) bool) {
	f := s.followed
	if f == nil {
		return
	}
	kept := f.series[:0]
	for i := range f.series {
		if !gone(&f.series[i]) {
			kept = append(kept, f.series[i])
		}
	}
	s.place.Let(admission.MemorySeries * int64(len(f.series)-len(kept)))
	if f.series = kept; len(kept) > 0 {
		return
	}
	sh := s.shard
	sh.followers = take(sh.followers, f.place, func(moved *subscriber) { moved.followed.place = f.place })
	s.followed = nil
}

// saySeries says the next message about a series, if its time has come and there is any.
func (s *subscriber) saySeries() (said bool, err error) {
	f, sh := s.followed, s.shard
	if f == nil {
		return false, nil
	}
	if !f.begun && (s.seriesDue().After(sh.now) || !sh.board.store.seriesNews(f.series)) {
		return false, nil
	}
	if !sh.board.store.nextSeries(&sh.part, f, s.list.empty(), time.Now()) {
		f.last = sh.now
		return false, nil
	}
	return true, s.write(&sh.part)
}

// sayAllSeries says them as far as the line takes it, because the quotes of the same flush follow.
func (s *subscriber) sayAllSeries() error {
	f, sh := s.followed, s.shard
	for !s.busy {
		if !sh.board.store.nextSeries(&sh.part, f, false, time.Now()) {
			f.last = sh.now
			return nil
		}
		if err := s.write(&sh.part); err != nil {
			return err
		}
	}
	return nil
}

// seriesAtOnce tells whether series may be told before the quotes of the same flush, while others wait: not where
// a longer telling is under way, nor once the flush has taken long.
func (s *subscriber) seriesAtOnce() bool {
	sh := s.shard
	return !s.followed.begun && sh.now.Sub(sh.began) < sh.board.cfg.Interval/4
}

// seriesDue is when series may be told again.
func (s *subscriber) seriesDue() time.Time { return s.followed.last.Add(s.every()) }

// tellFollowers tells what is new of series to those whose time has come, and notes when the next one's does.
func (sh *shard) tellFollowers() {
	sh.seriesDue = time.Time{}
	for i := len(sh.followers) - 1; i >= 0; i-- { // backwards: whoever leaves is replaced by the last
		s := sh.followers[i]
		due := s.seriesDue()
		if !due.After(sh.now) {
			if s.seriesAtOnce() {
				s.pump()
			} else {
				sh.later(s)
			}
			continue
		}
		if (sh.seriesDue.IsZero() || due.Before(sh.seriesDue)) && !s.paused && sh.board.store.seriesNews(s.followed.series) {
			sh.seriesDue = due
		}
	}
}
