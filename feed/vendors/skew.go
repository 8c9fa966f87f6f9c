package vendors

import "tickertape/feed/market"

// Skew is how far this machine's clock is ahead of the other side's, with the time that a message needs added: the
// least that was seen. The zero value has seen nothing.
type Skew struct {
	least market.Time
	known bool
}

// Note notes when a message was sent, by the other side's clock, and received, by this machine's.
func (s *Skew) Note(sent, received market.Time) {
	if ahead := received - sent; sent != 0 && received != 0 && (!s.known || ahead < s.least) {
		s.least, s.known = ahead, true
	}
}

// Sent is when, by the other side's clock, something was sent that was received at an instant of this
// machine's: the statistics that an answer holds are as of then, whichever clock is wrong.
func (s *Skew) Sent(received market.Time) market.Time { return received - s.least }
