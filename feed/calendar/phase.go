package calendar

// Phase is a part of a market's day. The zero value is [Closed].
type Phase uint8

// The phases of a day. A market that never closes is always in [Regular].
const (
	Closed    Phase = iota
	Overnight       // from the evening before to the pre session, where the configuration has it
	Pre             // before the regular session
	Regular         // the session whose last price is the official close
	Post            // after the regular session
)

var phaseNames = [...]string{"closed", "overnight", "pre", "regular", "post"}

// String is "closed", "overnight", "pre", "regular" or "post".
func (p Phase) String() string { return phaseNames[p] }
