package replay

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"tickertape/feed"
	"tickertape/feed/market"
	"tickertape/feed/recording"
	"tickertape/feed/vendors"
)

// vendor decodes what one source of a raw recording sent.
type vendor struct {
	name        string
	decoder     func() (vendors.Decoder, error)
	connections map[uint64]*connection
	first       *connection  // has no frame yet, but may have answers; nil: all have frames
	down        bool         // its only connection has ended, and no other has begun
	batch       market.Batch // what a decoder says, to be used again
}

// connection is a decoder and when it was last given a frame.
type connection struct {
	vendors.Decoder
	heard market.Time
}

// speaking is how long after its newest frame a connection is there for certain.
const speaking = market.Time(time.Minute / time.Microsecond)

// unheard is the connection that has no frame yet.
func (y *vendor) unheard() (*connection, error) {
	if y.first == nil {
		d, err := y.decoder()
		if err != nil {
			return nil, fmt.Errorf("decode %s: %w", y.name, err)
		}
		y.first = &connection{Decoder: d}
	}
	return y.first, nil
}

// frame decodes a message of a connection and tells said what it says.
func (y *vendor) frame(m *recording.Message, said func(*market.Batch)) error {
	c := y.connections[m.Connection]
	if c == nil {
		var err error
		if c, err = y.unheard(); err != nil {
			return err
		}
		y.connections[m.Connection], y.first = c, nil
	}
	c.heard = m.Received
	if y.down {
		y.down = false
		said(&market.Batch{Status: &market.Status{State: market.Live, Since: m.Received}})
	}
	b := y.fresh()
	failed := c.Frame(m.Text, m.Received, b)
	said(b)
	if failed != nil { // the connection ended by it
		delete(y.connections, m.Connection)
		if len(y.speaking(m.Received)) == 0 {
			y.down = true
			said(&market.Batch{Status: &market.Status{State: market.Down, Since: m.Received, Message: feed.PublicMessage(failed)}})
		}
	}
	return nil
}

// answer has an answer decoded by every connection that is there, since it was not recorded which of them
// asked: each takes what it misses. Statistics are told once.
func (y *vendor) answer(m *recording.Message, said func(*market.Batch)) error {
	there := y.speaking(m.Received)
	if len(there) == 0 {
		c, err := y.unheard()
		if err != nil {
			return err
		}
		there = append(there, c)
	}
	told := map[market.SymbolID]bool{}
	for _, c := range there {
		b := y.fresh()
		if err := c.Answer(m.Path, m.Text, m.Received, b); err != nil {
			continue // of no use then either: it was asked for again
		}
		b.Images = slices.DeleteFunc(b.Images, func(im market.Quote) bool { return told[im.Symbol] })
		for i := range b.Images {
			told[b.Images[i].Symbol] = true
		}
		said(b)
	}
	return nil
}

// fresh is an empty batch.
func (y *vendor) fresh() *market.Batch {
	b := &y.batch
	*b = market.Batch{Images: b.Images[:0], Ticks: b.Ticks[:0], Corrections: b.Corrections[:0]}
	return b
}

// speaking are the connections that are there for certain, oldest first.
func (y *vendor) speaking(now market.Time) (there []*connection) {
	for _, number := range slices.Sorted(maps.Keys(y.connections)) {
		if c := y.connections[number]; now-c.heard <= speaking {
			there = append(there, c)
		}
	}
	return there
}
