package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// usage is what a process has used and done up to a moment.
type usage struct {
	at   time.Time
	cpu  time.Duration      // since its beginning
	rss  int64              // bytes; 0 of the generator, which nobody asks for
	done map[string]float64 // since its beginning, by counter; without those that the server does not have
}

// The counters of a server's work, by which its CPU is divided.
const (
	flushesDone  = "tickertape_broadcast_flushes_total"
	messagesDone = "tickertape_broadcast_messages_total"
	writesDone   = "tickertape_broadcast_writes_total"
	bytesDone    = "tickertape_broadcast_sent_bytes_total"
)

// usage asks the server for its metrics, which works from another machine, too.
func (t *target) usage(ctx context.Context) (usage, error) {
	before := time.Now()
	body, err := t.get(ctx, "/metrics", nil)
	if err != nil {
		return usage{}, err
	}
	// A busy server answers late; its reading is from somewhere between the question and the answer.
	u := usage{at: before.Add(time.Since(before) / 2)}
	seconds, found := metric(body, "process_cpu_seconds_total")
	resident, foundToo := metric(body, "process_resident_memory_bytes")
	if !found || !foundToo {
		return usage{}, errors.New("/metrics does not say how much CPU and memory the process uses")
	}
	u.cpu, u.rss = time.Duration(seconds*float64(time.Second)), int64(resident)
	u.done = map[string]float64{}
	for _, name := range []string{flushesDone, messagesDone, writesDone, bytesDone} {
		if sum, found := metricSum(body, name); found {
			u.done[name] = sum
		}
	}
	return u, nil
}

// metric is the value of a metric without labels, in Prometheus' text format.
func metric(text []byte, name string) (value float64, found bool) {
	for line := range bytes.Lines(text) {
		if after, found := bytes.CutPrefix(line, []byte(name+" ")); found {
			value, _, _ := bytes.Cut(bytes.TrimSpace(after), []byte{' '}) // a time may follow
			v, err := strconv.ParseFloat(string(value), 64)
			return v, err == nil
		}
	}
	return 0, false
}

// metricSum is the sum of a metric over all its labels, in Prometheus' text format.
func metricSum(text []byte, name string) (sum float64, found bool) {
	for line := range bytes.Lines(text) {
		labels, named := bytes.CutPrefix(line, []byte(name))
		if !named || labels[0] != '{' && labels[0] != ' ' {
			continue
		}
		end := bytes.LastIndexByte(labels, '}') + 1 // a label's value may have a space
		value, _, _ := bytes.Cut(bytes.TrimSpace(labels[end:]), []byte{' '})
		v, err := strconv.ParseFloat(string(value), 64)
		if err != nil {
			return 0, false
		}
		sum, found = sum+v, true
	}
	return sum, found
}

// ownUsage is the generator's.
func ownUsage() (usage, error) {
	cpu, err := processorTime()
	if err != nil {
		return usage{}, fmt.Errorf("read the generator's usage: %w", err)
	}
	return usage{at: time.Now(), cpu: cpu}, nil
}

// cores is how many were busy from one moment to a later one.
func cores(from, to usage) float64 {
	if span := to.at.Sub(from.at); span > 0 {
		return float64(to.cpu-from.cpu) / float64(span)
	}
	return 0
}
