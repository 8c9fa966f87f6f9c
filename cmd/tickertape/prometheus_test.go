package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// tool finds a program that the test drives for real.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is not installed; make test does it", name)
	}
	return path
}

func TestPrometheusScrapesTheServer(t *testing.T) {
	t.Parallel()
	prometheus := tool(t, "prometheus")
	s := startBinary(t)
	openEvents(t, s.url+"/events?symbols=AAPL").until(t, "update")

	b, err := os.ReadFile("../../deploy/prometheus/prometheus.yml")
	if err != nil {
		t.Fatal(err)
	}
	const target, interval = `"tickertape:8080"`, "scrape_interval: 5s"
	conf := string(b)
	if strings.Count(conf, target) != 1 || strings.Count(conf, interval) != 1 {
		t.Fatalf("prometheus.yml has not %s and %s once", target, interval)
	}
	conf = strings.NewReplacer(target, strconv.Quote(s.addr), interval, "scrape_interval: 1s").Replace(conf)
	dir, listen := t.TempDir(), freeAddress(t)
	file := filepath.Join(dir, "prometheus.yml")
	if err := os.WriteFile(file, []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(prometheus, "--config.file="+file, "--storage.tsdb.path="+dir+"/data", "--web.listen-address="+listen, "--log.level=warn")
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM) // it may have ended
		<-ended
		if t.Failed() {
			t.Logf("prometheus says:\n%s", said.String())
		}
	})
	for query, least := range map[string]float64{
		"up":                               1,
		"tickertape_broadcast_ticks_total": 1000,
		`tickertape_broadcast_subscribers{transport="sse"}`:                      1,
		`tickertape_feed_status{state="live"}`:                                   1,
		"sum(tickertape_broadcast_symbols)":                                      500,
		"rate(tickertape_broadcast_flushes_total[10s])":                          1,
		"histogram_quantile(0.9, tickertape_broadcast_quote_age_seconds_bucket)": 0.0001,
	} {
		eventually(t, "scraped", func() error {
			got, err := ask(listen, query)
			if err == nil && got < least {
				err = fmt.Errorf("%s is %v, want at least %v", query, got, least)
			}
			return err
		})
	}
}

// ask asks Prometheus for the one value of a query.
func ask(prometheus, query string) (float64, error) {
	status, body, err := fetch("http://" + prometheus + "/api/v1/query?query=" + url.QueryEscape(query))
	if err != nil {
		return 0, err
	}
	var answer struct {
		Data struct{ Result []struct{ Value [2]any } }
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil || status != http.StatusOK {
		return 0, fmt.Errorf("%s: %d %s", query, status, body)
	}
	if n := len(answer.Data.Result); n != 1 {
		return 0, fmt.Errorf("%s has %d samples, want 1", query, n)
	}
	text, _ := answer.Data.Result[0].Value[1].(string)
	return strconv.ParseFloat(text, 64)
}

func TestPromtoolFindsNothingInTheConfiguration(t *testing.T) {
	t.Parallel()
	out, err := exec.Command(tool(t, "promtool"), "check", "config", "../../deploy/prometheus/prometheus.yml").CombinedOutput()
	if err != nil {
		t.Errorf("promtool check config: %v\n%s", err, out)
	}
}

func TestPromtoolFindsNothingInTheMetrics(t *testing.T) {
	t.Parallel()
	promtool := tool(t, "promtool")
	for source, text := range exposedByEverySource(t) {
		cmd := exec.Command(promtool, "check", "metrics")
		cmd.Stdin = strings.NewReader(text)
		if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("of the metrics with the feed %s promtool says %v\n%s", source, err, out)
		}
	}
}

// The README's table is a promise: each metric that there is stands in it, and no other.
func TestREADMENamesEveryMetric(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]bool{}
	for _, name := range regexp.MustCompile(`tickertape_[a-z_]+[a-z]`).FindAllString(string(readme), -1) {
		told[regexp.MustCompile(`_(bucket|sum|count)$`).ReplaceAllString(name, "")] = true
	}
	there := map[string]bool{}
	for _, text := range exposedByEverySource(t) {
		for _, m := range regexp.MustCompile(`(?m)^# TYPE (tickertape_\S+) `).FindAllStringSubmatch(text, -1) {
			there[m[1]] = true
		}
	}
	if got, want := slices.Sorted(maps.Keys(told)), slices.Sorted(maps.Keys(there)); !slices.Equal(got, want) {
		t.Errorf("README.md names\n%s\nthe server has\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// exposedByEverySource is /metrics by feed, after a subscriber has come and gone: what has never
// happened has no sample.
func exposedByEverySource(t *testing.T) map[string]string {
	t.Helper()
	tape := filepath.Join(t.TempDir(), "tape.ndjson")
	record := exec.Command(binaryPath(t), "record", "--out", tape, "--for", "300ms")
	record.Dir, record.Env = t.TempDir(), plainEnvironment()
	if out, err := record.CombinedOutput(); err != nil {
		t.Fatalf("record: %v\n%s", err, out)
	}
	texts := map[string]string{}
	for source, tc := range map[string]struct {
		environ []string
		until   string // the sample that is there last
	}{
		"sim":      {nil, "tickertape_broadcast_disconnects_total{"},
		"replay":   {[]string{"TICKERTAPE_FEED_SOURCE=replay", "TICKERTAPE_FEED_REPLAY_FILE=" + tape, "TICKERTAPE_FEED_REPLAY_LOOP=true"}, "tickertape_broadcast_disconnects_total{"},
		"a market": {append(vendorServer(t), "TICKERTAPE_FEED_SOURCE=coinbase,sim"), "tickertape_feed_clock_skew_seconds{"},
	} {
		s := startBinary(t, tc.environ...)
		e := openEvents(t, s.url+"/events?symbols=*")
		e.until(t, "snapshot")
		e.answer.Body.Close()
		eventually(t, "told of all that happened", func() (err error) {
			status, text, err := fetch(s.url + "/metrics")
			if err == nil && (status != http.StatusOK || !strings.Contains(text, tc.until)) {
				err = fmt.Errorf("no %s is there", tc.until)
			}
			texts[source] = text
			return err
		})
	}
	return texts
}
