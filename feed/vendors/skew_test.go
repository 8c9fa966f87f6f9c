package vendors

import "testing"

func TestSkewIsTheLeastDelay(t *testing.T) {
	var s Skew
	if got := s.Sent(50); got != 50 {
		t.Errorf("nothing is known: got %d, want 50", got)
	}
	s.Note(0, 10)
	s.Note(1000, 900) // this clock is behind by more than the way takes
	s.Note(1000, 950)
	s.Note(2000, 1890)
	if got := s.Sent(2000); got != 2110 {
		t.Errorf("got %d, want 2110", got)
	}
}
