package admission

import (
	"container/list"
	"context"
	"net/http"
	"net/netip"
	"runtime"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/semaphore"
)

// Options are what an Admission has to know beside its budgets.
type Options struct {
	Places  int            // subscribers at once
	Memory  Size           // of subscribers and requests; 0 is a share of what there is
	Retry   time.Duration  // those who are refused for want of a place come back after a random part of it
	Proxies []netip.Prefix // whose X-Forwarded-For is believed
	Public  bool           // the server can be reached from other machines
}

// Admission lets in, and keeps the books. Its methods may be called from anywhere.
type Admission struct {
	// static
	Config   *Config
	Memory   *Memory
	Refusals *RefusalLog
	options  Options
	slices   *semaphore.Weighted
	leave    chan struct{} // closed by Drain
	empty    chan struct{} // closed when draining and nobody is left

	mu         sync.Mutex
	draining   bool
	window     time.Duration // of draining
	places     int           // taken by subscribers and polls
	polls      int
	answers    list.List // of *Place: those that are being written, oldest first
	unfinished int64
	addresses  addresses
	requests   bucket
	work       bucket
	out        bucket
}

// How long a request waits at most: for its turn in the budget of all, and for the refusal when its client has used up
// its own.
const (
	maxWait      = time.Second / 4
	refusalDelay = time.Second
)

// vitalRequests is how many requests a vital one counts as: the budget of all does not keep it from being made again
// and again.
const vitalRequests = 10

// New returns an admission that has let in nobody.
func New(cfg Config, options Options, refusals *RefusalLog, reg prometheus.Registerer) *Admission {
	cfg.Total = cfg.Total.filled(runtime.GOMAXPROCS(0))
	a := &Admission{
		Config: &cfg, Memory: NewMemory(options.Memory), Refusals: refusals, options: options,
		slices: semaphore.NewWeighted(int64(max(1, runtime.GOMAXPROCS(0)/2))),
		leave:  make(chan struct{}), empty: make(chan struct{}),
		addresses: addresses{known: map[client]*address{}, swept: time.Now()},
	}
	a.register(reg)
	return a
}

// Visitor is who makes a request.
type Visitor struct {
	Addr    netip.Addr // invalid where it has none
	counted bool       // has a budget by its address
	direct  bool       // no proxy stands between
	shared  bool       // a proxy that is not trusted uses its connection for several clients
	meter   *Meter     // of its connection; nil of a trusted proxy's
}

// sharing is how many times a connection's budget one has whose requests have an X-Forwarded-For.
const sharing = 10

// ForSeveral is a visitor that asks for several clients over its connection, as a proxy does.
func (v Visitor) ForSeveral() Visitor {
	v.shared = true
	return v
}

type meterKey struct{}

// lengthOf is how many bytes the names and values of a header have. They are quickly counted: the server reads no header
// of many lines.
func lengthOf(h http.Header) (n int) {
	for key, values := range h {
		for _, v := range values {
			n += len(key) + len(v)
		}
	}
	return n
}

// Connection gives a connection of the HTTP server its budgets; it is http.Server.ConnContext but for the
// connection.
func (a *Admission) Connection(ctx context.Context) context.Context {
	return context.WithValue(ctx, meterKey{}, &Meter{})
}

// Visitor is who makes a request: the peer or, where that is a proxy that is trusted, who it says.
func (a *Admission) Visitor(r *http.Request) Visitor {
	peer := peerOf(r.RemoteAddr)
	v := Visitor{Addr: behind(peer, r.Header, a.options.Proxies), direct: true}
	v.meter, _ = r.Context().Value(meterKey{}).(*Meter)
	if isTrusted(peer, a.options.Proxies) {
		v.direct, v.meter = false, nil
	}
	v.shared = len(r.Header["X-Forwarded-For"]) > 0
	v.counted = a.counts(v.Addr, !v.direct)
	return v
}

// counts reports whether an address has a budget. A server that listens on loopback is as good as public for those that a
// proxy names.
func (a *Admission) counts(addr netip.Addr, forwarded bool) bool {
	switch a.Config.Addresses {
	case addressesOn:
		return addr.IsValid()
	case addressesOff:
		return false
	default:
		return (a.options.Public || forwarded) && addr.IsValid() && !addr.IsLoopback()
	}
}

// AdmitConnection counts a connection before anything has been read from it, or says why not. Each that is admitted must call
// LeaveConnection.
func (a *Admission) AdmitConnection(peer netip.Addr) (Reason, bool) {
	if !a.counts(peer, false) || isTrusted(peer, a.options.Proxies) {
		return 0, true
	}
	now := time.Now()
	a.mu.Lock()
	defer a.mu.Unlock()
	x, cfg := a.addresses.of(peer, &a.Config.Address, now), &a.Config.Address
	switch {
	case x.connections >= cfg.Connections:
		return ReasonAddressConnections, false
	case !x.handshakes.take(1, cfg.Handshakes, now):
		return ReasonAddressHandshakes, false
	}
	x.connections++
	return 0, true
}

