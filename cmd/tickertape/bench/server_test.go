package bench

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// script is an executable that stands for the server.
func script(t *testing.T, text string) Launch {
	t.Helper()
	path := filepath.Join(t.TempDir(), "server")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return Launch{Executable: path}
}

func TestServerThatDoesNotStartSaysWhy(t *testing.T) {
	for name, test := range map[string]struct {
		launch Launch
		want   []string
	}{
		"no such file": {Launch{Executable: filepath.Join(t.TempDir(), "none")}, []string{"start a server: ", "no such file"}},
		"it ends": {script(t, "echo tickertape: listen: address already in use >&2\nexit 1"),
			[]string{"start a server: the server ended, exit status 1: tickertape: listen: address already in use"}},
		"a bad config": {script(t, "echo $* >&2\nexit 2"), []string{"exit status 2: serve --config /my.yaml"}},
	} {
		t.Run(name, func(t *testing.T) {
			if strings.HasPrefix(name, "a bad") {
				test.launch.Config = "/my.yaml"
			}
			_, err := startServer(t.Context(), test.launch, DefaultPlan().Server)
			for _, want := range test.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("got %v, want %s", err, want)
				}
			}
		})
	}
}

func TestServerIsStoppedWhenTheRunIsInterrupted(t *testing.T) {
	mark := filepath.Join(t.TempDir(), "mark")
	l := script(t, "trap 'echo stopped > "+mark+"; exit 0' TERM\necho waiting > "+mark+"\nwhile :; do sleep 0.01; done")
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	go func() {
		for deadline := time.Now().Add(within); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
			if b, _ := os.ReadFile(mark); len(b) > 0 {
				break
			}
		}
		interrupt()
	}()
	if _, err := startServer(ctx, l, DefaultPlan().Server); err == nil || !strings.Contains(err.Error(), "context canceled") {
		t.Errorf("got %v, want that it was interrupted", err)
	}
	if b, err := os.ReadFile(mark); err != nil || string(b) != "stopped\n" {
		t.Errorf("the server says %q, %v, want that it was stopped", b, err)
	}
}

func TestServerGetsItsSettings(t *testing.T) {
	inherited := []string{"PATH=/bin", "TICKERTAPE_BROADCAST_HEARTBEAT=1s"}
	m := Market{Ticks: 7, Symbols: 8, Interval: 9 * time.Millisecond}
	got := environment(inherited, false, m)
	for _, want := range []string{
		"PATH=/bin", "TICKERTAPE_BROADCAST_HEARTBEAT=1s", "TICKERTAPE_LISTEN=127.0.0.1:0", "TICKERTAPE_FEED_SOURCE=sim",
		"TICKERTAPE_FEED_SIM_RATE=7", "TICKERTAPE_FEED_SIM_SYMBOLS=8", "TICKERTAPE_FEED_SIM_PAST=0s", "TICKERTAPE_BROADCAST_INTERVAL=9ms",
	} {
		if !slices.Contains(got, want) {
			t.Errorf("%s is missing in %q", want, got)
		}
	}
	m.Compression = true
	got = environment(inherited, true, m)
	if slices.Contains(got, inherited[1]) || !slices.Contains(got, "TICKERTAPE_BROADCAST_COMPRESSION=true") {
		t.Errorf("a plain server that compresses gets %q", got)
	}
}

func TestStandardSetIsAllowed(t *testing.T) {
	p := DefaultPlan()
	p.Ramp, p.Warmup, p.Duration = time.Second, 2*time.Second, 3*time.Second
	names := map[string]bool{}
	for _, s := range standard(p) {
		if err := s.plan.Validate(); err != nil {
			t.Errorf("%s: %v", s.name, err)
		}
		if s.plan.Ramp != time.Second || s.plan.Warmup != 2*time.Second || s.plan.Duration != 3*time.Second {
			t.Errorf("%s: not the times that were asked for", s.name)
		}
		if names[s.name] || strings.Contains(s.name, "|") {
			t.Errorf("%q is twice, or no cell of a table", s.name)
		}
		names[s.name] = true
	}
}
