package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// buildSteppedBinary builds the program with Go's own time.Now on a clock that a test can step: nothing of the program knows of it.
var buildSteppedBinary = sync.OnceValues(func() (path string, err error) {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return "", fmt.Errorf("go env GOROOT: %w", err)
	}
	library := filepath.Join(strings.TrimSpace(string(root)), "src", "time")
	now, err := os.ReadFile(filepath.Join(library, "time.go"))
	if err != nil {
		return "", err
	}
	from, to := []byte("func Now() Time {\n\tsec, nsec, mono := runtimeNow()"), []byte("func Now() Time {\n\tsec, nsec, mono := steppedNow()")
	if bytes.Count(now, from) != 1 {
		return "", fmt.Errorf("%s/time.go: Now is not as this test knows it", library)
	}
	dir, err := makeBinaryDir()
	if err != nil {
		return "", err
	}
	stepped, overlay := filepath.Join(dir, "time.go"), filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(stepped, bytes.Replace(now, from, to, 1), 0o600); err != nil {
		return "", err
	}
	step, err := filepath.Abs("testdata/clock/step.go")
	if err != nil {
		return "", err
	}
	replaced, err := json.Marshal(map[string]map[string]string{"Replace": {
		filepath.Join(library, "time.go"): stepped, filepath.Join(library, "step.go"): step}})
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(overlay, replaced, 0o600); err != nil {
		return "", err
	}
	return goBuild("tickertape-stepped", "build", "-overlay", overlay, ".")
})

// steppedClock is a right clock, and one of a server that a test steps.
type steppedClock struct {
	began time.Time
	right time.Time // what the right one showed then
	file  string    // has the server's step
}

// newSteppedClock begins when the right clock shows right, with a server's clock that is ahead of it.
func newSteppedClock(t *testing.T, right time.Time, ahead time.Duration) *steppedClock {
	t.Helper()
	steppedBinary(t) // before it begins: that may take a minute
	c := &steppedClock{time.Now(), right, filepath.Join(t.TempDir(), "clock")}
	c.step(t, ahead)
	return c
}

// now is what the right clock shows.
func (c *steppedClock) now() time.Time { return c.right.Add(time.Since(c.began)) }

// step sets the server's clock ahead of the right one.
func (c *steppedClock) step(t *testing.T, ahead time.Duration) {
	t.Helper()
	step := binary.NativeEndian.AppendUint64(nil, uint64(c.right.Sub(c.began)+ahead))
	f, err := os.OpenFile(c.file, os.O_WRONLY|os.O_CREATE, 0o600) // not truncated: the server has it mapped
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Write(step); err != nil {
		t.Fatal(err)
	}
}

// launch is launchBinary with the stepped clock.
func (c *steppedClock) launch(t *testing.T, environ ...string) *server {
	t.Helper()
	return launch(t, exec.Command(steppedBinary(t)), append(environ, "TEST_CLOCK="+c.file)...)
}

func steppedBinary(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("builds Go's library and the program anew: a minute")
	}
	if runtime.GOOS != "linux" {
		t.Skip("steps the clock in a mapped file, which is tried on Linux only")
	}
	path, err := buildSteppedBinary()
	if err != nil {
		t.Fatal(err)
	}
	return path
}
