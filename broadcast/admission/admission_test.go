package admission

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// open returns an admission for the public with small budgets.
func open(change func(*Config, *Options)) *Admission {
	cfg, options := DefaultConfig(), Options{Places: 10, Memory: 1 << 20, Retry: 5 * time.Second, Public: true}
	if change != nil {
		change(&cfg, &options)
	}
	reg := prometheus.NewRegistry()
	return New(cfg, options, NewRefusalLog(slog.New(slog.DiscardHandler), reg), reg)
}

// from is a visitor from an address, on a connection of its own.
func (a *Admission) from(addr string) Visitor {
	r := httptest.NewRequestWithContext(a.Connection(context.Background()), http.MethodGet, "/", nil)
	r.RemoteAddr = netip.AddrPortFrom(netip.MustParseAddr(addr), 4711).String()
	return a.Visitor(r)
}

func TestPlacesAreTakenAndGivenBack(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*Config, *Options)
		kind   Kind
		most   int
		reason Reason
	}{
		"places":              {nil, Stream, 5, ReasonAddressConnections}, // no address gets more than half
		"places, not counted": {func(c *Config, _ *Options) { c.Addresses = addressesOff }, Stream, 10, ReasonFull},
		// a tenth is for those who are there
		"memory":             {func(_ *Config, o *Options) { o.Memory = 40 << 10 }, Stream, 7, ReasonMemory},
		"polls":              {func(c *Config, _ *Options) { c.Total.Polls = 3 }, Poll, 3, ReasonTotalPolls},
		"answers":            {func(c *Config, _ *Options) { c.Total.AtOnce = 4 }, Answer, 4, ReasonTotalAtOnce},
		"answers of one":     {func(c *Config, _ *Options) { c.Address.AtOnce = 2 }, Answer, 2, ReasonAddressAtOnce},
		"connections of one": {func(c *Config, _ *Options) { c.Address.Connections = 3 }, Stream, 3, ReasonAddressConnections},
		"one connection":     {func(c *Config, _ *Options) { c.Address.Connections = 1 }, Stream, 1, ReasonAddressConnections},
	} {
		t.Run(name, func(t *testing.T) {
			a := open(func(c *Config, o *Options) {
				if tc.change != nil {
					tc.change(c, o)
				}
				if name == "memory" {
					c.Addresses = addressesOff
				}
			})
			v := a.from("203.0.113.9")
			for round := range 2 {
				var places []*Place
				a.AdmitConnection(v.Addr) // on which it asks: a stream's connection is counted by its place from then on
				for {
					p, refusal := a.Admit(v, tc.kind, nil)
					if refusal != nil {
						if refusal.Reason != tc.reason || refusal.Retry <= 0 {
							t.Errorf("round %d: refused for %v, retry %v, want %v", round, refusal.Reason, refusal.Retry, tc.reason)
						}
						break
					}
					places = append(places, p)
				}
				if len(places) != tc.most {
					t.Errorf("round %d: %d were let in, want %d", round, len(places), tc.most)
				}
				a.LeaveConnection(v.Addr)
				for _, p := range places {
					p.Leave()
				}
				if taken, _ := a.Places(); taken != 0 || a.Memory.Used() != 0 || a.answers.Len() != 0 || a.polls != 0 {
					t.Errorf("round %d: %d places and %d bytes are still taken", round, taken, a.Memory.Used())
				}
			}
		})
	}
}

// Answers that are read slowly, at the least rate even, do not keep others out.
func TestOldestAnswerMakesRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := open(func(c *Config, _ *Options) { c.Total.AtOnce, c.Addresses = 3, addressesOff })
		v := a.from("203.0.113.9")
		var cut []int
		var places []*Place
		admit := func() *Refusal {
			n := len(places)
			p, refusal := a.Admit(v, Answer, func() { cut = append(cut, n) })
			if refusal == nil {
				places = append(places, p)
			}
			return refusal
		}
		for range 3 {
			if refusal := admit(); refusal != nil {
				t.Fatal(refusal)
			}
			time.Sleep(time.Second)
		}
		if refusal := admit(); refusal == nil || refusal.Reason != ReasonTotalAtOnce {
			t.Errorf("refused for %v while all are new", refusal)
		}
		places[1].Leave()
		time.Sleep(hurry)
		for range 3 {
			if refusal := admit(); refusal != nil {
				t.Errorf("refused for %v", refusal.Reason)
			}
		}
		if !slices.Equal(cut, []int{0, 2}) {
			t.Errorf("cut are %d, want the two oldest that were there", cut)
		}
		if refusal := admit(); refusal == nil {
			t.Error("one too many is let in")
		}
		for i, p := range places {
			if i != 1 {
				p.Leave()
			}
		}
		if a.answers.Len() != 0 || a.Memory.Used() != 0 {
			t.Errorf("%d answers and %d bytes are left", a.answers.Len(), a.Memory.Used())
		}
	})
}

