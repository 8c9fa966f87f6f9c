package recording

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"tickertape/feed"
)

const (
	flushEvery = time.Second
	writeSize  = 64 << 10
)

// Writer writes a recording. Whatever it was given is in the file, and can be read there, a
// second later, so that a recorder which is killed loses no more than that. Its methods may be
// called from anywhere; the first error stays.
type Writer struct {
	// static
	out     io.Writer
	dir     *feed.Directory
	closers []io.Closer // in order
	timer   *time.Timer

	mu      sync.Mutex
	buf     []byte   // guarded by mu: lines that out has not been given
	names   []string // guarded by mu: symbols whose records are written, by id
	unsaved bool     // guarded by mu: something came since the last flush, and the timer runs
	closed  bool     // guarded by mu
	err     error    // guarded by mu: the first
}

// NewWriter begins a recording on w. Where w has a method Flush() error, as compressors do, it is
// called once a second while something is written.
func NewWriter(w io.Writer, h Header, dir *feed.Directory) *Writer {
	r := &Writer{out: w, dir: dir, buf: make([]byte, 0, writeSize+writeSize/4)}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.buf = appendHeader(r.buf, h)
	r.unsaved = true
	r.timer = time.AfterFunc(flushEvery, func() { r.Flush() }) // its error stays for the next call
	return r
}

// Write records a batch and keeps nothing of it.
func (w *Writer) Write(b feed.Batch) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed && w.err == nil {
		w.err = errors.New("write to a recording that is closed")
	}
	if w.err != nil {
		return w.err
	}
	if !w.unsaved {
		w.unsaved = true
		w.timer.Reset(flushEvery)
	}
	if b.Status != nil || len(b.Images) > 0 {
		now := feed.TimeOf(time.Now())
		if b.Status != nil {
			w.buf = appendStatus(w.buf, b.Status, now)
		}
		for i := range b.Images {
			if name := w.symbol(b.Images[i].Symbol); name != "" {
				w.buf = appendImage(w.buf, name, &b.Images[i], now)
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
	return w.err
}

// symbol is the spelling of an id, whose record is written before its first use; "" for an id that
// the directory did not give out. The caller holds mu.
func (w *Writer) symbol(id feed.SymbolID) string {
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

// spill hands on the lines once there are many. The caller holds mu.
func (w *Writer) spill() {
	if len(w.buf) >= writeSize {
		w.pass()
	}
}

func (w *Writer) pass() {
	if w.err == nil && len(w.buf) > 0 {
		if _, err := w.out.Write(w.buf); err != nil {
			w.err = fmt.Errorf("record: %w", err)
		}
	}
	w.buf = w.buf[:0]
}

// Flush makes all that was written readable in the file.
func (w *Writer) Flush() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.flush()
}

func (w *Writer) flush() error {
	if w.closed {
		return w.err
	}
	w.pass()
	if f, ok := w.out.(interface{ Flush() error }); ok && w.unsaved && w.err == nil {
		if err := f.Flush(); err != nil {
			w.err = fmt.Errorf("record: %w", err)
		}
	}
	w.unsaved = false
	return w.err
}

// Close ends the recording and closes the file that [Create] made; NewWriter's w stays open. It
// returns the first error of all.
func (w *Writer) Close() error {
	w.timer.Stop()
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return w.err
	}
	w.flush()
	w.closed = true
	for _, c := range w.closers {
		if err := c.Close(); err != nil && w.err == nil {
			w.err = fmt.Errorf("record: %w", err)
		}
	}
	return w.err
}
