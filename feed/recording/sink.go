package recording

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

const (
	flushEvery = time.Second
	writeSize  = 64 << 10
	mostBuffer = 1 << 20 // that is kept for later
)

// sink takes lines to a stream, or to one file after another. Whatever it was given is there, and can
// be read, a second later. The first error stays.
type sink struct {
	// static
	begin  func(again bool) // appends what a file begins with, the first or a later one; its caller holds mu
	series *series          // nil: there is one file, or a stream that is not ours
	timer  *time.Timer
	failed chan struct{} // closed with the first error

	mu      sync.Mutex
	out     io.Writer // guarded by mu
	file    *output   // guarded by mu: out, where it is ours
	buf     []byte    // guarded by mu: lines that out has not been given
	unsaved bool      // guarded by mu: something came since the last flush, and the timer runs
	closed  bool      // guarded by mu
	err     error     // guarded by mu: the first
}

// start begins with out, which is file or, where that is nil, somebody else's.
func (s *sink) start(out io.Writer, file *output, begin func(again bool)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.out, s.file, s.begin = out, file, begin
	s.failed = make(chan struct{})
	s.buf = make([]byte, 0, writeSize+writeSize/4)
	s.begin(false)
	s.unsaved = true
	s.timer = time.AfterFunc(flushEvery, func() { s.Flush() }) // its error stays for the next call
}

// ready is asked before anything is appended to buf. The caller holds mu.
func (s *sink) ready() error {
	if s.closed {
		s.fail(errors.New("write to a recording that is closed"))
	}
	if s.err == nil && s.series != nil && s.series.due(time.Now(), s.file.size) {
		s.turn()
	}
	if s.err == nil && !s.unsaved {
		s.unsaved = true
		s.timer.Reset(flushEvery)
	}
	return s.err
}

// turn goes on in another file.
func (s *sink) turn() {
	s.pass()
	s.fail(s.file.Close())
	if s.err != nil {
		return
	}
	file, err := s.series.next()
	if err != nil {
		s.fail(err)
		return
	}
	s.out, s.file = file, file
	s.begin(true)
	s.pass()
	s.fail(s.file.Flush())
}

// fail keeps the first error.
func (s *sink) fail(err error) {
	if err != nil && s.err == nil {
		s.err = fmt.Errorf("record: %w", err)
		close(s.failed)
	}
}

// spill hands on the lines once there are many. The caller holds mu.
func (s *sink) spill() {
	if len(s.buf) >= writeSize {
		s.pass()
	}
}

// pass hands on the lines. The caller holds mu.
func (s *sink) pass() {
	if s.err == nil && len(s.buf) > 0 {
		_, err := s.out.Write(s.buf)
		s.fail(err)
	}
	if s.buf = s.buf[:0]; cap(s.buf) > mostBuffer {
		s.buf = make([]byte, 0, writeSize+writeSize/4)
	}
}

// Failed is closed when something cannot be written; Close returns the error.
func (s *sink) Failed() <-chan struct{} { return s.failed }

// Flush makes all that was written readable in the file.
func (s *sink) Flush() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.flush()
}

func (s *sink) flush() error {
	if s.closed {
		return s.err
	}
	s.pass()
	if f, ok := s.out.(interface{ Flush() error }); ok && s.unsaved && s.err == nil {
		s.fail(f.Flush())
	}
	s.unsaved = false
	return s.err
}

// Close ends the recording and closes its file; a stream that somebody else has opened stays open. It
// returns the first error of all.
func (s *sink) Close() error {
	s.timer.Stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return s.err
	}
	s.flush()
	s.closed = true
	if s.file != nil {
		s.fail(s.file.Close())
	}
	return s.err
}
