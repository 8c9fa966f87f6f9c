package recording

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"
)

const (
	flushEvery = time.Second
	writeSize  = 64 << 10
	mostBuffer = 1 << 20 // capacity of a buffer that is kept; a larger one is replaced
)

// sink writes lines to a stream, or to one file after another. Lines are readable there a second later at the latest. The
// first error stays: nothing is written after it.
type sink struct {
	// static
	rotated *rotatedFiles // nil: there is one file, or a stream that somebody else has opened
	timer   *time.Timer
	failed  chan struct{} // closed with the first error

	flushing sync.WaitGroup // one for a timer that runs, or whose flush does

	mu      sync.Mutex
	out     io.Writer // guarded by mu
	file    *output   // guarded by mu: out, where the sink has opened it
	buf     []byte    // guarded by mu: lines that out has not been given
	unsaved bool      // guarded by mu: something came since the last flush
	closed  bool      // guarded by mu
	err     error     // guarded by mu: the first
}

// start begins with out, which is file or, where that is nil, somebody else's stream.
func (s *sink) start(out io.Writer, file *output) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.out, s.file = out, file
	s.failed = make(chan struct{})
	s.buf = make([]byte, 0, writeSize+writeSize/4)
	s.timer = time.AfterFunc(time.Hour, func() {
		defer s.flushing.Done()
		s.Flush() // its error stays for the next call
	})
	s.timer.Stop()
	s.changed()
}

// open begins with the file of a path or, with a rotation, with the first of its files.
func (s *sink) open(path string, r Rotation, log *slog.Logger) error {
	var file *output
	var err error
	if r.never() {
		file, err = createOutput(path)
	} else {
		s.rotated = newRotatedFiles(path, r, log)
		file, err = s.rotated.next()
	}
	if err != nil {
		return err
	}
	s.start(file, file)
	return nil
}

// changed has the lines flushed a second from now, unless that is to happen already. The caller holds mu.
func (s *sink) changed() {
	if s.unsaved || s.closed {
		return
	}
	s.unsaved = true
	if !s.timer.Stop() { // else it was left over from lines that an earlier Flush has written
		s.flushing.Add(1)
	}
	s.timer.Reset(flushEvery)
}

// ready must be called before anything is appended to buf. Where it returns rotated, another file has begun, and its header must
// be appended first. The caller holds mu.
func (s *sink) ready() (rotated bool, err error) {
	if s.closed {
		s.fail(errors.New("write to a recording that is closed"))
	}
	if s.err == nil && s.rotated != nil && s.rotated.due(time.Now(), s.file.size) {
		rotated = s.rotate()
	}
	if s.err == nil {
		s.changed()
	}
	return rotated, s.err
}

// rotate goes on in another file, and reports whether it could.
func (s *sink) rotate() bool {
	s.write()
	s.fail(s.file.Close())
	if s.err != nil {
		return false
	}
	file, err := s.rotated.next()
	if err != nil {
		s.fail(err)
		return false
	}
	s.out, s.file = file, file
	return true
}

// fail keeps the first error.
func (s *sink) fail(err error) {
	if err != nil && s.err == nil {
		s.err = fmt.Errorf("record: %w", err)
		close(s.failed)
	}
}

// writeMany writes the lines once there are many. The caller holds mu.
func (s *sink) writeMany() {
	if len(s.buf) >= writeSize {
		s.write()
	}
}

// write writes the lines. The caller holds mu.
func (s *sink) write() {
	if s.err == nil && len(s.buf) > 0 {
		_, err := s.out.Write(s.buf)
		s.fail(err)
	}
	if s.buf = s.buf[:0]; cap(s.buf) > mostBuffer {
		s.buf = make([]byte, 0, writeSize+writeSize/4)
	}
}

// Failed is closed when something cannot be written. Close returns the error.
func (s *sink) Failed() <-chan struct{} { return s.failed }

// Flush makes all lines so far readable in the file. It returns the first error of all.
func (s *sink) Flush() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.flush()
}

// flush is Flush; the caller holds mu.
func (s *sink) flush() error {
	if s.closed {
		return s.err
	}
	s.write()
	if f, ok := s.out.(interface{ Flush() error }); ok && s.unsaved && s.err == nil {
		s.fail(f.Flush())
	}
	s.unsaved = false
	return s.err
}

// Close ends the recording and closes its file, but not a stream that somebody else has opened. It returns the first error
// of all.
func (s *sink) Close() error {
	err := s.close()
	if s.timer.Stop() {
		s.flushing.Done()
	}
	s.flushing.Wait()
	return err
}

func (s *sink) close() error {
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
