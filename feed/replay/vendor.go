package replay

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"tickertape/feed"
	"tickertape/feed/calendar"
	"tickertape/feed/market"
	"tickertape/feed/recording"
	"tickertape/feed/vendors"
)

// vendor decodes what one source of a raw recording has sent.
type vendor struct {
	name        string
	decoder     func() (vendors.Decoder, error)
	connections map[uint64]*connection
	next        *connection // has no frame yet, but may have responses; nil: all have frames
	clock       calendar.ExchangeClock
	down        bool         // the last connection has ended, and no other has begun
	batch       market.Batch // of a decoder, used again
}

// connection is a decoder and when it was last given a frame.
type connection struct {
	vendors.Decoder
	newestFrame market.Time
}

// openFor is how long after its newest frame a connection counts as open.
const openFor = market.Time(time.Minute / time.Microsecond)

// unused returns the connection that has no frame yet.
func (v *vendor) unused() (*connection, error) {
	if v.next == nil {
		d, err := v.decoder()
		if err != nil {
			return nil, fmt.Errorf("decode %s: %w", v.name, err)
		}
		v.next = &connection{Decoder: d}
	}
	return v.next, nil
}

// frame decodes a message of a connection, and calls emit with what is in it.
func (v *vendor) frame(m *recording.Message, emit func(*market.Batch)) error {
	c := v.connections[m.Connection]
	if c == nil {
		var err error
		if c, err = v.unused(); err != nil {
			return err
		}
		v.connections[m.Connection], v.next = c, nil
	}
	c.newestFrame = m.Received
	if v.down {
		v.down = false
		emit(&market.Batch{Status: &market.Status{State: market.Live, Since: m.Received}})
	}
	b := v.fresh()
	failed := c.Frame(m.Text, m.Received, b)
	emit(b)
	if failed != nil { // it ended the connection
		delete(v.connections, m.Connection)
		if len(v.open(m.Received)) == 0 {
			v.down = true
			emit(&market.Batch{Status: &market.Status{State: market.Down, Since: m.Received, Message: feed.PublicMessage(failed)}})
		}
	}
	return nil
}

// response has all open connections decode a response, because it was not recorded which of them had asked. Each image is
// emitted once.
func (v *vendor) response(m *recording.Message, emit func(*market.Batch)) error {
	open := v.open(m.Received)
	if len(open) == 0 {
		c, err := v.unused()
		if err != nil {
			return err
		}
		open = append(open, c)
	}
	emitted := map[market.SymbolID]bool{}
	for _, c := range open {
		b := v.fresh()
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
func (v *vendor) fresh() *market.Batch {
	b := &v.batch
	*b = market.Batch{Images: b.Images[:0], Ticks: b.Ticks[:0], Corrections: b.Corrections[:0]}
	return b
}

// open lists the connections that are open, the oldest first.
func (v *vendor) open(now market.Time) (open []*connection) {
	for _, number := range slices.Sorted(maps.Keys(v.connections)) {
		if c := v.connections[number]; now-c.newestFrame <= openFor {
			open = append(open, c)
		}
	}
	return open
}
