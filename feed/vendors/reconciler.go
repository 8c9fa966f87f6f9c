package vendors

import "tickertape/feed/market"

// mostKept is how many trades are kept until the figures of their day come, some 15 MB: those of some 500 busy stocks in the minute that
// figures can be old. Beyond that, the older half is forgotten: figures that come so late include them.
const mostKept = 100_000

const sums = market.SetsVolume | market.SetsHighLow

// Reconciler puts the trades of a stream and the day's figures, which are asked for over REST, together, so that each trade
// counts once. Trades stream in before the figures of the day are known. Until then they set the last price only. When the
// figures come, the trades that are later than these count on top of them. One goroutine at a time calls its methods, and
// publishes at once what they add to a batch.
type Reconciler struct {
	all   bool                     // the trades of every symbol count in full
	open  map[market.SymbolID]bool // symbols whose trades count in full
	again map[market.SymbolID]bool // open symbols whose figures are asked for once more
	kept  []market.Tick            // trades of the symbols that are not open, and of those in again
}

// NewReconciler begins a connection: no symbol has figures yet.
func NewReconciler() *Reconciler {
	return &Reconciler{open: map[market.SymbolID]bool{}, again: map[market.SymbolID]bool{}}
}

// Pass changes a batch before it is published: trades of a symbol without figures set the last price only. It keeps them.
func (r *Reconciler) Pass(b *market.Batch) {
	if r.all && len(r.again) == 0 {
		return
	}
	for i := range b.Ticks {
		t := &b.Ticks[i]
		open := r.all || r.open[t.Symbol]
		switch {
		case t.Kind == market.KindSession:
			if !r.all {
				r.open[t.Symbol] = true
			}
			delete(r.again, t.Symbol)
		case t.Kind == market.KindTrade && t.Flags&sums != 0 && (!open || r.again[t.Symbol]):
			if len(r.kept) == mostKept {
				r.kept = append(r.kept[:0], r.kept[mostKept/2:]...)
			}
			late := *t
			late.Flags &= sums
			late.ID = 0 // or it would be taken for a repetition
			r.kept = append(r.kept, late)
			if !open {
				t.Flags &^= sums
			}
		}
	}
}

// Refetch says that a symbol's figures are about to be asked for once more. Its trades go on to count. When the new figures
// come, they replace the sums, and the trades that are later count on top. It does nothing for a symbol without figures.
func (r *Reconciler) Refetch(id market.SymbolID) {
	if !r.all && !r.open[id] {
		return
	}
	r.release(nil, id, func(t *market.Tick) { t.Flags = 0 })
	r.again[id] = true
}

// AddFigures adds to b a symbol's figures as they were at asOf, and the kept trades that are later. If the figures have no
// volume, earlier trades count into the volume. If they have no field at all, the trades count without figures. Further
// figures of a symbol are added as they are, unless Refetch was called before.
func (r *Reconciler) AddFigures(b *market.Batch, image market.Quote, asOf market.Time) {
	if image.Set != 0 {
		b.Images = append(b.Images, image)
	}
	switch {
	case r.again[image.Symbol]:
		delete(r.again, image.Symbol)
		b.Ticks = r.release(b.Ticks, image.Symbol, func(t *market.Tick) {
			if t.Time <= asOf {
				t.Flags = 0
			} else if image.Set&market.FieldVolume == 0 {
				t.Flags &^= market.SetsVolume // the volume was not replaced
			}
		})
	case !r.all && !r.open[image.Symbol]:
		r.open[image.Symbol] = true
		b.Ticks = r.release(b.Ticks, image.Symbol, func(t *market.Tick) {
			if t.Time > asOf {
				return
			}
			if t.Flags &^= market.SetsHighLow; image.Set&market.FieldVolume != 0 {
				t.Flags = 0
			}
		})
	}
}

// release moves a symbol's kept trades to the end of ticks, after trim has taken flags from each. It drops those that have
// no flags left.
func (r *Reconciler) release(ticks []market.Tick, id market.SymbolID, trim func(*market.Tick)) []market.Tick {
	rest := r.kept[:0]
	for i := range r.kept {
		t := r.kept[i]
		if t.Symbol != id {
			rest = append(rest, t)
			continue
		}
		if trim(&t); t.Flags != 0 {
			ticks = append(ticks, t)
		}
	}
	if r.kept = rest; len(rest) == 0 {
		r.kept = nil // their memory is needed for minutes a day
	}
	return ticks
}

// CountWithoutFigures adds to b all trades that were kept: the figures cannot be had for now, and all trades count from here on.
// Figures that come after all are added by AddFigures as they are.
func (r *Reconciler) CountWithoutFigures(b *market.Batch) {
	if r.all {
		return
	}
	r.all, r.open = true, nil
	var rest []market.Tick
	for _, t := range r.kept {
		if r.again[t.Symbol] {
			rest = append(rest, t) // it counted when it came
		} else {
			b.Ticks = append(b.Ticks, t)
		}
	}
	r.kept = rest
}
