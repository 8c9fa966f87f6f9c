package alpaca

import (
	"slices"
	"time"

	"tickertape/feed/calendar"
	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

// remembered is for how many of a symbol's newest trades it is kept what they set, so that a cancellation takes all of it back.
const remembered = 128

// entry is what one connection knows of an instrument.
type entry struct {
	*vendors.Instrument // static
	stock               bool
	precision           vendors.Precision
	recent              []sale // a ring
	next                int    // of recent

	before  dayClose        // the close before the present trading day
	closed  dayClose        // the close of the present trading day
	actions []market.Action // what is known to happen to the shares
}

// dateOf is the date of a daily bar, which has the midnight of its day in New York. It is represented by its midnight UTC.
func (e *entry) dateOf(bar market.Time) time.Time { return e.Hours.DateOn(bar.Std()) }

// over reports whether the regular session of the present trading day is over.
func (e *entry) over(now market.Time) bool {
	at := now.Std()
	return e.Hours.Phase(at) != calendar.Regular && !e.Hours.Date(e.Hours.NextOpen(at)).Equal(e.Hours.Date(at))
}

// sinceAdjusted is a close of an earlier trading day after what happened to the shares since, but before the present trading day: what
// happens on that is the consolidated feed's business.
func (e *entry) sinceAdjusted(price market.Price, at, now market.Time) market.Price {
	from, to := market.TimeOf(e.Hours.Begins(e.dateOf(at))), market.TimeOf(e.Hours.Rolled(now.Std()))
	for _, a := range e.actions {
		if begins := market.TimeOf(e.Hours.Begins(a.Date)); begins > from && begins < to {
			price = a.Adjustment.Price(price)
		}
	}
	return price
}

// setActions sets what is known to happen to the shares.
func (e *entry) setActions(all []market.Action) {
	e.actions = e.actions[:0]
	for _, a := range all {
		if a.Symbol == e.ID {
			e.actions = append(e.actions, a)
		}
	}
	slices.SortStableFunc(e.actions, func(a, b market.Action) int { return a.Date.Compare(b.Date) })
}

// sale is what a trade was published to set, and when it was. A message that corrects or cancels a trade does not repeat its time,
// and one that cancels it not its conditions either. Two trades can have the same id.
type sale struct {
	id    uint64
	price market.Price
	size  market.Quantity
	flags market.Flags
	at    market.Time
}

func (e *entry) remember(k *market.Tick) {
	if k.ID == 0 {
		return
	}
	if e.recent == nil {
		e.recent = make([]sale, remembered)
	}
	e.recent[e.next] = sale{k.ID, k.Price, k.Size, k.Flags, k.Time}
	e.next = (e.next + 1) % remembered
}

// recall is what a trade was published to set; false where that is no longer known.
func (e *entry) recall(id uint64, price market.Price, size market.Quantity) (*sale, bool) {
	for i := range e.recent {
		if t := &e.recent[i]; t.id == id && id != 0 && t.price == price && t.size == size {
			return t, true
		}
	}
	return nil, false
}
