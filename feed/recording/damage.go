package recording

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// Damages are what is damaged of a compressed file, by where its members begin in the file.
type Damages map[int64]*damage

// damage is where a member of a compressed file cannot be read. Its text names the places in the file.
type damage struct {
	at      int64 // byte of the file, from 0, roughly: it is noticed late
	next    int64 // where the file can be read again, or nowhere
	content int64 // how many bytes of the member's content can be believed
	whole   bool  // that is all that could be read
	cause   error
}

// reason tells a file that breaks off from a damaged one.
func (d *damage) reason() Reason {
	if d.next == nowhere && d.whole && errors.Is(d.cause, io.ErrUnexpectedEOF) {
		return Truncated
	}
	return Damaged
}

func (d *damage) Error() string {
	switch {
	case d.reason() == Truncated:
		return fmt.Sprintf("the compressed file breaks off here, at byte %d", d.at)
	case d.next == nowhere:
		return fmt.Sprintf("the compressed file is damaged at byte %d or before, and nothing after it can be read: %v", d.at, d.cause)
	}
	return fmt.Sprintf("the compressed file is damaged at byte %d or before, and read again from byte %d on: %v", d.at, d.next, d.cause)
}

func (d *damage) Unwrap() error { return d.cause }

// findDamages decompresses a whole file. It returns an error if the file cannot be read at all.
func findDamages(file io.ReaderAt, c *compression) (Damages, error) {
	all := Damages{}
	m := newMembers(file, c, nil)
	defer m.free()
	for {
		_, err := io.Copy(io.Discard, m)
		if err == nil {
			return all, nil
		}
		d, damaged := err.(*damage)
		if !damaged {
			return nil, err
		}
		d.believe(file, m.begun, c)
		all[m.begun] = d
		m.Resume()
	}
}

// margin is how many lines before the first odd one are not believed.
const margin = 8

// believe decides how much of the content of a damaged member can be believed. Decompressors notice a damage late, often only by
// the checksum at the member's end. Up to there, what they return can be other text than was written, in which some lines may even
// look right. So the lines up to shortly before the first odd one are believed.
func (d *damage) believe(file io.ReaderAt, begun int64, c *compression) {
	m := newMembers(file, c, nil)
	defer m.free()
	m.seek(begun)
	lines := bufio.NewReaderSize(m, MaxLine)
	var begins [margin]int64 // of the last lines
	least := -1
	for n := 0; ; n++ {
		line, err := lines.ReadSlice('\n')
		if err != nil && err != bufio.ErrBufferFull {
			d.content += int64(len(line))
			d.whole = true
			return
		}
		if least < 0 {
			least = separators(line)
		}
		if err != nil || odd(line, least) {
			d.content = begins[n%margin] // that of margin lines before; 0 where there are not so many
			return
		}
		begins[n%margin] = d.content
		d.content += int64(len(line))
	}
}

// odd reports whether a line is neither a JSON object nor, where it does not begin as one, text with at least so many separators.
func odd(line []byte, least int) bool {
	text := bytes.TrimSpace(line)
	switch {
	case len(text) == 0:
		return false
	case text[0] == '{':
		return !jsontext.Value(text).IsValid()
	}
	return !isText(text) || !utf8.Valid(text) || separators(line) < least
}

// separators counts what may stand between columns.
func separators(line []byte) (n int) {
	for _, c := range line {
		switch c {
		case ',', ';', '|', '\t':
			n++
		}
	}
	return n
}
