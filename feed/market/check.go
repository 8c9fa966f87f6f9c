package market

// Check reports whether a tick can be applied, as far as that depends on the tick alone. [Tally.Apply] returns the same, or
// RejectOverflow.
func (t *Tick) Check() Reject {
	switch t.Kind {
	case KindTrade:
		if t.Price <= 0 {
			return RejectPrice
		}
	case KindQuote:
		if t.Flags&HasBid != 0 && t.Bid <= 0 || t.Flags&HasAsk != 0 && t.Ask <= 0 {
			return RejectPrice
		}
	case KindSession:
		if t.Price < 0 {
			return RejectPrice
		}
	case KindState, KindAlive, KindReopen:
	case KindRoll:
		if t.Time <= 0 {
			return RejectKind // there is no such day
		}
	case KindAdjust:
		if _, err := ParseAdjustment(t.Conditions); err != nil || t.Time <= 0 {
			return RejectKind
		}
	default:
		return RejectKind
	}
	return Accepted
}

// Check reports whether a correction can be applied, as far as that depends on it alone. [Tally.Correct] returns the same, or
// RejectOverflow.
func (c *Correction) Check() Reject {
	if c.New.Flags != 0 && c.New.Price <= 0 || c.Old.Price <= 0 {
		return RejectPrice
	}
	return Accepted
}

// CheckImage reports whether a quote can be applied as an image. [Tally.Image] returns the same.
func (q *Quote) CheckImage() Reject {
	for f := range q.Set.All() {
		if p, isPrice := f.Value(q).(*Price); isPrice && *p <= 0 {
			return RejectPrice
		}
	}
	if _, _, fits := q.turnover(); !fits {
		return RejectOverflow
	}
	return Accepted
}