// LeaveConnection is for a connection that has ended, or has become a subscriber's.
func (a *Admission) LeaveConnection(peer netip.Addr) {
	if !a.counts(peer, false) || isTrusted(peer, a.options.Proxies) {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.addresses.of(peer, &a.Config.Address, time.Now()).connections--
}

// ChargeRequest charges a request what any of its length costs, and more on top, before anything of it is looked at. It
// waits for its turn. One that is refused waits before the answer, too: a client that asks again at once would cost
// more than that. A vital request is charged to its client alone.
func (a *Admission) ChargeRequest(ctx context.Context, v Visitor, r *http.Request, more Cost, vital bool) *Refusal {
	cost := Request().Plus(more)
	cost.Work += float64(max(len(r.RequestURI), len(r.URL.RawQuery)))/4*workName + float64(lengthOf(r.Header))/bytesHeader
	requests := 1.0
	if vital {
		requests = vitalRequests
	}
	refusal := a.charge(ctx, v, cost, requests, vital)
	if refusal != nil {
		a.Refusals.Note(refusal.Reason, v.Addr)
		Pause(ctx, min(refusal.Retry, refusalDelay))
	}
	return refusal
}

// Charge takes a cost out of the budgets of a connection, its address and the whole. It may wait for a
// moment for the last of these.
func (a *Admission) Charge(ctx context.Context, v Visitor, cost Cost) *Refusal {
	refusal := a.charge(ctx, v, cost, 0, false)
	if refusal != nil {
		a.Refusals.Note(refusal.Reason, v.Addr)
	}
	return refusal
}

// ChargeDelay is Charge for a caller that waits by itself: it returns for how long.
func (a *Admission) ChargeDelay(v Visitor, cost Cost) (time.Duration, *Refusal) {
	a.mu.Lock()
	wait, refusal := a.budget(v, cost, 0, false, time.Now())
	a.mu.Unlock()
	if refusal != nil {
		a.Refusals.Note(refusal.Reason, v.Addr)
	}
	return wait, refusal
}

// Pause waits, unless ctx ends.
func Pause(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

func (a *Admission) charge(ctx context.Context, v Visitor, cost Cost, requests float64, vital bool) *Refusal {
	now := time.Now()
	a.mu.Lock()
	wait, refusal := a.budget(v, cost, requests, vital, now)
	a.mu.Unlock()
	Pause(ctx, wait)
	return refusal
}

// account is one budget that a cost is charged to.
type account struct {
	bucket *bucket
	n      float64
	rate   float64
	reason Reason
}

// budget charges all accounts or none, and returns how long to wait for the whole's, which does not pay for what is
// vital. The caller holds mu.
func (a *Admission) budget(v Visitor, cost Cost, requests float64, vital bool, now time.Time) (time.Duration, *Refusal) {
	var list [9]account
	own := list[:0]
	if m, c := v.meter, &a.Config.Connection; m != nil {
		times := 1.0
		if v.shared {
			times = sharing
		}
		own = append(own,
			account{&m.requests, requests, times * c.Requests, ReasonConnectionRequests},
			account{&m.work, cost.Work, times * c.Work, ReasonConnectionWork},
			account{&m.out, cost.Bytes, times * float64(c.BytesOut), ReasonConnectionBytesOut})
	}
	if c := &a.Config.Address; v.counted {
		x := a.addresses.of(v.Addr, c, now)
		own = append(own,
			account{&x.requests, requests, c.Requests, ReasonAddressRequests},
			account{&x.work, cost.Work, c.Work, ReasonAddressWork},
			account{&x.out, cost.Bytes, float64(c.BytesOut), ReasonAddressBytesOut})
	}
	whole := own
	if all := &a.Config.Total; !vital {
		whole = append(own,
			account{&a.requests, requests, all.Requests, ReasonTotalRequests},
			account{&a.work, cost.Work, all.Work, ReasonTotalWork},
			account{&a.out, cost.Bytes, float64(all.BytesOut), ReasonTotalBytesOut})
	}
	var longest time.Duration
	for i, x := range whole {
		if x.n == 0 {
			continue
		}
		seconds := float64(burst)
		if i >= len(own) {
			seconds = burstTotal
		}
		wait := x.bucket.wait(x.n, x.rate, seconds, now)
		if wait > 0 && (i < len(own) || wait > maxWait) {
			for _, x := range own[:min(i, len(own))] { // asking has its cost, whatever comes of it
				if x.reason == ReasonConnectionRequests || x.reason == ReasonAddressRequests {
					x.bucket.owed += x.n
				}
			}
			return 0, &Refusal{x.reason, wait}
		}
		longest = max(longest, wait)
	}
	for _, x := range whole {
		x.bucket.owed += x.n
	}
	return longest, nil
}

// Slice does some work of a request, a millisecond's at most, while half of the cores at most do such: the other
// half is there for updates. It returns false when ctx has ended before.
func (a *Admission) Slice(ctx context.Context, work func()) bool {
	if a.slices.Acquire(ctx, 1) != nil {
		return false
	}
	defer a.slices.Release(1)
	work()
	return true
}
