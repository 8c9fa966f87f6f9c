package history

import "slices"

// Trades as the interval of a [Reader] has it read trades.
const Trades = Interval(NumIntervals)

// Reader is how far someone has read the bars of one symbol and interval, or its trades. What is still to be read is what
// changed after After, so a slow reader costs no more memory than a quick one. It belongs to one goroutine.
type Reader struct {
	Interval  Interval // of the bars, or Trades
	Limit     int      // bars of its history; 0 is all that are kept
	FromStart bool     // it reads its history, and forgets what it had before
	Resumed   bool     // of trades: Newest is unknown, and follows from After
	After     Seq      // it has everything up to this flush
	Newest    uint64   // the number of the newest trade that it has, or that was skipped
	At        Seq      // the flush as of which it reads; 0: the newest, which the next read sets
	Next      uint32   // where the next bars begin, in seconds; 0: with the first
}

// Done notes that everything up to At has been read.
func (r *Reader) Done() { r.After, r.At, r.Next, r.FromStart, r.Resumed = r.At, 0, 0, false, false }

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
