package replay

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tickertape/feed"
	"tickertape/feed/calendar"
	"tickertape/feed/market"
	"tickertape/feed/recording"
	"tickertape/feed/vendors"
	"tickertape/feed/vendors/vendortest"
)

var fakeDecoders = Decoders{"fake": newFakeDecoder}

// newEnv is what a program gives to a replay.
func newEnv(t testing.TB) vendors.Env {
	t.Helper()
	hours, err := calendar.New(calendar.DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	return vendors.Env{Dir: market.NewDirectory(), Log: quiet, Faults: vendors.NewFaults(quiet, prometheus.NewRegistry()), Hours: hours}
}

// recordSession records a vendor over midnight, with connections that end and trades that are cancelled, in files of 3 s. It
// returns the quotes at its end.
func recordSession(t *testing.T, path string, symbols []string) map[string]market.Quote {
	live := map[string]market.Quote{}
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(24*time.Hour - 10*time.Second - 200*time.Millisecond)
		vendor := &fakeVendor{symbols: symbols}
		server := vendor.start(t)
		env := server.Env(t)
		w, err := recording.CreateRaw(path, recording.Rotation{Every: 3 * time.Second}, recording.RawHeader{Since: market.TimeOf(time.Now()),
			Sources: []recording.RawSource{{Name: "fake", Numbered: true, Symbols: symbols}}}, quiet)
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		env.Tap = w
		for _, name := range symbols {
			if _, err := env.Dir.Add(market.Symbol{Symbol: name, Market: "crypto"}); err != nil {
				t.Fatal(err)
			}
		}
		watcher := vendortest.Watch(t, env, []feed.Source{&fakeSource{env, symbols}}, feed.DefaultConfig())
		time.Sleep(fakeTrades*500*time.Millisecond + 5*time.Second)
		for _, name := range symbols {
			live[name] = watcher.Quote(name)
		}
		if n := len(server.Connects()); n != 3 {
			t.Errorf("%d connections, want 3", n)
		}
		if err := w.Flush(); err != nil { // the recorder is killed a second later
			t.Error(err)
		}
	})
	for _, name := range symbols {
		q := live[name]
		if q.Volume.IsZero() || q.Price == 0 || q.PreviousClose == fakeClose || q.Count >= fakeTrades {
			t.Errorf("%s: the session is %+v, want one that began at midnight", name, q)
		}
	}
	return live
}

// TestARawRecordingGivesTheQuotesOfItsSession plays a recording in every way that its files can be named.
func TestARawRecordingGivesTheQuotesOfItsSession(t *testing.T) {
	t.Setenv("FAKE_KEY", fakeKey)
	folder := t.TempDir()
	path := filepath.Join(folder, "raw.ndjson.zst")
	symbols := []string{"A", "B/C"}
	live := recordSession(t, path, symbols)
	files, err := recording.RotatedFiles(path)
	if err != nil || len(files) < 7 {
		t.Fatalf("%d files, %v; want one for every 3 s", len(files), err)
	}
	for _, file := range files {
		text, err := recording.OpenFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all, _ := io.ReadAll(text)
		text.Close()
		if bytes.Contains(all, []byte("s3cr3t")) {
			t.Errorf("%s has the key in it", file)
		}
	}
	for name, file := range map[string]string{
		"the folder": folder, "a pattern": filepath.Join(folder, "raw-2*.zst"), "the name to record to": path,
	} {
		for _, speed := range []float64{0, 1, 50} {
			t.Run(fmt.Sprintf("%s at %v", name, speed), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					cfg := DefaultConfig()
					cfg.File, cfg.Speed = file, speed
					env := newEnv(t)
					s, err := Open(cfg, env, fakeDecoders, prometheus.NewRegistry())
					if err != nil {
						t.Fatal(err)
					}
					want := feed.Info{Name: "replay", Replayed: true, Lossless: true, Numbered: true, Corrects: true}
					if got := s.Info(); got != want {
						t.Errorf("info: got %+v, want %+v", got, want)
					}
					began := time.Now()
					watcher := vendortest.Watch(t, env, []feed.Source{s}, feed.DefaultConfig())
					for watcher.Status().State != market.Closed {
						time.Sleep(time.Millisecond)
					}
					if took := time.Since(began); speed > 0 && (took < time.Duration(float64(20*time.Second)/speed) ||
						took > time.Duration(float64(25*time.Second)/speed)) {
						t.Errorf("it took %v, and the session 20s to 25s", took)
					}
					for _, symbol := range symbols {
						got, want := watcher.Quote(symbol), live[symbol]
						got.State, want.State = 0, 0
						if got != want {
							t.Errorf("%s: got\n%+v, want\n%+v", symbol, got, want)
						}
					}
				})
			})
		}
	}
}