func TestOneAddressLeavesRoomForAnother(t *testing.T) {
	a := open(nil)
	for {
		if _, refusal := a.Admit(a.from("2001:db8::1"), Stream, nil); refusal != nil {
			break
		}
	}
	if _, refusal := a.Admit(a.from("2001:db8::ffff:1"), Stream, nil); refusal == nil {
		t.Error("another address of the same /64 was let in")
	}
	if _, refusal := a.Admit(a.from("2001:db8:0:1::1"), Stream, nil); refusal != nil {
		t.Errorf("another /64 was refused: %v", refusal.Reason)
	}
}

func TestLoopbackIsCountedOnlyWhenToldTo(t *testing.T) {
	for name, tc := range map[string]struct {
		addresses string
		public    bool
		addr      string
		counted   bool
	}{
		"loopback server":            {addressesAuto, false, "127.0.0.1", false},
		"loopback server, told to":   {addressesOn, false, "127.0.0.1", true},
		"public server":              {addressesAuto, true, "203.0.113.9", true},
		"loopback of a public one":   {addressesAuto, true, "127.0.0.1", false},
		"public server, told not to": {addressesOff, true, "203.0.113.9", false},
	} {
		a := open(func(c *Config, o *Options) { c.Addresses, o.Public = tc.addresses, tc.public })
		if got := a.from(tc.addr).counted; got != tc.counted {
			t.Errorf("%s: %s is counted %t, want %t", name, tc.addr, got, tc.counted)
		}
	}
}

func TestBudgetsAreChargedTogetherOrNotAtAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := open(func(c *Config, _ *Options) {
			c.Connection.Work, c.Address.Work, c.Total.Work = 100, 1000, 10_000
		})
		one := a.from("203.0.113.9")
		charge := func(v Visitor, work float64) *Refusal { return a.Charge(t.Context(), v, Cost{Work: work}) }
		if r := charge(one, 500); r != nil {
			t.Fatalf("five seconds' worth is refused: %v", r)
		}
		for range 100 {
			if r := charge(one, 1); r == nil || r.Reason != ReasonConnectionWork || !r.OwnBudget() {
				t.Fatalf("beyond its budget: %v, want %v", r, ReasonConnectionWork)
			}
		}
		for i := range 9 { // refusals have cost the address nothing
			if r := charge(a.from("203.0.113.9"), 500); r != nil {
				t.Fatalf("connection %d of the address: %v", i, r)
			}
		}
		if r := charge(a.from("203.0.113.9"), 10); r == nil || r.Reason != ReasonAddressWork {
			t.Errorf("beyond the address's budget: %v, want %v", r, ReasonAddressWork)
		}
		if r := charge(a.from("203.0.113.10"), 10); r != nil {
			t.Errorf("another address: %v", r)
		}
	})
}

// The budget of all makes those wait who come when it is used up, for a moment, and only then refuses.
func TestTheBudgetOfAllMakesWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := open(func(c *Config, _ *Options) { c.Total.Work, c.Connection.Work, c.Addresses = 100, 1e6, addressesOff })
		v := a.from("203.0.113.9")
		began := time.Now()
		for range 15 {
			if r := a.Charge(t.Context(), v, Cost{Work: 20}); r != nil {
				t.Fatalf("refused after %v: %v", time.Since(began), r)
			}
		}
		if waited := time.Since(began); waited < 900*time.Millisecond || waited > 1100*time.Millisecond {
			t.Errorf("300 of a budget of 200 and 100 a second took %v, want a second", waited)
		}
		for range 10 {
			go a.Charge(t.Context(), v, Cost{Work: 60})
		}
		synctest.Wait()
		if r := a.Charge(t.Context(), v, Cost{Work: 60}); r == nil || r.Reason != ReasonTotalWork || r.OwnBudget() {
			t.Errorf("with more than a moment's worth waiting: %v, want %v", r, ReasonTotalWork)
		}
		time.Sleep(time.Minute) // those who wait
	})
}

func TestWhoAsksAgainAtOnceWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := open(func(c *Config, _ *Options) { c.Connection.Requests = 2 })
		v, r := a.from("203.0.113.9"), httptest.NewRequest(http.MethodGet, "/", nil)
		refused, began := 0, time.Now()
		for time.Since(began) < time.Minute {
			if a.ChargeRequest(t.Context(), v, r, Cost{}, false) != nil {
				refused++
			} else if time.Since(began) < time.Nanosecond {
				continue
			}
		}
		if refused < 50 || refused > 130 {
			t.Errorf("%d refusals in a minute of asking without a pause, want one or two a second", refused)
		}
	})
}

// What a request costs follows what has to be read of it.
func TestRequestsArePaidForByTheirLength(t *testing.T) {
	long := strings.Repeat("x", 10_000)
	for name, change := range map[string]func(*http.Request){
		"path":          func(r *http.Request) { r.RequestURI = "/" + long },
		"query":         func(r *http.Request) { r.URL.RawQuery = long },
		"header":        func(r *http.Request) { r.Header.Set("Cookie", long+long+long) },
		"header's name": func(r *http.Request) { r.Header[long+long+long] = []string{""} },
	} {
		synctest.Test(t, func(t *testing.T) {
			a := open(func(c *Config, _ *Options) { c.Connection.Work = 2.1 * workRequest })
			v, r := a.from("203.0.113.9"), httptest.NewRequest(http.MethodGet, "/", nil)
			for i := range 2 * burst {
				if a.ChargeRequest(t.Context(), v, r, Cost{}, false) != nil {
					t.Fatalf("refused after %d plain requests", i)
				}
			}
			time.Sleep(time.Minute)
			change(r)
			before := 0
			for a.ChargeRequest(t.Context(), v, r, Cost{}, false) == nil {
				before++
			}
			if before > burst {
				t.Errorf("%s: %d requests pass, of %d plain ones", name, before, 2*burst)
			}
		})
	}
}

func TestAddressesAreForgotten(t *testing.T) {
	a := open(func(c *Config, o *Options) { o.Places, o.Memory = 1e6, 1<<40 })
	var held []*Place
	for i := range 3 * mostAddresses {
		addr := netip.AddrFrom4([4]byte{198, byte(i >> 16), byte(i >> 8), byte(i)})
		v := Visitor{Addr: addr, counted: true, direct: true}
		a.Charge(t.Context(), v, Cost{Work: 1})
		if i%1000 == 0 {
			p, refusal := a.Admit(v, Stream, nil)
			if refusal != nil {
				t.Fatal(refusal)
			}
			held = append(held, p)
		}
	}
	if n := len(a.addresses.known); n > mostAddresses {
		t.Errorf("%d addresses are kept, want %d at most", n, mostAddresses)
	}
	for _, p := range held {
		if x := a.addresses.known[clientOf(p.visitor.Addr)]; x == nil || x.connections != 1 {
			t.Fatalf("%v has a connection and is forgotten", p.visitor.Addr)
		}
		p.Leave()
	}
}

// With more addresses in use than are kept otherwise, a new one does not cost a look at all of them.
func TestAddressesInUseAreNotSweptAgainAndAgain(t *testing.T) {
	cfg, now := DefaultConfig(), time.Now()
	table, sweeps := addresses{known: map[client]*address{}, swept: now}, 0
	for i := range 2 * mostAddresses {
		now = now.Add(time.Microsecond)
		table.of(netip.AddrFrom4([4]byte{198, byte(i >> 16), byte(i >> 8), byte(i)}), &cfg.Address, now).connections++
		if table.swept.Equal(now) {
			sweeps++
		}
	}
	if sweeps < 1 || sweeps > 4 {
		t.Errorf("swept %d times, want one to four", sweeps)
	}
}

