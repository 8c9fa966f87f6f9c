package bench

import (
	"bytes"
	"testing"
	"time"
)

// sample is a report with every figure.
func sample() *Report {
	p := DefaultPlan()
	p.Subscribers, p.Slow, p.Rate, p.Fields = 5000, 0.1, 4, []string{"p", "t"}
	r := &Report{URL: "http://127.0.0.1:40123", BoxCores: 4}
	r.describe(p)
	r.MeasuredS = 10
	r.Crowd = Crowd{
		Dials: 5012, Connected: 4998, FirstError: "refused: the server answers 503 the server is full: come back later",
		Refused:   map[string]int{"status 503": 12, "timeout": 1, "connection refused": 1},
		Lost:      map[string]int{"closed 1012": 2},
		Handshake: &Percentiles{Samples: 4998, P50: 0.412, P90: 1.25, P99: 9.99, P999: 30.5, Max: 1250},
		Snapshot:  &Percentiles{Samples: 4998, P50: 1.1, P90: 2.5, P99: 12.5, P999: 80.2, Max: 12_500},
	}
	fast := Traffic{Frames: 450_120, Updates: 450_000, Quotes: 22_500_000, Bytes: 2_025_000_000, Recovered: 1}
	late := Traffic{Frames: 2500, Updates: 2400, Quotes: 120_000, Bytes: 10_240_000, Slowed: 500, Resumed: 2, Snapshots: 2}
	both := fast
	both.add(late)
	r.All = streamOf(5000, both, 10*time.Second)
	r.Prompt, r.Slow = streamOf(4500, fast, 10*time.Second), streamOf(500, late, 10*time.Second)
	r.Tick = &Percentiles{Samples: 90_000, P50: 54.1, P90: 97.4, P99: 121, P999: 180, Max: 240}
	r.Send = &Percentiles{Samples: 1800, P50: 4.5, P90: 12.1, P99: 31, P999: 45.3, Max: 60.2}
	began := time.Unix(1_700_000_000, 0)
	from := usage{at: began, done: map[string]float64{flushesDone: 5, messagesDone: 100, bytesDone: 50_000}}
	to := usage{at: began.Add(10 * time.Second), cpu: 9 * time.Second, rss: 80 << 20,
		done: map[string]float64{flushesDone: 104, messagesDone: 452_720, bytesDone: 2_035_290_000}}
	r.Server = costOf(usage{rss: 30 << 20}, from, to, r.All, r.Crowd.Connected)
	r.Generator = Share{0.75}
	r.Box = &Box{Busy: 1.9, Others: 0.05}
	r.Notes = append(r.Notes, "2 of 5,000 subscribers were not connected at the end")
	return r
}

// bare is a report of which little is known.
func bare() *Report {
	p := DefaultPlan()
	p.URL, p.Transport, p.Symbols = "https://ticks.example", SSE, 0
	r := &Report{URL: p.URL, BoxCores: 4, MeasuredS: 0.5, Interrupted: connecting}
	r.describe(p)
	r.remark(false, newLatency(), newLatency(), true)
	return r
}

func TestTableIsAsItWas(t *testing.T) {
	for name, r := range map[string]*Report{"table.txt": sample(), "table-bare.txt": bare()} {
		var b bytes.Buffer
		if err := r.Table(&b); err != nil {
			t.Fatal(err)
		}
		golden(t, name, b.Bytes())
	}
}

// The keys are what others read.
func TestJSONIsAsItWas(t *testing.T) {
	for name, r := range map[string]*Report{"report.json": sample(), "report-bare.json": bare()} {
		var b bytes.Buffer
		if err := JSON(&b, r); err != nil {
			t.Fatal(err)
		}
		golden(t, name, b.Bytes())
	}
}

func TestMarkdownIsAsItWas(t *testing.T) {
	first, second := sample(), bare()
	first.Scenario, second.Scenario = "shared 50 of 500, WebSocket", "idle"
	var b bytes.Buffer
	if err := Markdown(&b, []*Report{first, second}); err != nil {
		t.Fatal(err)
	}
	golden(t, "standard.md", b.Bytes())
}

func TestSpansHaveThreeDigits(t *testing.T) {
	for ms, want := range map[float64]string{0: "0 µs", 0.0124: "12 µs", 0.999: "999 µs", 1: "1.00 ms", 12.34: "12.3 ms", 123.4: "123 ms",
		12_345: "12.3 s"} {
		if got := span(ms); got != want {
			t.Errorf("%v ms: %s, want %s", ms, got, want)
		}
	}
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", -1234567: "-1,234,567"} {
		if got := grouped(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}

func TestNotesSayWhoseLimitWasFound(t *testing.T) {
	for name, test := range map[string]struct {
		local     bool
		server    float64 // cores; below 0 unknown
		generator float64
		busy      float64 // cores of the box
		others    float64
		want      string // "" is no note
	}{
		"room left": {true, 0.5, 0.5, 1.2, 0.1, ""},
		"box full": {true, 1.3, 0.5, 1.9, 0,
			"the box was full, 1.90 of 2 cores, of which the generator took 0.50: the server alone would hold more"},
		"others": {true, 0.5, 0.5, 2, 0.9,
			"the box was full, with at least 0.90 of its 2 cores for others: it would hold more alone"},
		"readings apart": {true, 1.6, 0.6, 1.9, 0,
			"the box was full, 2.00 of 2 cores, of which the generator took 0.60: the server alone would hold more"},
		"a far server is busy":   {false, 7, 0.5, 0.6, 0, ""},
		"a far generator's full": {false, 7, 1.9, 1.95, 0, "the generator's machine was full, 1.95 of 2 cores: it was the limit, not the server"},
		"unknown":                {true, -1, 0.5, 1, 0, "the server's CPU and memory are unknown"},
	} {
		t.Run(name, func(t *testing.T) {
			r := &Report{BoxCores: 2, Generator: Share{test.generator}, Box: &Box{Busy: test.busy, Others: test.others}}
			if test.server >= 0 {
				r.Server = &Cost{Share: Share{test.server}}
			}
			r.remark(test.local, newLatency(), newLatency(), true)
			got := ""
			for _, n := range r.Notes {
				if n != "the latencies are as exact as the two machines' clocks agree" {
					got += n
				}
			}
			if got != test.want {
				t.Errorf("noted %q, want %q", got, test.want)
			}
		})
	}
}
