package broadcast

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"tickertape/broadcast/admission"
	"tickertape/broadcast/history"
	"tickertape/feed/market"
)

// series is something that a subscriber follows beside quotes: the bars of a symbol and interval, or its
// trades.
type series struct {
	id market.SymbolID
	history.Reader
}

// seriesKey is what a series is of.
type seriesKey struct {
	id   market.SymbolID
	kind history.Interval
}

func (r *series) key() seriesKey { return seriesKey{r.id, r.Interval} }

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
		if (r.Fresh || r.At != 0 || r.After < f.round) && s.newsOf(r) && s.tellSeries(p, r, s.seq, now) {
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

func (s *store) newsOf(r *series) bool { return s.historyOf(r.id).News(&r.Reader) }

// barsAtOnce is how many bars are taken from the board at a time.
const barsAtOnce = 64

// tellSeries makes p the next message about r, and returns false where there is none. It tells r up to a flush, of which
// a message under way has its own. The caller holds mu.
func (s *store) tellSeries(p *part, r *series, at Seq, now time.Time) bool {
	if r.Interval == history.Trades {
		return s.tellTrades(p, r, at, now)
	}
	var bars [barsAtOnce]history.Bar
	first := r.At == 0
	n, more := s.historyOf(r.id).ReadBars(&r.Reader, at, bars[:])
	p.beginSeries("bars", r.At, now, s.dir.Symbol(r.id).Symbol)
	p.data = append(p.data, `,"interval":"`...)
	p.data = append(p.data, r.Interval.String()...)
	p.data = append(p.data, '"')
	limit := partLimit
	if r.Fresh {
		if limit = historyLimit; first {
			p.data = append(p.data, `,"reset":true`...)
			p.quotes++ // told even where it is empty
		}
	}
	p.data = append(p.data, `,"bars":[`...)
	told := false
	for {
		if told = p.appendBars(&r.Reader, bars[:n], limit, told); p.more || !more {
			break
		}
		n, more = s.historyOf(r.id).ReadBars(&r.Reader, at, bars[:])
	}
	p.data = append(p.data, ']')
	if p.more {
		p.data = append(p.data, `,"more":true`...)
	}
	p.data = append(p.data, '}')
	if !p.more {
		told = told || r.Fresh
		r.Done()
	}
	return told
}

// appendBars appends bars up to a limit, after which another part has to follow, and tells whether there are any now.
func (p *part) appendBars(r *history.Reader, bars []history.Bar, limit int, told bool) bool {
	for i := range bars {
		if len(p.data) > limit-512 {
			r.Next, p.more = bars[i].Start, true
			return true
		}
		if told {
			p.data = append(p.data, ',')
		}
		p.data = appendBar(p.data, &bars[i], history.AllBarFields)
		told = true
	}
	return told
}

// tellTrades is tellSeries of trades.
func (s *store) tellTrades(p *part, r *series, at Seq, now time.Time) bool {
	var trades [2 * history.MostTold]history.Numbered
	news := s.historyOf(r.id).ReadTrades(&r.Reader, at, &trades)
	p.beginSeries("trades", r.At, now, s.dir.Symbol(r.id).Symbol)
	if news.Reset {
		p.data = append(p.data, `,"reset":true`...)
	}
	p.data = append(p.data, `,"skipped":`...)
	p.data = strconv.AppendUint(p.data, news.Skipped, 10)
	p.data = append(p.data, `,"trades":[`...)
	for i := range news.Trades {
		if i > 0 {
			p.data = append(p.data, ',')
		}
		p.data = appendTrade(p.data, &trades[i])
	}
	p.data = append(p.data, "]}"...)
	r.Done()
	return news.Any()
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
