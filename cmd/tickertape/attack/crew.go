package attack

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

// Crowd is a number of attackers of one kind.
type Crowd struct {
	Attack      string
	Connections int
}

const (
	// dials is how many connections are made at once, few enough for the accept queue of a server.
	dials = 256

	// comeBack is the longest wait of an attacker whose connection has ended; it waits a random part of it.
	comeBack = time.Second
)

// crew is all attackers of a process.
type crew struct {
	tally *tally
	ended sync.WaitGroup
}

// startCrew starts the attackers, which go on until ctx ends.
func startCrew(ctx context.Context, spec *Spec) (*crew, error) {
	c := &crew{tally: newTally()}
	slots := make(chan struct{}, dials)
	first := 0
	for _, crowd := range spec.Crowds {
		kind, found := named(crowd.Attack)
		if !found {
			return nil, fmt.Errorf("attack: no attack is called %q", crowd.Attack)
		}
		for i := range crowd.Connections {
			a := &attacker{index: i, address: (first + i) / perAddress, spec: spec, narrow: kind.Narrow, slots: slots, tally: c.tally}
			c.ended.Go(func() { a.attack(ctx, kind.run) })
		}
		first += crowd.Connections
	}
	return c, nil
}

// attack goes on until ctx ends.
func (a *attacker) attack(ctx context.Context, run func(context.Context, *attacker) error) {
	for {
		err := run(ctx, a)
		if ctx.Err() != nil {
			return
		}
		a.tally.ended(err)
		pause := time.NewTimer(rand.N(comeBack))
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return
		}
	}
}

func (c *crew) report(bool) any { return c.tally.report() }

func (c *crew) wait() { c.ended.Wait() }
