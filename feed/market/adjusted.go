package market

import "slices"

// adjusted has what adjusts the prices of before of a [Tally].
type adjusted struct {
	by     []dayAdjustment // of the days since the previous close, in order
	before []dayAdjustment // of the session before
}

// dayAdjustment is what happened before the trading day that begins at start.
type dayAdjustment struct {
	start Time
	Adjustment
}

// adjust notes what adjusts the previous close of a day, if it is today.
func (y *Tally) adjust(start Time, a Adjustment) {
	if start != y.today.start {
		return // its prices are gone
	}
	if y.adjusted == nil {
		if a == (Adjustment{}) {
			return
		}
		y.adjusted = &adjusted{}
	}
	by := &y.adjusted.by
	if n := len(*by); n > 0 && (*by)[n-1].start == start {
		*by = (*by)[:n-1]
	}
	if a != (Adjustment{}) {
		*by = append(*by, dayAdjustment{start, a})
	}
}

// beginAdjusting begins another day, whose previous close is the last price. If that is of today, nothing adjusts it yet; if it is
// older, what adjusted it still does.
func (y *Tally) beginAdjusting() {
	y.quote.Adjusted = ""
	y.quote.Set &^= FieldAdjusted
	if y.adjusted == nil {
		return
	}
	if y.adjusted.before = y.adjusted.by; !y.LastIsOld() {
		y.adjusted.by = nil
	}
}

// reopenAdjusting goes back to the day that today is now; traded says that the previous close is again that of then.
func (y *Tally) reopenAdjusting(traded bool) {
	if y.adjusted == nil {
		return
	}
	if traded {
		y.adjusted.by, y.adjusted.before = y.adjusted.before, nil
	}
	y.adjusted.by = slices.DeleteFunc(y.adjusted.by, func(a dayAdjustment) bool { return a.start > y.today.start })
}

// LastIsOld reports whether the last price is of a session before today.
func (y *Tally) LastIsOld() bool {
	last := &y.today.last
	return y.today.start != 0 && (last.price == 0 || last.at != 0 && last.at < y.today.start)
}

// showAdjusted adjusts the previous close of a quote, and the last price if that is of a session before.
func (y *Tally) showAdjusted(q *Quote, by []dayAdjustment) {
	old := y.LastIsOld()
	for _, a := range by {
		if q.Set&FieldPreviousClose != 0 {
			q.PreviousClose = a.Price(q.PreviousClose)
		}
		if q.Set&FieldPrice != 0 && old {
			q.Price = a.Price(q.Price)
		}
		if a.start == y.today.start && q.Set&FieldPreviousClose != 0 {
			q.Adjusted = a.String()
			q.Set |= FieldAdjusted
		}
	}
}
