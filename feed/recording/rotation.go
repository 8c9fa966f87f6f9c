package recording

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Log keys of this package.
const (
	keyFile  = "file"
	keyError = "error"
)

// Rotation says when a recording goes on in another file: at a time or a size, whichever comes first. The zero value is one
// file for all. No file covers less than a second.
type Rotation struct {
	Every time.Duration // at each multiple of it since midnight UTC: 1h is the full hour; 0: at no time
	Size  int64         // when the file has so many bytes, compressed; 0: at no size
	Keep  int           // how many of the recording's files are kept, the newest ones; 0: all
}

func (r Rotation) never() bool { return r.Every <= 0 && r.Size <= 0 }

// stamp is the layout of the time in a file's name, in UTC, so that files sorted by name are in order.
const stamp = "20060102T150405Z"

// rotatedFiles are the files of one recording with a rotation.
type rotatedFiles struct {
	// static
	rotation Rotation
	folder   string
	stem     string // what the files' names begin with
	ending   string // and what they end with
	log      *slog.Logger

	second time.Time // the time in the newest file's name
	until  time.Time // when the next file is due; zero: at its size only
}

// newRotatedFiles are the files of a path: those of "day.ndjson.zst" have names such as "day-20261123T130000Z.ndjson.zst".
func newRotatedFiles(path string, r Rotation, log *slog.Logger) *rotatedFiles {
	folder, name := filepath.Split(path)
	ending := filepath.Ext(name)
	if ending == ".zst" || ending == ".gz" {
		ending = filepath.Ext(strings.TrimSuffix(name, ending)) + ending
	}
	return &rotatedFiles{rotation: r, folder: folder, stem: strings.TrimSuffix(name, ending) + "-", ending: ending, log: log}
}

// RotatedFiles lists the files of a recording that was made with a rotation under this path, oldest first.
func RotatedFiles(path string) ([]string, error) {
	return newRotatedFiles(path, Rotation{}, nil).files()
}

func now() time.Time { return time.Now().UTC().Truncate(time.Second) }

// name is the path of a file that begins at the given time.
func (s *rotatedFiles) name(at time.Time) string {
	return filepath.Join(s.folder, s.stem+at.Format(stamp)+s.ending)
}

// due reports whether another file is to begin now. size is that of the present one.
func (s *rotatedFiles) due(at time.Time, size int64) bool {
	if !at.Truncate(time.Second).After(s.second) {
		return false // it would have the same name
	}
	return !s.until.IsZero() && !at.Before(s.until) || s.rotation.Size > 0 && size >= s.rotation.Size
}

// mostTries is how many names are tried, a second apart: a recorder that restarts at once finds the file of the one before.
const mostTries = 5

// next creates another file, and deletes the oldest ones where there are then more than are kept.
func (s *rotatedFiles) next() (*output, error) {
	s.second = now()
	if every := s.rotation.Every; every > 0 {
		s.until = s.second.Truncate(every).Add(every)
	}
	for try := 1; ; try++ {
		path := s.name(s.second)
		o, err := createOutput(path)
		var exists *existsError
		if errors.As(err, &exists) && try < mostTries {
			s.second = s.second.Add(time.Second)
			continue
		}
		if err != nil {
			return nil, err
		}
		s.log.Info("recording", keyFile, path)
		s.clear(path)
		return o, nil
	}
}

// clear deletes the oldest files beyond those to keep, but never the newest.
func (s *rotatedFiles) clear(newest string) {
	if s.rotation.Keep <= 0 {
		return
	}
	all, err := s.files()
	if err != nil {
		s.log.Warn("old recordings not deleted", keyFile, newest, keyError, err)
		return
	}
	all = slices.DeleteFunc(all, func(path string) bool { return path == newest })
	for _, path := range all[:max(0, len(all)+1-s.rotation.Keep)] {
		switch err := os.Remove(path); {
		case err == nil:
			s.log.Info("old recording deleted", keyFile, path)
		case !errors.Is(err, fs.ErrNotExist):
			s.log.Warn("old recording not deleted", keyFile, path, keyError, err)
		}
	}
}

// files lists the files that there are, oldest first.
func (s *rotatedFiles) files() (paths []string, err error) {
	folder := s.folder
	if folder == "" {
		folder = "."
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", folder, err)
	}
	for _, e := range entries { // by name
		middle, begins := strings.CutPrefix(e.Name(), s.stem)
		middle, ends := strings.CutSuffix(middle, s.ending)
		if _, err := time.Parse(stamp, middle); begins && ends && err == nil && e.Type().IsRegular() {
			paths = append(paths, filepath.Join(s.folder, e.Name()))
		}
	}
	return paths, nil
}
