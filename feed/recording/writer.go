package recording

import (
	"io"
	"log/slog"
	"time"

	"tickertape/feed/market"
)

// Writer writes a recording. Whatever it was given is in the file, and can be read there, a
// second later, so that a recorder which is killed loses no more than that. Its methods may be
// called from anywhere; the first error stays.
type Writer struct {
	sink
	dir    *market.Directory
	header Header   // guarded by mu
	names  []string // guarded by mu: symbols whose records are in this file, by id
	told   *told    // guarded by mu: nil where there is one file
}

// NewWriter begins a recording on w. Where w has a method Flush() error, as compressors do, it is
// called once a second while something is written.
func NewWriter(w io.Writer, h Header, dir *market.Directory) *Writer {
	r := &Writer{dir: dir, header: h}
	r.start(w, nil, r.begin)
	return r
}

// Create begins a recording in a file. The end of its name says how it is compressed: ".zst" by
// zstd, ".gz" by gzip, any other not at all; "-" is the standard output. It never overwrites what
// a file holds. With a rotation it is a series of files, each of which can be read by itself, and
// their names are made from path and the time at which they begin.
func Create(path string, r Rotation, h Header, dir *market.Directory, log *slog.Logger) (*Writer, error) {
	w := &Writer{dir: dir, header: h}
	if !r.never() {
		w.told = &told{}
	}
	if err := w.create(path, r, w.begin, log); err != nil {
		return nil, err
	}
	return w, nil
}

// begin begins a file, which knows no symbol yet. One that is not the first sums up what was told before
// it, so that it can be read by itself. The caller holds mu.
func (w *Writer) begin(again bool) {
	now := market.TimeOf(time.Now())
	if again {
		w.header.Recorded = now
	}
	w.buf = appendHeader(w.buf, w.header)
	clear(w.names)
	if !again {
		return
	}
	for i := range w.told.statuses {
		w.buf = appendStatus(w.buf, &w.told.statuses[i], now, true)
	}
	for id := range w.told.symbols {
		if q, known := w.told.image(market.SymbolID(id)); known {
			name := w.symbol(q.Symbol)
			w.buf = appendImage(w.buf, name, &q, now, true)
			w.spill()
		}
	}
}

// Write records a batch and keeps nothing of it.
func (w *Writer) Write(b market.Batch) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.ready(); err != nil {
		return err
	}
	if b.Status != nil || len(b.Images) > 0 {
		now := market.TimeOf(time.Now())
		if b.Status != nil {
			w.buf = appendStatus(w.buf, b.Status, now, false)
		}
		for i := range b.Images {
			if name := w.symbol(b.Images[i].Symbol); name != "" {
				w.buf = appendImage(w.buf, name, &b.Images[i], now, false)
				w.spill()
			}
		}
	}
	for i := range b.Ticks {
		if name := w.symbol(b.Ticks[i].Symbol); name != "" {
			w.buf = appendTick(w.buf, name, &b.Ticks[i])
			w.spill()
		}
	}
	for i := range b.Corrections {
		if name := w.symbol(b.Corrections[i].Symbol); name != "" {
			w.buf = appendCorrection(w.buf, name, &b.Corrections[i])
			w.spill()
		}
	}
	if w.told != nil {
		w.told.take(&b, w.dir)
	}
	return w.err
}

// symbol is the spelling of an id, whose record is written before its first use; "" for an id that
// the directory did not give out. The caller holds mu.
func (w *Writer) symbol(id market.SymbolID) string {
	if int(id) < len(w.names) && w.names[id] != "" {
		return w.names[id]
	}
	if int(id) >= w.dir.Len() {
		return ""
	}
	if more := int(id) + 1 - len(w.names); more > 0 {
		w.names = append(w.names, make([]string, more)...)
	}
	s := w.dir.Symbol(id)
	w.names[id] = s.Symbol
	w.buf = appendSymbol(w.buf, &s)
	return s.Symbol
}
