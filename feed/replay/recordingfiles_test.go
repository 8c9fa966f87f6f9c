package replay

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tickertape/feed/market"
	"tickertape/feed/recording"
	"tickertape/feed/vendors"
)

// tallied plays a recording as fast as possible and returns what it says of a symbol in the end.
func tallied(t *testing.T, file, symbol string) market.Quote {
	t.Helper()
	cfg := DefaultConfig()
	cfg.File, cfg.Speed = file, 0
	dir := market.NewDirectory()
	s, err := Open(cfg, vendors.Env{Dir: dir, Log: quiet}, nil, prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	id, _ := dir.ID(symbol)
	y := market.NewTally(id, dir.Symbol(id).PreviousClose, market.NewLedgers(100_000))
	state := market.Live
	if err := s.Run(t.Context(), func(b market.Batch) {
		for i := range b.Images {
			if im := &b.Images[i]; im.Symbol == id {
				y.Image(im)
				if im.Set&market.FieldState != 0 {
					state = im.State
				}
			}
		}
		for i := range b.Ticks {
			if k := &b.Ticks[i]; k.Symbol == id {
				y.Apply(k)
				if k.Kind == market.KindState {
					state = k.State
				}
			}
		}
		for i := range b.Corrections {
			if b.Corrections[i].Symbol == id {
				y.Correct(&b.Corrections[i])
			}
		}
	}); err != nil {
		t.Fatal(err)
	}
	q := y.Quote()
	q.State = state
	return q
}

// TestASeriesPlaysAsOneRecording records the same session in one file and in many.
func TestASeriesPlaysAsOneRecording(t *testing.T) {
	folder, single := t.TempDir(), filepath.Join(t.TempDir(), "all.ndjson")
	path := filepath.Join(folder, "day.ndjson.gz")
	synctest.Test(t, func(t *testing.T) {
		dir := market.NewDirectory()
		id, err := dir.Add(market.Symbol{Symbol: "A", Decimals: 2, PreviousClose: 99 * market.Scale})
		if err != nil {
			t.Fatal(err)
		}
		many, err := recording.Create(path, recording.Rotation{Every: 2 * time.Second}, recording.Header{Source: "x"}, dir, quiet)
		if err != nil {
			t.Fatal(err)
		}
		one, err := recording.Create(single, recording.Rotation{}, recording.Header{Source: "x"}, dir, quiet)
		if err != nil {
			t.Fatal(err)
		}
		both := func(b market.Batch) {
			for _, w := range []*recording.Writer{many, one} {
				if err := w.Write(b); err != nil {
					t.Fatal(err)
				}
			}
		}
		both(market.Batch{Status: &market.Status{Source: "x", State: market.Live, Since: 1}})
		for i := range 20 {
			at := market.TimeOf(time.Now())
			price := 100*market.Scale + market.Price(i*7%5)*market.Scale/3
			trade := market.Tick{Symbol: id, Flags: market.Regular, ID: uint64(i + 1), Price: price, Size: market.Units(uint64(i + 1)), Time: at,
				Received: at}
			b := market.Batch{Ticks: []market.Tick{trade, {Symbol: id, Kind: market.KindAlive, Time: at, Received: at}}}
			if i%4 == 3 {
				b.Corrections = []market.Correction{{Symbol: id, ID: trade.ID,
					Old: market.Print{Price: trade.Price, Size: trade.Size, Flags: trade.Flags}, Time: at, Received: at}}
			}
			both(b)
			time.Sleep(500 * time.Millisecond)
		}
		at := market.TimeOf(time.Now())
		both(market.Batch{Ticks: []market.Tick{
			{Symbol: id, Kind: market.KindState, State: market.Halted, Time: at, Received: at},
			{Symbol: id, Flags: market.SetsExtended | market.SetsVolume, Price: 98 * market.Scale, Size: market.Units(1), Time: at, Received: at},
		}})
		for _, w := range []*recording.Writer{many, one} {
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
		}
	})
	files, err := recording.RotatedFiles(path)
	if err != nil || len(files) != 6 {
		t.Fatalf("files %v, %v", files, err)
	}
	want := tallied(t, single, "A")
	if want.Count != 20-5+1 || want.Extended != 98*market.Scale || want.State != market.Halted {
		t.Fatalf("in one file: %+v", want)
	}
	if got := tallied(t, path, "A"); got != want {
		t.Errorf("in a series: got\n%+v, want\n%+v", got, want)
	}
	// The last file alone says the same, but for the VWAP, which the image in it has to four decimals.
	got := tallied(t, files[len(files)-1], "A")
	if d := got.VWAP - want.VWAP; d < -market.Scale/10_000 || d > market.Scale/10_000 {
		t.Errorf("its last file alone: VWAP %v, want %v", got.VWAP, want.VWAP)
	}
	if got.VWAP = want.VWAP; got != want {
		t.Errorf("its last file alone: got\n%+v, want\n%+v", got, want)
	}
}

// A trade of yesterday that comes late counts in nothing of today, in a later file of a rotation too that is played alone.
func TestALaterFileKnowsWhenItsDayBegan(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "days.ndjson")
	synctest.Test(t, func(t *testing.T) {
		dir := market.NewDirectory()
		id, err := dir.Add(market.Symbol{Symbol: "A"})
		if err != nil {
			t.Fatal(err)
		}
		w, err := recording.Create(path, recording.Rotation{Every: 2 * time.Second}, recording.Header{Source: "x"}, dir, quiet)
		if err != nil {
			t.Fatal(err)
		}
		began := market.TimeOf(time.Now())
		say := func(kind market.Kind, price market.Price, at market.Time) {
			if err := w.Write(market.Batch{Ticks: []market.Tick{{Symbol: id, Kind: kind, Flags: market.Regular, Price: price * market.Scale,
				Size: market.Units(1), Time: at, Received: market.TimeOf(time.Now())}}}); err != nil {
				t.Fatal(err)
			}
		}
		say(market.KindRoll, 0, began)
		say(market.KindTrade, 100, began+1)
		time.Sleep(3 * time.Second)
		say(market.KindTrade, 101, began+3_000_000)
		say(market.KindTrade, 50, began-1)
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	})
	files, err := recording.RotatedFiles(path)
	if err != nil || len(files) != 2 {
		t.Fatalf("files %v, %v", files, err)
	}
	if q := tallied(t, files[1], "A"); q.Count != 2 || q.Low != 100*market.Scale || q.Price != 101*market.Scale {
		t.Errorf("got %+v", q)
	}
}

