package admission

import (
	"math"
	"strings"
	"testing"
)

func TestParseSize(t *testing.T) {
	for text, want := range map[string]Size{
		"0": 0, "0B": 0, "10B": 10, "1KB": 1000, "1KiB": 1024, "100MB": 100_000_000, "1.5GiB": 3 << 29, "2MiB": 2 << 20, "1GB": 1e9,
		"9007199254740993B": 1<<53 + 1, // a float would lose the one
		"":                  -1, "100": -1, "MB": -1, "-1MB": -1, "NaNMB": -1, "InfB": -1, "1e30GB": -1, "9223372036854775807GiB": -1,
		"1 MB": -1, "1TB": -1,
	} {
		got, err := ParseSize(text)
		if want == -1 {
			if err == nil || text != "" && !strings.Contains(err.Error(), text) {
				t.Errorf("%q: got %d, %v; want an error that names it", text, got, err)
			}
		} else if got != want || err != nil {
			t.Errorf("%q: got %d, %v; want %d", text, got, err, want)
		}
	}
}

func TestSizeIsWrittenInTheLargestUnitWithoutRemainder(t *testing.T) {
	for size, want := range map[Size]string{
		0: "0", 1: "1B", 1000: "1KB", 1024: "1KiB", 1500: "1500B", 100_000_000: "100MB", 16_000_000_000: "16GB",
		512 << 20: "512MiB", 1 << 40: "1024GiB", 1<<30 + 1: "1073741825B",
	} {
		if got := size.String(); got != want {
			t.Errorf("%d bytes are written %s, want %s", int64(size), got, want)
		}
	}
}

// What is read is written so that it is read as the same number.
func FuzzSizeReadsBackTheSame(f *testing.F) {
	for _, text := range []string{"0", "0B", "10B", "1KB", "1KiB", "100MB", "1.5GiB", "2MiB", "1GB", "9007199254740993B", "1e3KB", "0x1p3B",
		"", "100", "-1MB", "NaNMB"} {
		f.Add(text, int64(len(text)))
	}
	f.Add("", int64(math.MaxInt64/2-1))
	f.Fuzz(func(t *testing.T, text string, bytes int64) {
		if size, err := ParseSize(text); err == nil {
			if again, err := ParseSize(size.String()); err != nil || again != size {
				t.Errorf("%q is %d bytes, written %s, read back %d, %v", text, int64(size), size, int64(again), err)
			}
		}
		if bytes < 0 || bytes >= math.MaxInt64/2 {
			return
		}
		if again, err := ParseSize(Size(bytes).String()); err != nil || again != Size(bytes) {
			t.Errorf("%d bytes are written %s, read back %d, %v", bytes, Size(bytes), int64(again), err)
		}
	})
}
