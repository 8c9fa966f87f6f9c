package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"tickertape/cmd/tickertape/attack"
)

const (
	mixedTime        = 10 * time.Minute // unless TICKERTAPE_ATTACK_FOR says otherwise
	mixedMemory      = 512 << 20        // bytes, of the control group
	mixedConnections = 12_000           // of all attackers together, so that the server has descriptors left for most of them
)

// mixedAttack is all attacks at once on a server in a memory control group of 512 MB.
func mixedAttack(t *testing.T) {
	lasts := mixedTime
	if text := os.Getenv("TICKERTAPE_ATTACK_FOR"); text != "" {
		var err error
		if lasts, err = time.ParseDuration(text); err != nil {
			t.Fatal(err)
		}
	}
	group, err := attack.OpenMemoryGroup(mixedMemory)
	if err != nil {
		t.Skipf("no memory control group of version 1 can be made here: %v", err)
	}
	t.Cleanup(func() {
		if err := group.Remove(); err != nil {
			t.Error(err)
		}
	})
	// Its cleanup runs before the group's, and ends the server.
	g := openTrial(t, target{past: true, procs: group.Procs(),
		environ: []string{"GOMEMLIMIT=435MiB", "TICKERTAPE_BROADCAST_COMPRESSION=true"}}, false)
	crew := g.attackers(t, mixedCrowds()...)
	g.heard(t, true)
	most := time.NewTimer(lasts)
	defer most.Stop()
	look := time.NewTicker(time.Second)
	defer look.Stop()
	for going := true; going; {
		select {
		case <-look.C:
			if _, err := crew.Crew(); err != nil {
				t.Fatal(err)
			}
		case <-g.done:
			killed, _ := group.Killed()
			t.Fatalf("the server has ended: %v; %d processes were killed for want of memory", g.cmd.ProcessState, killed)
		case <-most.C:
			going = false
		}
	}
	r := g.heard(t, true)
	said, err := crew.Crew()
	if err != nil {
		t.Error(err)
	}
	vitals := g.vitals(t)
	reasons, err := g.refused()
	crew.Stop()
	fmt.Fprintf(os.Stdout,
		"\nmixed attack, %v: honest gap %v ms, %d streams dropped, %d of %d requests unanswered, RSS %d MB at most, refused for %s (%v)\nattackers saw %+v\n",
		lasts, r.Gaps, len(r.Dropped), r.Refused+r.Failed, r.Answered+r.Refused+r.Failed, vitals.Peak>>20, strings.Join(reasons, ", "), err, said)
	await(t, settleTime, "as it was before", func() error { return g.settled(t) })
	await(t, within, "well after the attack", g.well)
	if killed, err := group.Killed(); err != nil || killed > 0 {
		t.Errorf("%d processes were killed for want of memory, %v", killed, err)
	}
	if log := g.logged(); strings.Contains(log, "panic") || strings.Contains(log, "fatal error") {
		t.Error("the server panicked")
	}
	if len(r.Dropped) > 0 {
		t.Errorf("%d honest streams were dropped", len(r.Dropped))
	}
}

// mixedCrowds are all attacks on the usual market, as large as in the short form at least, and the rest shared out evenly.
func mixedCrowds() []attack.Crowd {
	usual := slices.DeleteFunc(attack.All(), func(a attack.Attack) bool { return a.Symbols != 0 || a.Proxy })
	room := mixedConnections
	for _, a := range usual {
		room -= a.Short
	}
	var crowds []attack.Crowd
	for _, a := range usual {
		crowds = append(crowds, attack.Crowd{Attack: a.Name, Connections: min(a.Short+room/len(usual), a.Long)})
	}
	return crowds
}
