package board

import (
	"sync"
	"time"

	"tickertape/feed/market"
)

// Gathered is what became of a batch, for metrics.
type Gathered struct {
	Unknown   int                    // ticks, images and corrections of symbols that the directory does not have
	Rejected  [market.NumRejects]int // ticks, images and corrections that were refused, by reason
	Alive     int                    // ticks that only confirm: they change nothing, and are in no record
	Conflated int                    // ticks of symbols that the record had something of already
	Pending   bool                   // there is something to take
}

// gatherer keeps what came since the last Take.
type gatherer struct {
	dir       *market.Directory // static
	source    string            // static: whose a status is that names none
	simulated bool              // static
	replayed  bool              // static

	mu     sync.Mutex
	fewer  sync.Cond // of mu: full has become shorter, or closed true
	closed bool      // guarded by mu: nobody takes any more
	record *Record   // guarded by mu: what comes now
	full   []*Record // guarded by mu: those before, the oldest first
	taken  *Record   // guarded by mu: the one that Take returned last
	spare  []*Record // guarded by mu
	slots  []slot    // guarded by mu; the index is the symbol's id
	number uint32    // guarded by mu: of record, from 1
	oldest time.Time // guarded by mu: when the first came of what is to be taken; zero when nothing is
}

// slot is what a record has of a symbol.
type slot struct {
	record uint32 // the newest record that has anything
	quote  int32  // the place of its quote in that record, from 1; 0 none
}

// Gather keeps what has to be committed of a batch: trades, corrections, states, sessions, images and statuses in the
// order of their coming, and of quotes the newest of each symbol. What can be refused without knowing the board's state
// is refused here. It keeps nothing of the batch, and may be called from anywhere. It waits while [MaxFull] full records have
// not been taken: whoever publishes slows down, and nothing is lost.
func (g *gatherer) Gather(batch market.Batch) (out Gathered) {
	known := g.dir.Len()
	g.mu.Lock()
	defer g.mu.Unlock()
	for len(g.full) >= MaxFull && !g.closed {
		g.fewer.Wait()
	}
	for len(g.slots) < known {
		g.slots = append(g.slots, slot{})
	}
	if batch.Status != nil {
		g.status(*batch.Status)
	}
	if len(batch.Images) > 0 {
		now := market.TimeOf(time.Now())
		for i := range batch.Images {
			if im := &batch.Images[i]; int(im.Symbol) >= known {
				out.Unknown++
			} else {
				out.Rejected[g.image(im, now)]++
			}
		}
	}
	g.ticks(batch.Ticks, known, &out)
	for i := range batch.Corrections {
		if k := &batch.Corrections[i]; int(k.Symbol) >= known {
			out.Unknown++
		} else {
			out.Rejected[g.correction(k)]++
		}
	}
	if batch.HasSeries() {
		g.series(&batch, known, &out)
	}
	out.Rejected[market.Accepted] = 0
	if out.Pending = g.pending(); out.Pending && g.oldest.IsZero() {
		g.oldest = time.Now()
	}
	return out
}

// room is the record that takes the next event. The caller holds mu.
func (g *gatherer) room() *Record {
	if g.record.size() < MaxEvents {
		return g.record
	}
	g.full = append(g.full, g.record)
	g.begin()
	return g.record
}

// begin begins another record. The caller holds mu.
func (g *gatherer) begin() {
	if n := len(g.spare); n > 0 {
		g.record, g.spare = g.spare[n-1], g.spare[:n-1]
	} else {
		g.record = &Record{}
	}
	g.number++
}

// touch notes that the record has something of a symbol, and reports whether it had before. The caller holds mu.
func (g *gatherer) touch(id market.SymbolID) (s *slot, before bool) {
	if s = &g.slots[id]; s.record == g.number {
		return s, true
	}
	*s = slot{record: g.number}
	return s, false
}

func (g *gatherer) status(s market.Status) {
	if s.Source == "" {
		s.Source, s.Simulated, s.Replayed = g.source, g.simulated, g.replayed
	}
	r := g.room()
	r.Statuses = append(r.Statuses, s)
}

func (g *gatherer) image(im *market.Quote, now market.Time) market.Reject {
	if r := im.CheckImage(); r != market.Accepted {
		return r
	}
	g.pinQuote(im.Symbol)
	r := g.room()
	g.touch(im.Symbol)
	r.Events = append(r.Events, Event{Symbol: im.Symbol, Kind: EventImage, Index: uint32(len(r.Images)), Received: now})
	r.Images = append(r.Images, *im)
	return market.Accepted
}

func (g *gatherer) correction(k *market.Correction) market.Reject {
	if r := k.Check(); r != market.Accepted {
		return r
	}
	r := g.room()
	g.touch(k.Symbol)
	r.Events = append(r.Events, Event{Symbol: k.Symbol, Kind: EventCorrection, Index: uint32(len(r.Corrections))})
	r.Corrections = append(r.Corrections, *k)
	return market.Accepted
}

