package history

import "slices"

// Trades as the interval of a [Reader] has it read trades.
const Trades = Interval(NumIntervals)

// Reader is how far someone has been told the bars of one symbol and interval, or its trades. What it has not been told
// is what changed after After, so it does not grow with how slowly it reads. It belongs to one goroutine.
type Reader struct {
	Interval Interval // of the bars, or Trades
	Limit    int      // bars of its history; 0 is all that are kept
	Fresh    bool     // it is to be told its history, and forget what it was told before
	Resumed  bool     // of trades: Newest is unknown, and found by After
	After    Seq      // it has been told everything up to this flush
	Newest   uint64   // the number of the newest trade that it has been told, or that was skipped
	At       Seq      // the flush that it is being told as of; 0: the next read begins with the newest
	Next     uint32   // where the next bars begin, in seconds; 0: with the first
}

// Done notes that everything up to At has been told.
func (r *Reader) Done() { r.After, r.At, r.Next, r.Fresh, r.Resumed = r.At, 0, 0, false, false }

// News tells whether there is anything to tell a reader. It may err on the side of yes.
func (s *Symbol) News(r *Reader) bool {
	switch {
	case r.Fresh || r.At != 0:
		return true
	case r.Interval == Trades:
		return s.TradesChanged(r.After)
	default:
		return s.BarsChanged(r.Interval, r.After)
	}
}

// begin has a reader read up to now unless it knows up to when, and anew where all began anew
// since it was told. It returns false where that was after what it reads: nothing is left of then, and the next time it
// reads all.
func (s *Symbol) begin(r *Reader, now Seq) bool {
	if r.At == 0 {
		r.At, r.Next = now, 0
	}
	if s.Cleared(r.At) {
		return false
	}
	r.Fresh = r.Fresh || s.Cleared(r.After)
	return true
}

// ReadBars copies the next bars that a reader is to be told, in order of their start, where now is the newest flush. It
// returns how many, and whether there may be more; after the last comes Done. A caller that has no room for all of
// them sets r.Next to the Start of the first that it left out.
func (s *Symbol) ReadBars(r *Reader, now Seq, into []Bar) (n int, more bool) {
	if !s.begin(r, now) {
		return 0, false
	}
	if r.Fresh {
		n, r.Next = s.Newest(r.Interval, r.Limit, r.At, r.Next, into)
	} else {
		n, r.Next = s.Changed(r.Interval, r.After, r.At, r.Next, into)
	}
	return n, r.Next != 0
}

// ReadTrades copies the trades that a reader is to be told, as [Symbol.TradesSince] has it, where now is the newest
// flush. Where one of them was mended after r.At, what it was then is known no more: all are read as of now. After it
// comes Done.
func (s *Symbol) ReadTrades(r *Reader, now Seq, into *[2 * MostTold]Numbered) TradesNews {
	if !s.begin(r, now) {
		return TradesNews{Newest: r.Newest, Reset: r.Fresh}
	}
	q := TradesQuery{After: r.After, At: r.At, Newest: r.Newest, Fresh: r.Fresh, Resumed: r.Resumed}
	news := s.TradesSince(q, into)
	if slices.ContainsFunc(into[:news.Trades], func(p Numbered) bool { return p.Changed > q.At }) {
		r.At, q.At = now, now
		news = s.TradesSince(q, into)
	}
	r.Newest = news.Newest
	return news
}

// Cost is how many bars or trades a reader is told at most, from where it is.
func (s *Symbol) Cost(r *Reader) int {
	switch {
	case r.Interval == Trades:
		return MostTold
	case !r.Fresh:
		return s.CountSince(r.Interval, r.After)
	case r.Limit > 0:
		return min(s.Bars(r.Interval), r.Limit)
	default:
		return s.Bars(r.Interval)
	}
}
