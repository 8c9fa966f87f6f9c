package recording

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// compressors make one member of a file, by the suffix of its name.
var compressors = map[string]func(io.Writer) (io.WriteCloser, error){
	".gz":  func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriter(w), nil },
	".zst": func(w io.Writer) (io.WriteCloser, error) { return zstd.NewWriter(w, zstd.WithEncoderConcurrency(1)) },
}

// member compresses lines that no other has: a number, and digits that do not compress well.
func member(t *testing.T, suffix string, first, n int) (compressed []byte, lines []string) {
	t.Helper()
	var b bytes.Buffer
	z, err := compressors[suffix](&b)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, uint64(first)))
	for i := first; i < first+n; i++ {
		line := fmt.Sprintf(`{"n":%d,"d":%d}`, i, r.Uint64())
		lines = append(lines, line)
		if _, err := fmt.Fprintln(z, line); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), lines
}

// readLines reads a file as far as that is possible, its bad rows included.
func readLines(t *testing.T, path string) (lines []string, bad []*RowError) {
	t.Helper()
	f, err := OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for r := NewLineReader(f); ; {
		text, err := r.Next()
		var row *RowError
		switch {
		case err == io.EOF:
			return lines, bad
		case errors.As(err, &row):
			bad = append(bad, row)
		case err != nil:
			t.Fatal(err)
		default:
			lines = append(lines, string(text))
		}
	}
}

// Wherever a byte of a file is wrong, and wherever the file breaks off, the other members are read.
func TestADamagedMemberCostsNoOther(t *testing.T) {
	for suffix := range compressors {
		t.Run(suffix, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "day.ndjson"+suffix)
			var whole []byte
			var ends []int
			var members [][]string
			for i := range 3 {
				b, lines := member(t, suffix, 100*i, 8)
				whole = append(whole, b...)
				ends, members = append(ends, len(whole)), append(members, lines)
			}
			check := func(what string, content []byte, intact []int) {
				t.Helper()
				if err := os.WriteFile(path, content, 0o600); err != nil {
					t.Fatal(err)
				}
				lines, bad := readLines(t, path)
				for _, i := range intact {
					for _, line := range members[i] {
						if !slices.Contains(lines, line) {
							t.Fatalf("%s: %s of member %d is missing; bad rows %v", what, line, i, bad)
						}
					}
				}
				if len(bad) == 0 && len(intact) < 3 && !slices.Equal(lines, slices.Concat(members...)) {
					t.Fatalf("%s: no bad row, but the lines are %q", what, lines)
				}
				for _, row := range bad {
					if row.Reason != Damaged && row.Reason != Truncated || !strings.Contains(row.Error(), "byte ") {
						t.Fatalf("%s: a bad row of reason %s: %v", what, row.Reason, row)
					}
				}
			}
			check("as it is", whole, []int{0, 1, 2})
			for at := range whole {
				of, _ := slices.BinarySearch(ends, at+1)
				var others []int
				for i := range 3 {
					if i != of {
						others = append(others, i)
					}
				}
				for _, flip := range []byte{0xff, 1 << (at % 8)} {
					wrong := bytes.Clone(whole)
					wrong[at] ^= flip
					check(fmt.Sprintf("byte %d xor %d", at, flip), wrong, others)
				}
				check(fmt.Sprintf("without byte %d", at), slices.Delete(bytes.Clone(whole), at, at+1), others)
			}
			for size := 1; size < len(whole); size++ {
				of, _ := slices.BinarySearch(ends, size)
				if size == ends[of] {
					of++
				}
				content := whole[:size]
				if of < 3 && (of == 0 || size > ends[of-1]) {
					check(fmt.Sprintf("the first %d bytes", size), content, []int{0, 1, 2}[:of])
				}
				begin := 0
				if of > 0 {
					begin = ends[of-1]
				}
				if of < 2 && size > begin { // a member that breaks off, and another after it
					check(fmt.Sprintf("%d bytes joined to member %d", size, of+1), slices.Concat(content, whole[ends[of]:]), []int{2})
				}
			}
		})
	}
}

// All of a large member up to the damage is read, but for what its compressor had not finished.
func TestWhatIsBeforeADamageIsRead(t *testing.T) {
	for suffix := range compressors {
		path := filepath.Join(t.TempDir(), "day.ndjson"+suffix)
		whole, lines := member(t, suffix, 0, 100_000)
		last, after := member(t, suffix, 1_000_000, 10)
		at := len(whole) / 2
		for i := range 64 {
			whole[at+i] = 0xff
		}
		if err := os.WriteFile(path, slices.Concat(whole, last), 0o600); err != nil {
			t.Fatal(err)
		}
		got, bad := readLines(t, path)
		good := 0
		for good < len(got) && good < len(lines) && got[good] == lines[good] {
			good++
		}
		if good < len(lines)*40/100 || good > len(lines)*60/100 {
			t.Errorf("%s: %d of %d lines were read, and the damage is in the middle", suffix, good, len(lines))
		}
		wrote := map[string]bool{}
		for _, line := range slices.Concat(lines, after) {
			wrote[line] = true
		}
		for _, line := range got {
			if !wrote[line] {
				t.Fatalf("%s: nobody wrote the line %.100q", suffix, line)
			}
		}
		if len(got) < len(after) || !slices.Equal(got[len(got)-len(after):], after) {
			t.Errorf("%s: the last line is %.100q", suffix, got[len(got)-1])
		}
		for _, row := range bad {
			if row.Reason != Damaged {
				t.Errorf("%s: bad row %v", suffix, row)
			}
		}
		if len(bad) != 1 {
			t.Errorf("%s: %d bad rows", suffix, len(bad))
		}
	}
}

// A member that begins within a line has the rest of one that is lost: it must not be taken for a line.
func TestTheRestOfALostLineIsNoLine(t *testing.T) {
	for suffix, compressor := range compressors {
		path := filepath.Join(t.TempDir(), "day.csv"+suffix)
		var whole bytes.Buffer
		var ends []int
		for _, part := range []string{"IBM,1\nIB", "M,2\nI", "BM,3\nIBM,4\n"} {
			z, err := compressor(&whole)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.WriteString(z, part); err != nil {
				t.Fatal(err)
			}
			if err := z.Close(); err != nil {
				t.Fatal(err)
			}
			ends = append(ends, whole.Len())
		}
		content := whole.Bytes()
		content[ends[1]-2] ^= 0xff // of its checksum
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		lines, bad := readLines(t, path)
		if want := []string{"IBM,1", "IBM,2", "IBM,4"}; !slices.Equal(lines, want) && !slices.Equal(lines, []string{"IBM,1", "IBM,4"}) {
			t.Errorf("%s: %q, want %q", suffix, lines, want)
		}
		if len(bad) != 1 {
			t.Errorf("%s: bad rows %v", suffix, bad)
		}
	}
}
