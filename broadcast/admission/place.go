package admission

import (
	"container/list"
	"math/rand/v2"
	"sync"
	"time"
)

// Kind is what somebody is let in for.
type Kind uint8

// The kinds.
const (
	Stream Kind = iota // a subscriber over WebSocket or event stream
	Poll               // a long poll, while it waits
	Answer             // any other answer that is more than a line
)

// Place is what somebody who was let in has taken, until it leaves.
type Place struct {
	a       *Admission
	visitor Visitor
	kind    Kind
	cut     func()    // ends an answer that is being written
	since   time.Time // it has been taken

	inOrder *list.Element // guarded by a.mu: among the answers; nil where it does not count among them

	mu     sync.Mutex
	memory int64 // guarded by mu: what it has taken
	left   bool  // guarded by mu
}

// hurry is how long an answer may take when others need its place.
const hurry = 5 * time.Second

// Admit lets somebody in, or says why not. It is the only way in, for every transport. When there are as many answers
// as there may be, the oldest makes room if it takes long: cut ends what is being written, and does not block. For
// other kinds it is not called.
func (a *Admission) Admit(v Visitor, kind Kind, cut func()) (*Place, *Refusal) {
	p, late, refusal := a.admit(v, kind, cut)
	if late != nil {
		late.cut()
		a.Refusals.Note(ReasonTotalAtOnce, late.visitor.Addr)
	}
	if refusal != nil {
		a.Refusals.Note(refusal.Reason, v.Addr)
	}
	return p, refusal
}

// admit returns the answer, too, that has to make room; nil is none.
func (a *Admission) admit(v Visitor, kind Kind, cut func()) (p, late *Place, refusal *Refusal) {
	memory := [...]int64{Stream: MemorySubscriber, Poll: MemoryPoll, Answer: MemoryAnswer}[kind]
	now := time.Now()
	a.mu.Lock()
	defer a.mu.Unlock()
	retry := a.options.Retry
	total, each := &a.Config.Total, &a.Config.Address
	switch {
	case a.draining && kind != Answer:
		return nil, nil, &Refusal{ReasonDraining, retry}
	case kind != Answer && a.places >= a.options.Places:
		return nil, nil, &Refusal{ReasonFull, retry}
	case kind == Poll && a.polls >= total.Polls:
		return nil, nil, &Refusal{ReasonTotalPolls, retry}
	case kind == Answer && a.answers.Len() >= total.AtOnce:
		if late = a.late(now); late == nil {
			return nil, nil, &Refusal{ReasonTotalAtOnce, time.Second}
		}
	}
	if v.counted {
		x := a.addresses.of(v.Addr, each, now)
		others := x.connections
		if v.direct {
			others-- // the one that it asks on, which Arrive has counted
		}
		switch {
		case kind == Answer && x.atOnce >= each.AtOnce:
			return nil, nil, &Refusal{ReasonAddressAtOnce, time.Second}
		case kind != Answer && others >= min(each.Connections, max(1, a.options.Places/2)):
			return nil, nil, &Refusal{ReasonAddressConnections, retry}
		case kind == Stream && !v.direct:
			if wait := x.handshakes.wait(1, each.Handshakes, burst, now); wait > 0 {
				return nil, nil, &Refusal{ReasonAddressHandshakes, wait}
			}
		}
	}
	if !a.Memory.Reserve(memory) {
		return nil, nil, &Refusal{ReasonMemory, retry}
	}
	if late != nil {
		a.answers.Remove(late.inOrder)
		late.inOrder = nil
	}
	p = &Place{a: a, visitor: v, kind: kind, cut: cut, since: now, memory: memory}
	a.count(p, 1, now)
	return p, late, nil
}

// late is the oldest answer, if it has taken long; nil if it has not. The caller holds mu.
func (a *Admission) late(now time.Time) *Place {
	if e := a.answers.Front(); e != nil {
		if p := e.Value.(*Place); now.Sub(p.since) > hurry {
			return p
		}
	}
	return nil
}

// count enters a place in the books, or takes it out. The caller holds mu.
func (a *Admission) count(p *Place, n int, now time.Time) {
	switch p.kind {
	case Answer:
		if n > 0 {
			p.inOrder = a.answers.PushBack(p)
		} else if p.inOrder != nil {
			a.answers.Remove(p.inOrder)
		}
	case Poll:
		a.polls += n
		a.places += n
	default:
		a.places += n
	}
	if !p.visitor.counted {
		return
	}
	x := a.addresses.of(p.visitor.Addr, &a.Config.Address, now)
	if p.kind == Answer {
		x.atOnce += n
		return
	}
	if p.kind == Stream || !p.visitor.direct { // a poll's own connection is counted by Arrive
		x.connections += n
	}
	if p.kind == Stream && n > 0 && !p.visitor.direct {
		x.handshakes.owed++
	}
}

// Leave gives back all that the place has taken.
func (p *Place) Leave() {
	a := p.a
	p.mu.Lock()
	a.Memory.Free(p.memory)
	p.memory, p.left = 0, true
	p.mu.Unlock()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.count(p, -1, time.Now())
	if a.draining && a.places == 0 && p.kind != Answer {
		close(a.empty)
	}
}

// Visitor is who has the place.
func (p *Place) Visitor() Visitor { return p.visitor }

// SetMeter makes the place a subscriber's with a connection of its own.
func (p *Place) SetMeter(m *Meter) { p.visitor.meter, p.visitor.shared = m, false }

// Reserve takes n more bytes of memory for the place, or returns false. Needed are those that it cannot do without: the
// rest of a message that the socket did not take.
func (p *Place) Reserve(n int64, needed bool) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.left {
		return true // who has it is on the way out
	}
	take := p.a.Memory.Reserve
	if needed {
		take = p.a.Memory.ReserveNeeded
	}
	if !take(n) {
		return false
	}
	p.memory += n
	return true
}

// Release gives n bytes back that were kept.
func (p *Place) Release(n int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.left {
		p.memory -= n
		p.a.Memory.Free(n)
	}
}

// Places is how many subscribers and polls there are, and how many there may be.
func (a *Admission) Places() (taken, most int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.places, a.options.Places
}

// Polls is how many long polls wait.
func (a *Admission) Polls() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.polls
}

// Unfinished takes n bytes for a message whose end has not come yet, or gives them back where n is below zero.
func (a *Admission) Unfinished(n int64) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if n > 0 && a.unfinished+n > int64(a.Config.Total.Unfinished) {
		return false
	}
	a.unfinished += n
	return true
}

// Drain begins to send everyone away within window. It returns false when that had begun before.
func (a *Admission) Drain(window time.Duration) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.draining {
		return false
	}
	a.draining, a.window = true, window
	if a.places == 0 {
		close(a.empty)
	}
	close(a.leave)
	return true
}

// Turn is when, from now on, a subscriber leaves while all are sent away; false while they are not.
func (a *Admission) Turn() (time.Duration, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return rand.N(a.window + 1), a.draining
}

// Draining reports whether Drain has been called.
func (a *Admission) Draining() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.draining
}

// Leaving is closed when everyone is to be sent away.
func (a *Admission) Leaving() <-chan struct{} { return a.leave }

// Empty is closed when everyone has left after Drain.
func (a *Admission) Empty() <-chan struct{} { return a.empty }
