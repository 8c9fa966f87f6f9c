package recording

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// members reads the content of a compressed file, member by member.
type members struct {
	// static
	file        io.ReaderAt
	compression *compression
	known       Damages

	raw    *bufio.Reader // of input
	input  countedReader
	member memberReader
	begun  int64   // where the present member begins in the file
	inside bool    // the present member has not ended
	damage *damage // of the present member, where it is known
	left   int64   // bytes of its content before that
	err    error   // returned until Resume; nil: none
}

// newMembers reads a file from its beginning.
func newMembers(file io.ReaderAt, c *compression, known Damages) *members {
	m := &members{file: file, compression: c, known: known, member: c.open()}
	m.raw = bufio.NewReaderSize(nil, 64<<10)
	m.seek(0)
	return m
}

func (m *members) free() { m.member.free() }

// seek goes on with a member that begins at a place in the file.
func (m *members) seek(place int64) {
	m.input = countedReader{r: io.NewSectionReader(m.file, place, 1<<62), n: place}
	m.raw.Reset(&m.input)
	m.inside, m.damage, m.err = false, nil, nil
}

// at is how many bytes of the file have been used.
func (m *members) at() int64 { return m.input.n - int64(m.raw.Buffered()) }

// Read returns a [*damage] where the file is damaged, until Resume is called.
func (m *members) Read(b []byte) (n int, err error) {
	for m.err == nil {
		if !m.inside {
			if m.err = m.begin(); m.err != nil {
				break
			}
		}
		n, err = m.readMember(b)
		switch {
		case err == io.EOF:
			m.inside = false
		case err != nil:
			m.err = m.failed(err)
		}
		if n > 0 {
			return n, nil
		}
	}
	return 0, m.err
}

// readMember reads the present member up to its damage, where that is known.
func (m *members) readMember(b []byte) (n int, err error) {
	if m.damage == nil {
		return m.member.Read(b)
	}
	n, err = m.member.Read(b[:min(int64(len(b)), m.left)])
	if m.left -= int64(n); m.left == 0 {
		err = m.damage
	}
	return n, err
}

// begin begins the next member.
func (m *members) begin() error {
	m.begun = m.at()
	if _, err := m.raw.Peek(1); err != nil {
		return err
	}
	if m.damage = m.known[m.begun]; m.damage != nil {
		if m.left = m.damage.content; m.left == 0 {
			return m.damage
		}
	}
	if err := m.member.reset(m.raw); err != nil {
		return m.failed(err)
	}
	m.inside = true
	return nil
}

// failed makes a damage of an error, unless the file cannot be read at all.
func (m *members) failed(err error) error {
	if m.damage != nil {
		return m.damage
	}
	if m.input.err != nil && m.input.err != io.EOF {
		return m.input.err
	}
	d := &damage{at: m.at(), cause: err}
	if d.next, err = m.search(m.begun + 1); err != nil {
		return err
	}
	return d
}

// Resume goes on after a damage, and reports whether there is anything to go on with.
func (m *members) Resume() bool {
	d, damaged := m.err.(*damage)
	if !damaged || d.next == nowhere {
		m.err = io.EOF
		return false
	}
	m.seek(d.next)
	return true
}

// nowhere is the place of a member that there is not.
const nowhere = -1

// search finds the next member that begins at a place in the file or later. A damaged member may have been read beyond its end, so
// the search begins where that one did.
func (m *members) search(from int64) (int64, error) {
	magic := m.compression.magic
	chunk := make([]byte, 64<<10)
	for {
		n, err := m.file.ReadAt(chunk, from)
		if err != nil && err != io.EOF {
			return nowhere, err
		}
		for b := chunk[:n]; ; {
			i := bytes.Index(b, magic)
			if i < 0 {
				break
			}
			b = b[i+1:]
			if place := from + int64(n-len(b)-1); m.readable(place) {
				return place, nil
			}
		}
		if err == io.EOF {
			return nowhere, nil
		}
		from += int64(n - len(magic) + 1)
	}
}

// readable reports whether a member begins at a place: its first bytes can be read and are text. Compressed data may hold the
// magic bytes by chance.
func (m *members) readable(place int64) bool {
	member := m.compression.open()
	defer member.free()
	if member.reset(bufio.NewReader(io.NewSectionReader(m.file, place, 1<<62))) != nil {
		return false
	}
	first := make([]byte, sniffed)
	n, err := io.ReadFull(member, first)
	return n > 0 && (err == nil || errors.Is(err, io.ErrUnexpectedEOF)) && isText(first[:n])
}

// countedReader counts what is read, and keeps the error.
type countedReader struct {
	r   io.Reader
	n   int64
	err error
}

func (c *countedReader) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.n += int64(n)
	c.err = err
	return n, err
}