// pinQuote moves the symbol's quote among the events, so that it is applied before what comes now. The caller holds mu.
func (g *gatherer) pinQuote(id market.SymbolID) {
	s := &g.slots[id]
	if s.record != g.number || s.quote == 0 {
		return
	}
	r := g.record
	r.Events = append(r.Events, Event{Symbol: id, Kind: EventQuote, Index: uint32(len(r.Early))})
	at, last := s.quote-1, len(r.Quotes)-1
	r.Early = append(r.Early, r.Quotes[at])
	r.Quotes[at] = r.Quotes[last]
	g.slots[r.Quotes[at].Symbol].quote = at + 1
	r.Quotes, s.quote = r.Quotes[:last], 0
}

// ticks gathers ticks. The caller holds mu.
func (g *gatherer) ticks(ticks []market.Tick, known int, out *Gathered) {
	now := market.Time(0)
	for i := range ticks {
		t := &ticks[i]
		if int(t.Symbol) >= known {
			out.Unknown++
			continue
		}
		if r := t.Check(); r != market.Accepted {
			out.Rejected[r]++
			continue
		}
		if t.Kind == market.KindAlive {
			out.Alive++
			continue
		}
		received := t.Received
		if received == 0 {
			if now == 0 {
				now = market.TimeOf(time.Now())
			}
			received = now
		}
		if t.Kind == market.KindSession {
			g.pinQuote(t.Symbol)
		}
		r := g.room()
		r.Ticks++
		s, before := g.touch(t.Symbol)
		if before {
			out.Conflated++
		}
		if t.Kind == market.KindQuote {
			r.quote(s, t, received)
			continue
		}
		r.Events = append(r.Events, Event{})
		e := &r.Events[len(r.Events)-1]
		e.Symbol, e.Flags, e.State, e.Price, e.Size = t.Symbol, t.Flags, t.State, t.Price, t.Size
		e.Time, e.Received, e.ID, e.Conditions = t.Time, received, t.ID, t.Conditions
		switch t.Kind {
		case market.KindState:
			e.Kind = EventState
		case market.KindSession:
			e.Kind = EventSession
		case market.KindRoll:
			e.Kind = EventRoll
		case market.KindReopen:
			e.Kind = EventReopen
		case market.KindAdjust:
			e.Kind = EventAdjust
		}
	}
}

// quote puts a quote in the place of the symbol's one before.
func (r *Record) quote(s *slot, t *market.Tick, received market.Time) {
	at := t.Time
	if at == 0 {
		at = received
	}
	if s.quote == 0 {
		r.Quotes = append(r.Quotes, Quote{Symbol: t.Symbol, Time: at, Received: received})
		s.quote = int32(len(r.Quotes))
	}
	q := &r.Quotes[s.quote-1]
	q.Flags, q.Bid, q.Ask, q.BidSize, q.AskSize = t.Flags, t.Bid, t.Ask, t.BidSize, t.AskSize
	q.Time, q.Received = max(q.Time, at), max(q.Received, received)
}

// pending reports whether there is something to take. The caller holds mu.
func (g *gatherer) pending() bool { return len(g.full) > 0 || g.record.size() > 0 }

// Take returns the oldest record that was gathered, or nil where nothing was. It belongs to the caller, who changes
// nothing in it, until the next Take. Where more came than one record holds, there are several.
func (g *gatherer) Take() *Record {
	g.mu.Lock()
	defer g.mu.Unlock()
	if r := g.taken; r != nil && len(g.spare) < 2 {
		r.reset()
		g.spare = append(g.spare, r)
	}
	g.taken = nil
	switch {
	case len(g.full) > 0:
		g.taken = g.full[0]
		g.fewer.Broadcast()
		if g.full = g.full[1:]; len(g.full) == 0 {
			g.full = nil
		}
	case g.record.size() > 0:
		g.taken = g.record
		g.begin()
	default:
		return nil
	}
	now := time.Now()
	g.taken.Taken = market.TimeOf(now)
	if !g.pending() {
		g.oldest = time.Time{}
	}
	return g.taken
}

// Close says that nobody takes records any more, so Gather waits no longer.
func (g *gatherer) Close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
	g.fewer.Broadcast()
}

// Full reports whether a record is full: it should be taken and committed, though its changes may be published later.
func (g *gatherer) Full() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.full) > 0 || g.record.size() >= MaxEvents
}

// Stuck reports whether something has waited to be taken for longer than a time.
func (g *gatherer) Stuck(longer time.Duration) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return !g.oldest.IsZero() && time.Since(g.oldest) > longer
}
