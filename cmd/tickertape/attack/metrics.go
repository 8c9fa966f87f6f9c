package attack

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// Metrics are values by name, labels included, as /metrics writes them.
type Metrics map[string]float64

// Scrape asks a server for its metrics.
func Scrape(client *http.Client, url string) (Metrics, error) {
	answer, err := client.Get(url + "/metrics")
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("/metrics: %s", answer.Status)
	}
	if err != nil {
		return nil, err
	}
	return parseMetrics(string(body)), nil
}

func parseMetrics(text string) Metrics {
	m := Metrics{}
	for line := range strings.Lines(text) {
		i := strings.LastIndexByte(line, ' ')
		if i < 0 || line[0] == '#' {
			continue
		}
		if v, err := strconv.ParseFloat(strings.TrimSpace(line[i:]), 64); err == nil {
			m[line[:i]] = v
		}
	}
	return m
}

// Goroutines is how many the server has.
func (m Metrics) Goroutines() int { return int(m["go_goroutines"]) }

// refusalMetrics are the metrics that count refusals, each with the label that has the reason, and with the values that
// are no refusals. An "error" is a connection that broke, and attackers break their own.
var refusalMetrics = []struct {
	name, label string
	others      []string
}{
	{"tickertape_limits_refusals_total", "reason", nil},
	{"tickertape_broadcast_connects_total", "result", []string{"accepted"}},
	{"tickertape_broadcast_disconnects_total", "reason", []string{"closed", "answered", "error"}},
}

// Refusals are how many were refused or cut, by reason.
func (m Metrics) Refusals() map[string]float64 {
	all := map[string]float64{}
	for key, value := range m {
		name, labels, _ := strings.Cut(key, "{")
		for _, r := range refusalMetrics {
			if name != r.name {
				continue
			}
			if reason := labelled(labels, r.label); !slices.Contains(r.others, reason) {
				all[reason] += value
			}
		}
	}
	return all
}

// labelled is the value of one of a metric's labels, "" where there is none.
func labelled(labels, name string) string {
	_, value, _ := strings.Cut(labels, name+`="`)
	value, _, _ = strings.Cut(value, `"`)
	return value
}

// RefusedSince are the reasons whose refusals have increased since before, sorted by name.
func (m Metrics) RefusedSince(before Metrics) []string {
	was := before.Refusals()
	now := m.Refusals()
	return slices.DeleteFunc(slices.Sorted(maps.Keys(now)), func(reason string) bool { return now[reason] <= was[reason] })
}
