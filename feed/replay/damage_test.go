package replay

import (
	"bytes"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"tickertape/feed/market"
	"tickertape/feed/recording"
	"tickertape/feed/vendors"
)

const (
	damagedFiles = 3
	tradesEach   = 3000 // of a file
)

// recordDamaged records trades 1 to 9000 in three files, compressed as the suffix says, and returns their contents.
func recordDamaged(t *testing.T, suffix string) (contents [][]byte) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		for n := range damagedFiles {
			path := filepath.Join(t.TempDir(), "part"+suffix)
			dir := market.NewDirectory()
			id, err := dir.Add(market.Symbol{Symbol: "A"})
			if err != nil {
				t.Fatal(err)
			}
			w, err := recording.Create(path, recording.Rotation{}, recording.Header{Source: "x"}, dir, quiet)
			if err != nil {
				t.Fatal(err)
			}
			for i := n*tradesEach + 1; i <= (n+1)*tradesEach; i++ {
				now := market.TimeOf(time.Now())
				w.Write(market.Batch{Ticks: []market.Tick{{Symbol: id, Kind: market.KindTrade, Flags: market.Regular, ID: uint64(i),
					Price: market.Price(i) * market.Scale, Size: market.Units(uint64(i * 7919 % 10_007)), Time: now, Received: now}}})
				if i%100 == 0 {
					if err := w.Flush(); err != nil { // a block of its own
						t.Fatal(err)
					}
				}
				time.Sleep(time.Millisecond)
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			contents = append(contents, b)
		}
	})
	return contents
}

// playDamaged plays a recording and returns the prices of its trades, how many bad rows of which reason there were, and the log.
func playDamaged(t *testing.T, file string) (prices []int64, bad map[string]float64, log string, err error) {
	t.Helper()
	cfg := DefaultConfig()
	cfg.File, cfg.Speed = file, 0
	var out bytes.Buffer
	reg := prometheus.NewRegistry()
	s, err := Open(cfg, vendors.Env{Dir: market.NewDirectory(), Log: slog.New(slog.NewTextHandler(&out, nil))}, nil, reg)
	if err != nil {
		return nil, nil, out.String(), err
	}
	err = s.Run(t.Context(), func(b market.Batch) {
		for i := range b.Ticks {
			prices = append(prices, int64(b.Ticks[i].Price/market.Scale))
		}
	})
	bad = map[string]float64{}
	for _, r := range recording.Reasons() {
		if n := testutil.ToFloat64(s.metrics.bad[r]); n > 0 {
			bad[string(r)] = n
		}
	}
	return prices, bad, out.String(), err
}

// The second of three files is damaged or cut off in the middle, whether they are three or joined: the others play whole, and of
// this one what is before the damage.
func TestWhatIsNotDamagedPlays(t *testing.T) {
	for _, suffix := range []string{".ndjson.gz", ".ndjson.zst"} {
		contents := recordDamaged(t, suffix)
		middle := contents[1]
		damaged := bytes.Clone(middle)
		for i := range 64 {
			damaged[len(damaged)/2+i] = 0xff
		}
		beheaded := bytes.Clone(middle)
		beheaded[0] ^= 0xff
		for name, c := range map[string]struct {
			middle []byte
			reason map[bool]string // of the bad row; true: of joined files
			least  int             // trades of it that play
		}{
			"damaged":  {damaged, map[bool]string{false: "damaged", true: "damaged"}, tradesEach * 4 / 10},
			"cut off":  {middle[:len(middle)/2], map[bool]string{false: "truncated", true: "damaged"}, tradesEach * 4 / 10},
			"beheaded": {beheaded, map[bool]string{false: "damaged", true: "damaged"}, 0},
		} {
			for _, joined := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s %s joined=%t", suffix, name, joined), func(t *testing.T) {
					folder := t.TempDir()
					files := [][]byte{contents[0], c.middle, contents[2]}
					if joined {
						files = [][]byte{slices.Concat(files...)}
					}
					for i, b := range files {
						if err := os.WriteFile(filepath.Join(folder, fmt.Sprint("part", i, suffix)), b, 0o600); err != nil {
							t.Fatal(err)
						}
					}
					prices, bad, log, err := playDamaged(t, folder)
					if err != nil {
						t.Fatal(err)
					}
					if !slices.IsSorted(prices) {
						t.Error("not in order")
					}
					var played [damagedFiles]int
					for _, p := range prices {
						played[(p-1)/tradesEach]++
					}
					if played[0] != tradesEach || played[2] != tradesEach || played[1] < c.least || played[1] > tradesEach*6/10 {
						t.Errorf("played %v of %d each", played, tradesEach)
					}
					if want := map[string]float64{c.reason[joined]: 1}; !maps.Equal(bad, want) {
						t.Errorf("bad rows %v, want %v", bad, want)
					}
					if !strings.Contains(log, "at byte ") || !strings.Contains(log, "reason="+c.reason[joined]) {
						t.Errorf("the log does not say where: %s", log)
					}
				})
			}
		}
	}
}

