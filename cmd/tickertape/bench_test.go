package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"tickertape/cmd/tickertape/bench"
)

// benchmark runs tickertape bench with a server that it starts, and checks that it has stopped it. Each line
// of the progress is shown to heed, which may be nil.
func benchmark(t *testing.T, heed func(line string, p *exec.Cmd), args ...string) (stdout string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*within)
	defer cancel()
	cmd := exec.CommandContext(ctx, binaryPath(t), append([]string{"bench"}, args...)...)
	cmd.Dir, cmd.Env = t.TempDir(), plainEnvironment()
	var out, told bytes.Buffer
	cmd.Stdout = &out
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(stderr); lines.Scan(); {
		told.WriteString(lines.Text() + "\n")
		if heed != nil {
			heed(lines.Text(), cmd)
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("bench %s: %v\n%s", strings.Join(args, " "), err, &told)
	}
	return out.String()
}

// gone wants nobody to listen any more where a bench has had its server.
func gone(t *testing.T, url string) {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err == nil {
		c.Close()
	}
	if !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("%s after the run: %v, want that the server has ended", url, err)
	}
}

func TestBenchMeasuresAServerThatItStarts(t *testing.T) {
	for _, transport := range []string{bench.WebSocket, bench.SSE} {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			out := benchmark(t, nil, "--json", "--transport", transport, "--subscribers", "100", "--symbols", "20",
				"--ramp", "0s", "--warmup", "0s", "--duration", "1s", "--slow", "0.05")
			var r bench.Report
			if err := json.Unmarshal([]byte(out), &r); err != nil {
				t.Fatalf("%v in\n%s", err, out)
			}
			if r.Crowd.Connected != 100 || len(r.Crowd.Refused) > 0 || len(r.Crowd.Lost) > 0 {
				t.Errorf("the crowd: %+v, want 100 who stay", r.Crowd)
			}
			if r.Prompt.Updates == 0 || r.Prompt.Quotes < r.Prompt.Updates || r.Slow.Subscribers != 5 {
				t.Errorf("prompt %+v, slow %+v", r.Prompt, r.Slow)
			}
			if r.Tick == nil || r.Send == nil || r.Tick.P50 <= 0 || r.Send.Max > r.Tick.Max {
				t.Errorf("tick %+v, send %+v: want what took time, and the tick before the send", r.Tick, r.Send)
			}
			if r.Server == nil || r.Server.RSSBytes < 1<<20 || r.Server.CPUFrame == nil {
				t.Errorf("the server: %+v, want what it used", r.Server)
			}
			gone(t, r.URL)
		})
	}
}

func TestBenchFollowsBarsAndTrades(t *testing.T) {
	t.Parallel()
	out := benchmark(t, nil, "--json", "--subscribers", "20", "--no-quotes", "--bars", "3", "--trades", "2",
		"--ramp", "0s", "--warmup", "0s", "--duration", "1s")
	var r bench.Report
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatalf("%v in\n%s", err, out)
	}
	if r.Crowd.Connected != 20 || r.All.Series == 0 || r.All.Quotes != 0 {
		t.Errorf("%d of 20 connected, %d messages of bars and trades, %d quotes: want some and none", r.Crowd.Connected,
			r.All.Series, r.All.Quotes)
	}
	if f := r.Server.Flush; f == nil || f.Messages == nil || f.Bytes == nil || *f.Bytes <= 0 {
		t.Errorf("a flush: %+v, want what the server counts", f)
	}
}

func TestInterruptedBenchStillReports(t *testing.T) {
	t.Parallel()
	interrupted := false
	out := benchmark(t, func(line string, p *exec.Cmd) {
		if strings.HasPrefix(line, "measuring: ") && !interrupted {
			interrupted = true
			p.Process.Signal(syscall.SIGINT)
		}
	}, "--json", "--subscribers", "10", "--ramp", "0s", "--warmup", "0s", "--duration", "24h")
	var r bench.Report
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatalf("%v in\n%s", err, out)
	}
	if r.Interrupted != "measuring" || r.All.Updates == 0 || r.Server == nil {
		t.Errorf("interrupted while %q with %d updates; the server: %+v", r.Interrupted, r.All.Updates, r.Server)
	}
	gone(t, r.URL)
}

func TestStandardBenchPrintsATable(t *testing.T) {
	t.Parallel()
	out := benchmark(t, nil, "--standard", "--subscribers", "20", "--ramp", "0s", "--warmup", "0s", "--duration", "100ms")
	table, notes, _ := strings.Cut(out, "\n\n")
	rows := strings.Split(table, "\n")
	if len(rows) != 12 {
		t.Fatalf("%d rows, want a head, a line and ten scenarios:\n%s", len(rows), out)
	}
	for _, row := range rows[2:] {
		if cells := strings.Split(strings.Trim(row, "| "), " | "); len(cells) != 8 || cells[1] != "20" {
			t.Errorf("row %s: want eight cells, 20 subscribers", row)
		}
	}
	if !strings.Contains(notes, "scaled from 10,000 subscribers, as --subscribers says") {
		t.Errorf("the notes do not say what was scaled:\n%s", notes)
	}
}
