package feed

// Fields is a set of a quote's values.
type Fields uint32

const (
	FieldPrice         Fields = 1 << iota // last trade price
	FieldSize                             // last trade size
	FieldBid                              // best bid
	FieldBidSize                          //
	FieldAsk                              // best ask
	FieldAskSize                          //
	FieldOpen                             // of the session
	FieldHigh                             //
	FieldLow                              //
	FieldPreviousClose                    // reference for change
	FieldVolume                           // of the session
	FieldCount                            // trades of the session
	FieldVWAP                             // of the session
	FieldTime                             // exchange time of the last change
	FieldState                            // live, stale, halted, closed, down

	NumFields = iota
	AllFields = Fields(1<<NumFields - 1)
)

// Quote is the state of one symbol. A value is known where Set has its bit.
type Quote struct {
	Symbol                           SymbolID
	Set                              Fields
	State                            State
	Price, Bid, Ask, Open, High, Low Price
	PreviousClose, VWAP              Price
	Size, BidSize, AskSize, Volume   Quantity
	Count                            uint64
	Time                             Time
}
