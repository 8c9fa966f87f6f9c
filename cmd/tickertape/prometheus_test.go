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
	cmd := exec.Command(prometheus, "--config.file="+file, "--storage.tsdb.path="+dir+"/data", "--web.listen-address="+listen,
		"--log.level=warn")
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

// metric is what the table of metrics says of one, or what the server exposes.
type metric struct {
	kind   string              // counter, gauge, histogram
	labels map[string][]string // their values; none where they are not a fixed set
}

// notAtOnce are labels whose values the server exposes only once they have happened, or as it is configured.
var notAtOnce = map[string]string{
	"tickertape_feed_ticks_total kind":                 "from the first tick of the kind on",
	"tickertape_feed_bad_messages_total kind":          "from the first such message on",
	"tickertape_broadcast_connects_total transport":    "from the first subscriber over it on",
	"tickertape_broadcast_connects_total result":       "from the first such request on",
	"tickertape_broadcast_disconnects_total transport": "from the first subscriber over it on",
	"tickertape_broadcast_disconnects_total reason":    "from the first such end on",
	"tickertape_dashboard_connections port":            "as there is a port for admin",
}

// The table in deploy/prometheus is a promise: each metric that there is stands in it, with its labels and their
// values, and no other.
func TestTableOfMetricsIsWhatTheServerExposes(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../deploy/prometheus/README.md")
	if err != nil {
		t.Fatal(err)
	}
	table := metricsOfTable(t, string(text))
	exposed := map[string]metric{}
	for _, text := range exposedByEverySource(t) {
		addExposed(exposed, text)
	}
	for _, name := range slices.Sorted(maps.Keys(table)) {
		if _, there := exposed[name]; !there {
			t.Errorf("the table has %s, which the server does not expose", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(exposed)) {
		got, want := exposed[name], table[name]
		if want.kind == "" {
			t.Errorf("the table does not have %s, which the server exposes", name)
			continue
		}
		if got.kind != want.kind {
			t.Errorf("the table says that %s is a %s; it is a %s", name, want.kind, got.kind)
		}
		if got, want := slices.Sorted(maps.Keys(got.labels)), slices.Sorted(maps.Keys(want.labels)); !slices.Equal(got, want) {
			t.Errorf("the table says that %s has the labels %q; it has %q", name, want, got)
			continue
		}
		for label, values := range want.labels {
			seen := slices.Sorted(slices.Values(got.labels[label]))
			told := slices.Sorted(slices.Values(values))
			unknown := slices.DeleteFunc(slices.Clone(seen), func(v string) bool { return slices.Contains(told, v) })
			switch {
			case len(values) == 0: // any
			case len(unknown) > 0:
				t.Errorf("the table does not have the values %q of %s{%s}", unknown, name, label)
			case len(seen) < len(told) && notAtOnce[name+" "+label] == "":
				t.Errorf("the table has the values %q of %s{%s}; there are %q", told, name, label, seen)
			}
		}
	}
}

// README names the few that an operator looks at first, by the names that they have.
func TestREADMENamesMetricsOfTheTable(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("../../deploy/prometheus/README.md")
	if err != nil {
		t.Fatal(err)
	}
	table := metricsOfTable(t, string(text))
	named := regexp.MustCompile(`tickertape_(?:feed|broadcast|dashboard|limits)_[a-z_]+[a-z]`).FindAllString(string(readme), -1)
	if len(named) == 0 {
		t.Error("README.md names no metric")
	}
	for _, name := range named {
		if _, there := table[name]; !there {
			t.Errorf("README.md names %s, which is not in the table of deploy/prometheus", name)
		}
	}
}

// metricsOfTable reads the rows of the table of metrics: | `name` | type | `label`: `value`, `value`; `label` | …
func metricsOfTable(t *testing.T, text string) map[string]metric {
	t.Helper()
	quoted := regexp.MustCompile("`([^`]*)`")
	all := map[string]metric{}
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "| `tickertape_") {
			continue
		}
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if len(cells) != 5 {
			t.Fatalf("%d cells, want 5: %s", len(cells), line)
		}
		m := metric{strings.TrimSpace(cells[1]), map[string][]string{}}
		if labels := strings.TrimSpace(cells[2]); labels != "" {
			for label := range strings.SplitSeq(labels, ";") {
				words := quoted.FindAllStringSubmatch(label, -1)
				if len(words) == 0 {
					t.Fatalf("no label in %q: %s", label, line)
				}
				values := []string{}
				for _, w := range words[1:] {
					values = append(values, w[1])
				}
				m.labels[words[0][1]] = values
			}
		}
		name := strings.Trim(strings.TrimSpace(cells[0]), "`")
		if _, twice := all[name]; twice {
			t.Errorf("%s is in the table twice", name)
		}
		all[name] = m
	}
	return all
}

// addExposed reads the program's own metrics from Prometheus' text format.
func addExposed(all map[string]metric, text string) {
	histogram := regexp.MustCompile(`_(bucket|sum|count)$`)
	sample := regexp.MustCompile(`^(tickertape_\w+)(?:\{(.*)\})? `)
	pair := regexp.MustCompile(`(\w+)="((?:[^"\\]|\\.)*)"`)
	for line := range strings.Lines(text) {
		if kind := regexp.MustCompile(`^# TYPE (tickertape_\S+) (\S+)`).FindStringSubmatch(line); kind != nil {
			if _, there := all[kind[1]]; !there {
				all[kind[1]] = metric{kind[2], map[string][]string{}}
			}
			continue
		}
		m := sample.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		name := m[1]
		if base := histogram.ReplaceAllString(name, ""); all[base].kind == "histogram" {
			name = base
		}
		labels := all[name].labels
		for _, p := range pair.FindAllStringSubmatch(m[2], -1) {
			if all[name].kind == "histogram" && p[1] == "le" {
				continue
			}
			if !slices.Contains(labels[p[1]], p[2]) {
				labels[p[1]] = append(labels[p[1]], p[2])
			}
		}
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
		"sim": {nil, "tickertape_broadcast_disconnects_total{"},
		"replay": {[]string{"TICKERTAPE_FEED_SOURCE=replay", "TICKERTAPE_FEED_REPLAY_FILE=" + tape, "TICKERTAPE_FEED_REPLAY_LOOP=true"},
			"tickertape_broadcast_disconnects_total{"},
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
