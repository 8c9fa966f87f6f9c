package vendortest

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// recordings is where what vendors sent lies, from a vendor's folder. It is not part of this module.
const recordings = "../../../../shared/data"

// Recording is a file of what vendors once sent, unpacked if its name ends in .gz. The error is [fs.ErrNotExist] where
// there is none; it is meant for the tests of a vendor, in whose folder they run.
func Recording(name string) ([]byte, error) {
	text, err := os.ReadFile(filepath.Join(recordings, name))
	if err != nil || !strings.HasSuffix(name, ".gz") {
		return text, err
	}
	z, err := gzip.NewReader(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}

// Recorded is a [Recording]. Without it, the test is skipped.
func Recorded(t testing.TB, name string) []byte {
	t.Helper()
	text, err := Recording(name)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("%s: no recording there", filepath.Join(recordings, name))
	}
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// RecordedLines are the lines of a [Recording]. Without it, the test is skipped.
func RecordedLines(t testing.TB, name string) [][]byte {
	t.Helper()
	return bytes.Split(bytes.TrimSpace(Recorded(t, name)), []byte("\n"))
}
