package bench

import (
	"math"
	"testing"
	"time"
)

func TestMetricsAreReadFromThePlainText(t *testing.T) {
	text := []byte("# TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total 12.5\nprocess_resident_memory_bytes 2.9712384e+07 1700000000000\nprocess_open_fds no\n")
	for name, want := range map[string]float64{"process_cpu_seconds_total": 12.5, "process_resident_memory_bytes": 29712384} {
		if got, told := metric(text, name); !told || got != want {
			t.Errorf("%s: %v, %v, want %v", name, got, told, want)
		}
	}
	for _, name := range []string{"process_cpu", "process_open_fds", "none"} {
		if got, told := metric(text, name); told {
			t.Errorf("%s: %v, want nothing", name, got)
		}
	}
}

const procStat = "cpu  1000 10 500 7000 0 20 80 100 0 0\ncpu0 500 5 250 3500 0 10 40 50 0 0\ncpu1 500 5 250 3500 0 10 40 50 0 0\nintr 1 2 3\n"

func TestBoxTellsWhatOthersUsed(t *testing.T) {
	began := time.Unix(1_700_000_000, 0)
	from, err := parseBox([]byte(procStat), 2, began)
	if err != nil {
		t.Fatal(err)
	}
	later := "cpu  1800 10 700 7500 0 20 180 150 0 0\ncpu0\ncpu1\n"
	to, err := parseBox([]byte(later), 2, began.Add(10*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	got := boxOf(from, to, 0.75) // of one core that processes used
	if math.Abs(got.Busy-1.15) > 1e-9 || math.Abs(got.Others-0.3) > 1e-9 {
		t.Errorf("got %+v, want 1, 0.1 and 0.05 that were busy, 0.25 and 0.05 of them others'", got)
	}
	if got := boxOf(from, to, 2); math.Abs(got.Others-0.05) > 1e-9 {
		t.Errorf("others used %v, want what was stolen and nothing negative", got.Others)
	}
	for name, text := range map[string]string{"other cores": "cpu 1 2 3 4 5 6 7 8\ncpu0\n", "too short": "cpu 1 2 3\ncpu0\ncpu1\n", "nothing": "", "words": "cpu a b c d e f g h\ncpu0\ncpu1\n"} {
		if got, err := parseBox([]byte(text), 2, began); err == nil {
			t.Errorf("%s: %+v, want an error", name, got)
		}
	}
}

func TestCostIsPerWhatWasDelivered(t *testing.T) {
	began := time.Unix(1_700_000_000, 0)
	before := usage{rss: 20 << 20}
	from := usage{at: began, cpu: 3 * time.Second}
	to := usage{at: began.Add(10 * time.Second), cpu: 8 * time.Second, rss: 60 << 20}
	c := costOf(before, from, to, Stream{FramesPerS: 10_000, QuotesPerS: 500_000}, 1024)
	if c.Cores != 0.5 || *c.CPUFrame != 50 || *c.CPUQuote != 1 || *c.RSSPerSubscriber != 40<<10 || c.RSSBytes != 60<<20 {
		t.Errorf("got %+v: %v µs a frame, %v a quote, %v bytes a subscriber", c, *c.CPUFrame, *c.CPUQuote, *c.RSSPerSubscriber)
	}
	if c := costOf(before, from, to, Stream{}, 0); c.CPUFrame != nil || c.CPUQuote != nil || c.RSSPerSubscriber != nil {
		t.Errorf("of nothing: %+v, want no cost of one", c)
	}
}
