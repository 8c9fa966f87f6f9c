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
	"strings"

	"github.com/klauspost/compress/zstd"

	"tickertape/feed"
)

// maxWindow is the most memory that a zstd file can ask for.
const maxWindow = 128 << 20

// File is a file of which the content is read, whatever it is compressed by.
type File struct {
	io.Reader
	file *os.File
	free func()
}

// OpenFile opens a file that is plain or compressed by zstd or gzip, which its first bytes
// tell, not its name.
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

// Open opens a recording. Its symbols enter dir as they are read.
func Open(path string, dir *feed.Directory) (*Reader, error) {
	f, err := OpenFile(path)
	if err != nil {
		return nil, err
	}
	r, err := NewReader(NewLines(f), dir)
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	r.file = f
	return r, nil
}

// Create begins a recording in a file. The end of its name says how it is compressed: ".zst" by
// zstd, ".gz" by gzip, any other not at all; "-" is the standard output. It never overwrites what
// a file holds.
func Create(path string, h Header, dir *feed.Directory) (*Writer, error) {
	file := os.Stdout
	if path != "-" {
		var err error
		if file, err = create(path); err != nil {
			return nil, err
		}
	}
	var out io.Writer = file
	switch {
	case strings.HasSuffix(path, ".zst"):
		z, err := zstd.NewWriter(file, zstd.WithEncoderConcurrency(1))
		if err != nil {
			file.Close()
			return nil, err
		}
		out = z
	case strings.HasSuffix(path, ".gz"):
		out = gzip.NewWriter(file)
	}
	w := NewWriter(out, h, dir)
	if c, ok := out.(io.Closer); ok && out != io.Writer(file) {
		w.closers = append(w.closers, c)
	}
	if path != "-" {
		w.closers = append(w.closers, file)
	}
	if err := w.Flush(); err != nil {
		w.Close()
		return nil, err
	}
	return w, nil
}

// create makes a file, or opens one that holds nothing: an empty one, or a device.
func create(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if !errors.Is(err, fs.ErrExist) {
		return file, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Mode().IsRegular() && info.Size() > 0 {
		return nil, fmt.Errorf("create %s: it exists, and a recording overwrites nothing", path)
	}
	return os.OpenFile(path, os.O_WRONLY, 0)
}
