package replay

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"tickertape/feed/calendar"
	"tickertape/feed/market"
	"tickertape/feed/recording"
)

const (
	together   = 2 * time.Millisecond   // how long a row may wait for others of its batch
	batchSize  = 512                    // the most rows in a batch
	leastRound = 100 * time.Millisecond // the shortest round, so that a short recording in a loop does not keep a core busy
)

// player publishes entries when they are due.
type player struct {
	// static
	source  *Source
	publish func(market.Batch)

	// owned by Run
	timing   timing
	began    time.Time
	round    time.Time // when the round began
	timer    *time.Timer
	batch    market.Batch
	status   market.Status
	states   map[market.SymbolID]market.State // of those that are not live
	recorded map[string]market.Status         // the newest status of each source that was recorded
}

func newPlayer(s *Source, publish func(market.Batch)) *player {
	now := time.Now()
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	return &player{
		source: s, publish: publish, timing: timing{speed: s.cfg.Speed, maxGap: s.cfg.MaxGap}, began: now, round: now, timer: timer,
		batch:  market.Batch{Ticks: make([]market.Tick, 0, batchSize)},
		states: map[market.SymbolID]market.State{}, recorded: map[string]market.Status{},
	}
}

// play waits until the entry is due and puts it into the batch. It returns false when ctx has ended.
func (p *player) play(ctx context.Context, e *recording.Entry) bool {
	if p.source.cfg.Speed > 0 && !p.wait(ctx, p.timing.due(e.At)) {
		return false
	}
	switch e.Kind { // a batch applies its status first, then its images, then its ticks
	case recording.KindStatus:
		p.flush()
		s := e.Status
		if s.Message != "" { // older recordings can have addresses in it
			s.Message = "recorded: " + strings.TrimSpace(s.Source+" "+s.State.String())
		}
		p.recorded[s.Source] = s
		if best := p.best(); !best.Equal(&p.status) {
			p.status = best
			p.batch.Status = &p.status
		}
	case recording.KindImage:
		if len(p.batch.Ticks)+len(p.batch.Corrections) > 0 {
			p.flush()
		}
		p.batch.Images = append(p.batch.Images, e.Image)
		if e.Image.Set&market.FieldState != 0 {
			p.mark(e.Symbol, e.Image.State)
		}
	case recording.KindTick:
		if len(p.batch.Corrections) > 0 {
			p.flush()
		}
		t := e.Tick
		if t.Time == 0 {
			t.Time = e.At
		}
		p.batch.Ticks = append(p.batch.Ticks, t)
		if t.Kind == market.KindState {
			p.mark(t.Symbol, t.State)
		}
	case recording.KindCorrection:
		c := e.Correction
		if c.Time == 0 {
			c.Time = e.At
		}
		p.batch.Corrections = append(p.batch.Corrections, c)
	}
	if len(p.batch.Ticks)+len(p.batch.Images)+len(p.batch.Corrections) >= batchSize {
		p.flush()
		return ctx.Err() == nil
	}
	return true
}

// beginDays plays the beginnings of trading days that come before an entry of a CSV file. It returns false when ctx has ended. The
// times in such a file are the exchange's.
func (p *player) beginDays(ctx context.Context, d *days, e *recording.Entry) bool {
	if d == nil || e.Kind != recording.KindTick {
		return true
	}
	ok := true
	begin := func(t market.Tick) {
		ok = ok && p.play(ctx, &recording.Entry{Kind: recording.KindTick, Symbol: t.Symbol, Tick: t, At: e.At})
	}
	d.advance(e.At, begin)
	d.tick(&e.Tick, &calendar.ExchangeClock{}, p.source.env.Dir, e.At, begin)
	return ok
}

// best is the best status of the recorded sources, without a name: the replay is live while any of them was. What their prices
// are is in [feed.Info].
func (p *player) best() (best market.Status) {
	best.State = market.Down
	for i, name := range slices.Sorted(maps.Keys(p.recorded)) {
		if s := p.recorded[name]; i == 0 || s.State < best.State {
			best = s
		}
	}
	return market.Status{State: best.State, Since: best.Since, Message: best.Message}
}

// mark notes the state of a symbol.
func (p *player) mark(id market.SymbolID, s market.State) {
	if s == market.Live {
		delete(p.states, id)
	} else {
		p.states[id] = s
	}
}

// wait publishes the batch and waits until due, the time since the first round began. It returns false when ctx has ended.
func (p *player) wait(ctx context.Context, due time.Duration) bool {
	early := due - time.Since(p.began)
	if early <= 0 {
		return true
	}
	p.flush()
	p.timer.Reset(max(early, together))
	select {
	case <-p.timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// flush publishes the batch.
func (p *player) flush() {
	b := &p.batch
	if b.Status == nil && len(b.Images)+len(b.Ticks)+len(b.Corrections) == 0 {
		return
	}
	now := market.TimeOf(time.Now())
	for i := range b.Ticks {
		b.Ticks[i].Received = now
	}
	for i := range b.Corrections {
		b.Corrections[i].Received = now
	}
	p.publish(*b)
	b.Status, b.Images, b.Ticks, b.Corrections = nil, b.Images[:0], b.Ticks[:0], b.Corrections[:0]
}

// rest waits until the round has lasted for leastRound.
func (p *player) rest(ctx context.Context) {
	if p.source.cfg.Speed > 0 {
		p.wait(ctx, p.round.Add(leastRound).Sub(p.began))
	}
}

// rewind begins another round: a new session of every symbol with the previous close that it had at first, and no state of the
// round before. It begins no later than anything in the recording, so that all of the round before is forgotten.
func (p *player) rewind() {
	p.round = time.Now()
	p.timing.rewind(p.round.Sub(p.began))
	clear(p.recorded)
	if p.status.State != market.Live {
		p.status = market.Status{State: market.Live, Since: market.TimeOf(p.round), Message: "the recording begins again"}
		p.batch.Status = &p.status
	}
	first := p.source.found.oldest
	for _, id := range p.source.symbols {
		p.batch.Ticks = append(p.batch.Ticks, market.Tick{Symbol: id, Kind: market.KindSession, Time: first,
			Price: p.source.env.Dir.Symbol(id).PreviousClose})
		if p.states[id] != market.Live {
			p.batch.Ticks = append(p.batch.Ticks, market.Tick{Symbol: id, Kind: market.KindState, State: market.Live, Time: first})
		}
		if len(p.batch.Ticks) >= batchSize-1 {
			p.flush()
		}
	}
	clear(p.states)
	p.flush()
}
