package replay

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"tickertape/feed/market"
	"tickertape/feed/recording"
	"tickertape/feed/vendors"
)

// Decoders make the decoder of one connection, by the vendor's name. The symbols are those subscribed to, in the vendor's
// spelling.
type Decoders map[string]func(env vendors.Env, symbols []string) (vendors.Decoder, error)

// frames reads a raw recording row by row: what the vendors' decoders make of its messages.
type frames struct {
	reader   *recording.RawReader
	decoding *rawDecoding
	message  recording.Message
}

// Next returns the next row, and decodes messages until there is one.
func (f *frames) Next(e *recording.Entry) error {
	d := f.decoding
	for len(d.rows) == 0 {
		if err := f.reader.Next(&f.message); err != nil {
			return err
		}
		if h := f.reader.Header(); h.Since != d.since { // of a file that was joined to the first
			if err := d.begin(h); err != nil {
				return &recording.RowError{Line: f.reader.Line(), Reason: recording.BadValue, Err: err}
			}
		}
		if err := d.decode(&f.message); err != nil {
			return &recording.RowError{Line: f.reader.Line(), Reason: recording.BadValue, Err: err}
		}
	}
	*e = d.rows[0]
	d.rows = d.rows[1:]
	return nil
}

// rawDecoding decodes the messages of all files of a raw recording.
type rawDecoding struct {
	// static
	decoders Decoders
	env      vendors.Env

	since    market.Time // when the recorder began to number its connections
	numbered bool
	byName   map[string]*vendor
	owners   map[market.SymbolID]*vendor // the one whose data of a symbol are played
	days     *days
	rows     []recording.Entry // those of the newest message that have not been returned
	buffer   []recording.Entry // where rows begins, used again for the next message
}

func newRawDecoding(decoders Decoders, env vendors.Env) *rawDecoding {
	return &rawDecoding{
		decoders: decoders, env: env, byName: map[string]*vendor{}, owners: map[market.SymbolID]*vendor{}, days: newDays(env.Hours),
	}
}

// begin begins a file. Connections continue from the file before, unless it is of another recorder.
func (d *rawDecoding) begin(h recording.RawHeader) error {
	if len(d.byName) > 0 && h.Since == d.since {
		return nil
	}
	d.since = h.Since
	d.numbered = len(h.Sources) > 0
	clear(d.byName)
	clear(d.owners)
	for _, s := range h.Sources {
		decode := d.decoders[s.Name]
		if decode == nil {
			known := slices.Sorted(maps.Keys(d.decoders))
			return fmt.Errorf("sources: %.40q cannot be decoded here, only [%s]", s.Name, strings.Join(known, " "))
		}
		v := &vendor{name: s.Name, connections: map[uint64]*connection{},
			decoder: func() (vendors.Decoder, error) { return decode(d.env, s.Symbols) }}
		if _, err := v.unused(); err != nil {
			return err
		}
		d.byName[s.Name] = v
		d.numbered = d.numbered && s.Numbered
		for _, name := range s.Symbols {
			if id, known := d.env.Dir.ID(name); known && d.owners[id] == nil {
				d.owners[id] = v
			}
		}
	}
	return nil
}

// decode decodes a message into rows.
func (d *rawDecoding) decode(m *recording.Message) error {
	d.rows = d.buffer[:0]
	v := d.byName[m.Source]
	if v == nil {
		return fmt.Errorf("source: %.40q is not in the header", m.Source)
	}
	d.days.advance(m.Received, func(t market.Tick) { d.tick(t, m.Received) })
	emit := func(b *market.Batch) { d.batch(v, b, m.Received) }
	var err error
	if m.Path == "" {
		err = v.frame(m, emit)
	} else {
		err = v.response(m, emit)
	}
	d.buffer = d.rows
	return err
}

// batch makes rows of a vendor's batch, for the symbols that are the vendor's.
func (d *rawDecoding) batch(v *vendor, b *market.Batch, at market.Time) {
	emit := func(t market.Tick) { d.tick(t, at) }
	if b.Status != nil {
		s := *b.Status
		s.Source = v.name
		d.row(recording.Entry{Kind: recording.KindStatus, Status: s, At: at})
	}
	if b.Actions != nil {
		owned := *b.Actions
		owned.Symbols = nil
		for _, id := range b.Actions.Symbols {
			if d.owns(v, id) {
				owned.Symbols = append(owned.Symbols, id)
			}
		}
		d.days.actions(&owned, &v.clock, d.env.Dir, at, emit)
	}
	for _, im := range b.Images {
		if d.owns(v, im.Symbol) {
			d.days.image(&im, &v.clock, d.env.Dir, at, emit)
			d.row(recording.Entry{Kind: recording.KindImage, Symbol: im.Symbol, Image: im, At: at})
		}
	}
	for _, t := range b.Ticks {
		if d.owns(v, t.Symbol) {
			d.days.tick(&t, &v.clock, d.env.Dir, at, emit)
			d.tick(t, at)
		}
	}
	for _, c := range b.Corrections {
		if d.owns(v, c.Symbol) {
			d.row(recording.Entry{Kind: recording.KindCorrection, Symbol: c.Symbol, Correction: c, At: at})
		}
	}
}

func (d *rawDecoding) tick(t market.Tick, at market.Time) {
	d.row(recording.Entry{Kind: recording.KindTick, Symbol: t.Symbol, Tick: t, At: at})
}

func (d *rawDecoding) row(e recording.Entry) { d.rows = append(d.rows, e) }

// owns reports whether a vendor's data of a symbol are played. Only one vendor's are, or the volume would be counted twice.
func (d *rawDecoding) owns(v *vendor, id market.SymbolID) bool {
	if d.owners[id] == nil {
		d.owners[id] = v
	}
	return d.owners[id] == v
}
