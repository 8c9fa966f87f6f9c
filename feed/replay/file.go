package replay

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"tickertape/feed"
	"tickertape/feed/recording"
)

// rows is a recording of either format, read row by row. Its errors are those of
// [recording.Reader.Next].
type rows interface {
	Next(*recording.Entry) error
}

// file is an open recording.
type file struct {
	rows
	io.Closer
	header recording.Header // of a tick file
}

// open opens the configured file. Its symbols enter dir as they are read.
func (c *Config) open(dir *feed.Directory) (*file, error) {
	if c.File == "" {
		return nil, errors.New(`file: "" is no file`)
	}
	info, err := os.Stat(c.File)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("read %s: not a regular file", c.File)
	}
	stream, err := recording.OpenFile(c.File)
	if err != nil {
		return nil, err
	}
	f := &file{Closer: stream}
	if err := f.recognise(recording.NewLines(stream), c, dir); err != nil {
		stream.Close()
		return nil, fmt.Errorf("read %s: %w", c.File, err)
	}
	return f, nil
}

// sniffed is how many bytes tell what a file is.
const sniffed = 4096

// recognise tells a tick file, which begins with a brace, from a CSV file, which does not.
func (f *file) recognise(lines *recording.Lines, c *Config, dir *feed.Directory) error {
	first, err := lines.Peek(sniffed)
	if err != nil {
		return err
	}
	text := bytes.TrimLeft(first, " \t\r\n")
	switch {
	case len(text) == 0:
		return errors.New("the file is empty")
	case text[0] == '{':
		r, err := recording.NewReader(lines, dir)
		if err != nil {
			return err
		}
		f.rows, f.header = r, r.Header()
		return nil
	case bytes.IndexByte(text, 0) >= 0:
		return errors.New("it is neither text, nor gzip or zstd of text")
	case c.CSV.empty():
		return errors.New("it is no tick file, and csv says nothing of its columns")
	}
	t, err := newTable(lines, &c.CSV, dir)
	f.rows = t
	return err
}
