package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"tickertape/cmd/tickertape/attack"
	"tickertape/feed/market"
	"tickertape/feed/sim"
)

// usualSymbols are in the market of an attack that does not say otherwise.
const usualSymbols = 500

// What is attacked is what is shipped, and its clients are to be fast: neither has the race detector, whatever the
// tests have.
var (
	buildPlain   = sync.OnceValues(func() (string, error) { return goBuild("tickertape-plain", "build", ".") })
	buildClients = sync.OnceValues(func() (string, error) { return goBuild("attack", "test", "-c", "./attack") })
)

// target is how the server of an attack runs.
type target struct {
	symbols int    // 0 is usualSymbols
	past    bool   // it has an hour of bars when it starts
	files   int    // descriptor limit, 0 is the usual one
	procs   string // a file to write the process's id into before it starts, for a control group
	environ []string
}

func targetOf(a attack.Attack) target {
	return target{symbols: a.Symbols, past: a.Past, files: a.Files, environ: a.Environ}
}

// names are the market's symbols.
func (m target) names(t *testing.T) []string {
	t.Helper()
	cfg, dir := sim.DefaultConfig(), market.NewDirectory()
	cfg.Symbols, cfg.Past = m.size(), 0
	if _, err := sim.New(cfg, dir); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range dir.All() {
		names = append(names, s.Symbol)
	}
	return names
}

func (m target) size() int {
	if m.symbols == 0 {
		return usualSymbols
	}
	return m.symbols
}

// open starts the server: 5,000 ticks a second, and a watchlist of all symbols beside #leaders.
func (m target) open(t *testing.T) *server {
	t.Helper()
	binary, err := buildPlain()
	if err != nil {
		t.Fatal(err)
	}
	leaders := ""
	for _, l := range DefaultConfig().Watchlists {
		if l.Name == "leaders" {
			leaders = quoted(l.Symbols)
		}
	}
	file := filepath.Join(t.TempDir(), "attack.yaml")
	lists := fmt.Sprintf("watchlists:\n  - {name: leaders, symbols: [%s]}\n  - {name: all, symbols: [%s]}\n", leaders, quoted(m.names(t)))
	if err := os.WriteFile(file, []byte(lists), 0o600); err != nil {
		t.Fatal(err)
	}
	script := `exec "$0" serve --config "$1"`
	if m.files > 0 {
		script = fmt.Sprintf("ulimit -n %d; %s", m.files, script)
	}
	if m.procs != "" {
		script = fmt.Sprintf("echo $$ > %s; %s", m.procs, script)
	}
	past := "0s"
	if m.past {
		past = "1h"
	}
	environ := []string{"TICKERTAPE_FEED_SIM_RATE=5000", fmt.Sprint("TICKERTAPE_FEED_SIM_SYMBOLS=", m.size()),
		"TICKERTAPE_FEED_SIM_PAST=" + past}
	s := launch(t, exec.Command("sh", "-c", script, binary, file), append(environ, m.environ...)...)
	awaitReady(t, s)
	return s
}

// quoted is a list in YAML, where a symbol such as ON would be something else without quotation marks.
func quoted(names []string) string { return `"` + strings.Join(names, `", "`) + `"` }
