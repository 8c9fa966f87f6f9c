package recording

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"tickertape/feed/market"
)

// sleep lets time pass in a bubble, and everything that it brings about.
func sleep(t testing.TB, d time.Duration) {
	t.Helper()
	time.Sleep(d)
	synctest.Wait()
}

func names(t testing.TB, folder string) (all []string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

// trade is a batch of one trade.
func trade(id market.SymbolID, units uint64) market.Batch {
	return market.Batch{Ticks: []market.Tick{{Symbol: id, Flags: market.Regular, Price: market.Price(units) * market.Scale,
		Size: market.Units(units), Received: market.TimeOf(time.Now())}}}
}

func TestARecordingGoesOnInAnotherFileAtTheFullHour(t *testing.T) {
	folder := t.TempDir()
	synctest.Test(t, func(t *testing.T) { // it is midnight
		dir := market.NewDirectory()
		id := enter(t, dir, market.Symbol{Symbol: "A"})
		time.Sleep(30 * time.Minute)
		w, err := Create(filepath.Join(folder, "day.ndjson.zst"), Rotation{Every: time.Hour, Keep: 3}, Header{Source: "sim"}, dir, quiet)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 5 {
			if err := w.Write(trade(id, uint64(i+1))); err != nil {
				t.Fatal(err)
			}
			sleep(t, time.Hour)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	})
	want := []string{"day-20000101T023000Z.ndjson.zst", "day-20000101T033000Z.ndjson.zst", "day-20000101T043000Z.ndjson.zst"}
	if got := names(t, folder); !slices.Equal(got, want) {
		t.Fatalf("files %v, want the newest three: %v", got, want)
	}
	// The last file alone tells all that is known by then: five trades.
	r, err := Open(filepath.Join(folder, want[2]), market.NewDirectory())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	entries, bad := readAll(t, r)
	if len(bad) > 0 || len(entries) != 3 || entries[1].Kind != KindImage || !entries[1].Again {
		t.Fatalf("%d entries, bad %v: %+v", len(entries), bad, entries)
	}
	y := market.NewTally(0, 0, market.NewLedgers(100_000))
	y.Image(&entries[1].Image)
	y.Apply(&entries[2].Tick)
	q := y.Quote()
	if q.Open != 1*market.Scale || q.High != 5*market.Scale || q.Volume != market.Units(1+2+3+4+5) || q.Count != 5 ||
		q.Price != 5*market.Scale {
		t.Errorf("the last file says %+v", q)
	}
}

func TestARecordingGoesOnInAnotherFileWhenOneIsLarge(t *testing.T) {
	folder := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		w, err := CreateRaw(filepath.Join(folder, "raw.ndjson"), Rotation{Size: 10_000}, RawHeader{}, quiet)
		if err != nil {
			t.Fatal(err)
		}
		for range 100 {
			w.Frame("fake", 1, []byte(strings.Repeat("x", 1000)), 1)
			sleep(t, flushEvery)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	})
	all := names(t, folder)
	if len(all) < 9 || len(all) > 12 {
		t.Errorf("%d files of 10 kB from 100 kB", len(all))
	}
	messages := 0
	for _, name := range all {
		info, err := os.Stat(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		if info.Size() > 12_000 {
			t.Errorf("%s has %d bytes", name, info.Size())
		}
		messages += len(rawFile(t, filepath.Join(folder, name)))
	}
	if messages != 100 {
		t.Errorf("%d messages, want 100", messages)
	}
}

// TestARecorderThatIsStartedAgainOverwritesNothing starts three within a second.
func TestARecorderThatIsStartedAgainOverwritesNothing(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "a.gz")
	synctest.Test(t, func(t *testing.T) {
		for range 3 {
			w, err := CreateRaw(path, Rotation{Every: time.Hour}, RawHeader{}, quiet)
			if err != nil {
				t.Fatal(err)
			}
			w.Frame("fake", 1, []byte("x"), 1)
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
		}
	})
	want := []string{"a-20000101T000000Z.gz", "a-20000101T000001Z.gz", "a-20000101T000002Z.gz"}
	if got := names(t, folder); !slices.Equal(got, want) {
		t.Errorf("files %v, want %v", got, want)
	}
	if got, err := RotatedFiles(path); err != nil || len(got) != 3 || got[0] != filepath.Join(folder, want[0]) {
		t.Errorf("the series is %v, %v", got, err)
	}
}

// TestOnlyTheSeriesIsDeleted leaves alone what others have put there.
func TestOnlyTheSeriesIsDeleted(t *testing.T) {
	folder := t.TempDir()
	others := []string{"a-20000101T000000Z.txt", "a-b-20000101T000000Z.ndjson", "a-yesterday.ndjson", "a.ndjson"}
	for _, name := range others {
		if err := os.WriteFile(filepath.Join(folder, name), []byte("precious"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		w, err := CreateRaw(filepath.Join(folder, "a.ndjson"), Rotation{Every: time.Second, Keep: 1}, RawHeader{}, quiet)
		if err != nil {
			t.Fatal(err)
		}
		for range 5 {
			time.Sleep(time.Second)
			w.Frame("fake", 1, []byte("x"), 1)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	})
	want := append([]string{"a-20000101T000005Z.ndjson"}, others...)
	slices.Sort(want)
	if got := names(t, folder); !slices.Equal(got, want) {
		t.Errorf("files %v, want %v", got, want)
	}
}

// TestAFullDiskIsNamed writes to a device that is always full.
func TestAFullDiskIsNamed(t *testing.T) {
	const full = "/dev/full"
	if _, err := os.Stat(full); err != nil {
		t.Skip("no " + full)
	}
	_, err := CreateRaw(full, Rotation{}, RawHeader{}, quiet)
	if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), full) || !strings.Contains(err.Error(), "record") {
		t.Errorf("got %v, want no space left, with the file", err)
	}
}

// TestARawRecorderTellsWhenItFails writes until the disk is full.
func TestARawRecorderTellsWhenItFails(t *testing.T) {
	w := &RawWriter{}
	w.start(full{}, nil) // nothing is written yet
	defer w.Close()
	select {
	case <-w.Failed():
		t.Fatal("failed before anything was written")
	default:
	}
	w.Frame("fake", 1, []byte("x"), 1)
	w.Flush()
	<-w.Failed()
	w.Frame("fake", 1, []byte("x"), 1)
	if err := w.Close(); !errors.Is(err, errFull) {
		t.Errorf("close: %v, want %v", err, errFull)
	}
}
