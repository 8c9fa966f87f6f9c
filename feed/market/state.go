package market

import "fmt"

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
	Message   string // for subscribers, so with no address, path or text of an error in it; may be empty
	Simulated bool   // its prices are made up
}
