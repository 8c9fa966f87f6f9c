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
	rows // nil: its beginning has not been recognised
	io.Closer
	lines    *recording.LineReader
	beheaded bool // its beginning is damaged
}

// openRecording opens a file. known has the damages of those opened before, by their paths.
func openRecording(path string, known map[string]recording.Damages) (*file, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("read %s: not a regular file", path)
	}
	stream, err := recording.OpenKnown(path, known[path])
	if err != nil {
		return nil, err
	}
	known[path] = stream.Damages()
	return &file{Closer: stream, lines: recording.NewLineReader(stream)}, nil
}

var errEmpty = errors.New("the file is empty")

// sniffed is how many bytes decide what a file is.
const sniffed = 4096

// recognise finds out what a file is by its beginning: a recording begins with a brace, a CSV file does not. Its errors are those of
// [recording.Reader.Next]; after a [*recording.RowError] that says [recording.Damaged], it can be called again.
func (rf *recordingFiles) recognise(f *file) error {
	first, err := f.lines.Peek(sniffed)
	if err != nil {
		return err
	}
	text := bytes.TrimLeft(first, " \t\r\n")
	raw := recording.IsRaw(text)
	switch {
	case len(text) == 0:
		if _, err := f.lines.Next(); err != nil && err != io.EOF {
			return err
		}
		return errEmpty
	case f.beheaded && text[0] == '{' && !recording.IsHeader(text):
		f.lines.Next()
		return &recording.RowError{Line: f.lines.Number(), Reason: recording.Damaged, Err: errors.New("there is no header before it")}
	case rf.first != "" && raw != (rf.frames != nil) && (text[0] != '{' || recording.IsHeader(text)):
		return fmt.Errorf("it is raw: %t, unlike %s; name one kind of files by a pattern", raw, rf.first)
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
		r.OnRounded(rf.rounded)
		rf.delay = max(rf.delay, r.Header().Delay)
		f.rows = r
		return nil
	case bytes.IndexByte(text, 0) >= 0:
		return errors.New("it is neither text, nor gzip or zstd of text")
	case rf.cfg.CSV.empty():
		return errors.New("it is no tick file, and csv says nothing of its columns")
	}
	t, err := newTable(f.lines, &rf.cfg.CSV, rf.env.Dir)
	if err != nil {
		return err
	}
	t.rounded = rf.rounded
	if f.rows = t; rf.days == nil && rf.env.Hours != nil {
		rf.days = newDays(rf.env.Hours)
		rf.days.others, _ = rf.env.Hours.Market("crypto")
	}
	return nil
}
