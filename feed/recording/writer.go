package recording

import (
	"io"
	"log/slog"
	"time"

	"tickertape/feed/market"
)

// Writer writes a recording of ticks. Whatever it was given can be read in the file a second later at the latest, so a
// recorder that is killed loses no more than that. Its methods are safe for concurrent use. The first error stays: every
// later call returns it, and nothing more is written.
type Writer struct {
	sink
	dir      *market.Directory
	header   Header    // guarded by mu
	names    []string  // guarded by mu: by id, the symbols whose records are in this file
	snapshot *snapshot // guarded by mu: nil where there is only one file
}

// NewWriter begins a recording on w, which Close does not close. Where w has a method Flush() error, as compressors do, it
// is called a second after something was written.
func NewWriter(w io.Writer, h Header, dir *market.Directory) *Writer {
	r := &Writer{dir: dir, header: h}
	r.start(w, nil)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.begin(false)
	return r
}

// Create begins a recording in a file that only its owner can read. The name's ending selects the compression: ".zst" is
// zstd, ".gz" is gzip, any other none; "-" is the standard output. A file that holds anything is never overwritten. With a
// rotation, the recording is several files, each readable on its own and named by path and the time when it begins.
func Create(path string, r Rotation, h Header, dir *market.Directory, log *slog.Logger) (*Writer, error) {
	w := &Writer{dir: dir, header: h}
	if !r.never() {
		w.snapshot = newSnapshot()
	}
	if err := w.open(path, r, log); err != nil {
		return nil, err
	}
	w.mu.Lock()
	w.begin(false)
	err := w.flush()
	w.mu.Unlock()
	if err != nil {
		w.Close()
		return nil, err
	}
	return w, nil
}

// begin appends what a file begins with: its header and, in a later file of a rotation, the snapshot, so that it can be read
// on its own. The caller holds mu.
func (w *Writer) begin(later bool) {
	now := market.TimeOf(time.Now())
	if later {
		w.header.Recorded = now
	}
	w.buf = appendHeader(w.buf, w.header)
	clear(w.names) // this file has no symbol yet
	if !later {
		return
	}
	for i := range w.snapshot.statuses {
		w.buf = appendStatus(w.buf, &w.snapshot.statuses[i], now, true)
	}
	for id := range w.snapshot.symbols {
		if q, known := w.snapshot.image(market.SymbolID(id)); known {
			name := w.symbol(q.Symbol)
			w.buf = appendImage(w.buf, name, &q, now, true)
			if began := w.snapshot.symbols[id].tally.Began(); began > 0 {
				w.buf = appendRoll(w.buf, name, began, now)
			}
			w.writeMany()
		}
	}
	w.write()
	w.fail(w.file.Flush())
}

// Write records a batch and keeps nothing of it. Ticks of symbols that the directory does not have are left out.
func (w *Writer) Write(b market.Batch) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	rotated, err := w.ready()
	if err != nil {
		return err
	}
	if rotated {
		w.begin(true)
	}
	if b.Status != nil || len(b.Images) > 0 {
		now := market.TimeOf(time.Now())
		if b.Status != nil {
			w.buf = appendStatus(w.buf, b.Status, now, false)
		}
		for i := range b.Images {
			if name := w.symbol(b.Images[i].Symbol); name != "" {
				w.buf = appendImage(w.buf, name, &b.Images[i], now, false)
				w.writeMany()
			}
		}
	}
	for i := range b.Ticks {
		if name := w.symbol(b.Ticks[i].Symbol); name != "" {
			w.buf = appendTick(w.buf, name, &b.Ticks[i])
			w.writeMany()
		}
	}
	for i := range b.Corrections {
		if name := w.symbol(b.Corrections[i].Symbol); name != "" {
			w.buf = appendCorrection(w.buf, name, &b.Corrections[i])
			w.writeMany()
		}
	}
	if w.snapshot != nil {
		w.snapshot.apply(&b, w.dir)
	}
	return w.err
}

// symbol returns the spelling of an id, and appends its record before its first use; "" for an id that the directory did not
// give out. The caller holds mu.
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
