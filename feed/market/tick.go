package market

import "time"

// Time is an instant in microseconds since the Unix epoch; 0 is unknown.
type Time int64

// TimeOf is t in microseconds, rounded down.
func TimeOf(t time.Time) Time { return Time(t.UnixMicro()) }

// Std is the instant as the standard library's, in UTC.
func (t Time) Std() time.Time { return time.UnixMicro(int64(t)).UTC() }

// Kind says which of a tick's fields mean something.
type Kind uint8

const (
	KindTrade   Kind = iota // Price, Size, and Flags for what they may set
	KindQuote               // Bid, BidSize, Ask, AskSize, and Flags for the sides that there are
	KindState               // State of this symbol: halted, closed, live again; Conditions is the reason, "" none
	KindSession             // the source begins a session at Time: sums start anew; Price is its previous close, 0 unknown
	KindAlive               // nothing has changed: the source confirms what it last said of this symbol
	KindRoll                // the trading day of the symbol's market begins at Time: as a session, but the last price is the previous close
	KindReopen              // that was too early: nothing was traded in the day that began last, and the one of Time goes on
	KindAdjust              // Conditions is what adjusts the previous close of the day that begins at Time, as [Adjustment.String]; "" nothing

	NumKinds = iota
)

var kindNames = [NumKinds]string{"trade", "quote", "state", "session", "alive", "roll", "reopen", "adjust"}

// String is the word that metrics and recordings use.
func (k Kind) String() string { return kindNames[k] }

// Flags say what a trade may set, by its sale conditions, or which sides a quote has.
type Flags uint8

const (
	SetsLast     Flags = 1 << iota // the last price and, together with SetsHighLow as the first of its session, the open
	SetsHighLow                    // the session's high and low
	SetsVolume                     // volume, trade count and VWAP
	HasBid                         // Bid and BidSize
	HasAsk                         // Ask and AskSize
	SetsExtended                   // the last price outside the regular session; never together with SetsLast
	OutOfOrder                     // it would set the last price, in or out of the session, but a later trade came before it
	SetsFirst                      // as SetsLast where its session has no last price yet, and nothing where it has; [Tally.Apply] decides

	Regular   = SetsLast | SetsHighLow | SetsVolume // an ordinary trade
	BothSides = HasBid | HasAsk                     // an ordinary quote
)

// AsOutOfOrder is what a trade with these flags may still set when a later one came before it: no last price. 0 is nothing.
func (f Flags) AsOutOfOrder() Flags {
	switch {
	case f&SetsExtended != 0:
		return f&^(SetsExtended|SetsHighLow) | OutOfOrder
	case f&(SetsLast|SetsHighLow) == SetsLast|SetsHighLow:
		return f&^SetsLast | OutOfOrder
	default:
		return f &^ SetsLast
	}
}

// decided is f without SetsFirst: with SetsLast instead where the session has no last price yet.
func (f Flags) decided(first bool) Flags {
	if f&SetsFirst == 0 {
		return f
	}
	if first {
		f |= SetsLast
	}
	return f &^ SetsFirst
}

// SetsPrice reports whether a trade with these flags has a part in open, high, low and close, in or out of the session.
func (f Flags) SetsPrice() bool { return f&(SetsHighLow|SetsExtended|OutOfOrder) != 0 }

// Outside reports whether the price of such a trade is of the hours outside the regular session.
func (f Flags) Outside() bool {
	return f&SetsExtended != 0 || f&(OutOfOrder|SetsHighLow) == OutOfOrder
}

// Ordered reports whether such a trade may open and close what it is part of, by its time, even if it came late.
func (f Flags) Ordered() bool { return f&(SetsLast|SetsExtended|OutOfOrder) != 0 }

// SetsLastByTime reports whether such a trade sets the last price of its session if none is later by its time.
func (f Flags) SetsLastByTime() bool {
	return f&SetsLast != 0 || f&(OutOfOrder|SetsHighLow) == OutOfOrder|SetsHighLow
}

// Tick is one event of one symbol. A quote replaces the whole top of book: a side without its
// flag is gone. A size of zero is one that the source did not say.
type Tick struct {
	Symbol   SymbolID
	Kind     Kind
	Flags    Flags
	State    State
	Price    Price
	Size     Quantity
	Bid, Ask Price
	BidSize  Quantity
	AskSize  Quantity
	Time     Time   // the exchange's clock
	Received Time   // this machine's clock when the source had it whole
	ID       uint64 // of a trade, unique for its symbol and source; may be a hash of several values that are unique together; 0 none

	Conditions string // of a trade: the sale conditions as the source spells them, with commas; valid for ever. Of others: see [Kind]
}

// When is the exchange's time or, without one, the time of receipt.
func (t *Tick) When() Time {
	if t.Time == 0 {
		return t.Received
	}
	return t.Time
}

// Print is what a trade was, or should have been.
type Print struct {
	Price Price
	Size  Quantity
	Flags Flags // what it set; 0: it never happened
}

// Correction takes a trade back, or puts another in its place.
type Correction struct {
	Symbol   SymbolID
	ID       uint64 // of the trade; 0 unknown
	NewID    uint64 // by which later corrections call it; 0: as before
	Old      Print  // as it was published
	New      Print  // as it is; Flags 0: it is cancelled
	Traded   Time   // when it was traded, by the exchange's clock, which says what day it counts in; 0 unknown
	Time     Time   // of the correction, by the exchange's clock
	Received Time   // by this machine's
}

// Batch is what a source publishes at once. It applies in the order of its fields. Its slices are
// the source's: whoever receives a batch keeps nothing of them, but may change what is in them.
type Batch struct {
	Status      *Status // nil: unchanged
	Images      []Quote // quotes as the source sums them up, all of a symbol (Replaces) or some fields
	Ticks       []Tick  // in order
	Corrections []Correction
	Bars        []Bars   // as the source has them, in place of those that would be made of its ticks
	Trades      []Trades // the same of trades
	Actions     *Actions // what the source knows of splits and dividends; nil: it says nothing of them

	Alive bool // the source says that it is alive, though nothing may have changed; [KindAlive] says so of one symbol
	Lost  int  // messages that are missing, as gaps in their numbers show
	// Heartbeat promises a batch at least this often from now on, as long as the connection lasts; 0: nothing new is promised.
	Heartbeat time.Duration
	// Ending says that the other side is about to end the connection: another is opened at once, and takes its place.
	Ending bool
	// Joining says that the connection does not bring all of its symbols yet. It takes no other's place so long, and must say
	// nothing but trades and quotes. The trades are published when it does, if the source numbers them.
	Joining bool
}

// HasSeries reports whether there are bars or trades as the source has them.
func (b *Batch) HasSeries() bool { return len(b.Bars)+len(b.Trades) > 0 }
