package broadcast

import (
	"slices"
	"time"

	"tickertape/broadcast/board"
	"tickertape/broadcast/history"
	"tickertape/broadcast/wire"
	"tickertape/feed/market"
)

// publish sends a flush to everyone whom it concerns, and what waited to those whose time has come. The board stands
// still meanwhile, since the flush waits for all shards.
func (sh *shard) publish(f *flush) {
	sh.singles.began = time.Now()
	if f.Sources != sh.sources {
		sh.sources = f.Sources
		for i := len(sh.all) - 1; i >= 0; i-- { // backwards: whoever leaves is replaced by the last
			sh.all[i].sendPending()
		}
	}
	sh.singles.watches = sh.singles.watches[:0]
	for _, x := range sh.watches.touched(f) {
		sh.publishTo(x, f)
	}
	if due := sh.watches.due; !due.IsZero() && !due.After(sh.now) {
		for _, x := range sh.watches.takeDue(sh.now) {
			sh.publishTo(x, f)
		}
	}
	sh.publishSingles(f)
	if due := sh.watches.due; due.IsZero() {
		sh.times.due.Store(0)
	} else {
		sh.times.due.Store(instantOf(due))
	}
}

// publishTo publishes to a watch that many share, and leaves one of a single member to publishSingles. Relays wait for a turn.
func (sh *shard) publishTo(x *watch, f *flush) {
	switch {
	case x.allBusy():
		sh.skipBusy(x, f.Seq)
	case x.relayed != nil:
		sh.postpone(x, f.Seq)
	case x.single():
		sh.singles.watches = append(sh.singles.watches, x)
	default:
		sh.publishWatch(x, f)
	}
}

// publishWatch makes the frame of a watch whose time has come, and writes it.
func (sh *shard) publishWatch(x *watch, f *flush) {
	out := &sh.frame
	out.begin(x, f.Seq)
	sh.frameSeries(x, f, out)
	switch {
	case x.every > 0:
		sh.addChangedQuotes(x, x.list.List, out)
	case len(x.quotes) > 0 && x.fields != market.AllFields:
		out.ids = out.ids[:0]
		for _, i := range x.quotes {
			out.ids = append(out.ids, f.Quotes[i])
		}
		sh.addChangedQuotes(x, board.List{IDs: out.ids}, out)
	case len(x.quotes) > 0:
		sh.addEncodedQuotes(x, f, out)
	}
	x.forget()
	sh.offerToMembers(x)
}

// frameSeries puts the bars and trades into a frame that have changed.
func (sh *shard) frameSeries(x *watch, f *flush, out *frame) {
	if len(x.series) == 0 {
		return
	}
	from := x.seq
	if x.every > 0 {
		x.changed = x.changed[:0]
		for i := range x.series {
			x.changed = append(x.changed, i)
		}
	} else {
		from = max(from, f.From) // so that all who are in step share, however long their series had no changes
		slices.Sort(x.changed)
	}
	for _, place := range x.changed {
		key := memoKey{series: x.series[place], from: from}
		if key.series.isTrades() {
			key.newestTrade = x.newestTrades[place]
		}
		m := sh.hub.memo.get(key, f.Seq, sh.now)
		for i, json := range m.parts {
			p := out.add()
			p.begin(key.series.kind())
			p.data = append(p.data, json...)
			p.seq, p.seriesPlace, p.more, p.shared = f.Seq, place, i < len(m.parts)-1, compressedKey{series: key, seq: f.Seq, part: i}
		}
		if key.series.isTrades() {
			x.newestTrades[place] = m.newest
		}
	}
}

// addEncodedQuotes puts the quotes of a flush into a frame that concern a watch of all fields: they are encoded already.
func (sh *shard) addEncodedQuotes(x *watch, f *flush, out *frame) {
	p := out.addQuotes(f.Seq, sh.now)
	for _, i := range x.quotes {
		change := f.change(i)
		if p.count > 0 && len(p.data)+len(change) > sh.hub.lengths.part-32 {
			p.endQuotes(x.list.place(f.Quotes[i]))
			p = out.addQuotes(f.Seq, sh.now)
		}
		p.quote(change, f.oldest[i])
		out.noteOldest(f.oldest[i])
	}
	p.endQuotes(-1)
}

// addChangedQuotes puts what changed among the listed symbols since a watch's last frame into a frame.
func (sh *shard) addChangedQuotes(x *watch, among board.List, out *frame) {
	q := quotesOut{kind: wire.Update, cursor: board.Cursor{List: among, Fields: x.fields, From: x.seq}}
	for {
		p := out.add()
		sh.makeQuotes(p, &q, sh.now)
		p.shared = out.sharedPart()
		if q.count == 0 && !p.more {
			out.used--
			return
		}
		if p.more {
			p.next = x.list.place(among.At(p.next))
		}
		if out.noteOldest(p.oldest); !p.more {
			return
		}
	}
}

