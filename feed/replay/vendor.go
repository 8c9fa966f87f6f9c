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

// vendor decodes what one source of a raw recording has sent.
type vendor struct {
	name        string
	decoder     func() (vendors.Decoder, error)
	connections map[uint64]*connection
	next        *connection  // has no frame yet, but may have answers; nil: all have frames
	down        bool         // the last connection has ended, and no other has begun
	batch       market.Batch // of a decoder, used again
}

// connection is a decoder and when it was last given a frame.
type connection struct {
	vendors.Decoder
	heard market.Time
}

// openFor is how long after its newest frame a connection counts as open.
const openFor = market.Time(time.Minute / time.Microsecond)

// unused returns the connection that has no frame yet.
func (y *vendor) unused() (*connection, error) {
	if y.next == nil {
		d, err := y.decoder()
		if err != nil {
			return nil, fmt.Errorf("decode %s: %w", y.name, err)
		}
		y.next = &connection{Decoder: d}
	}
	return y.next, nil
}

// frame decodes a message of a connection, and calls emit with what is in it.
func (y *vendor) frame(m *recording.Message, emit func(*market.Batch)) error {
	c := y.connections[m.Connection]
	if c == nil {
		var err error
		if c, err = y.unused(); err != nil {
			return err
		}
		y.connections[m.Connection], y.next = c, nil
	}
	c.heard = m.Received
	if y.down {
		y.down = false
		emit(&market.Batch{Status: &market.Status{State: market.Live, Since: m.Received}})
	}
	b := y.fresh()
	failed := c.Frame(m.Text, m.Received, b)
	emit(b)
	if failed != nil { // it ended the connection
		delete(y.connections, m.Connection)
		if len(y.open(m.Received)) == 0 {
			y.down = true
			emit(&market.Batch{Status: &market.Status{State: market.Down, Since: m.Received, Message: feed.PublicMessage(failed)}})
		}
	}
	return nil
}

// answer has all open connections decode an answer, because it was not recorded which of them had asked. Each image is
// emitted once.
func (y *vendor) answer(m *recording.Message, emit func(*market.Batch)) error {
	open := y.open(m.Received)
	if len(open) == 0 {
		c, err := y.unused()
		if err != nil {
			return err
		}
		open = append(open, c)
	}
	emitted := map[market.SymbolID]bool{}
	for _, c := range open {
		b := y.fresh()
		if err := c.Response(m.Path, m.Text, m.Received, b); err != nil {
			continue // it was of no use to the recorder either
		}
		b.Images = slices.DeleteFunc(b.Images, func(im market.Quote) bool { return emitted[im.Symbol] })
		for i := range b.Images {
			emitted[b.Images[i].Symbol] = true
		}
		emit(b)
	}
	return nil
}

// fresh is an empty batch.
func (y *vendor) fresh() *market.Batch {
	b := &y.batch
	*b = market.Batch{Images: b.Images[:0], Ticks: b.Ticks[:0], Corrections: b.Corrections[:0]}
	return b
}

// open lists the connections that are open, the oldest first.
func (y *vendor) open(now market.Time) (open []*connection) {
	for _, number := range slices.Sorted(maps.Keys(y.connections)) {
		if c := y.connections[number]; now-c.heard <= openFor {
			open = append(open, c)
		}
	}
	return open
}
