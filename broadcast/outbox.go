package broadcast

import "slices"

// outbox is what one subscriber is sent besides the frames of its watch, in order: the answers to a request and what
// follows from it, before the next request is looked at. Three more things are sent only while the outbox is empty and the
// subscriber has not paused, in this order: the state of a source that changed, so that no price is shown as live that is
// not; the rate that a slow subscriber gets; and what it has missed of its watch's frames. They follow
// from the subscriber's progress, so until the outbox is empty they need no place in it and no memory.
type outbox struct {
	items   []item
	inFirst bool // the first item runs: what it inserts goes right behind it
}

// item is something to be sent.
type item interface {
	// send writes the next message of it, if there is one, and reports whether that was all. It is called when the
	// connection can be written.
	send(s *subscriber) (done bool, err error)
}

// step is an item of one message at most.
type step func(s *subscriber) error

func (f step) send(s *subscriber) (bool, error) { return true, f(s) }

func (o *outbox) empty() bool { return len(o.items) == 0 }

// add puts items behind the others.
func (o *outbox) add(items ...item) { o.items = append(o.items, items...) }

// insert puts items before the others; while the first item runs, right behind it.
func (o *outbox) insert(items ...item) {
	at := 0
	if o.inFirst {
		at = 1
	}
	o.items = slices.Insert(o.items, at, items...)
}

// clear forgets all.
func (o *outbox) clear() { o.items = nil }

// next sends the next message of the first item.
func (o *outbox) next(s *subscriber) error {
	o.inFirst = true
	done, err := o.items[0].send(s)
	o.inFirst = false
	if done && len(o.items) > 0 { // none are left of a subscriber that has left
		if o.items = o.items[1:]; len(o.items) == 0 {
			o.items = nil
		}
	}
	return err
}