// A round of a loop begins anew: what came twice within one is refused, what comes again in the next is not.
func TestARawRecordingPlaysInALoop(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Loop = true
	twice := frameLine(1, 0, fakeTrade("A", 1, 0)) + frameLine(1, 1, fakeTrade("A", 1, 0))
	cfg.File = write(t, rawHead+twice+frameLine(1, 2, fakeTrade("A", 2, 2)))
	synctest.Test(t, func(t *testing.T) {
		env := newEnv(t)
		s, err := Open(cfg, env, fakeDecoders, prometheus.NewRegistry())
		if err != nil {
			t.Fatal(err)
		}
		watcher := vendortest.Watch(t, env, []feed.Source{s}, feed.DefaultConfig())
		for round := range 3 {
			time.Sleep(2*time.Second - 500*time.Millisecond)
			if got := watcher.Quote("A").Count; got != 1 {
				t.Errorf("in round %d: %d trades, want 1", round, got)
			}
			time.Sleep(500*time.Millisecond - 10*time.Millisecond)
			synctest.Wait()
			time.Sleep(10 * time.Millisecond)
			if n := watcher.Metric("tickertape_feed_ticks_refused_total", "reason", "duplicate"); n != float64(round+1) {
				t.Errorf("after round %d: %v duplicates, want %d", round, n, round+1)
			}
		}
	})
}

const rawHead = `{"format":"tickertape.raw","version":1,"sources":[{"name":"fake","numbered":true,"symbols":["A"]}],"since":1}` + "\n"

// frameLine is a message of a raw recording, so many seconds after its beginning.
func frameLine(connection, second int, text string) string {
	return fmt.Sprintf(`{"k":"frame","source":"fake","conn":%d,"r":%d,"d":%q}`+"\n", connection, t0+second*1_000_000, text)
}

// answerLine is an answer.
func answerLine(second int, text string) string {
	return fmt.Sprintf(`{"k":"answer","source":"fake","path":"/day","r":%d,"d":%q}`+"\n", t0+second*1_000_000, text)
}

// fakeTrade is a trade of one unit at 100, so many seconds after the beginning.
func fakeTrade(symbol string, id, second int) string {
	return fmt.Sprintf(`{"t":"trade","s":%q,"i":%d,"p":"100","z":"1","at":%d}`, symbol, id, t0+second*1_000_000)
}

