package recording

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"

	"github.com/klauspost/compress/zstd"
)

// output is a file that is written.
type output struct {
	io.Writer                // the file, or a compressor in front of it
	flush     func() error   // writes what the compressor holds; nil: there is none
	finish    []func() error // what Close does, in order
	size      int64          // bytes written to the file
}

func (o *output) Flush() error {
	if o.flush == nil {
		return nil
	}
	return o.flush()
}

// Close ends the compressed stream and closes the file. It returns the first error.
func (o *output) Close() (err error) {
	for _, finish := range o.finish {
		if e := finish(); err == nil {
			err = e
		}
	}
	return err
}

// counted is the file of an output, which counts the bytes.
type counted struct {
	*os.File
	of *output
}

func (c counted) Write(b []byte) (int, error) {
	n, err := c.File.Write(b)
	c.of.size += int64(n)
	return n, err
}

// createOutput creates a file, compressed as its name says; "-" is the standard output.
func createOutput(path string) (*output, error) {
	o := &output{}
	file := counted{os.Stdout, o}
	if path != "-" {
		var err error
		if file.File, err = create(path); err != nil {
			return nil, err
		}
		o.finish = append(o.finish, file.Close)
	}
	o.Writer = file
	switch {
	case strings.HasSuffix(path, ".zst"):
		z, err := zstd.NewWriter(file, zstd.WithEncoderConcurrency(1))
		if err != nil {
			o.Close()
			return nil, err
		}
		o.Writer, o.flush, o.finish = z, z.Flush, append([]func() error{z.Close}, o.finish...)
	case strings.HasSuffix(path, ".gz"):
		z := gzip.NewWriter(file)
		o.Writer, o.flush, o.finish = z, z.Flush, append([]func() error{z.Close}, o.finish...)
	}
	return o, nil
}

// private is the mode of a recording's file: prices may be licensed to whoever records them and to nobody else.
const private = 0o600

// create creates a file that only its owner can read, or opens one that holds nothing: an empty file or a device. It follows
// no symbolic link: in a folder that others can write to, a link could point to a file of ours.
func create(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, private)
	if !errors.Is(err, fs.ErrExist) {
		return file, err
	}
	info, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if info.Mode()&fs.ModeSymlink != 0 {
		return nil, &linkError{path}
	}
	if info.Mode().IsRegular() && info.Size() > 0 {
		return nil, &existsError{path}
	}
	file, err = os.OpenFile(path, os.O_WRONLY|noFollow, 0)
	if errors.Is(err, syscall.ELOOP) {
		return nil, &linkError{path}
	}
	if err != nil {
		return nil, err
	}
	if err := makePrivate(path, file); err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}

// makePrivate checks a file that existed once more, now that it is open, and gives it the mode of a new one.
func makePrivate(path string, file *os.File) error {
	info, err := file.Stat()
	switch {
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return nil
	case info.Size() > 0:
		return &existsError{path}
	case info.Mode().Perm()&^private == 0:
		return nil
	}
	return file.Chmod(private)
}

// linkError says that the path is a symbolic link.
type linkError struct{ path string }

func (e *linkError) Error() string {
	return fmt.Sprintf("create %s: it is a symbolic link, and a recording follows none", e.path)
}

// existsError says that the file exists and is not empty.
type existsError struct{ path string }

func (e *existsError) Error() string {
	return fmt.Sprintf("create %s: it exists, and a recording overwrites nothing", e.path)
}
