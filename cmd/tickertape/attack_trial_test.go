package main

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"tickertape/cmd/tickertape/attack"
)

// trial is a server under attack, and the honest clients beside it.
type trial struct {
	*server
	spec    attack.Spec  // for attackers, who may have to come through a proxy
	scraper *http.Client // keeps its connection: a flood of new ones must not keep it out
	honest  *attack.Process
	calm    attack.Vitals // before the attack, with the honest clients
	metrics attack.Metrics
}

// spare is how many goroutines and descriptors the server may have more after an attack than before: connections to
// its metrics, and what the runtime needs.
const spare = 25

// openTrial starts a server and connects the honest clients.
func openTrial(t *testing.T, m target, proxy bool) *trial {
	t.Helper()
	g := &trial{server: m.open(t), scraper: &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{}}}
	t.Cleanup(g.scraper.CloseIdleConnections)
	names := m.names(t)
	g.spec = attack.Spec{Addr: g.addr, Symbols: names}
	if proxy {
		g.spec.Addr = startNginx(t, g.addr)[len("http://"):]
	}
	g.honest = g.begin(t, attack.Spec{Addr: g.addr, Symbols: names})
	var err error
	if g.metrics, err = attack.Scrape(g.scraper, g.url); err != nil {
		t.Fatal(err)
	}
	g.calm = g.vitals(t)
	return g
}

// begin starts a process of clients, which ends with the test at the latest.
func (g *trial) begin(t *testing.T, spec attack.Spec) *attack.Process {
	t.Helper()
	exe, err := buildClients()
	if err != nil {
		t.Fatal(err)
	}
	p, err := attack.Start(exe, spec)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Stop)
	return p
}

// attackers sets crowds loose. Where times are measured, their processes are niced, since elsewhere they would have
// cores of their own. In the short form that would only make them late on a busy machine.
func (g *trial) attackers(t *testing.T, crowds ...attack.Crowd) *attack.Process {
	t.Helper()
	spec := g.spec
	spec.Crowds = crowds
	spec.Nice = long()
	return g.begin(t, spec)
}

// end stops the honest clients and the server: the machine is for the next one.
func (g *trial) end() {
	g.honest.Stop()
	g.cmd.Process.Kill()
	<-g.done
}

func (g *trial) vitals(t *testing.T) attack.Vitals {
	t.Helper()
	v, err := attack.ReadVitals(g.cmd.Process.Pid)
	if err != nil {
		t.Fatalf("the server is gone: %v", err)
	}
	return v
}

// heard asks the honest clients.
func (g *trial) heard(t *testing.T, mark bool) attack.HonestReport {
	t.Helper()
	r, err := g.honest.Honest(mark)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// refused are the reasons that metrics count since the attack began. The server may be too busy to tell.
func (g *trial) refused() ([]string, error) {
	now, err := attack.Scrape(g.scraper, g.url)
	if err != nil {
		return nil, err
	}
	return now.RefusedSince(g.metrics), nil
}

// settled wants goroutines and descriptors to be about as many as before.
func (g *trial) settled(t *testing.T) error {
	now, err := attack.Scrape(g.scraper, g.url)
	if err != nil {
		return err
	}
	if had, has := g.metrics.Goroutines(), now.Goroutines(); has > had+spare {
		return fmt.Errorf("%d goroutines, were %d", has, had)
	}
	if has := g.vitals(t).Descriptors; has > g.calm.Descriptors+spare {
		return fmt.Errorf("%d descriptors, were %d", has, g.calm.Descriptors)
	}
	return nil
}

// well wants what an operator looks at to answer, each on a fresh connection.
func (g *trial) well() error {
	for _, path := range []string{"/healthz", "/metrics"} {
		status, body, err := fetch(g.url + path)
		if err != nil {
			return err
		}
		if status != http.StatusOK {
			return fmt.Errorf("%s: %d %.200s", path, status, body)
		}
	}
	return nil
}

// await asks until check has nothing to complain of, for limit at most. Unlike eventually, it lets the test go on.
func await(t *testing.T, limit time.Duration, what string, check func() error) bool {
	t.Helper()
	deadline := time.After(limit)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		err := check()
		if err == nil {
			return true
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Errorf("not %s within %v: %v", what, limit, err)
			return false
		}
	}
}
