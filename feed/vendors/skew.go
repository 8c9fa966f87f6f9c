package vendors

import "tickertape/feed/market"

// Skew measures how far this machine's clock is ahead of the other side's. It keeps the least difference between sending and
// receipt of a message, which includes the time on the way. The zero value has seen nothing.
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

// Sent is when, by the other side's clock, a message was sent that this machine received at an instant of its own clock. The
// figures in a response are as of then, whichever clock is wrong.
func (s *Skew) Sent(received market.Time) market.Time { return received - s.least }
