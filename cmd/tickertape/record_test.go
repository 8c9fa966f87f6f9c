package main

import (
	"context"
	"errors"
	"log/slog"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tickertape/feed"
	"tickertape/feed/market"
	"tickertape/feed/recording"
	"tickertape/feed/replay"
	"tickertape/feed/vendors"
)

var quiet = slog.New(slog.DiscardHandler)

// TestAKilledRecorderLeavesASeriesThatPlays kills the binary while it rotates.
func TestAKilledRecorderLeavesASeriesThatPlays(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := filepath.Join(folder, "day.ndjson.zst")
	cmd := exec.Command(binaryPath(t), "record", "--feed", "sim", "--out", path, "--rotate", "1s", "--keep", "3")
	cmd.Dir, cmd.Env = t.TempDir(), append(plainEnvironment(), "TICKERTAPE_FEED_SIM_PAST=0s") // no hour to be told first
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill()
	first := ""
	eventually(t, "the first of its files deleted", func() error {
		files, err := recording.RotatedFiles(path)
		if err != nil || len(files) == 0 {
			return errors.New("there is no file")
		}
		if first == "" {
			first = files[0]
		}
		if slices.Contains(files, first) {
			return errors.New("it is there")
		}
		return nil
	})
	killed := market.TimeOf(time.Now())
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	cmd.Wait()

	files, err := recording.RotatedFiles(path)
	if err != nil || len(files) < 2 || len(files) > 4 { // one more between a file's beginning and the deletion
		t.Errorf("%d files are left, %v; want 3", len(files), err)
	}
	cfg := replay.DefaultConfig()
	cfg.File, cfg.Speed = path, 0
	dir := market.NewDirectory()
	s, err := replay.Open(cfg, vendors.Env{Dir: dir, Log: quiet}, nil, prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	if !s.Info().Simulated {
		t.Error("the recording does not say that its prices are made up")
	}
	var last market.Time
	opened := map[market.SymbolID]bool{}
	if err := s.Run(t.Context(), func(b market.Batch) {
		for _, k := range b.Ticks {
			last = max(last, k.Time)
		}
		for _, im := range b.Images {
			opened[im.Symbol] = opened[im.Symbol] || im.Set&market.FieldOpen != 0
		}
	}); err != nil {
		t.Fatal(err)
	}
	const busy = market.Time(2_000_000) // a machine that is
	if lost := killed - last; lost > 1_000_000+busy {
		t.Errorf("the last tick is from %v before the end", time.Duration(lost)*time.Microsecond)
	}
	if len(opened) < 400 {
		t.Errorf("the oldest file that is left has images of %d symbols, want all", len(opened))
	}
}

// fullDisk is a recorder that cannot write.
type fullDisk struct{ failed chan struct{} }

var errDisk = errors.New("record: write x: no space left on device")

func (f *fullDisk) Failed() <-chan struct{} { return f.failed }
func (f *fullDisk) Close() error            { return errDisk }

// silentSource is a source that publishes nothing.
type silentSource struct{}

func (silentSource) Info() feed.Info { return feed.Info{Name: "silent"} }
func (silentSource) Run(ctx context.Context, _ func(market.Batch)) error {
	<-ctx.Done()
	return nil
}

// TestRecordEndsWhenTheDiskIsFull has a source that says nothing by then, so that no write fails.
func TestRecordEndsWhenTheDiskIsFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &fullDisk{failed: make(chan struct{})}
		time.AfterFunc(time.Minute, func() { close(w.failed) })
		began := time.Now()
		err := (&recordPlan{}).run(t.Context(), silentSource{}, w, func(market.Batch) {}, quiet)
		if !errors.Is(err, errDisk) {
			t.Errorf("got %v, want %v", err, errDisk)
		}
		if took := time.Since(began); took != time.Minute {
			t.Errorf("it took %v, want to end when the disk is full", took)
		}
	})
}

// TestRawHeaderIsEnoughToDecode has every vendor's decoder made from a header alone.
func TestRawHeaderIsEnoughToDecode(t *testing.T) {
	names := rawNames(FeedConfig{})
	if len(names) == 0 {
		t.Skip("no feed is of a vendor")
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			cfg := DefaultConfig().Feed
			cfg.Sources.Source = []string{name}
			cfg.Consolidate.Symbols = nil
			header, err := rawHeader(cfg)
			if err != nil {
				t.Skipf("it cannot be opened as it is: %v", err)
			}
			if len(header.Sources) != 1 || header.Sources[0].Name != name || header.Since == 0 {
				t.Fatalf("header %+v", header)
			}
			dir := market.NewDirectory()
			env := vendors.Env{Dir: dir, Log: quiet, Faults: vendors.NewFaults(quiet, prometheus.NewRegistry())}
			if _, err := decoders(DefaultConfig().Feed)[name](env, header.Sources[0].Symbols); err != nil {
				t.Fatal(err)
			}
			for _, symbol := range header.Sources[0].Symbols {
				if _, known := dir.ID(symbol); !known && symbol != "*" { // which is told as it streams in
					t.Errorf("the decoder does not know %q", symbol)
				}
			}
		})
	}
}
