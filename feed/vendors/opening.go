package vendors

import "tickertape/feed/market"

// mostKept is how many trades wait for the figures of their day. Beyond that the oldest are forgotten: figures that come
// so late include them.
const mostKept = 10_000

const sums = market.SetsVolume | market.SetsHighLow

// Opening is the beginning of a connection: trades stream in before it is known what the day's earlier ones add up to.
// Until then they set the last price only. When the figures of the day come, the trades that are later than these count on
// top of them. One goroutine at a time calls its methods; what they add to a batch is to be published by it at once.
type Opening struct {
	all   bool                     // every symbol is open
	open  map[market.SymbolID]bool // symbols whose trades count in full
	again map[market.SymbolID]bool // open symbols whose figures are asked for once more
	kept  []market.Tick            // trades of the symbols that are not open, and of those in again
}

// NewOpening is a connection on which no symbol has figures yet.
func NewOpening() *Opening {
	return &Opening{open: map[market.SymbolID]bool{}, again: map[market.SymbolID]bool{}}
}

// Pass looks at a batch before it is published. Trades of a symbol without figures are kept, and set the last price only.
func (o *Opening) Pass(b *market.Batch) {
	if o.all && len(o.again) == 0 {
		return
	}
	for i := range b.Ticks {
		t := &b.Ticks[i]
		open := o.all || o.open[t.Symbol]
		switch {
		case t.Kind == market.KindSession:
			if !o.all {
				o.open[t.Symbol] = true
			}
			delete(o.again, t.Symbol)
		case t.Kind == market.KindTrade && t.Flags&sums != 0 && (!open || o.again[t.Symbol]):
			if len(o.kept) == mostKept {
				o.kept = append(o.kept[:0], o.kept[mostKept/2:]...)
			}
			late := *t
			late.Flags &= sums
			late.ID = 0 // or it would be taken for a repetition
			o.kept = append(o.kept, late)
			if !open {
				t.Flags &^= sums
			}
		}
	}
}

// Again says that a symbol's figures are about to be asked for once more. Its trades go on to count, and those that are
// later than the new figures count on top of these. It does nothing to a symbol that has no figures yet.
func (o *Opening) Again(id market.SymbolID) {
	if !o.all && !o.open[id] {
		return
	}
	o.release(nil, id, func(t *market.Tick) { t.Flags = 0 })
	o.again[id] = true
}

// Start adds to b a symbol's figures as they were at asOf, and its later trades that were kept. Trades of before count
// into a volume that the figures do not have. Without any field set, the trades count without figures. Further figures
// of a symbol are added as they are, unless Again was called before.
func (o *Opening) Start(b *market.Batch, image market.Quote, asOf market.Time) {
	if image.Set != 0 {
		b.Images = append(b.Images, image)
	}
	switch {
	case o.again[image.Symbol]:
		delete(o.again, image.Symbol)
		b.Ticks = o.release(b.Ticks, image.Symbol, func(t *market.Tick) {
			if t.Time <= asOf {
				t.Flags = 0
			} else if image.Set&market.FieldVolume == 0 {
				t.Flags &^= market.SetsVolume // the volume was not replaced
			}
		})
	case !o.all && !o.open[image.Symbol]:
		o.open[image.Symbol] = true
		b.Ticks = o.release(b.Ticks, image.Symbol, func(t *market.Tick) {
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
func (o *Opening) release(ticks []market.Tick, id market.SymbolID, trim func(*market.Tick)) []market.Tick {
	rest := o.kept[:0]
	for i := range o.kept {
		t := o.kept[i]
		if t.Symbol != id {
			rest = append(rest, t)
			continue
		}
		if trim(&t); t.Flags != 0 {
			ticks = append(ticks, t)
		}
	}
	o.kept = rest
	return ticks
}

// GiveUp adds to b all trades that were kept: the figures cannot be had for now, and all trades count. Figures that come
// after all are added by Start as they are.
func (o *Opening) GiveUp(b *market.Batch) {
	if o.all {
		return
	}
	o.all, o.open = true, nil
	var rest []market.Tick
	for _, t := range o.kept {
		if o.again[t.Symbol] {
			rest = append(rest, t) // it counted when it came
		} else {
			b.Ticks = append(b.Ticks, t)
		}
	}
	o.kept = rest
}
