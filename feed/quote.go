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

// FieldKeys are the short names that the fields have on the wire and in files, in the order of
// their bits.
func FieldKeys() [NumFields]string {
	return [NumFields]string{"p", "z", "b", "bz", "a", "az", "o", "h", "l", "pc", "v", "n", "vw", "t", "st"}
}

var fieldsByKey = func() map[string]Fields {
	m := make(map[string]Fields, NumFields)
	for i, key := range FieldKeys() {
		m[key] = 1 << i
	}
	return m
}()

// FieldOf finds the field that has a key.
func FieldOf[T string | []byte](key T) (Fields, bool) {
	f, ok := fieldsByKey[string(key)]
	return f, ok
}

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
