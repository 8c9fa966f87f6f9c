package attack

import (
	"errors"
	"maps"
	"sync"
)

// tally is what attackers saw.
type tally struct {
	mu       sync.Mutex
	dials    int            // guarded by mu, as is the rest
	refusals map[string]int // by status or close code
	ends     map[string]int // of connections, where nothing was said
}

// CrewReport is what attackers saw until now.
type CrewReport struct {
	Connected int            // connections made
	Refusals  map[string]int // by status or close code
	Ends      map[string]int // of connections that ended without a word, by error
}

func newTally() *tally { return &tally{refusals: map[string]int{}, ends: map[string]int{}} }

func (t *tally) connected() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.dials++
}

func (t *tally) refused(why refusal) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.refusals[string(why)]++
}

// ended notes the end of a connection.
func (t *tally) ended(err error) {
	var why refusal
	if errors.As(err, &why) {
		t.refused(why)
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ends[kindOf(err)]++
}

func (t *tally) report() CrewReport {
	t.mu.Lock()
	defer t.mu.Unlock()
	return CrewReport{Connected: t.dials, Refusals: maps.Clone(t.refusals), Ends: maps.Clone(t.ends)}
}

// kindOf is an error without the addresses in it.
func kindOf(err error) string {
	if err == nil {
		return "end"
	}
	for next := err; next != nil; next = errors.Unwrap(next) {
		err = next
	}
	return err.Error()
}

func isRefusal(err error) bool {
	var why refusal
	return errors.As(err, &why)
}
