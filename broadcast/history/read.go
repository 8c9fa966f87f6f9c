package history

import "slices"

// Reading copies into slices of the caller's, so that what is read can be encoded while the history goes on. Bars are
// read some at a time: each call says where the next begins.

// perCall is how many bars one call looks at, at most.
const perCall = 4096

// Newest copies bars of the interval, in order of their start: the newest limit of them, or all where limit is 0, as
// of flush at. What has changed since is left out, as is a bar of which nothing is left. The first call has next 0; each
// returns how many it copied, and the next for the call after it, which is 0 when there is no more.
func (s *Symbol) Newest(k Interval, limit int, at Seq, next uint32, into []Bar) (n int, then uint32) {
	if s == nil {
		return 0, 0
	}
	all := &s.bars[k]
	i := all.find(next)
	if next == 0 && limit > 0 {
		i = all.tail(0, all.n, limit, AllBarFields)
	}
	return all.copy(i, all.n, into, func(b *Bar) bool { return b.Changed() <= at && !b.Empty() })
}

// Changed copies the bars of the interval that changed after flush after, up to flush at, in order of their start: a
// bar that has changed since is left to the next time. next and the results are those of [Symbol.Newest].
func (s *Symbol) Changed(k Interval, after, at Seq, next uint32, into []Bar) (n int, then uint32) {
	if s == nil {
		return 0, 0
	}
	all := &s.bars[k]
	i := all.find(next)
	if next == 0 {
		i = all.firstSince(after)
	}
	return all.copy(i, all.n, into, func(b *Bar) bool { return b.Changed() > after && b.Changed() <= at })
}

// Range is a selection of bars: those that start at From or later, and before To, in seconds since the Unix epoch.
type Range struct {
	Interval Interval
	From, To uint32
	Today    bool      // From is the bar in which the newest trading day begins, instead
	Limit    int       // the newest so many; 0 is all
	Fields   BarFields // bars that have none of these are left out
	Adjusted bool      // for the splits after each of them
}

// Select copies the bars of a range, in order of their start. next and the results are those of [Symbol.Newest].
func (s *Symbol) Select(r *Range, next uint32, into []Bar) (n int, then uint32) {
	if s == nil {
		return 0, 0
	}
	all := &s.bars[r.Interval]
	from, to := all.find(next), all.find(r.To)
	if next == 0 {
		from, to = s.places(r)
	}
	n, then = all.copy(from, to, into, func(b *Bar) bool { return b.HasAny(r.Fields) })
	if r.Adjusted {
		s.splits.adjust(into[:n])
	}
	return n, then
}

// CountRange is how many bars are in a range, at most.
func (s *Symbol) CountRange(r *Range) int {
	if s == nil {
		return 0
	}
	from, to := s.places(r)
	return to - from
}

// places are those of the bars of a range.
func (s *Symbol) places(r *Range) (from, to int) {
	all, begin := &s.bars[r.Interval], r.From
	if r.Today {
		begin = s.today(r.Interval)
		if r.Interval != Day {
			begin -= begin % intervals[r.Interval].seconds // the bar that it begins in
		}
	}
	to = all.find(r.To)
	from = min(all.find(begin), to)
	if r.Limit > 0 {
		from = all.tail(from, to, r.Limit, r.Fields)
	}
	return from, to
}

// copy copies those of the bars from one place to another that are wanted.
func (s *bars) copy(i, to int, into []Bar, wanted func(*Bar) bool) (n int, next uint32) {
	for stop := min(to, i+perCall); i < to; i++ {
		b := s.at(i)
		if n == len(into) || i == stop {
			return n, b.Start
		}
		if wanted(b) {
			into[n] = *b
			n++
		}
	}
	return n, 0
}

// CountSince is how many bars of an interval have changed after a flush, at most.
func (s *Symbol) CountSince(k Interval, after Seq) int {
	if s == nil {
		return 0
	}
	return s.bars[k].n - s.bars[k].firstSince(after)
}

// Bars is how many bars of an interval are kept.
func (s *Symbol) Bars(k Interval) int {
	if s == nil {
		return 0
	}
	return s.bars[k].n
}

// CountTrades is how many trades are kept, and the number of the newest.
func (s *Symbol) CountTrades() (kept int, newest uint64) {
	if s == nil {
		return 0, 0
	}
	return s.tape.n, s.tape.total
}

// NewestTrade is the number of the newest trade that came up to a flush.
func (s *Symbol) NewestTrade(at Seq) uint64 {
	if s == nil {
		return 0
	}
	t := &s.tape
	end := t.n
	for end > 0 && t.at(end-1).Added > at {
		end--
	}
	return t.total - uint64(t.n-end)
}

// BarsChanged reports whether bars of the interval changed after a flush, or all began anew. It may err on the side of yes.
func (s *Symbol) BarsChanged(k Interval, after Seq) bool {
	return s != nil && s.changed > after && (s.cleared > after || s.bars[k].changedSince(after))
}

// TradesChanged reports whether trades came or were corrected after a flush, or all began anew.
func (s *Symbol) TradesChanged(after Seq) bool { return s != nil && s.changed > after }

// Cleared reports whether bars and trades began anew after a flush: who has read of them reads all again.
func (s *Symbol) Cleared(after Seq) bool { return s != nil && s.cleared > after }

// TradesAtOnce is how many trades are read at once, at most: so many new ones, and as many that were corrected.
const TradesAtOnce = 100

// TradesQuery is what a reader knows of a symbol's trades.
type TradesQuery struct {
	After, At Seq    // it has everything up to After, and reads everything up to At
	Newest    uint64 // the number of the newest trade that it has, or that was skipped
	FromStart bool   // it begins anew
	Resumed   bool   // Newest is unknown: it is found by After
}

