package calendar

import (
	"cmp"
	"slices"
	"time"

	"tickertape/feed/market"
)

// Adjustments are the splits and dividends that are known of all symbols, by the trading day that begins after them. What the
// configuration says of a day holds, whatever sources say of it; of these, the preferred one's word holds. Symbols of no known
// market keep the days of the US: it is shares that are split. The zero value has none.
type Adjustments struct {
	symbols map[market.SymbolID][]adjustment // in order of their day
	changed map[market.SymbolID]bool         // since the last Changed
}

// MostAdjustedDays is how many days of a symbol are kept of which only sources have said something: the newest.
const MostAdjustedDays = 64

// adjustment is what is known of one day.
type adjustment struct {
	start      market.Time // when the day begins
	configured bool
	config     market.Adjustment
	said       []saying          // by sources
	told       market.Adjustment // what Untold has returned of it
}

// saying is what one source says.
type saying struct {
	rank int // of the source; the smaller is preferred
	date time.Time
	market.Adjustment
}

// now is what holds of the day, and whether anything is known.
func (a *adjustment) now() (by market.Adjustment, known bool) {
	if a.configured {
		return a.config, true
	}
	if len(a.said) == 0 {
		return by, false
	}
	first := a.said[0].rank
	for _, s := range a.said {
		if s.rank == first {
			by = by.And(s.Adjustment)
		}
	}
	return by, true
}

// Any reports whether anything was ever known.
func (k *Adjustments) Any() bool { return len(k.symbols) > 0 }

// at is the day of a symbol that begins then.
func (k *Adjustments) at(id market.SymbolID, start market.Time) *adjustment {
	if k.symbols == nil {
		k.symbols, k.changed = map[market.SymbolID][]adjustment{}, map[market.SymbolID]bool{}
	}
	days := k.symbols[id]
	i, found := slices.BinarySearchFunc(days, start, func(a adjustment, start market.Time) int { return cmp.Compare(a.start, start) })
	if !found {
		days = slices.Insert(days, i, adjustment{start: start})
		k.symbols[id] = days
	}
	k.changed[id] = true
	return &days[i]
}

// Configure adds what the configuration says of a symbol's day: zero is that nothing happened.
func (k *Adjustments) Configure(hours *Market, a market.Action) {
	day := k.at(a.Symbol, market.TimeOf(hours.Begins(a.Date)))
	day.configured, day.config = true, day.config.And(a.Adjustment)
}

// Say puts what a source says of some symbols in the place of what it said before. hours finds those of a symbol. What is of
// another date than all is of is left out.
func (k *Adjustments) Say(rank int, all *market.Actions, hours func(market.SymbolID) *Market) {
	for _, id := range all.Symbols {
		for i := range k.symbols[id] {
			day := &k.symbols[id][i]
			n := len(day.said)
			day.said = slices.DeleteFunc(day.said, func(s saying) bool {
				return s.rank == rank && !s.date.Before(all.From) && !s.date.After(all.To)
			})
			k.changed[id] = k.changed[id] || len(day.said) != n
		}
	}
	for _, a := range all.All {
		if a.Date.Before(all.From) || a.Date.After(all.To) {
			continue
		}
		day := k.at(a.Symbol, market.TimeOf(hours(a.Symbol).Begins(a.Date)))
		i, _ := slices.BinarySearchFunc(day.said, rank+1, func(s saying, rank int) int { return s.rank - rank })
		day.said = slices.Insert(day.said, i, saying{rank, a.Date, a.Adjustment})
		k.forget(a.Symbol)
	}
}

// forget drops the oldest day of a symbol that only sources have said something of, if there are too many.
func (k *Adjustments) forget(id market.SymbolID) {
	days := k.symbols[id]
	n, oldest := 0, 0
	for i := len(days) - 1; i >= 0; i-- {
		if !days[i].configured {
			n, oldest = n+1, i
		}
	}
	if n > MostAdjustedDays {
		k.symbols[id] = slices.Delete(days, oldest, oldest+1)
	}
}

// Changed calls visit with each symbol of which something has changed since the last call, in order.
func (k *Adjustments) Changed(visit func(market.SymbolID)) {
	ids := make([]market.SymbolID, 0, len(k.changed))
	for id := range k.changed {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	clear(k.changed)
	for _, id := range ids {
		visit(id)
	}
}

// On is what holds of a symbol's day that begins then, and whether anything is known.
func (k *Adjustments) On(id market.SymbolID, start market.Time) (by market.Adjustment, known bool) {
	if len(k.symbols) == 0 {
		return by, false
	}
	for i := range k.symbols[id] {
		if day := &k.symbols[id][i]; day.start == start {
			return day.now()
		}
	}
	return by, false
}

// DayAdjustment is what happened before the day that begins at Start.
type DayAdjustment struct {
	Start market.Time
	market.Adjustment
}

// Untold is what holds of a symbol's days that have begun at a time, in order, as far as Untold has not returned it yet: nothing,
// where nothing does any more.
func (k *Adjustments) Untold(id market.SymbolID, until market.Time) (all []DayAdjustment) {
	for i := range k.symbols[id] {
		day := &k.symbols[id][i]
		if day.start > until {
			break
		}
		if by, _ := day.now(); by != day.told {
			day.told = by
			all = append(all, DayAdjustment{day.start, by})
		}
	}
	return all
}

// Retell has Untold return a day once more.
func (k *Adjustments) Retell(id market.SymbolID, start market.Time) {
	for i := range k.symbols[id] {
		if day := &k.symbols[id][i]; day.start == start {
			day.told = market.Adjustment{}
		}
	}
}
