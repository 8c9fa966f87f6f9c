package feed

import (
	"math/rand/v2"
	"testing"

	"tickertape/feed/market"
)

func TestSequenceKnowsWhatIsMissing(t *testing.T) {
	var s Sequence
	type step struct {
		id    uint64
		at    market.Time
		place Place
		lost  int
		bad   bool
		first uint64 // missing afterwards
	}
	for i, x := range []step{
		{id: 100, at: 10},
		{id: 101, at: 10},
		{id: 101, at: 10, place: Repeated},
		{id: 100, at: 10, place: Repeated},
		{id: 105, at: 11, lost: 3, first: 102},
		{id: 103, at: 11, place: Late, first: 102},
		{id: 103, at: 11, place: Repeated, first: 102},
		{id: 104, at: 12, place: Late, first: 102},
		{id: 107, at: 9, lost: 1, first: 102},
		{id: 102, at: 11, place: Late, first: 106},
		{id: 106, at: 11, place: Late},
		{id: 106 + 2*mostJump, at: 20, bad: true},                                  // garbage
		{id: 108, at: 20, place: Repeated},                                         // it is believed,
		{id: 109, at: 21 + timeSlack, bad: true},                                   // until time shows that it was wrong
		{id: 110, at: 21 + timeSlack},                                              //
		{id: 1<<64 - 1, at: 22 + timeSlack, bad: true},                             //
		{id: 111, at: 23 + 2*timeSlack, bad: true},                                 //
		{id: 111 + mostJump, at: 24 + 2*timeSlack, lost: mostJump - 1, first: 112}, //
	} {
		place, lost, err := s.Add(x.id, x.at)
		first, any := s.Missing()
		if place != x.place || lost != x.lost || (err != nil) != x.bad || first != x.first || any != (x.first != 0) {
			t.Fatalf("step %d, %+v: place %d, lost %d, error %v, first missing %d", i, x, place, lost, err, first)
		}
	}
}

func TestSequenceExpectsNothingBeforeItBegins(t *testing.T) {
	var s Sequence
	if lost, err := s.Expect(500, 1); lost != 0 || err != nil || s.Newest() != 0 {
		t.Errorf("lost %d, error %v, newest %d", lost, err, s.Newest())
	}
	s.Add(10, 5)
	if lost, err := s.Expect(9, 6); lost != 0 || err != nil {
		t.Errorf("lost %d, error %v", lost, err)
	}
	if lost, _ := s.Expect(12, 8*timeSlack); lost != 2 || s.Newest() != 12 {
		t.Errorf("lost %d, newest %d; want 2 and 12", lost, s.Newest())
	}
	if place, lost, err := s.Add(11, 7*timeSlack); place != Late || lost != 0 || err != nil { // it is younger than trade 10
		t.Errorf("place %d, lost %d, error %v; want late", place, lost, err)
	}
	if _, err := s.Expect(1<<63, 9); err == nil || s.Newest() != 12 {
		t.Errorf("error %v, newest %d", err, s.Newest())
	}
	s.Forget()
	if _, any := s.Missing(); any {
		t.Error("something is missing")
	}
	if place, _, _ := s.Add(12, 8*timeSlack); place != Repeated {
		t.Errorf("place %d, want repeated", place)
	}
}

func TestSequenceSaysWhenItIsOverrun(t *testing.T) {
	var s Sequence
	for i := range mostSpans + 2 {
		if _, lost, _ := s.Add(uint64(2*i+1), 1); lost != min(i, 1) {
			t.Fatalf("lost %d", lost)
		}
	}
	if first, any := s.Missing(); first != 0 || !any {
		t.Errorf("first missing %d, %t; want one that is not known", first, any)
	}
}

// TestSequenceCountsEachTradeOnce takes trades in an order that is a little wrong, some of them twice and
// some not at all.
func TestSequenceCountsEachTradeOnce(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var s Sequence
		var ids []uint64
		for id := uint64(1); id <= 300; id++ {
			for range []int{1, 1, 1, 0, 2}[random.IntN(5)] {
				ids = append(ids, id)
			}
		}
		if ids[0] != 1 {
			ids = append([]uint64{1}, ids...)
		}
		for i := 1; i < len(ids); i++ {
			if j := min(i+random.IntN(5), len(ids)-1); random.IntN(3) == 0 {
				ids[i], ids[j] = ids[j], ids[i]
			}
		}
		counted, sent, lost := map[uint64]int{}, map[uint64]bool{}, 0
		for _, id := range ids {
			sent[id] = true
			place, n, err := s.Add(id, 1)
			if err != nil {
				t.Fatal(err)
			}
			if lost += n; place != Repeated {
				counted[id]++
			}
			if place == Late {
				lost--
			}
		}
		left := 0
		for id := uint64(1); id <= s.Newest(); id++ {
			switch {
			case sent[id] && counted[id] != 1:
				t.Fatalf("trade %d was counted %d times", id, counted[id])
			case !sent[id]:
				if left++; !s.Found(id) {
					t.Fatalf("trade %d is not missed", id)
				}
			}
		}
		if _, any := s.Missing(); any || left != lost {
			t.Fatalf("%d missing of %d, and more: %t", left, lost, any)
		}
	}
}

func TestSequenceThatBeginsWithoutATradeMissesTheFirst(t *testing.T) {
	var s Sequence
	if lost, err := s.Expect(3, 10); lost != 0 || err != nil || s.Begun() {
		t.Errorf("%d lost, error %v, begun %t: nothing is known", lost, err, s.Begun())
	}
	s.None()
	if lost, err := s.Expect(2, 10); lost != 2 || err != nil || !s.Begun() {
		t.Errorf("%d lost, error %v, want the first two", lost, err)
	}
	if place, lost, err := s.Add(1, 10); place != Late || lost != 0 || err != nil {
		t.Errorf("the first: %v, %d lost, error %v", place, lost, err)
	}
	s = Sequence{}
	s.None()
	if place, lost, err := s.Add(4, 10); place != InOrder || lost != 3 || err != nil {
		t.Errorf("the fourth: %v, %d lost, error %v", place, lost, err)
	}
	s.None() // there is one
	if place, lost, err := s.Add(5, 11); place != InOrder || lost != 0 || err != nil {
		t.Errorf("the fifth: %v, %d lost, error %v", place, lost, err)
	}
	s = Sequence{}
	s.None()
	if place, lost, err := s.Add(1<<63, 10); place != InOrder || lost != 0 || err != nil {
		t.Errorf("a number far off: %v, %d lost, error %v", place, lost, err)
	}
}