func TestDrainEndsWhenAllHaveLeft(t *testing.T) {
	a := open(nil)
	p, _ := a.Admit(a.from("203.0.113.9"), Stream, nil)
	if !a.Drain(time.Second) || a.Drain(time.Second) {
		t.Error("the first Drain is the one that counts")
	}
	if _, refusal := a.Admit(a.from("203.0.113.9"), Stream, nil); refusal == nil || refusal.Reason != ReasonDraining {
		t.Errorf("while draining: %v", refusal)
	}
	select {
	case <-a.Empty():
		t.Error("empty before all have left")
	default:
	}
	p.Leave()
	<-a.Empty()
}

func TestMemoryOfTheMachineIsFound(t *testing.T) {
	if got := meminfo("MemTotal:       24689764 kB\nMemFree: 1 kB\n"); got != 24689764<<10 {
		t.Errorf("MemTotal is %d", got)
	}
	if got := meminfo("nothing"); got != 0 {
		t.Errorf("without MemTotal: %d", got)
	}
	got := cgroupFiles("4:cpu,memory:/a/b\n0::/c\n1:name=systemd:/x\nnonsense\n")
	want := []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes",
		"/sys/fs/cgroup/memory/a/b/memory.limit_in_bytes", "/sys/fs/cgroup/memory/a/memory.limit_in_bytes", "/sys/fs/cgroup/c/memory.max"}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("files %v, want %v", got, want)
	}
	if n := NewMemory(0).Limit(); n < 16<<20 {
		t.Errorf("the share of this machine is %d bytes", n)
	}
}

// A header does not free a connection of its budget: it has that of a proxy, which is larger.
func TestProxiesConnectionHasABudget(t *testing.T) {
	for name, tc := range map[string]struct {
		header  string
		trusted []netip.Prefix
		most    int
	}{
		"no proxy":        {"", nil, 5 * 10},
		"says it is one":  {"198.51.100.7", nil, 5 * 10 * sharing},
		"trusted and one": {"198.51.100.7", []netip.Prefix{netip.MustParsePrefix("203.0.113.9/32")}, 1000},
	} {
		synctest.Test(t, func(t *testing.T) {
			a := open(func(c *Config, o *Options) { c.Connection.Work, o.Proxies = 10, tc.trusted })
			r := httptest.NewRequestWithContext(a.Connection(context.Background()), http.MethodGet, "/", nil)
			r.RemoteAddr = "203.0.113.9:4711"
			if tc.header != "" {
				r.Header.Set("X-Forwarded-For", tc.header)
			}
			n := 0
			for n < 1000 && a.Charge(t.Context(), a.Visitor(r), Cost{Work: 1}) == nil {
				n++
			}
			if n != tc.most {
				t.Errorf("%s: %d units were taken at once, want %d", name, n, tc.most)
			}
		})
	}
}

// Health and metrics are charged to no budget of all, so that each counts as several requests of its client.
func TestVitalRequestsCountSeveralTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := open(func(c *Config, _ *Options) { c.Connection.Requests = 2 * vitalRequests })
		v, r := a.from("203.0.113.9"), httptest.NewRequest(http.MethodGet, "/healthz", nil)
		for i := range 2 * burst {
			if a.ChargeRequest(t.Context(), v, r, Cost{}, true) != nil {
				t.Fatalf("refused after %d requests", i)
			}
		}
		if a.ChargeRequest(t.Context(), v, r, Cost{}, true) == nil {
			t.Error("one more is let in")
		}
	})
}

// Bytes that come one by one cost as many reads, so that each is counted as more.
func TestSingleBytesAreCountedAsReads(t *testing.T) {
	cfg, now := DefaultConfig(), time.Now()
	cfg.Connection.BytesIn = 1 << 10
	for n, want := range map[int]int{1: 5 << 10 / leastRead, leastRead: 5 << 10 / leastRead, 1 << 10: 5} {
		m, reads := &Meter{}, 0
		for m.In(n, 0, &cfg, now) {
			reads++
		}
		if reads != want {
			t.Errorf("%d reads of %d bytes, want %d", reads, n, want)
		}
	}
}
