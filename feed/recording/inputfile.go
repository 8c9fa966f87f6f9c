package recording

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"tickertape/feed/market"
)

// File reads the uncompressed content of a file.
type File struct {
	io.Reader
	file    *os.File
	free    func()
	damages Damages
}

// OpenFile opens a file that is plain or compressed by zstd or gzip. Its first bytes decide which. Its name does where they are
// no text. A compressed file is searched for damages first, which takes as long as to decompress it.
//
// Where a compressed file is damaged or breaks off, reading returns an error, and then the same one again: [LineReader] makes a
// bad row of it, and goes on after the damage where the file can be read from there.
func OpenFile(path string) (*File, error) { return OpenKnown(path, nil) }

// OpenKnown is OpenFile for a file that has been opened before: known are its damages. nil is unknown.
func OpenKnown(path string, known Damages) (*File, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	f := &File{file: file, free: func() {}}
	if err = f.recognise(path, known); err != nil {
		file.Close()
		var wrapped *fs.PathError
		if errors.As(err, &wrapped) {
			err = wrapped.Err
		}
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return f, nil
}

// sniffed is how many bytes of a file decide what it is.
const sniffed = 512

func (f *File) recognise(path string, known Damages) (err error) {
	raw := bufio.NewReaderSize(f.file, 64<<10)
	first, err := raw.Peek(sniffed)
	if err != nil && err != io.EOF {
		return err
	}
	f.Reader = raw
	for i := range compressions {
		c := &compressions[i]
		cutOff := len(first) > 0 && bytes.HasPrefix(c.magic, first)
		if !c.begins(first) && !(strings.HasSuffix(path, c.suffix) && (cutOff || !isText(first))) {
			continue
		}
		if f.damages = known; known == nil {
			if f.damages, err = findDamages(f.file, c); err != nil {
				return err
			}
		}
		m := newMembers(f.file, c, f.damages)
		f.Reader, f.free = m, m.free
		return nil
	}
	return nil
}

// Damages are those of the file; nil where it is not compressed.
func (f *File) Damages() Damages { return f.damages }

// isText reports whether bytes can be text: those of a recording hold no control characters but white space.
func isText(b []byte) bool {
	return bytes.IndexFunc(b, func(r rune) bool { return r < ' ' && r != '\t' && r != '\r' && r != '\n' }) < 0
}

// Resume goes on after the damage that reading has returned, and reports whether there is anything to go on with.
func (f *File) Resume() bool {
	m, compressed := f.Reader.(*members)
	return compressed && m.Resume()
}

// Close closes the file.
func (f *File) Close() error {
	f.free()
	return f.file.Close()
}

// Open opens a recording of ticks, which Close closes. Its symbols enter dir as they are read.
func Open(path string, dir *market.Directory) (*Reader, error) {
	f, err := OpenFile(path)
	if err != nil {
		return nil, err
	}
	r, err := NewReader(NewLineReader(f), dir)
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	r.file = f
	return r, nil
}
