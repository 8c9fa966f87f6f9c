package bench

import (
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestProgressIsALineNowAndThen(t *testing.T) {
	for name, test := range map[string]struct {
		terminal bool
		want     string // of 11 seconds
	}{
		"log":      {false, "bench: 1\nbench: 2\nbench: 3\n"},
		"terminal": {true, strings.Repeat("\rbench: …\x1b[K", 22) + "\r\x1b[K"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var b strings.Builder
				n := 0
				reporter := Progress{W: &b, Terminal: test.terminal, Prefix: "bench: "}.start(func() string {
					n++
					if test.terminal {
						return "…"
					}
					return strconv.Itoa(n)
				})
				time.Sleep(11*time.Second - time.Millisecond)
				reporter.end()
				if b.String() != test.want {
					t.Errorf("got %q, want %q", b.String(), test.want)
				}
			})
		})
	}
	t.Run("quiet", func(t *testing.T) {
		reporter := Progress{}.start(func() string {
			t.Error("it is asked for what it does not tell")
			return ""
		})
		reporter.end()
	})
}
