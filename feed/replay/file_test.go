package replay

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"tickertape/feed/market"
	"tickertape/feed/recording"
)

type flusher interface {
	io.Writer
	Flush() error
}

// TestRecordingThatBreaksOffIsPlayedUpToThere cuts files of both formats behind their first three rows.
func TestRecordingThatBreaksOffIsPlayedUpToThere(t *testing.T) {
	own, table := head, "s,t,p\n"
	for i := range 3 {
		own += fmt.Sprintf(`{"k":"trade","s":"A","p":1,"t":%d}`+"\n", i+1)
		table += fmt.Sprintf("A,%d,1.5\n", i+1)
	}
	compressors := map[string]func(io.Writer) flusher{
		"gzip": func(w io.Writer) flusher { return gzip.NewWriter(w) },
		"zstd": func(w io.Writer) flusher {
			z, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1))
			if err != nil {
				t.Fatal(err)
			}
			return z
		},
	}
	for compression, open := range compressors {
		for format, text := range map[string]string{"ticks": own, "csv": table} {
			t.Run(format+" in "+compression, func(t *testing.T) {
				var out bytes.Buffer
				w := open(&out)
				fmt.Fprint(w, text)
				if err := w.Flush(); err != nil {
					t.Fatal(err)
				}
				cfg := DefaultConfig()
				cfg.File, cfg.Speed = write(t, out.String()), 0
				cfg.CSV.Symbol, cfg.CSV.Time, cfg.CSV.TimeFormat, cfg.CSV.Price = "s", []string{"t"}, "unix_us", "p"
				s := openFile(t, cfg)
				ticks := 0
				if err := s.Run(t.Context(), func(b market.Batch) { ticks += len(b.Ticks) }); err != nil {
					t.Fatal(err)
				}
				if n := testutil.ToFloat64(s.metrics.bad[recording.Truncated]); ticks != 3 || n != 1 {
					t.Errorf("%d ticks, %v cut off; want 3 and 1", ticks, n)
				}
			})
		}
	}
}