// TestAFileThatIsBrokenOffInItsHeaderIsABadRow is what remains of a recorder that was killed while it began
// another file.
func TestAFileThatIsBrokenOffInItsHeaderIsABadRow(t *testing.T) {
	for name, text := range map[string]string{"half a header": head[:20], "gzip of nothing": "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff",
		"blank": " \n"} {
		t.Run(name, func(t *testing.T) {
			cfg := DefaultConfig()
			cfg.File = t.TempDir()
			for name, text := range map[string]string{"0": text, "1": trades(0, time.Second), "2": text} {
				if err := os.WriteFile(filepath.Join(cfg.File, name), []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if got, want := played(t, cfg, newEnv(t), nil), []string{"trade A 0", "trade A 0"}; !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
			cfg.File = filepath.Join(cfg.File, "2")
			if _, err := Open(cfg, newEnv(t), nil, prometheus.NewRegistry()); err == nil || !strings.Contains(err.Error(), cfg.File) {
				t.Errorf("alone: got %v, want an error that names it", err)
			}
		})
	}
}

// TestJoinedFilesTellNothingTwice joins the files of a series by cat.
func TestJoinedFilesTellNothingTwice(t *testing.T) {
	first := trades(0, time.Second)
	second := head + `{"k":"status","again":true,"status":"down","since":5}` + "\n" +
		`{"k":"image","s":"A","again":true,"whole":true,"p":7,"v":99,"r":5}` + "\n" +
		fmt.Sprintf(`{"k":"trade","s":"A","p":3,"z":1,"t":%d}`+"\n", t0+2_000_000)
	folder := t.TempDir()
	for name, text := range map[string]string{"1": first, "2": second, "3": ""} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for name, file := range map[string]string{"joined": write(t, first+second), "side by side": folder} {
		t.Run(name, func(t *testing.T) {
			cfg := DefaultConfig()
			cfg.File = file
			want := []string{"trade A 0", "trade A 0", "trade A 0"}
			if got := played(t, cfg, newEnv(t), nil); !slices.Equal(got, want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		})
	}
	cfg := DefaultConfig()
	cfg.File = filepath.Join(folder, "2")
	want := []string{"down ", "image A volume 99", "trade A 0"}
	if got := played(t, cfg, newEnv(t), nil); !slices.Equal(got, want) {
		t.Errorf("the second alone: got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestTheStatusIsOfTheSourceThatIsBestOff plays what a program with two sources recorded, whose messages can name addresses.
func TestTheStatusIsOfTheSourceThatIsBestOff(t *testing.T) {
	status := func(source, state string, second int) string {
		return fmt.Sprintf(`{"k":"status","src":%q,"status":%q,"since":%d,"message":"dial tcp 10.0.0.5:443: refused"}`+"\n", source, state,
			t0+second)
	}
	text := head + status("a", "down", 0) + status("b", "down", 0) + status("a", "live", 1) + status("b", "live", 2) + status("a", "down", 3) +
		status("b", "stale", 4) + status("b", "down", 5) + fmt.Sprintf(`{"k":"trade","s":"A","p":1,"t":%d}`+"\n", t0+9)
	cfg := DefaultConfig()
	cfg.File = write(t, text)
	want := []string{"down recorded: a down", "live recorded: a live", "live recorded: b live", "stale recorded: b stale",
		"down recorded: a down", "trade A 0"}
	if got := played(t, cfg, newEnv(t), nil); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
