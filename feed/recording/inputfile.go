package recording

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/klauspost/compress/zstd"

	"tickertape/feed/market"
)

// maxWindow is the most memory that a zstd file may make its reader use, in bytes.
const maxWindow = 128 << 20

// File reads the uncompressed content of a file.
type File struct {
	io.Reader
	file *os.File
	free func()
}

// OpenFile opens a file that is plain or compressed by zstd or gzip. Its first bytes decide which, not its name.
func OpenFile(path string) (*File, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	f := &File{file: file, free: func() {}}
	if f.Reader, err = f.decompressed(bufio.NewReaderSize(file, 64<<10)); err != nil {
		file.Close()
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return f, nil
}

func (f *File) decompressed(r *bufio.Reader) (io.Reader, error) {
	magic, err := r.Peek(4)
	if err != nil && err != io.EOF {
		var path *fs.PathError
		if errors.As(err, &path) {
			err = path.Err
		}
		return nil, err
	}
	switch {
	case bytes.HasPrefix(magic, []byte{0x1f, 0x8b}):
		return gzip.NewReader(r)
	case bytes.Equal(magic, []byte{0x28, 0xb5, 0x2f, 0xfd}),
		len(magic) == 4 && magic[0]&0xf0 == 0x50 && bytes.Equal(magic[1:], []byte{0x2a, 0x4d, 0x18}): // a skippable frame first
		d, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return nil, err
		}
		f.free = d.Close
		return d, nil
	}
	return r, nil
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
