package history

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