// publishSingles publishes to watches of one member each, after those that many share: for half of an interval at most, so that the next
// flush is in time. Those who are left wait for a turn, and come first at the next flush.
func (sh *shard) publishSingles(f *flush) {
	all := sh.singles.watches
	done := 0
	for ; done < len(all) && time.Since(sh.singles.began) <= sh.hub.cfg.Interval/2; done++ {
		if done%fetchedAtOnce == 0 {
			sh.singles.fetch(done)
		}
		sh.publishWatch(all[(sh.singles.first+done)%len(all)], f)
	}
	if done < len(all) {
		sh.singles.first = (sh.singles.first + done) % len(all)
		for i := range len(all) - done {
			sh.postpone(all[(sh.singles.first+i)%len(all)], f.Seq)
		}
	}
	clear(all)
}

// fetchedAtOnce is how many watches are touched before the first of them is published.
const fetchedAtOnce = 8

// fetch touches what publishing the next watches needs, from one on. One after the other would wait for the machine's memory
// five times each; touched together, they wait for it at the same time.
func (a *singles) fetch(from int) {
	var members [fetchedAtOnce]*subscriber
	for i := range min(fetchedAtOnce, len(a.watches)-from) {
		if x := a.watches[(a.first+from+i)%len(a.watches)]; len(x.members) > 0 {
			members[i] = x.members[0]
		}
	}
	for _, s := range members {
		if s != nil {
			a.sink += uint64(s.sent) + uint64(s.wrote) + uint64(s.start) + uint64(len(s.series)+len(s.outbox.items))
		}
	}
	for _, s := range members {
		if s != nil {
			a.sink += s.conn.Touch()
		}
	}
}

// postpone has the members of a watch wait for a turn, in which they are caught up.
func (sh *shard) postpone(x *watch, seq board.Seq) {
	for _, s := range x.members {
		s.fallBehind(x.seq, x.newestTrades)
		sh.later(s)
	}
	sh.advanceWithoutFrame(x, seq)
	x.wakePolls()
}

// advanceWithoutFrame has a watch go on without a frame.
func (sh *shard) advanceWithoutFrame(x *watch, seq board.Seq) {
	x.forget()
	x.advanceTo(seq, sh.now, sh.hub.cfg.Interval)
	x.knowTrades(sh.hub.board)
}

// offerToMembers writes the frame to every member of the watch that can take it.
func (sh *shard) offerToMembers(x *watch) {
	f := &sh.frame
	if f.empty() {
		return // nothing of what it wants
	}
	x.frames++
	x.advanceTo(f.seq, sh.now, sh.hub.cfg.Interval)
	x.wakePolls()
	for i := len(x.members) - 1; i >= 0; i-- {
		x.members[i].offerFrame(f)
	}
	sh.now = time.Now()
	if f.oldest > 0 {
		sh.hub.metrics.age.Observe(max(0, float64(sh.now.UnixMicro()-int64(f.oldest))/1e6))
	}
}

// skipBusy makes no frame for a watch whose members are all busy. They get what they miss when they read again.
func (sh *shard) skipBusy(x *watch, seq board.Seq) {
	x.frames++
	for _, s := range x.members {
		s.miss(x.seq, x.newestTrades)
	}
	sh.advanceWithoutFrame(x, seq)
}

// makeSeries makes the shard's part the next message of a series for a reader. It reports whether there
// is any, and whether another follows.
func (sh *shard) makeSeries(of series, r *history.Reader) (any, more bool) {
	p := &sh.part
	p.begin(of.kind())
	p.data, any, more = sh.hub.encoder.appendSeries(p.data, of, r, time.Now())
	if p.seq, p.more = r.At, more; !more {
		p.seq = r.After // the reader has done with it
	}
	return any, more
}

// quotesAtOnce is how many quotes are copied out of the board at a time.
const quotesAtOnce = 16

// makeQuotes makes p the next part of the quotes of a cursor.
func (sh *shard) makeQuotes(p *part, q *quotesOut, now time.Time) {
	c := &q.cursor
	n := sh.hub.board.Read(c, sh.picked[:]) // the first read says as of which flush
	p.beginQuotes(q.kind, c.At, now, q.resumed)
	for {
		for i := range n {
			x := &sh.picked[i]
			p.separate(x.Received)
			p.data = wire.AppendQuote(p.data, x.Symbol, &x.Quote, x.Fields)
			q.count++
		}
		switch {
		case c.Over():
			p.endQuotes(-1)
			return
		case len(p.data) > sh.hub.lengths.part-quotesAtOnce*512:
			p.endQuotes(c.Done)
			return
		}
		n = sh.hub.board.Read(c, sh.picked[:])
	}
}
