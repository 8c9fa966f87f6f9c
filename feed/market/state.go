package market

import (
	"fmt"
	"slices"
	"time"
)

// State says how far a price, or a whole feed, can be believed. A larger one is worse, so the worse of two
// is their maximum.
type State uint8

const (
	Live   State = iota
	Stale        // connected, but nothing came for longer than is normal
	Halted       // trading is stopped
	Closed       // the market, or the recording, is over
	Down         // the source is not connected
)

var stateNames = [...]string{"live", "stale", "halted", "closed", "down"}

// InDoubt is the reason for which a quote is stale whose price may be another share's: it moved overnight as a split would have it,
// but nobody knows of one.
const InDoubt = "in doubt"

// String is the word of the protocol: "live", "stale", "halted", "closed" or "down".
func (s State) String() string { return stateNames[s] }

// ParseState reads a word of [State.String].
func ParseState(word string) (State, error) {
	for i, name := range stateNames {
		if name == word {
			return State(i), nil
		}
	}
	return 0, fmt.Errorf("market: state %.20q is not one of %v", word, stateNames)
}

// States are all there are, in order.
func States() []State { return []State{Live, Stale, Halted, Closed, Down} }

// Status is the state of a source as a whole.
type Status struct {
	Source    string // its name; "" where there is but one
	State     State
	Since     Time
	Message   string        // for subscribers, so with no address, path or text of an error in it; may be empty
	Simulated bool          // its prices are made up
	Replayed  bool          // its prices are those of a recording that is played
	Delay     time.Duration // how late its prices are by contract, or those of them that are latest; 0: they are not
	// Quiet means that it is live, but all of its symbols that usually have frequent data have paused for longer than usual.
	Quiet bool
	// Behind are the sources of the server that a relay follows. None of them has any behind it. nil: they are not known.
	// The list is never changed, only replaced.
	Behind []Status
}

// Equal reports whether two statuses say the same.
func (s *Status) Equal(o *Status) bool {
	return s.Source == o.Source && s.State == o.State && s.Since == o.Since && s.Message == o.Message &&
		s.Simulated == o.Simulated && s.Replayed == o.Replayed && s.Delay == o.Delay && s.Quiet == o.Quiet &&
		slices.EqualFunc(s.Behind, o.Behind, func(a, b Status) bool { return a.Equal(&b) })
}
