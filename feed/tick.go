package feed

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
	KindState               // State of this symbol: halted, closed, live again
	KindSession             // a new session: open, high, low, volume, count and VWAP start anew; Price is its previous close, 0 unknown
)

// Flags say what a trade may set, by its sale conditions, or which sides a quote has.
type Flags uint8

const (
	SetsLast    Flags = 1 << iota // the last price and, as the first of its session, the open
	SetsHighLow                   // the session's high and low
	SetsVolume                    // volume, trade count and VWAP
	HasBid                        // Bid and BidSize
	HasAsk                        // Ask and AskSize

	Regular   = SetsLast | SetsHighLow | SetsVolume // an ordinary trade
	BothSides = HasBid | HasAsk                     // an ordinary quote
)

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
	Time     Time // the exchange's clock
	Received Time // this machine's clock when the source had it whole
}

// Batch is what a source publishes at once. Images apply before Ticks, Status before both. Its
// slices are the source's: whoever receives a batch keeps nothing of them.
type Batch struct {
	Status *Status // nil: unchanged
	Images []Quote // whole or partial states as an upstream sums them up
	Ticks  []Tick  // in order
}
