package broadcast

import "time"

// wheel has every subscriber of a shard looked at again after a while, at the cost of one timer. A look is never early,
// and at most span/64 late.
type wheel struct {
	step  time.Duration
	at    time.Time // of the slot that comes next
	hand  int
	count int // seated
	slots [64][]*subscriber
}

// seat is where in a wheel a subscriber sits.
type seat struct {
	slot, place int32
	taken       bool
}

func newWheel(span time.Duration) wheel {
	step := max(span/64, time.Millisecond)
	return wheel{step: step, at: time.Now().Add(step)}
}

// next is when to advance; an empty wheel stands still.
func (w *wheel) next() time.Time {
	if w.count == 0 {
		return time.Now().Add(time.Hour)
	}
	return w.at
}

// put seats s to be looked at after a while; a while longer than the span is cut to it.
func (w *wheel) put(s *subscriber, now time.Time, after time.Duration) {
	w.remove(s)
	if w.count == 0 {
		w.at = now.Add(w.step)
	}
	steps := int((now.Add(after).Sub(w.at) + w.step - 1) / w.step)
	slot := (w.hand + min(max(steps, 0), len(w.slots)-2)) % len(w.slots)
	s.seat = seat{slot: int32(slot), place: int32(len(w.slots[slot])), taken: true}
	w.slots[slot] = append(w.slots[slot], s)
	w.count++
}

// hasten puts s unless it is looked at before anyway.
func (w *wheel) hasten(s *subscriber, now time.Time, after time.Duration) {
	if s.seat.taken {
		turns := (int(s.seat.slot) - w.hand + len(w.slots)) % len(w.slots)
		if w.at.Add(time.Duration(turns) * w.step).Before(now.Add(after)) {
			return
		}
	}
	w.put(s, now, after)
}

func (w *wheel) remove(s *subscriber) {
	if !s.seat.taken {
		return
	}
	list := w.slots[s.seat.slot]
	last := len(list) - 1
	list[s.seat.place] = list[last]
	list[s.seat.place].seat.place = s.seat.place
	list[last] = nil
	w.slots[s.seat.slot] = list[:last]
	s.seat.taken = false
	w.count--
}

// advance looks at everyone whose time has come; look seats whom it wants to see again.
func (w *wheel) advance(now time.Time, look func(*subscriber)) {
	if late := now.Sub(w.at); late > w.step*time.Duration(len(w.slots)) {
		w.at = now.Add(-w.step * time.Duration(len(w.slots))) // once round is enough after a sleep
	}
	for !w.at.After(now) {
		slot := w.hand
		w.hand = (w.hand + 1) % len(w.slots)
		w.at = w.at.Add(w.step)
		for n := len(w.slots[slot]); n > 0 && len(w.slots[slot]) > 0; n-- {
			s := w.slots[slot][0]
			w.remove(s)
			look(s)
		}
	}
}
