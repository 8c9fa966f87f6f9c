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
	v := f.decoding
	for len(v.rows) == 0 {
		if err := f.reader.Next(&f.message); err != nil {
			return err
		}
		if h := f.reader.Header(); h.Since != v.since { // of a file that was joined to the first
			if err := v.begin(h); err != nil {
				return &recording.RowError{Line: f.reader.Line(), Reason: recording.BadValue, Err: err}
			}
		}
		if err := v.decode(&f.message); err != nil {
			return &recording.RowError{Line: f.reader.Line(), Reason: recording.BadValue, Err: err}
		}
	}
	*e = v.rows[0]
	v.rows = v.rows[1:]
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
func (v *rawDecoding) begin(h recording.RawHeader) error {
	if len(v.byName) > 0 && h.Since == v.since {
		return nil
	}
	v.since = h.Since
	v.numbered = len(h.Sources) > 0
	clear(v.byName)
	clear(v.owners)
	for _, s := range h.Sources {
		decode := v.decoders[s.Name]
		if decode == nil {
			known := slices.Sorted(maps.Keys(v.decoders))
			return fmt.Errorf("sources: %.40q cannot be decoded here, only [%s]", s.Name, strings.Join(known, " "))
		}
		y := &vendor{name: s.Name, connections: map[uint64]*connection{},
			decoder: func() (vendors.Decoder, error) { return decode(v.env, s.Symbols) }}
		if _, err := y.unused(); err != nil {
			return err
		}
		v.byName[s.Name] = y
		v.numbered = v.numbered && s.Numbered
		for _, name := range s.Symbols {
			if id, known := v.env.Dir.ID(name); known && v.owners[id] == nil {
				v.owners[id] = y
			}
		}
	}
	return nil
}

// decode decodes a message into rows.
func (v *rawDecoding) decode(m *recording.Message) error {
	v.rows = v.buffer[:0]
	y := v.byName[m.Source]
	if y == nil {
		return fmt.Errorf("source: %.40q is not in the header", m.Source)
	}
	for _, t := range v.days.advance(m.Received, v.env.Dir) {
		v.row(recording.Entry{Kind: recording.KindTick, Symbol: t.Symbol, Tick: t, At: m.Received})
	}
	emit := func(b *market.Batch) { v.batch(y, b, m.Received) }
	var err error
	if m.Path == "" {
		err = y.frame(m, emit)
	} else {
		err = y.answer(m, emit)
	}
	v.buffer = v.rows
	return err
}

// batch makes rows of a vendor's batch, for the symbols that are the vendor's.
func (v *rawDecoding) batch(y *vendor, b *market.Batch, at market.Time) {
	if b.Status != nil {
		s := *b.Status
		s.Source = y.name
		v.row(recording.Entry{Kind: recording.KindStatus, Status: s, At: at})
	}
	for _, im := range b.Images {
		if v.owns(y, im.Symbol) {
			v.days.image(&im)
			v.row(recording.Entry{Kind: recording.KindImage, Symbol: im.Symbol, Image: im, At: at})
		}
	}
	for _, t := range b.Ticks {
		if v.owns(y, t.Symbol) {
			v.days.tick(&t)
			v.row(recording.Entry{Kind: recording.KindTick, Symbol: t.Symbol, Tick: t, At: at})
		}
	}
	for _, c := range b.Corrections {
		if v.owns(y, c.Symbol) {
			v.row(recording.Entry{Kind: recording.KindCorrection, Symbol: c.Symbol, Correction: c, At: at})
		}
	}
}

func (v *rawDecoding) row(e recording.Entry) { v.rows = append(v.rows, e) }

// owns reports whether a vendor's data of a symbol are played. Only one vendor's are, or the volume would be counted twice.
func (v *rawDecoding) owns(y *vendor, id market.SymbolID) bool {
	if v.owners[id] == nil {
		v.owners[id] = y
	}
	return v.owners[id] == y
}
