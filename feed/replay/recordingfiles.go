package replay

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"tickertape/feed/recording"
	"tickertape/feed/vendors"
)

// recordingFiles reads the configured file or files row by row as if they were one.
type recordingFiles struct {
	// static
	cfg      *Config
	env      vendors.Env
	decoders Decoders
	paths    []string
	damages  map[string]recording.Damages // of the files so far, by path; the next to open them uses it again

	next      int           // index in paths of the file to open next
	first     string        // path of the first that could be recognised
	file      *file         // the one that is open; nil: none
	finished  bool          // the files before have been read whole
	lost      bool          // some of the file that is open could not be read
	frames    *rawDecoding  // of a raw recording; nil before its first file
	days      *days         // of a CSV file; nil before the first
	simulated bool          // any file so far is
	delay     time.Duration // of the file that was recorded latest after the exchange's time
	numbered  bool          // as in [feed.Info]
}

// files lists what the configuration names: one file, or all files of a folder, of a pattern, or of a recording with a
// rotation, in the order of their names.
func (c *Config) files() ([]string, error) {
	if c.File == "" {
		return nil, errors.New(`file: "" is no file`)
	}
	info, err := os.Stat(c.File)
	var paths []string
	switch {
	case err == nil && !info.IsDir():
		return []string{c.File}, nil
	case err == nil:
		entries, err := os.ReadDir(c.File)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			if !strings.HasPrefix(e.Name(), ".") {
				paths = append(paths, filepath.Join(c.File, e.Name()))
			}
		}
	case errors.Is(err, fs.ErrNotExist):
		if paths, _ = recording.RotatedFiles(c.File); len(paths) > 0 { // a folder that is not there has none
			break
		}
		if !strings.ContainsAny(c.File, `*?[`) {
			return nil, err
		}
		if paths, err = filepath.Glob(c.File); err != nil {
			return nil, fmt.Errorf("file: %.200q is no pattern: %w", c.File, err)
		}
	default:
		return nil, err
	}
	paths = slices.DeleteFunc(paths, func(path string) bool { return !holdsSomething(path) })
	if len(paths) == 0 {
		return nil, fmt.Errorf("read %s: it stands for no file that holds anything", c.File)
	}
	slices.Sort(paths)
	return paths, nil
}

// holdsSomething excludes folders, and the empty file of a recorder that found the disk full.
func holdsSomething(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Size() > 0
}

// open finds the files. Next opens one after another, and symbols enter env.Dir as they are read. damages are what is known of the
// files, to which it adds.
func (c *Config) open(env vendors.Env, decoders Decoders, damages map[string]recording.Damages) (*recordingFiles, error) {
	paths, err := c.files()
	if err != nil {
		return nil, err
	}
	return &recordingFiles{cfg: c, env: env, decoders: decoders, paths: paths, damages: damages}, nil
}

// begin opens the next file, or goes on with one whose beginning is damaged. Its errors are those of Next. Of several files, one that
// is cut off within its header is a bad row: its recorder was killed when it had just begun the file.
func (rf *recordingFiles) begin() (err error) {
	path := rf.paths[max(rf.next-1, 0)]
	if rf.file == nil {
		path = rf.paths[rf.next]
		rf.next++
		if rf.file, err = openRecording(path, rf.damages); err != nil {
			return err
		}
	}
	f := rf.file
	if err = rf.recognise(f); err == nil {
		if rf.first == "" {
			rf.first = path
		}
		return nil
	}
	var row *recording.RowError
	isRow := errors.As(err, &row)
	if isRow && row.Reason == recording.Damaged {
		f.beheaded, rf.lost = true, true
		return row
	}
	f.Close()
	rf.file, rf.finished, rf.lost = nil, false, false
	switch {
	case f.beheaded && err == errEmpty:
		return io.EOF
	case f.beheaded:
		return &recording.RowError{Line: f.lines.Number(), Reason: recording.Damaged, Err: err}
	case len(rf.paths) > 1 && (err == errEmpty || isRow && row.Reason == recording.Truncated):
		return &recording.RowError{Line: 1, Reason: recording.Truncated, Err: errors.New("the file breaks off before its first line ends")}
	}
	return fmt.Errorf("read %s: %v", path, err) // any other bad header is not a row that can be skipped
}

// rounded counts a number that was rounded.
func (rf *recordingFiles) rounded(key string, text []byte) {
	if rf.env.Faults != nil {
		rf.env.Faults.Rounded("replay", key, text)
	}
}

// Path is that of the file read last.
func (rf *recordingFiles) Path() string { return rf.paths[rf.next-1] }

// Next reads the next row into e, as [recording.Reader.Next] does; its other errors name the file.
func (rf *recordingFiles) Next(e *recording.Entry) error {
	for {
		for rf.file == nil || rf.file.rows == nil {
			if rf.file == nil && rf.next == len(rf.paths) {
				return io.EOF
			}
			if err := rf.begin(); err != nil && err != io.EOF {
				return err
			}
		}
		err := rf.file.Next(e)
		var row *recording.RowError
		switch {
		case err == nil:
			if e.Again && rf.finished {
				continue // the files before have been read
			}
			return nil
		case errors.As(err, &row):
			rf.lost = rf.lost || row.Reason == recording.Damaged || row.Reason == recording.Truncated
			return err
		case err != io.EOF:
			return fmt.Errorf("read %s: %w", rf.Path(), err)
		}
		rf.file.Close()
		rf.finished = !rf.lost
		rf.file, rf.lost = nil, false
	}
}

// Close closes the file that is open.
func (rf *recordingFiles) Close() error {
	if rf.file == nil {
		return nil
	}
	return rf.file.Close()
}
