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

	refused atomic.Bool // the vendor does not have it, and that was published
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

// Refused reports whether the vendor does not have the symbol, as far as is known.
func (in *Instrument) Refused() bool { return in.refused.Load() }

// Expel notes that the vendor does not have the symbol, and reports whether that is new.
func (in *Instrument) Expel() (isNew bool) { return in.refused.CompareAndSwap(false, true) }

// Readmit notes that the vendor has the symbol, and reports whether that is new.
func (in *Instrument) Readmit() (isNew bool) {
	return in.refused.Load() && in.refused.CompareAndSwap(true, false)
}

// State is a tick with the state of the symbol. at is 0 where the vendor does not say since when.
func (in *Instrument) State(s market.State, at, received market.Time) market.Tick {
	return market.Tick{Symbol: in.ID, Kind: market.KindState, State: s, Time: at, Received: received}
}

// Expel publishes that the vendor has no prices of a symbol. It logs the reason once.
func (s *Session) Expel(ctx context.Context, in *Instrument, reason string) {
	if in.Expel() {
		s.Env.Log.Warn("symbol refused", KeySource, s.Source, KeySymbol, in.Symbol, KeyReason, fmt.Sprintf("%.200s", reason))
	}
	s.PublishState(ctx, in, market.Down)
}

// Readmit publishes that the vendor has a symbol after all. It does nothing for one that was not expelled.
func (s *Session) Readmit(ctx context.Context, in *Instrument) {
	if in.Readmit() {
		s.PublishState(ctx, in, market.Live)
	}
}

// PublishState publishes the state of a symbol.
func (s *Session) PublishState(ctx context.Context, in *Instrument, state market.State) {
	s.Do(ctx, func(_ *Opening, b *market.Batch) error {
		b.Ticks = append(b.Ticks, in.State(state, 0, market.TimeOf(time.Now())))
		return nil
	})
}