// played is all that a recording gives, as fast as possible.
func played(t *testing.T, cfg Config, env vendors.Env, decoders Decoders) (texts []string) {
	t.Helper()
	cfg.Speed = 0
	s, err := Open(cfg, env, decoders, prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Run(t.Context(), func(b market.Batch) {
		if b.Status != nil {
			texts = append(texts, fmt.Sprint(b.Status.State, " ", b.Status.Message))
		}
		for _, im := range b.Images {
			texts = append(texts, fmt.Sprintf("image %s volume %v", env.Dir.Symbol(im.Symbol).Symbol, im.Volume))
		}
		for _, k := range b.Ticks {
			texts = append(texts, fmt.Sprintf("%s %s %d", k.Kind,
				env.Dir.Symbol(k.Symbol).Symbol, k.ID))
		}
		for _, c := range b.Corrections {
			texts = append(texts, fmt.Sprintf("correction %s %d", env.Dir.Symbol(c.Symbol).Symbol, c.ID))
		}
	}); err != nil {
		t.Fatal(err)
	}
	return texts
}

func TestRawMessagesBecomeRows(t *testing.T) {
	const bye = `{"t":"bye","text":"so long"}`
	day := func(volume int) string {
		return fmt.Sprintf(`{"t":"day","s":"A","pc":"99","o":"100","h":"100","l":"100","vw":"100","v":"%d","n":1}`, volume)
	}
	other := strings.Replace(rawHead, `]}]`, `]},{"name":"other","symbols":["A","B"]}]`, 1)
	ofOther := func(line string) string { return strings.Replace(line, `"source":"fake"`, `"source":"other"`, 1) }
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"trades": {rawHead + frameLine(1, 0, fakeTrade("A", 1, 0)) + frameLine(1, 1, fakeTrade("A", 2, 1)),
			[]string{"trade A 1", "trade A 2"}},
		"what says nothing": {rawHead + frameLine(1, 0, "") + frameLine(1, 0, "{}") + frameLine(1, 1, fakeTrade("Z", 1, 1)) +
			frameLine(1, 1, fakeTrade("A", 2, 1)), []string{"trade A 2"}},
		"a correction": {rawHead + frameLine(1, 0, strings.Replace(fakeTrade("A", 7, 0), "trade", "cancel", 1)),
			[]string{"correction A 7"}},
		"statistics before any frame": {rawHead + answerLine(0, day(5)) + frameLine(1, 1, fakeTrade("A", 1, 1)),
			[]string{"image A volume 5", "trade A 1"}},
		"a trade that they count": {rawHead + frameLine(1, 1, fakeTrade("A", 1, 1)) + answerLine(2, day(5)),
			[]string{"trade A 1", "image A volume 5"}},
		"one answer, two connections": {rawHead + frameLine(1, 0, fakeTrade("A", 1, 0)) + frameLine(2, 0, "{}") + answerLine(1, day(5)),
			[]string{"trade A 1", "image A volume 5"}},
		"a connection that ends": {rawHead + frameLine(1, 0, fakeTrade("A", 1, 0)) + frameLine(1, 1, bye) +
			frameLine(2, 2, fakeTrade("A", 2, 2)), []string{"trade A 1", "down recorded: fake down", "live ", "trade A 2"}},
		"one of two that ends": {rawHead + frameLine(1, 0, fakeTrade("A", 1, 0)) + frameLine(2, 1, "{}") + frameLine(1, 1, bye) +
			frameLine(2, 2, fakeTrade("A", 2, 2)), []string{"trade A 1", "trade A 2"}},
		"two vendors of one symbol": {other + frameLine(1, 0, fakeTrade("A", 1, 0)) + ofOther(frameLine(2, 1, fakeTrade("A", 1, 1))) +
			ofOther(frameLine(2, 2, fakeTrade("B", 1, 2))), []string{"trade A 1", "trade B 1"}},
		"a recording joined to it": {rawHead + frameLine(1, 0, fakeTrade("A", 1, 0)) +
			strings.Replace(rawHead, `"since":1`, `"since":2`, 1) + frameLine(1, 1, fakeTrade("A", 2, 1)), []string{"trade A 1", "trade A 2"}},
		"a source that is not in it":  {rawHead + frameLine(1, 0, fakeTrade("A", 1, 0)) + ofOther(frameLine(1, 0, "{}")), []string{"trade A 1"}},
		"an answer that is of no use": {rawHead + answerLine(0, "<html>") + frameLine(1, 0, fakeTrade("A", 1, 0)), []string{"trade A 1"}},
		"the day's end of New York": {rawHead + frameLine(1, 0, fakeTrade("A", 1, 0)) + frameLine(1, 86_400, fakeTrade("A", 2, 86_400)),
			[]string{"trade A 1", "roll A 0", "trade A 2"}},
		"a message that is half there": {rawHead + frameLine(1, 0, fakeTrade("A", 1, 0)) +
			`{"k":"frame","source":"fake","conn":1,"r":1,"d":"x","more":true}`, []string{"trade A 1"}},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := DefaultConfig()
			cfg.File = write(t, c.text)
			got := played(t, cfg, newEnv(t), Decoders{"fake": newFakeDecoder, "other": newFakeDecoder})
			for _, symbol := range []string{"A", "B"} { // before anything else of it, its day begins
				if i := slices.IndexFunc(got, func(row string) bool { return strings.Contains(row, " "+symbol+" ") }); i >= 0 &&
					got[i] == "roll "+symbol+" 0" {
					got = slices.Delete(got, i, i+1)
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
}

func TestOpenRefusesRawRecordingsThatCannotBeDecoded(t *testing.T) {
	good := frameLine(1, 0, fakeTrade("A", 1, 0))
	failing := Decoders{"fake": func(vendors.Env, []string) (vendors.Decoder, error) { return nil, fmt.Errorf("out of order") }}
	for name, c := range map[string]struct {
		files    map[string]string
		decoders Decoders
		says     []string
	}{
		"an unknown vendor": {map[string]string{"1": strings.ReplaceAll(rawHead, "fake", "acme") + good}, fakeDecoders,
			[]string{`"acme"`, "only [fake]"}},
		"a decoder that fails":  {map[string]string{"1": rawHead + good}, failing, []string{"decode fake", "out of order"}},
		"nothing to decode":     {map[string]string{"1": rawHead + frameLine(1, 0, "{}")}, fakeDecoders, []string{"no rows"}},
		"raw and ticks":         {map[string]string{"1": rawHead + good, "2": trades(0)}, fakeDecoders, []string{"unlike", "pattern"}},
		"ticks and raw":         {map[string]string{"1": trades(0), "2": rawHead + good}, fakeDecoders, []string{"unlike", "pattern"}},
		"a later file is wrong": {map[string]string{"1": trades(0), "2": "{}\n"}, fakeDecoders, []string{"/2", "line 1: format"}},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := DefaultConfig()
			cfg.File = t.TempDir()
			for name, text := range c.files {
				if err := os.WriteFile(filepath.Join(cfg.File, name), []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			env := newEnv(t)
			_, err := Open(cfg, env, c.decoders, prometheus.NewRegistry())
			if err == nil {
				t.Fatal("no error")
			}
			for _, says := range append(c.says, cfg.File) {
				if !strings.Contains(err.Error(), says) {
					t.Errorf("%q does not say %q", err, says)
				}
			}
			if env.Dir.Len() > 0 {
				t.Errorf("%d symbols of a refused file are in the directory", env.Dir.Len())
			}
		})
	}
}
