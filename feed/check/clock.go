package check

import "time"

// clock measures how far this machine's clock is ahead of the other side's by the dates of answers, which are in whole seconds:
// each says between which two bounds the lead is.
type clock struct {
	answers     int
	least, most time.Duration
}

// note notes the date of an answer, and when, by this machine's clock, it was asked for and received.
func (c *clock) note(date, sent, received time.Time) {
	least, most := sent.Sub(date.Add(time.Second)), received.Sub(date) // the other clock may have been just before the next second
	if c.answers++; c.answers == 1 {
		c.least, c.most = least, most
		return
	}
	c.least, c.most = max(c.least, least), min(c.most, most)
}

// lead is by how much this machine's clock is ahead, and how far off that can be. It is not known before the first answer, or
// where the answers contradict each other, as those of several machines can.
func (c *clock) lead() (lead, within time.Duration, known bool) {
	if c.answers == 0 || c.least > c.most {
		return 0, 0, false
	}
	return (c.least + c.most) / 2, (c.most - c.least) / 2, true
}
