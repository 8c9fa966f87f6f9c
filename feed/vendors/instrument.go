package vendors

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"tickertape/feed/calendar"
	"tickertape/feed/market"
)

// Instrument is one symbol that a vendor is asked for. All connections to the vendor share it; any goroutine may call its
// methods.
type Instrument struct {
	// static
	Symbol string // as the vendor spells it
	ID     market.SymbolID
	Hours  *calendar.Market // of its market; nil: there are none

	unavailable atomic.Bool // the vendor does not have it, and that was published
}

// Instruments puts symbols into the directory, in order. source is the name of the feed, for errors.
func (e *Env) Instruments(source string, records []market.Symbol) ([]*Instrument, error) {
	all := make([]*Instrument, len(records))
	for i, r := range records {
		id, err := e.Dir.Add(r)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", source, err)
		}
		all[i] = &Instrument{Symbol: r.Symbol, ID: id}
		if e.Hours != nil {
			all[i].Hours, _ = e.Hours.Market(r.Market) // nil where it has no hours
		}
	}
	return all, nil
}

// Unavailable reports whether the vendor is known not to have the symbol.
func (in *Instrument) Unavailable() bool { return in.unavailable.Load() }

// MarkUnavailable notes that the vendor does not have the symbol, and reports whether that is new.
func (in *Instrument) MarkUnavailable() (isNew bool) {
	return in.unavailable.CompareAndSwap(false, true)
}

// MarkAvailable notes that the vendor has the symbol, and reports whether that is new.
func (in *Instrument) MarkAvailable() (isNew bool) {
	return in.unavailable.Load() && in.unavailable.CompareAndSwap(true, false)
}

// State makes a tick with the state of the symbol. at is since when, 0 where the vendor does not say.
func (in *Instrument) State(s market.State, at, received market.Time) market.Tick {
	return market.Tick{Symbol: in.ID, Kind: market.KindState, State: s, Time: at, Received: received}
}

// MarkUnavailable notes and publishes that the vendor has no prices of a symbol. It logs the reason once.
func (s *Session) MarkUnavailable(ctx context.Context, in *Instrument, reason string) {
	if in.MarkUnavailable() {
		s.Env.Log.Warn("symbol refused", KeySource, s.Source, KeySymbol, in.Symbol, KeyReason, fmt.Sprintf("%.200s", reason))
	}
	s.PublishState(ctx, in, market.Down)
}

// MarkAvailable notes and publishes that the vendor has a symbol after all. It does nothing for one that was never
// unavailable.
func (s *Session) MarkAvailable(ctx context.Context, in *Instrument) {
	if in.MarkAvailable() {
		s.PublishState(ctx, in, market.Live)
	}
}

// PublishState publishes the state of a symbol.
func (s *Session) PublishState(ctx context.Context, in *Instrument, state market.State) {
	s.Do(ctx, func(_ *Reconciler, b *market.Batch) error {
		b.Ticks = append(b.Ticks, in.State(state, 0, market.TimeOf(time.Now())))
		return nil
	})
}
