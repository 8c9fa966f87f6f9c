package board

import "tickertape/feed/market"

// MaxEvents is how much one record holds at most: events, quotes, statuses, and bars and trades of other servers together.
// A whole history of bars may go beyond.
const MaxEvents = 1 << 16

// MaxFull is how many full records may wait to be taken.
const MaxFull = 4

// Record is what came between two flushes: all that has to be applied in order, and the newest quote of each symbol. It
// is plain data, enough for another board to do the same commit.
type Record struct {
	Taken    market.Time // when, by the clock of the machine that gathered it
	Ticks    int         // how many came, those included that a later quote replaced
	Statuses []market.Status
	Events   []Event // in order of arrival
	Quotes   []Quote // one a symbol, in any order: they go with every event but sessions and images, which they came after

	// what events are about, by their Index
	Early       []Quote // quotes that came before a session or an image of their symbol
	Images      []market.Quote
	Corrections []market.Correction
	Bars        []market.Bars
	Trades      []market.Trades
	rows        int // bars and trades in the two
}

// EventKind says which of an event's fields mean something.
type EventKind uint8

const (
	EventTrade      EventKind = iota // as a tick of this kind
	EventState                       // as a tick of this kind
	EventSession                     // as a tick of this kind
	EventQuote                       // Early[Index]
	EventImage                       // Images[Index], and when it was received
	EventCorrection                  // Corrections[Index]
	EventRoll                        // as a tick of this kind
	EventReopen                      // as a tick of this kind
	EventBars                        // Bars[Index]
	EventTrades                      // Trades[Index]
	EventAdjust                      // as a tick of this kind
)

// Event is something that is applied in the order of its coming. Its fields are those of a [market.Tick].
type Event struct {
	Symbol     market.SymbolID
	Index      uint32
	Kind       EventKind
	Flags      market.Flags
	State      market.State
	Price      market.Price
	Size       market.Quantity
	Time       market.Time
	Received   market.Time
	ID         uint64
	Conditions string
}

// Quote is a top of book: a side without its flag is gone. Its times are the newest of all quotes that it replaced.
type Quote struct {
	Symbol   market.SymbolID
	Flags    market.Flags
	Bid, Ask market.Price
	BidSize  market.Quantity
	AskSize  market.Quantity
	Time     market.Time // of the exchange or, unknown, of receipt
	Received market.Time
}

// size is how much of MaxEvents is used.
func (r *Record) size() int { return len(r.Events) + len(r.Quotes) + len(r.Statuses) + r.rows }

// reset empties the record, whose memory is used again.
func (r *Record) reset() {
	clear(r.Statuses)
	clear(r.Bars)
	clear(r.Trades)
	*r = Record{Statuses: r.Statuses[:0], Events: r.Events[:0], Quotes: r.Quotes[:0], Early: r.Early[:0],
		Images: r.Images[:0], Corrections: r.Corrections[:0], Bars: r.Bars[:0], Trades: r.Trades[:0]}
}

// tick is an event for a tally.
func (e *Event) tick(kind market.Kind) market.Tick {
	return market.Tick{Symbol: e.Symbol, Kind: kind, Flags: e.Flags, State: e.State, Price: e.Price, Size: e.Size,
		Time: e.Time, Received: e.Received, ID: e.ID, Conditions: e.Conditions}
}

// tick is a quote for a tally.
func (q *Quote) tick() market.Tick {
	return market.Tick{Symbol: q.Symbol, Kind: market.KindQuote, Flags: q.Flags, Bid: q.Bid, Ask: q.Ask,
		BidSize: q.BidSize, AskSize: q.AskSize, Time: q.Time, Received: q.Received}
}
