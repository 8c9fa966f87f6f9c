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

// LineReader reads a stream line by line.
type LineReader struct {
	r           *bufio.Reader
	n           int  // lines so far
	noLineBreak bool // the last line ends with the stream
	done        bool
}

// NewLineReader reads r from its beginning.
func NewLineReader(r io.Reader) *LineReader {
	return &LineReader{r: bufio.NewReaderSize(r, MaxLine)}
}

// Peek returns the next n bytes without reading them, fewer only where the stream ends. n is at most MaxLine.
func (l *LineReader) Peek(n int) ([]byte, error) {
	b, err := l.r.Peek(n)
	if err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}
	return b, err
}

// Number is the number of the line that Next returned last, from 1; 0 before.
func (l *LineReader) Number() int { return l.n }

// Open reports whether the line that Next returned last may be cut off: it ends with the stream, not with a line break.
func (l *LineReader) Open() bool { return l.noLineBreak }

// Next returns the next line without its line break; it is valid until the next call. After the last line it returns io.EOF.
// A [*RowError] is a line that is too long, or one that is cut off with its compressed stream; the next call goes on after
// it. After any other error, the stream cannot be read.
func (l *LineReader) Next() ([]byte, error) {
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
		l.done, l.noLineBreak = true, true
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

// Skip leaves out the next n bytes, which Peek must have returned.
func (l *LineReader) Skip(n int) { l.r.Discard(n) } // cannot fail: they are buffered
