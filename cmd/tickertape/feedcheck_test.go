package main

import (
	"bytes"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"tickertape/feed/vendors/alpaca/alpacatest"
)

// checkFeed runs feed check against a server of Alpaca's, on which bitcoins are traded each tenth of a second. during, where it is
// not nil, is called once the check has connected.
func checkFeed(t *testing.T, alpaca *alpacatest.Server, during func(*os.Process), args ...string) (report, log string, exit int) {
	t.Helper()
	host := alpaca.Listen(t)
	cmd := exec.Command(binaryPath(t), append([]string{"feed", "check", "--feed", "alpaca"}, args...)...)
	cmd.Dir = t.TempDir()
	cmd.Env = plainEnvironment("TICKERTAPE_FEED_ALPACA_URL=ws://"+host, "TICKERTAPE_FEED_ALPACA_REST=http://"+host,
		"APCA_API_KEY_ID="+alpacatest.Key, "APCA_API_SECRET_KEY="+alpacatest.Secret)
	var out, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		cmd.Wait() // its error is the exit code
	}()
	t.Cleanup(func() {
		cmd.Process.Kill() // it may have ended
		<-done
	})
	tick, late := time.NewTicker(100*time.Millisecond), time.NewTimer(within)
	defer tick.Stop()
	defer late.Stop()
	for {
		select {
		case <-done:
			return out.String(), stderr.String(), cmd.ProcessState.ExitCode()
		case <-late.C:
			t.Fatalf("the check does not end within %v", within)
		case <-tick.C:
			alpaca.Trade("BTC/USD", "61234.5", time.Now())
			if during != nil && len(alpaca.Sockets()) > 0 {
				during(cmd.Process)
				during = nil
			}
		}
	}
}

// hasLines checks that a report has lines that begin with a label and contain words, and shows no key.
func hasLines(t *testing.T, report string, want map[string]string) {
	t.Helper()
	for label, words := range want {
		found := false
		for line := range strings.Lines(report) {
			found = found || strings.HasPrefix(line, label+" ") && strings.Contains(line, words)
		}
		if !found {
			t.Errorf("no line %s with %q", label, words)
		}
	}
	if strings.Contains(report, alpacatest.Key) || strings.Contains(report, alpacatest.Secret) {
		t.Error("the report shows a key")
	}
	if t.Failed() {
		t.Logf("the report:\n%s", report)
	}
}

func TestFeedCheckSaysWhatWorks(t *testing.T) {
	t.Parallel()
	report, log, exit := checkFeed(t, alpacatest.New(t), nil, "--symbols", "BTC/USD", "--for", "3s")
	hasLines(t, report, map[string]string{
		"tickertape": "go1.", "date": ", for 3 s", "feed": "alpaca, symbols BTC/USD", "market": "crypto: always open",
		"connection": "/v1beta3/crypto/us: open after", "key": "accepted", "symbols": "BTC/USD live", "trades": "BTC/USD ", "clock": "right",
		"verdict": "alpaca works",
	})
	if exit != 0 || log != "" {
		t.Errorf("exit code %d, standard error %q", exit, log)
	}
}

func TestFeedCheckSaysWhatDoesNotWork(t *testing.T) {
	t.Parallel()
	alpaca := alpacatest.New(t)
	alpaca.Fail(&alpacatest.Error{Code: 402, Text: "auth failed for " + alpacatest.Key + ":" + alpacatest.Secret})
	alpaca.RefuseREST(&alpacatest.Error{Code: http.StatusForbidden, Text: "forbidden."})
	report, log, exit := checkFeed(t, alpaca, nil)
	hasLines(t, report+log, map[string]string{
		"feed": "alpaca, symbols AAPL, MSFT", "key": `refused: alpaca refuses: 402 "auth failed for ***:***"`, "trades": "none: see key",
		"            what to do:": "Compare the key", "verdict": "alpaca does not work: see key, breaks",
		"tickertape: alpaca": "does not work: see key",
	})
	if exit != 1 {
		t.Errorf("exit code %d, want 1", exit)
	}
}

func TestFeedCheckThatIsInterruptedSaysWhatIsKnown(t *testing.T) {
	t.Parallel()
	report, _, _ := checkFeed(t, alpacatest.New(t), func(p *os.Process) {
		if err := p.Signal(syscall.SIGINT); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Error(err)
		}
	}, "--symbols", "BTC/USD", "--for", "1h")
	hasLines(t, report, map[string]string{"date": "interrupted after", "connection": "open after", "verdict": "alpaca "})
}
