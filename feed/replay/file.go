package replay

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"tickertape/feed/recording"
)

// rows reads a recording of any format row by row, with the errors of [recording.Reader.Next].
type rows interface {
	Next(*recording.Entry) error
}

// file is an open recording.
type file struct {
	rows
	io.Closer
	lines *recording.LineReader
}

func openRecording(path string) (*file, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("read %s: not a regular file", path)
	}
	stream, err := recording.OpenFile(path)
	if err != nil {
		return nil, err
	}
	return &file{Closer: stream, lines: recording.NewLineReader(stream)}, nil
}

var errEmpty = errors.New("the file is empty")

// sniffed is how many bytes decide what a file is.
const sniffed = 4096

// recognise finds out what a file is by its beginning: a recording begins with a brace, a CSV file does not.
func (rf *recordingFiles) recognise(f *file) error {
	first, err := f.lines.Peek(sniffed)
	if err != nil {
		return err
	}
	text := bytes.TrimLeft(first, " \t\r\n")
	raw := recording.IsRaw(text)
	if rf.next > 1 && raw != (rf.frames != nil) {
		return fmt.Errorf("it is raw: %t, unlike %s; name one kind of files by a pattern", raw, rf.paths[0])
	}
	switch {
	case len(text) == 0:
		return errEmpty
	case raw:
		r, err := recording.NewRawReader(f.lines)
		if err != nil {
			return err
		}
		if rf.frames == nil {
			rf.frames = newRawDecoding(rf.decoders, rf.env)
		}
		if err := rf.frames.begin(r.Header()); err != nil {
			return err
		}
		rf.numbered = rf.frames.numbered
		f.rows = &frames{reader: r, decoding: rf.frames}
		return nil
	case text[0] == '{':
		r, err := recording.NewReader(f.lines, rf.env.Dir)
		if err != nil {
			return err
		}
		rf.simulated = rf.simulated || r.Header().Simulated
		f.rows = r
		return nil
	case bytes.IndexByte(text, 0) >= 0:
		return errors.New("it is neither text, nor gzip or zstd of text")
	case rf.cfg.CSV.empty():
		return errors.New("it is no tick file, and csv says nothing of its columns")
	}
	f.rows, err = newTable(f.lines, &rf.cfg.CSV, rf.env.Dir)
	return err
}
