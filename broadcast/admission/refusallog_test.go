package admission

import (
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

// logged is a log that can be read while others write.
type logged struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *logged) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

// take is what was logged since the last time, without times.
func (l *logged) take() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.b.Reset()
	return l.b.String()
}

func newTestJournal() (*RefusalLog, *logged, *prometheus.Registry) {
	out, reg := &logged{}, prometheus.NewRegistry()
	log := slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}))
	return NewRefusalLog(log, reg), out, reg
}

func TestJournalLogsTheFirstAtOnceAndTheRestInOneLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j, out, reg := newTestJournal()
		one, two := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1:2:3:4")
		j.Note(ReasonTotalPolls, one)
		if got, want := out.take(),
			"level=WARN msg=refused reason=total_polls key=limits.total.polls count=1 worst_address=192.0.2.1 worst_count=1\n"; got != want {
			t.Errorf("first: %s, want %s", got, want)
		}
		for range 3 {
			j.Note(ReasonTotalPolls, one)
		}
		for i := range 5 { // of one /64
			j.Note(ReasonTotalPolls, two.Next())
			two = netip.MustParseAddr(fmt.Sprintf("2001:db8::%d:1", i))
		}
		j.Note(ReasonHost, netip.Addr{})
		if got, want := out.take(), "level=WARN msg=refused reason=host key=hosts count=1\n"; got != want {
			t.Errorf("another reason meanwhile: %s, want %s", got, want)
		}
		time.Sleep(logPause)
		synctest.Wait()
		if got, want := out.take(),
			"level=WARN msg=refused reason=total_polls key=limits.total.polls count=8 worst_address=2001:db8::/64 worst_count=5\n"; got != want {
			t.Errorf("after the pause: %s, want %s", got, want)
		}
		time.Sleep(2 * logPause)
		synctest.Wait()
		if got := out.take(); got != "" {
			t.Errorf("in silence: %s", got)
		}
		j.Note(ReasonTotalPolls, one)
		if got := out.take(); !strings.Contains(got, "count=1 ") {
			t.Errorf("after silence: %q, want a line at once", got)
		}
		j.Note(ReasonTotalPolls, one)
		j.Note(ReasonTotalPolls, one)
		j.Flush()
		if got, want := out.take(), "level=WARN msg=refused reason=total_polls key=limits.total.polls count=2 worst_address="+
			one.String()+" worst_count=2\n"; got != want {
			t.Errorf("at the end: %s, want %s", got, want)
		}
		if j.Flush(); out.take() != "" {
			t.Error("it is said twice at the end")
		}
		if err := testutil.GatherAndCompare(reg, strings.NewReader(expected(map[Reason]int{ReasonTotalPolls: 12, ReasonHost: 1}))); err != nil {
			t.Error(err)
		}
	})
}

// expected is what the metric says.
func expected(counts map[Reason]int) string {
	var b strings.Builder
	b.WriteString(
		"# HELP tickertape_limits_refusals_total Connections, requests and messages that were refused, and connections that were cut, by reason.\n# TYPE tickertape_limits_refusals_total counter\n")
	for r := range reasonCount {
		fmt.Fprintf(&b, "tickertape_limits_refusals_total{reason=%q} %d\n", r.String(), counts[r])
	}
	return b.String()
}

func TestJournalKeepsTheWorstOfManyAddresses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j, out, _ := newTestJournal()
		j.Note(ReasonAddressWork, netip.Addr{})
		out.take()
		worst, other := netip.MustParseAddr("203.0.113.9"), netip.MustParseAddr("10.0.0.0")
		for i := range 10_000 {
			if i%10 == 0 {
				j.Note(ReasonAddressWork, worst)
				continue
			}
			other = other.Next()
			j.Note(ReasonAddressWork, other)
		}
		e := &j.entries[ReasonAddressWork]
		e.mu.Lock()
		n := len(e.clients)
		e.mu.Unlock()
		if n > loggedClients {
			t.Errorf("%d addresses are kept, want at most %d", n, loggedClients)
		}
		time.Sleep(logPause)
		synctest.Wait()
		if got := out.take(); !strings.Contains(got, "count=10000 worst_address=203.0.113.9 ") {
			t.Errorf("logged %s", got)
		}
	})
}

func TestJournalQuotesAndClipsWhatAClientSays(t *testing.T) {
	j, out, _ := newTestJournal()
	j.NoteValue(ReasonHost, netip.Addr{}, "evil\nlevel=ERROR "+strings.Repeat("x", 5000))
	if got := out.take(); strings.Count(got, "\n") != 1 || len(got) > 300 || !strings.Contains(got, "evil") {
		t.Errorf("logged %q", got)
	}
}

func TestReasonsAreNamedOnceAndByTheirKeys(t *testing.T) {
	seen := map[string]bool{}
	for r := range reasonCount {
		name := r.String()
		if name == "" || seen[name] {
			t.Errorf("reason %d is called %q", r, name)
		}
		seen[name] = true
		if key, found := strings.CutPrefix(r.Key(), "limits."); found && strings.ReplaceAll(key, ".", "_") != name {
			t.Errorf("%s has the key %s", name, r.Key())
		}
	}
}
