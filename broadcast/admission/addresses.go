package admission

import (
	"net/netip"
	"time"
)

// mostAddresses is how many are known at once. Beyond, those that have used nothing lately are forgotten first.
const mostAddresses = 1 << 16

// address is what all connections of one address have used.
type address struct {
	connections int
	atOnce      int

	handshakes, requests, work, out bucket
}

// addresses are those that have connections or have used some of their budget. The admission guards them.
type addresses struct {
	known map[client]*address
	swept time.Time
	full  int // how many there have to be before room is made again: those that are in use stay
}

// of is the budget of an address, made when it is new.
func (t *addresses) of(a netip.Addr, cfg *AddressBudget, now time.Time) *address {
	key := clientOf(a)
	x := t.known[key]
	if x == nil {
		if len(t.known) >= max(mostAddresses, t.full) || now.Sub(t.swept) > time.Minute {
			t.sweep(cfg, now)
		}
		x = &address{}
		t.known[key] = x
	}
	return x
}

// sweep forgets those that have nothing and owe nothing; where that does not help, those that have nothing.
func (t *addresses) sweep(cfg *AddressBudget, now time.Time) {
	t.swept = now
	defer func() { t.full = len(t.known) + mostAddresses/4 }()
	for key, x := range t.known {
		if x.unused() && x.handshakes.full(cfg.Handshakes, now) && x.requests.full(cfg.Requests, now) &&
			x.work.full(cfg.Work, now) && x.out.full(float64(cfg.BytesOut), now) {
			delete(t.known, key)
		}
	}
	for key, x := range t.known {
		if len(t.known) < mostAddresses*3/4 {
			return
		}
		if x.unused() {
			delete(t.known, key)
		}
	}
}

func (x *address) unused() bool { return x.connections == 0 && x.atOnce == 0 }
