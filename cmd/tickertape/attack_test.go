package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"sync"
	"testing"

	"tickertape/cmd/tickertape/attack"
)

// TestAttack tries each attack on a server of its own, with honest clients beside it. The short form has few
// connections and measures no time: nobody honest is dropped or left without updates, the attacker is refused with a
// reason that a metric counts, memory stays within bounds, and nothing is left behind. TICKERTAPE_ATTACK=long is the
// long form, which measures (make attack).
func TestAttack(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the server's vitals are read from /proc, and attackers have many loopback addresses")
	}
	if testing.Short() {
		t.Skip("attacks the binary with thousands of connections: a minute")
	}
	if long() {
		attackLong(t)
		return
	}
	// Most of an attack is waiting, so more of them go on at once than parallel tests would.
	cases := make(chan func(), 1)
	var runners sync.WaitGroup
	for range atOnce {
		runners.Go(func() {
			for run := range cases {
				run()
			}
		})
	}
	cases <- func() { t.Run("stuck-sockets", stuckSockets) }
	for _, a := range attack.All() {
		if a.Short > 0 {
			cases <- func() { t.Run(a.Name, func(t *testing.T) { attackShortly(t, a) }) }
		}
	}
	close(cases)
	runners.Wait()
}

// long is whether attacks are to be long, and their times measured.
func long() bool { return os.Getenv("TICKERTAPE_ATTACK") == "long" }

const (
	// atOnce is how many attacks of the short form there are at a time.
	atOnce = 6

	// someUpdates is how many each honest stream has to get under attack, and after it.
	someUpdates = 3
)

func attackShortly(t *testing.T, a attack.Attack) {
	m := targetOf(a)
	m.environ = slices.Concat(a.Environ, a.Tight)
	g := openTrial(t, m, a.Proxy)
	g.heard(t, true)
	crew := g.attackers(t, attack.Crowd{Attack: a.Name, Connections: a.Short})

	await(t, within, "attacked", func() error {
		r, err := crew.Crew()
		if err == nil && r.Connected < a.Short {
			err = fmt.Errorf("%d connections of %d: %v", r.Connected, a.Short, r.Ends)
		}
		return err
	})
	if !a.Absorbed {
		await(t, within, "refused", func() error { return wasRefused(g, crew, a.Proxy) })
	}
	await(t, within, "telling its honest clients", func() error { return updated(g.heard(t, false)) })
	said, err := crew.Crew()
	if err != nil {
		t.Error(err)
	}
	reasons, _ := g.refused() // for the log alone
	t.Logf("attackers saw %+v; metrics count %q", said, reasons)
	crew.Stop()

	await(t, within, "well after the attack", g.well)
	await(t, within, "as it was before", func() error { return g.settled(t) })
	g.heard(t, true)
	await(t, within, "answering and telling its honest clients", func() error {
		r := g.heard(t, false)
		if r.Answered == 0 {
			return fmt.Errorf("no answer: %d refused, %d failed", r.Refused, r.Failed)
		}
		return updated(r)
	})
	if peak := g.vitals(t).Peak; peak > attack.MaxRSS {
		t.Errorf("the server took %d MB, want %d at most", peak>>20, attack.MaxRSS>>20)
	}
	if r := g.heard(t, false); len(r.Dropped) > 0 {
		t.Errorf("%d honest streams were dropped: %q", len(r.Dropped), slices.Compact(r.Dropped))
	}
}

// wasRefused wants the attackers to be refused.
func wasRefused(g *trial, crew *attack.Process, proxy bool) error {
	reasons, err := refusedFor(g, crew, proxy)
	if err == nil && len(reasons) == 0 {
		r, err := crew.Crew()
		return errors.Join(err, fmt.Errorf("no metric counts a refusal; the attackers saw %+v", r))
	}
	return err
}

// refusedFor are the reasons that metrics count since the attack began. A proxy may refuse by itself, as the attackers
// see.
func refusedFor(g *trial, crew *attack.Process, proxy bool) ([]string, error) {
	reasons, err := g.refused()
	if err != nil || len(reasons) > 0 || !proxy {
		return reasons, err
	}
	r, err := crew.Crew()
	for said := range r.Refusals {
		reasons = append(reasons, "proxy: "+said)
	}
	return reasons, err
}

// updated wants each honest stream to have had some updates.
func updated(r attack.HonestReport) error {
	if r.Least < someUpdates {
		return fmt.Errorf("one of them had %d updates, %d dropped", r.Least, len(r.Dropped))
	}
	return nil
}

// stuckSockets has 1,100 connections that come to nothing take all descriptors that a server with the usual limit has,
// before any honest client is there. These may be turned away at first, but not once they have a place.
func stuckSockets(t *testing.T) {
	m := target{files: 1024}
	g := &trial{server: m.open(t)}
	g.spec = attack.Spec{Addr: g.addr, Symbols: m.names(t)}
	crew := g.attackers(t, attack.Crowd{Attack: "body-quotes", Connections: 700}, attack.Crowd{Attack: "body-events", Connections: 200},
		attack.Crowd{Attack: "idle", Connections: 100}, attack.Crowd{Attack: "mute", Connections: 100})
	await(t, within, "attacked", func() error {
		r, err := crew.Crew()
		if err == nil && r.Connected < 1100 {
			err = fmt.Errorf("%d connections of 1100: %v", r.Connected, r.Ends)
		}
		return err
	})
	if !await(t, within, "well under attack", g.well) {
		return
	}
	g.honest = g.begin(t, g.spec)
	await(t, within, "telling its honest clients", func() error {
		r := g.heard(t, false)
		if r.Answered == 0 {
			return errors.New("no answer to those who ask")
		}
		return updated(r)
	})
	await(t, within, "well with subscribers", g.well)
	r := g.heard(t, false)
	t.Logf("honest clients were turned away %d times before they had a place", r.Turned)
	if len(r.Dropped) > 0 {
		t.Errorf("%d honest streams were dropped: %q", len(r.Dropped), slices.Compact(r.Dropped))
	}
}
