package recording

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tickertape/feed/market"
)

// recorders begin a recording of each kind.
var recorders = map[string]func(path string, r Rotation) (interface{ Close() error }, error){
	"ticks": func(path string, r Rotation) (interface{ Close() error }, error) {
		w, err := Create(path, r, Header{Source: "sim"}, market.NewDirectory(), quiet)
		if err != nil {
			return nil, err
		}
		return w, nil
	},
	"raw": func(path string, r Rotation) (interface{ Close() error }, error) {
		w, err := CreateRaw(path, r, RawHeader{Sources: []RawSource{{Name: "coinbase"}}}, quiet)
		if err != nil {
			return nil, err
		}
		return w, nil
	},
}

func TestRecordingsAreForTheirOwnerAlone(t *testing.T) {
	for kind, create := range recorders {
		for name, r := range map[string]Rotation{"one file": {}, "rotated": {Every: time.Hour}} {
			for _, ending := range []string{".ndjson", ".ndjson.zst", ".ndjson.gz"} {
				t.Run(kind+" "+name+" "+ending, func(t *testing.T) {
					folder := t.TempDir()
					w, err := create(filepath.Join(folder, "day"+ending), r)
					if err != nil {
						t.Fatal(err)
					}
					if err := w.Close(); err != nil {
						t.Fatal(err)
					}
					all := names(t, folder)
					if len(all) != 1 {
						t.Fatalf("files %v", all)
					}
					for _, name := range all {
						info, err := os.Lstat(filepath.Join(folder, name))
						if err != nil || info.Mode() != 0o600 {
							t.Errorf("%s has the mode %v, %v; want -rw-------", name, info.Mode(), err)
						}
					}
				})
			}
		}
	}
}

// An empty file that was there is written to, and is its owner's alone from then on.
func TestAnEmptyFileBecomesPrivate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "day.ndjson")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o666); err != nil { // whatever the umask
		t.Fatal(err)
	}
	w, err := recorders["ticks"](path, Rotation{})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 || info.Size() == 0 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

// TestARecordingFollowsNoSymbolicLink has links to what a recording would write to, and to what it would not.
func TestARecordingFollowsNoSymbolicLink(t *testing.T) {
	for kind, create := range recorders {
		for name, r := range map[string]Rotation{"one file": {}, "rotated": {Every: time.Hour}} {
			for _, to := range []string{"empty", "full", "missing", os.DevNull} {
				t.Run(kind+" "+name+" "+filepath.Base(to), func(t *testing.T) {
					folder, elsewhere := t.TempDir(), t.TempDir()
					target := to
					if to != os.DevNull {
						target = filepath.Join(elsewhere, to)
					}
					before := map[string]string{"empty": "", "full": "something"}
					if text, there := before[to]; there {
						if err := os.WriteFile(target, []byte(text), 0o644); err != nil {
							t.Fatal(err)
						}
					}
					path := filepath.Join(folder, "day.ndjson")
					links := []string{path}
					if r.Every > 0 { // whichever second it is
						links = nil
						for i := range 120 {
							links = append(links, newRotatedFiles(path, r, quiet).name(now().Add(time.Duration(i)*time.Second)))
						}
					}
					for _, link := range links {
						if err := os.Symlink(target, link); err != nil {
							t.Fatal(err)
						}
					}
					w, err := create(path, r)
					if err == nil {
						w.Close()
						t.Fatal("it is recorded")
					}
					if !strings.Contains(err.Error(), "symbolic link") || !strings.Contains(err.Error(), filepath.Join(folder, "day")) {
						t.Errorf("error %v, want one that names the link", err)
					}
					for name, text := range before {
						if got, err := os.ReadFile(filepath.Join(elsewhere, name)); name == to && (err != nil || string(got) != text) {
							t.Errorf("%s has %q, %v", name, got, err)
						}
					}
					if _, err := os.Lstat(filepath.Join(elsewhere, "missing")); err == nil {
						t.Error("the missing file was made")
					}
				})
			}
		}
	}
}