// A file that begins with damage plays from its next header on; one that holds nothing else cannot be played.
func TestADamagedBeginningIsABadRow(t *testing.T) {
	for _, suffix := range []string{".ndjson.gz", ".ndjson.zst"} {
		contents := recordDamaged(t, suffix)
		for _, at := range []int{0, 5, 40} {
			broken := bytes.Clone(contents[0])
			for i := range 64 {
				broken[at+i] = 0xff
			}
			path := filepath.Join(t.TempDir(), "day"+suffix)
			if err := os.WriteFile(path, slices.Concat(broken, contents[1]), 0o600); err != nil {
				t.Fatal(err)
			}
			prices, bad, _, err := playDamaged(t, path)
			if err != nil || len(prices) < tradesEach || !slices.Equal(prices[len(prices)-3:], []int64{5998, 5999, 6000}) || bad["damaged"] == 0 {
				t.Errorf("%s: damaged at %d: %d prices, bad rows %v, %v", suffix, at, len(prices), bad, err)
			}
			if err := os.WriteFile(path, broken, 0o600); err != nil {
				t.Fatal(err)
			}
			if prices, _, _, err := playDamaged(t, path); err == nil || !strings.Contains(err.Error(), "damaged=1") {
				t.Errorf("%s: damaged at %d, and nothing else: %d prices, %v", suffix, at, len(prices), err)
			}
		}
	}
}

// Of a raw recording of several files, one of which is damaged, the others play, whichever it is.
func TestADamagedFileCostsARawRecordingNoOther(t *testing.T) {
	t.Setenv("FAKE_KEY", fakeKey)
	folder := t.TempDir()
	path := filepath.Join(folder, "raw.ndjson.zst")
	recordSession(t, path, []string{"A", "B/C"})
	files, err := recording.RotatedFiles(path)
	if err != nil || len(files) < 3 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	play := func() (trades int, first, last market.Time, bad int) {
		cfg := DefaultConfig()
		cfg.File, cfg.Speed = folder, 0
		s, err := Open(cfg, newEnv(t), fakeDecoders, prometheus.NewRegistry())
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Run(t.Context(), func(b market.Batch) {
			for i := range b.Ticks {
				if b.Ticks[i].Kind == market.KindTrade {
					trades++
				}
			}
		}); err != nil {
			t.Fatal(err)
		}
		return trades, s.found.first, s.found.last, s.found.bad[recording.Damaged] + s.found.bad[recording.Truncated]
	}
	all, first, last, bad := play()
	if all == 0 || bad != 0 {
		t.Fatalf("%d trades, %d bad rows", all, bad)
	}
	for i, file := range files {
		whole, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		beheaded := bytes.Clone(whole)
		beheaded[0] ^= 0xff
		damaged := bytes.Clone(whole)
		for j := len(damaged) / 2; j < min(len(damaged), len(damaged)/2+64); j++ {
			damaged[j] = 0xff
		}
		for name, content := range map[string][]byte{"beheaded": beheaded, "damaged": damaged, "cut off": whole[:30]} {
			if err := os.WriteFile(file, content, 0o600); err != nil {
				t.Fatal(err)
			}
			trades, from, to, bad := play()
			if trades == 0 || trades > all || bad != 1 {
				t.Errorf("file %d %s: %d trades of %d, %d bad rows, want one", i, name, trades, all, bad)
			}
			if i > 0 && from != first || i < len(files)-1 && to != last {
				t.Errorf("file %d %s: it plays from %v to %v, want from %v to %v", i, name, from.Std(), to.Std(), first.Std(), last.Std())
			}
		}
		if err := os.WriteFile(file, whole, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