// NumberedTrade is a trade and its number: the trades of a symbol are numbered from 1.
type NumberedTrade struct {
	Number uint64
	Trade
}

// TradesRead is what has been read of a symbol's trades.
type TradesRead struct {
	Trades  int    // how many were copied: first those that it has and that were corrected, then the new ones
	Skipped uint64 // how many new ones are not among them
	Newest  uint64 // the number of the newest trade that it has then
	Reset   bool   // it forgets all that it had before
}

// Any reports whether anything has been read.
func (n *TradesRead) Any() bool { return n.Trades > 0 || n.Reset || n.Skipped > 0 }

// TradesSince copies the trades that came after what a reader has, in the order of their coming: the newest [TradesAtOnce]
// of those that came, and of those that were corrected. into has room for both.
func (s *Symbol) TradesSince(q TradesQuery, into *[2 * TradesAtOnce]NumberedTrade) (out TradesRead) {
	if s == nil {
		return TradesRead{Reset: q.FromStart}
	}
	t := &s.tape
	end := t.n
	for end > 0 && t.at(end-1).Added > q.At {
		end-- // left to the next flush
	}
	newest, has, fromStart := t.total-uint64(t.n-end), q.Newest, q.FromStart
	if q.Resumed && !fromStart {
		i := end
		for i > 0 && t.at(i-1).Added > q.After {
			i--
		}
		has = newest - uint64(end-i)
		fromStart = i == 0 && t.n > 0 && t.number(0) > 1 // what came before was dropped
	}
	from := newest - min(newest, TradesAtOnce)
	if t.n > 0 {
		from = max(from, t.number(0)-1)
	}
	out = TradesRead{Newest: newest, Reset: fromStart}
	switch {
	case fromStart:
	case from > has:
		out.Skipped = from - has
	default:
		from = has
	}
	corrected := func(i int) bool {
		p := t.at(i)
		return p.Corrected && !fromStart && t.number(i) <= has && p.Changed > q.After && p.Changed <= q.At
	}
	first, corrections := max(0, end-int(newest-from)), 0
	for first > 0 && corrections < TradesAtOnce {
		if first--; corrected(first) {
			corrections++
		}
	}
	for i := first; i < end; i++ {
		if number := t.number(i); number > from || corrected(i) {
			into[out.Trades] = NumberedTrade{number, *t.at(i)}
			out.Trades++
		}
	}
	return out
}

// HasChanges reports whether there is anything to read. It may err on the side of yes.
func (s *Symbol) HasChanges(r *Reader) bool {
	switch {
	case r.FromStart || r.At != 0:
		return true
	case r.Interval == Trades:
		return s.TradesChanged(r.After)
	default:
		return s.BarsChanged(r.Interval, r.After)
	}
}

// begin sets At to now if it is not set. If all trades were forgotten since the reader's last flush, it begins anew. It
// returns false if they were forgotten after At: nothing is left of that flush, and the next read begins anew.
func (s *Symbol) begin(r *Reader, now Seq) bool {
	if r.At == 0 {
		r.At, r.Next = now, 0
	}
	if s.Cleared(r.At) {
		return false
	}
	r.FromStart = r.FromStart || s.Cleared(r.After)
	return true
}

// ReadBars copies the next bars for a reader, in order of their start, where now is the newest flush. It
// returns how many, and whether there may be more; after the last comes Done. A caller that has no room for all of
// them sets r.Next to the Start of the first that it left out.
func (s *Symbol) ReadBars(r *Reader, now Seq, into []Bar) (n int, more bool) {
	if !s.begin(r, now) {
		return 0, false
	}
	if r.FromStart {
		n, r.Next = s.Newest(r.Interval, r.Limit, r.At, r.Next, into)
	} else {
		n, r.Next = s.Changed(r.Interval, r.After, r.At, r.Next, into)
	}
	return n, r.Next != 0
}

// ReadTrades copies the trades for a reader, as [Symbol.TradesSince] does, where now is the newest flush. If one of them
// was corrected after r.At, its values of then are lost, so all are read as of now. After it comes Done.
func (s *Symbol) ReadTrades(r *Reader, now Seq, into *[2 * TradesAtOnce]NumberedTrade) TradesRead {
	if !s.begin(r, now) {
		return TradesRead{Newest: r.Newest, Reset: r.FromStart}
	}
	q := TradesQuery{After: r.After, At: r.At, Newest: r.Newest, FromStart: r.FromStart, Resumed: r.Resumed}
	trades := s.TradesSince(q, into)
	if slices.ContainsFunc(into[:trades.Trades], func(p NumberedTrade) bool { return p.Changed > q.At }) {
		r.At, q.At = now, now
		trades = s.TradesSince(q, into)
	}
	r.Newest = trades.Newest
	return trades
}

// CostOfTrades is how many trades a reader still has to read, but for those that were corrected.
func (s *Symbol) CostOfTrades(r *Reader) int {
	kept, newest := s.CountTrades()
	if !r.FromStart {
		kept = int(min(newest-s.NewestTrade(r.After), uint64(kept)))
	}
	return min(kept, TradesAtOnce)
}

// Cost is how many bars or trades a reader still has to read, at most.
func (s *Symbol) Cost(r *Reader) int {
	switch {
	case r.Interval == Trades:
		return TradesAtOnce
	case !r.FromStart:
		return s.CountSince(r.Interval, r.After)
	case r.Limit > 0:
		return min(s.Bars(r.Interval), r.Limit)
	default:
		return s.Bars(r.Interval)
	}
}
