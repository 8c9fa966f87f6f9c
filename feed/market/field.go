package market

import (
	"iter"
	"math/bits"
)

// Fields is a set of a quote's values.
type Fields uint32

const (
	FieldPrice         Fields = 1 << iota // last trade price
	FieldSize                             // last trade size
	FieldBid                              // best bid
	FieldBidSize                          // size of the best bid
	FieldAsk                              // best ask
	FieldAskSize                          // size of the best ask
	FieldOpen                             // of the session
	FieldHigh                             // of the session
	FieldLow                              // of the session
	FieldPreviousClose                    // reference for change
	FieldVolume                           // of the session
	FieldCount                            // trades of the session
	FieldVWAP                             // of the session
	FieldTime                             // exchange time of the last change
	FieldState                            // live, stale, halted, closed, down
	FieldExtended                         // last price outside the regular session, while no regular one has come after it
	FieldExtendedTime                     // and its exchange time
	FieldSource                           // which source it is from, where there are several
	FieldAdjusted                         // what adjusted the previous close
	FieldReason                           // why the state is what it is, where that needs saying

	NumFields = iota
	AllFields = Fields(1<<NumFields - 1)
)

// Field is one value of a quote. Whatever merges, compares, encodes, decodes or records quotes goes through the table of
// fields and has no list of its own, so that a new field is a constant above, a value in [Quote] and a row in the table.
type Field struct {
	Key string // its name on the wire and in files, which must not change
	Bit Fields // its position in memory only: no file or message has it

	at      func(*Quote) any
	differs func(a, b *Quote) bool
	copy    func(to, from *Quote)
}

// fields are all there are, in the order of their bits.
var fields = [...]Field{
	field(FieldPrice, "p", func(q *Quote) *Price { return &q.Price }),
	field(FieldSize, "z", func(q *Quote) *Quantity { return &q.Size }),
	field(FieldBid, "b", func(q *Quote) *Price { return &q.Bid }),
	field(FieldBidSize, "bz", func(q *Quote) *Quantity { return &q.BidSize }),
	field(FieldAsk, "a", func(q *Quote) *Price { return &q.Ask }),
	field(FieldAskSize, "az", func(q *Quote) *Quantity { return &q.AskSize }),
	field(FieldOpen, "o", func(q *Quote) *Price { return &q.Open }),
	field(FieldHigh, "h", func(q *Quote) *Price { return &q.High }),
	field(FieldLow, "l", func(q *Quote) *Price { return &q.Low }),
	field(FieldPreviousClose, "pc", func(q *Quote) *Price { return &q.PreviousClose }),
	field(FieldVolume, "v", func(q *Quote) *Quantity { return &q.Volume }),
	field(FieldCount, "n", func(q *Quote) *uint64 { return &q.Count }),
	field(FieldVWAP, "vw", func(q *Quote) *Price { return &q.VWAP }),
	field(FieldTime, "t", func(q *Quote) *Time { return &q.Time }),
	field(FieldState, "st", func(q *Quote) *State { return &q.State }),
	field(FieldExtended, "x", func(q *Quote) *Price { return &q.Extended }),
	field(FieldExtendedTime, "xt", func(q *Quote) *Time { return &q.ExtendedTime }),
	field(FieldSource, "src", func(q *Quote) *string { return &q.Source }),
	field(FieldAdjusted, "adj", func(q *Quote) *string { return &q.Adjusted }),
	field(FieldReason, "why", func(q *Quote) *string { return &q.Reason }),
}

var _ [NumFields]Field = fields // a row for each constant

func field[T comparable](bit Fields, key string, at func(*Quote) *T) Field {
	return Field{
		Key: key, Bit: bit,
		at:      func(q *Quote) any { return at(q) },
		differs: func(a, b *Quote) bool { return *at(a) != *at(b) },
		copy:    func(to, from *Quote) { *at(to) = *at(from) },
	}
}

// Value is where q keeps the field: a *[Price], *[Quantity], *[Time], *[State], *uint64 (a count) or *string (a text of
// [CheckText]).
func (f *Field) Value(q *Quote) any { return f.at(q) }

// All are the fields of the set, in the order of their bits.
func (s Fields) All() iter.Seq[*Field] {
	return func(yield func(*Field) bool) {
		for ; s != 0; s &= s - 1 {
			if !yield(&fields[bits.TrailingZeros32(uint32(s))]) {
				return
			}
		}
	}
}

var fieldsByKey = func() map[string]*Field {
	m := make(map[string]*Field, NumFields)
	for f := range AllFields.All() {
		m[f.Key] = f
	}
	return m
}()

// FieldOf finds the field that has a key.
func FieldOf[T string | []byte](key T) (*Field, bool) {
	f, ok := fieldsByKey[string(key)]
	return f, ok
}

// FieldKeys are the keys of all fields, in the order of their bits.
func FieldKeys() []string {
	var keys []string
	for f := range AllFields.All() {
		keys = append(keys, f.Key)
	}
	return keys
}
