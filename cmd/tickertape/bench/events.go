package bench

import (
	"bytes"
	"errors"
	"strconv"
)

// events parses an event stream, wherever the network splits it.
type events struct {
	to     listener
	chunks *chunks // nil when the body is not chunked
	kept   []byte  // the beginning of a line
}

// feed takes the next bytes of the connection. Its errors are endings.
func (e *events) feed(b []byte) error {
	if e.chunks == nil {
		return e.body(b)
	}
	for len(b) > 0 {
		part, rest, err := e.chunks.next(b)
		if err != nil {
			return err
		}
		if err := e.body(part); err != nil {
			return err
		}
		b = rest
	}
	return nil
}

func (e *events) body(b []byte) error {
	for len(b) > 0 {
		i := bytes.IndexByte(b, '\n')
		if i < 0 {
			if len(e.kept)+len(b) > maxMessage {
				return broken("a line of more than %d bytes", maxMessage)
			}
			e.kept = append(e.kept, b...)
			return nil
		}
		line := b[:i]
		b = b[i+1:]
		if len(e.kept) > 0 {
			e.kept = append(e.kept, line...)
			line = e.kept
		}
		if err := e.line(line); err != nil {
			return err
		}
		if len(b) == 0 {
			e.kept = nil // nothing is kept for one who waits
		} else {
			e.kept = e.kept[:0]
		}
	}
	return nil
}

// line reads one line. Each message is one line of data and has its type in it, so it can be taken before the event ends.
func (e *events) line(line []byte) error {
	line = bytes.TrimSuffix(line, []byte{'\r'})
	if data, found := bytes.CutPrefix(line, []byte("data:")); found {
		return e.to.message(bytes.TrimPrefix(data, []byte{' '}))
	}
	if retry, found := bytes.CutPrefix(line, []byte("retry:")); found {
		if ms, err := strconv.ParseInt(string(bytes.TrimSpace(retry)), 10, 32); err == nil && ms >= 0 {
			e.to.comeBack(ms)
		}
	}
	return nil
}

// chunks parses the chunked coding of HTTP/1.1 (RFC 9112, section 7.1).
type chunks struct {
	state chunkState
	left  int64 // of the chunk's data
	digit bool  // the size has one
}

type chunkState uint8

const (
	chunkSize chunkState = iota
	chunkExtension
	chunkData
	chunkEnd     // the line break behind the data
	chunkTrailer // behind the last chunk; nothing in it matters
)

// maxChunk is beyond every message.
const maxChunk = 1 << 40

// next returns the first piece of the body in b, which may be empty, and the rest of b. The error at the end of the body
// is an ending.
func (c *chunks) next(b []byte) (data, rest []byte, err error) {
	for i, x := range b {
		switch c.state {
		case chunkSize:
			v, isHex := hex(x)
			switch {
			case isHex && c.left < maxChunk:
				c.left, c.digit = c.left<<4|int64(v), true
			case c.digit && x == '\n':
				c.sized()
			case c.digit && (x == ';' || x == '\r' || x == ' ' || x == '\t'):
				c.state = chunkExtension
			default:
				return nil, nil, broken("read a chunk: %q in its size", x)
			}
		case chunkExtension:
			if x == '\n' {
				c.sized()
			}
		case chunkData:
			n := min(int64(len(b)-i), c.left)
			if c.left -= n; c.left == 0 {
				c.state = chunkEnd
			}
			return b[i : i+int(n)], b[i+int(n):], nil
		case chunkEnd:
			if x == '\n' {
				c.state, c.digit = chunkSize, false
			} else if x != '\r' {
				return nil, nil, broken("read a chunk: %q behind its data", x)
			}
		case chunkTrailer:
			return nil, nil, streamEnded()
		}
	}
	if c.state == chunkTrailer {
		return nil, nil, streamEnded()
	}
	return nil, nil, nil
}

func streamEnded() *ending {
	return &ending{reason: "stream ended", err: errors.New("the server ended the stream")}
}

// sized is called at the end of a chunk's size: it begins the data, or, with a size of 0, ends the body.
func (c *chunks) sized() {
	c.state = chunkData
	if c.left == 0 {
		c.state = chunkTrailer
	}
}

func hex(x byte) (value byte, ok bool) {
	switch {
	case x >= '0' && x <= '9':
		return x - '0', true
	case x >= 'a' && x <= 'f':
		return x - 'a' + 10, true
	case x >= 'A' && x <= 'F':
		return x - 'A' + 10, true
	}
	return 0, false
}
