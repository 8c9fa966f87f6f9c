package recording

import (
	"fmt"
	"math/bits"

	"tickertape/feed"
)

// QuoteReader reads values of a quote, which the protocol and the tick file spell alike. It can be
// used again and again. The zero value is ready.
type QuoteReader struct{ line line }

// Set reads the raw JSON value of one field into q. Its error names the key and the value, and
// leaves q as it was but for that value.
func (r *QuoteReader) Set(q *feed.Quote, field feed.Fields, raw []byte) error {
	if bits.OnesCount32(uint32(field)) != 1 || field&feed.AllFields == 0 {
		return fmt.Errorf("%b is not one field", field)
	}
	k := key(bits.TrailingZeros32(uint32(field)))
	set := q.Set
	r.line.values[k] = raw
	err := r.line.field(q, k)
	r.line.values[k] = nil
	if err != nil {
		q.Set = set
		return err.(*RowError).Err
	}
	return nil
}
