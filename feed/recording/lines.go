package recording

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// MaxLine is the most bytes that a line can have.
const MaxLine = 256 << 10

// Lines reads a stream line by line.
type Lines struct {
	r    *bufio.Reader
	n    int
	cut  bool // the last line had no end
	done bool
}

// NewLines reads r from its beginning.
func NewLines(r io.Reader) *Lines {
	return &Lines{r: bufio.NewReaderSize(r, MaxLine)}
}

// Peek returns the first bytes of what is still to come, fewer than n where there are no more.
func (l *Lines) Peek(n int) ([]byte, error) {
	b, err := l.r.Peek(n)
	if err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}
	return b, err
}

// Number is the number of the line last returned, from 1.
func (l *Lines) Number() int { return l.n }

// Open tells whether the line last returned is the last one and has no end: it may be whole, or cut.
func (l *Lines) Open() bool { return l.cut }

// Next returns a line without its end; it lasts until the next call. After the last line it
// returns io.EOF. A [*RowError] is a line that is too long or, at the end of a compressed stream that
// breaks off, not whole; the next call goes on behind it. Any other error is a stream that cannot
// be read.
func (l *Lines) Next() ([]byte, error) {
	if l.done {
		return nil, io.EOF
	}
	text, err := l.r.ReadSlice('\n')
	switch {
	case err == nil:
		l.n++
		return bytes.TrimSuffix(text[:len(text)-1], []byte{'\r'}), nil
	case errors.Is(err, bufio.ErrBufferFull):
		l.n++
		for errors.Is(err, bufio.ErrBufferFull) {
			_, err = l.r.ReadSlice('\n')
		}
		if err == nil || err == io.EOF {
			return nil, &RowError{l.n, TooLong, fmt.Errorf("the line is longer than %d bytes", MaxLine)}
		}
	case err == io.EOF && len(text) > 0:
		l.n++
		l.done, l.cut = true, true
		return text, nil
	}
	l.done = true
	switch {
	case err == io.EOF:
		return nil, io.EOF
	case errors.Is(err, io.ErrUnexpectedEOF):
		l.n++
		return nil, &RowError{l.n, Truncated, errors.New("the compressed file breaks off here")}
	}
	return nil, fmt.Errorf("line %d: %w", l.n+1, err)
}

// Skip leaves out the next n bytes, which Peek has shown.
func (l *Lines) Skip(n int) { l.r.Discard(n) } // they are there
