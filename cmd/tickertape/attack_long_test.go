package main

import (
	"fmt"
	"os"
	"testing"
	"time"

	"tickertape/cmd/tickertape/attack"
)

// The times of the long form.
const (
	quietTime  = 5 * time.Second  // honest clients alone, and beside as many honest ones
	attackTime = 10 * time.Second // under attack
	settleTime = time.Minute      // until goroutines and descriptors are as before
)

// mostPeers is how many honest clients a row is compared with at most. More of them would fill two cores by
// themselves, and excuse any attack.
const mostPeers = 2000

// attackLong tries each attack with ten times the connections of the issue that asked for it, or what the descriptors
// allow, measures what honest clients see, and prints the table.
func attackLong(t *testing.T) {
	var rows []attack.Row
	t.Cleanup(func() {
		if len(rows) > 0 {
			fmt.Fprint(os.Stdout, "\n", attack.Table(rows), "\n")
		}
	})
	quiet := map[string][2]attack.Gaps{}
	for _, a := range attack.All() {
		t.Run(a.Name, func(t *testing.T) {
			row := attack.Row{Attack: a, Connections: a.Long}
			kind := fmt.Sprint(a.Symbols, a.Past, min(a.Long, mostPeers))
			if _, known := quiet[kind]; !known {
				quiet[kind] = measureQuiet(t, target{symbols: a.Symbols, past: a.Past}, a.Long)
			}
			row.Alone, row.Beside = quiet[kind][0], quiet[kind][1]
			measureAttack(t, a, &row)
			rows = append(rows, row)
			for _, failure := range row.Failures() {
				t.Error(failure)
			}
		})
	}
	t.Run("stuck-sockets", stuckSockets)
	t.Run("mixed", mixedAttack)
}

// measureQuiet measures the gaps of honest clients alone, and beside so many more of them.
func measureQuiet(t *testing.T, m target, connections int) (gaps [2]attack.Gaps) {
	g := openTrial(t, m, false)
	g.heard(t, true)
	elapse(t, quietTime)
	gaps[0] = g.heard(t, true).Gaps
	connections = min(connections, mostPeers)
	peers := g.attackers(t, attack.Crowd{Attack: attack.Peaceful, Connections: connections})
	await(t, settleTime, "full of honest clients", func() error {
		m, err := attack.Scrape(g.scraper, g.url)
		if n := int(m[`tickertape_broadcast_subscribers{transport="websocket"}`]); err == nil && n < connections+attack.Subscribers {
			err = fmt.Errorf("%d subscribers, want %d", n, connections+attack.Subscribers)
		}
		return err
	})
	g.heard(t, true)
	elapse(t, quietTime)
	gaps[1] = g.heard(t, true).Gaps
	peers.Stop()
	g.end()
	return gaps
}

// measureAttack attacks a fresh server and fills the row.
func measureAttack(t *testing.T, a attack.Attack, row *attack.Row) {
	g := openTrial(t, targetOf(a), a.Proxy)
	g.heard(t, true)
	began := time.Now()
	crew := g.attackers(t, attack.Crowd{Attack: a.Name, Connections: a.Long})
	over := time.NewTimer(attackTime)
	defer over.Stop()
	look := time.NewTicker(200 * time.Millisecond)
	defer look.Stop()
	for going := true; going; {
		select {
		case <-look.C:
			if len(row.Reasons) > 0 {
				continue
			}
			row.Reasons, _ = refusedFor(g, crew, a.Proxy) // a server that cannot be asked has refused nobody yet
			row.Refused = time.Since(began)
		case <-over.C:
			going = false
		}
	}
	r := g.heard(t, true)
	row.Under, row.Dropped, row.Unanswered = r.Gaps, len(r.Dropped), r.Refused+r.Failed
	row.Peak = g.vitals(t).Peak
	if reasons, err := refusedFor(g, crew, a.Proxy); err == nil && len(reasons) > 0 {
		row.Reasons = reasons // the later ones, too
	}
	if said, err := crew.Crew(); err == nil {
		t.Logf("attackers saw %+v; honest %+v", said, r)
	}
	crew.Stop()
	await(t, settleTime, "as it was before", func() error { return g.settled(t) })
	await(t, within, "well after the attack", g.well)
	g.end()
}

// elapse lets a time of measuring pass.
func elapse(t *testing.T, d time.Duration) {
	over := time.NewTimer(d)
	defer over.Stop()
	select {
	case <-over.C:
	case <-t.Context().Done():
	}
}
