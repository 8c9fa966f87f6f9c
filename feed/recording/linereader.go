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
	source      io.Reader
	r           *bufio.Reader // of source
	n           int           // lines so far
	noLineBreak bool          // the last line ends with the stream
	skip        bool          // the next line is a part of one, unless it begins with a brace
	done        bool
}

// resumer is a source that can be read again after it was damaged.
type resumer interface {
	// Resume goes on after the damage, and reports whether there is anything to go on with.
	Resume() bool
}

// NewLineReader reads r from its beginning.
func NewLineReader(r io.Reader) *LineReader {
	return &LineReader{source: r, r: bufio.NewReaderSize(r, MaxLine)}
}

// Peek returns the next n bytes without reading them, fewer only where the stream ends or is damaged. n is at most MaxLine.
func (l *LineReader) Peek(n int) ([]byte, error) {
	b, err := l.r.Peek(n)
	var d *damage
	if err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &d) {
		err = nil
	}
	return b, err
}

// Number is the number of the line that Next returned last, from 1; 0 before.
func (l *LineReader) Number() int { return l.n }

// Open reports whether the line that Next returned last may be cut off: it ends with the stream, not with a line break.
func (l *LineReader) Open() bool { return l.noLineBreak }

// Next returns the next line without its line break; it is valid until the next call. After the last line it returns io.EOF.
// A [*RowError] is a line that is too long, or one that is cut off with its compressed stream or damaged; the next call goes on
// after it. After any other error, the stream cannot be read.
func (l *LineReader) Next() ([]byte, error) {
	if l.done {
		return nil, io.EOF
	}
	if l.skip {
		l.skip = false
		if err := l.skipPart(); err != nil {
			return nil, l.failed(err)
		}
	}
	text, err := l.r.ReadSlice('\n')
	switch {
	case err == nil:
		l.n++
		return bytes.TrimSuffix(text[:len(text)-1], []byte{'\r'}), nil
	case errors.Is(err, bufio.ErrBufferFull):
		if err = l.skipLine(); err == nil || err == io.EOF {
			l.n++
			return nil, &RowError{l.n, TooLong, fmt.Errorf("the line is longer than %d bytes", MaxLine)}
		}
	case err == io.EOF && len(text) > 0:
		l.n++
		l.done, l.noLineBreak = true, true
		return text, nil
	}
	return nil, l.failed(err)
}

// failed makes a bad row of a damage, and resumes after it. Any other error ends the stream.
func (l *LineReader) failed(err error) error {
	var d *damage
	source, resumable := l.source.(resumer)
	l.done = !errors.As(err, &d) || !resumable || !source.Resume()
	switch {
	case err == io.EOF:
		return io.EOF
	case d != nil:
		l.n++
		l.skip = true
		return &RowError{l.n, d.reason(), d}
	case errors.Is(err, io.ErrUnexpectedEOF):
		l.n++
		return &RowError{l.n, Truncated, errors.New("the compressed file breaks off here")}
	}
	return fmt.Errorf("line %d: %w", l.n+1, err)
}

// skipPart skips what may be the rest of a line that began in the damage: another could be made of it. A line of a recording
// begins with a brace, so nothing is skipped there.
func (l *LineReader) skipPart() error {
	if b, err := l.Peek(1); err != nil || len(b) == 0 || b[0] == '{' {
		return err
	}
	return l.skipLine()
}

// skipLine skips up to and with the next line break.
func (l *LineReader) skipLine() error {
	for {
		if _, err := l.r.ReadSlice('\n'); !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
	}
}

// Skip leaves out the next n bytes, which Peek must have returned.
func (l *LineReader) Skip(n int) { l.r.Discard(n) } // cannot fail: they are buffered
