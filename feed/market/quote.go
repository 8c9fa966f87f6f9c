package market

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
	FieldExtended                         // last price outside the regular session, while no regular one has come after it
	FieldExtendedTime                     // and its exchange time
	FieldSource                           // which source it is from, where there are several

	NumFields = iota
	AllFields = Fields(1<<NumFields - 1)
)

// FieldKeys are the short names that the fields have on the wire and in files, in the order of
// their bits.
func FieldKeys() [NumFields]string {
	return [NumFields]string{"p", "z", "b", "bz", "a", "az", "o", "h", "l", "pc", "v", "n", "vw", "t", "st", "x", "xt", "src"}
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
	Whole                            bool // as an image: what is not set is not known any more
	Price, Bid, Ask, Open, High, Low Price
	PreviousClose, VWAP, Extended    Price
	Size, BidSize, AskSize, Volume   Quantity
	Count                            uint64
	Time, ExtendedTime               Time
	Source                           string
}

// priced is a price of a quote.
type priced struct {
	field Fields
	at    *Price
}

// prices are all of a quote's prices.
func (q *Quote) prices() [9]priced {
	return [...]priced{{FieldPrice, &q.Price}, {FieldBid, &q.Bid}, {FieldAsk, &q.Ask}, {FieldOpen, &q.Open}, {FieldHigh, &q.High},
		{FieldLow, &q.Low}, {FieldPreviousClose, &q.PreviousClose}, {FieldVWAP, &q.VWAP}, {FieldExtended, &q.Extended}}
}

// sized is a quantity of a quote.
type sized struct {
	field Fields
	at    *Quantity
}

// sizes are all of a quote's quantities.
func (q *Quote) sizes() [4]sized {
	return [...]sized{{FieldSize, &q.Size}, {FieldBidSize, &q.BidSize}, {FieldAskSize, &q.AskSize}, {FieldVolume, &q.Volume}}
}

// Merge puts the values that from has set into q.
func (q *Quote) Merge(from *Quote) {
	theirs := from.prices()
	for i, p := range q.prices() {
		if from.Set&p.field != 0 {
			*p.at = *theirs[i].at
		}
	}
	sizes := from.sizes()
	for i, z := range q.sizes() {
		if from.Set&z.field != 0 {
			*z.at = *sizes[i].at
		}
	}
	if from.Set&FieldCount != 0 {
		q.Count = from.Count
	}
	if from.Set&FieldTime != 0 {
		q.Time = from.Time
	}
	if from.Set&FieldExtendedTime != 0 {
		q.ExtendedTime = from.ExtendedTime
	}
	if from.Set&FieldState != 0 {
		q.State = from.State
	}
	if from.Set&FieldSource != 0 {
		q.Source = from.Source
	}
	q.Set |= from.Set
}
