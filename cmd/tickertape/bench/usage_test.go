package bench

import (
	"math"
	"slices"
	"testing"
	"time"
)

func TestMetricsAreReadFromThePlainText(t *testing.T) {
	text := []byte(
		"# TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total 12.5\nprocess_resident_memory_bytes 2.9712384e+07 1700000000000\nprocess_open_fds no\n")
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

func TestMetricsAreSummedOverTheirLabels(t *testing.T) {
	text := []byte(
		"# TYPE sent_total counter\nsent_total{transport=\"sse\"} 2\nsent_total{transport=\"a b\"} 3.5 1700000000000\nsent_total_more 7\nplain_total 4\n")
	for name, want := range map[string]float64{"sent_total": 5.5, "plain_total": 4} {
		if got, told := metricSum(text, name); !told || got != want {
			t.Errorf("%s: %v, %v, want %v", name, got, told, want)
		}
	}
	if got, told := metricSum(text, "sent"); told {
		t.Errorf("sent: %v, want nothing", got)
	}
}

func TestFlushIsOfOneSubscriber(t *testing.T) {
	began := time.Unix(1_700_000_000, 0)
	from := usage{at: began, cpu: time.Second, done: map[string]float64{flushesDone: 10, messagesDone: 100, bytesDone: 1000}}
	to := usage{at: began.Add(10 * time.Second), cpu: 3 * time.Second,
		done: map[string]float64{flushesDone: 110, messagesDone: 60_100, bytesDone: 10_001_000}}
	f := flushOf(from, to, 200)
	if f == nil || f.PerS != 10 || f.CPU != 100 || *f.Messages != 3 || *f.Bytes != 500 {
		t.Fatalf("got %+v, want 10 a second, 100 µs, 3 messages and 500 bytes", f)
	}
	if f.Writes != nil {
		t.Errorf("%v writes of a server that does not count them", *f.Writes)
	}
	from.done[writesDone], to.done[writesDone] = 0, 20_000
	if f := flushOf(from, to, 200); *f.Writes != 1 {
		t.Errorf("%v writes, want 1", *f.Writes)
	}
	if f := flushOf(from, from, 200); f != nil {
		t.Errorf("without a flush: %+v", f)
	}
	if f := flushOf(from, to, 0); f != nil {
		t.Errorf("without subscribers: %+v", f)
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
	for name, text := range map[string]string{"other cores": "cpu 1 2 3 4 5 6 7 8\ncpu0\n", "too short": "cpu 1 2 3\ncpu0\ncpu1\n",
		"nothing": "", "words": "cpu a b c d e f g h\ncpu0\ncpu1\n"} {
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

func TestComparisonHasAsManyBytesInQuotes(t *testing.T) {
	shared := &Report{All: Stream{Traffic: Traffic{Quotes: 50, Bytes: 5000}}}
	series := &Report{Scenario: "series", Server: &Cost{Flush: &Flush{CPU: 30, Bytes: new(1240.0)}}}
	s := scenario{plan: DefaultPlan(), like: true}.comparable([]*Report{shared, series})
	if s.plan.Symbols != 12 {
		t.Errorf("1240 bytes are quotes of %d symbols, want 12 at 100 bytes each", s.plan.Symbols)
	}
	if s := (scenario{plan: DefaultPlan(), like: true}).comparable([]*Report{{}}); s.plan.Symbols != 1 {
		t.Errorf("of what is unknown: %d symbols, want 1", s.plan.Symbols)
	}
	quotes := &Report{Server: &Cost{Flush: &Flush{CPU: 12, Bytes: new(1200.0)}}}
	want := []string{`"series" takes 2.50 times their CPU for 1.03 times their bytes`}
	if got := compare(series, quotes); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := compare(series, shared); got != nil {
		t.Errorf("with what is unknown: %q", got)
	}
}
