package consolidate

import (
	"errors"
	"fmt"
	"time"

	"tickertape/feed/calendar"
	"tickertape/feed/market"
)

// Adjustment is what the configuration says of one symbol and day: what happened to its shares since the session before, as a
// split, a special cash dividend, or nothing. It has one of the three. Whatever sources say of that day does not count.
type Adjustment struct {
	Symbol   string `mapstructure:"symbol"`
	Date     string `mapstructure:"date"`     // the ex-date, such as "2026-12-01", or the last date before it with a session
	Split    string `mapstructure:"split"`    // new shares for old ones, such as "10:1", "1:10" or "3:2"
	Dividend string `mapstructure:"dividend"` // in cash for a share, such as "1.25": for one of those before a split of the same day
	None     bool   `mapstructure:"none"`     // nothing happened: the price has really moved
}

// action is what an entry says, with no symbol.
func (a *Adjustment) action() (market.Action, error) {
	var errs []error
	action := market.Action{}
	var err error
	if action.Date, err = time.Parse(time.DateOnly, a.Date); err != nil {
		errs = append(errs, fmt.Errorf("date: %.40q is not a date such as 2026-12-01", a.Date))
	}
	said := 0
	if a.Split != "" {
		said++
		if action.Adjustment, err = market.ParseSplit(a.Split); err != nil {
			errs = append(errs, fmt.Errorf("split: %.40q is not new shares for old ones, such as 10:1, 1:10 or 3:2, each up to 10^12", a.Split))
		}
	}
	if a.Dividend != "" {
		said++
		if action.Adjustment, err = market.ParseDividend(a.Dividend); err != nil {
			errs = append(errs, fmt.Errorf("dividend: %.40q is not cash for a share, such as 1.25: above 0, with 9 decimals at most", a.Dividend))
		}
	}
	if a.None {
		said++
	}
	if said != 1 {
		errs = append(errs, fmt.Errorf("split, dividend, none: %q on %q has %d of them, and needs one", a.Symbol, a.Date, said))
	}
	return action, errors.Join(errs...)
}

// checkAdjustments reports every mistake, by key.
func checkAdjustments(all []Adjustment) error {
	var errs []error
	type day struct{ symbol, date string }
	seen := map[day]map[string]int{}
	for i, a := range all {
		key := fmt.Sprintf("adjustments[%d]", i)
		if err := market.CheckSymbol(a.Symbol); err != nil {
			errs = append(errs, fmt.Errorf("%s.symbol: %q is no symbol: %w", key, a.Symbol, err))
		}
		if _, err := a.action(); err != nil {
			for _, err := range err.(interface{ Unwrap() []error }).Unwrap() {
				errs = append(errs, fmt.Errorf("%s.%w", key, err))
			}
			continue
		}
		what := "dividend"
		switch {
		case a.None:
			what = "none"
		case a.Split != "":
			what = "split"
		}
		of := day{a.Symbol, a.Date}
		if seen[of] == nil {
			seen[of] = map[string]int{}
		}
		for other, j := range seen[of] {
			switch {
			case other == what:
				errs = append(errs, fmt.Errorf("%s.%s: %q on %q has one in adjustments[%d] already", key, what, a.Symbol, a.Date, j))
			case other == "none" || what == "none":
				errs = append(errs, fmt.Errorf("%s.%s: %q on %q has %s in adjustments[%d]", key, what, a.Symbol, a.Date, other, j))
			}
		}
		seen[of][what] = i
	}
	return errors.Join(errs...)
}

// adjuster knows what happened to the shares of all symbols.
type adjuster struct {
	// static
	dir        *market.Directory
	hours      *calendar.Calendar         // nil: no market has days, so nothing is adjusted
	configured map[string][]market.Action // by the symbol's name

	known calendar.Adjustments
}

func newAdjuster(all []Adjustment, dir *market.Directory, hours *calendar.Calendar) adjuster {
	a := adjuster{dir: dir, hours: hours, configured: map[string][]market.Action{}}
	for i := range all {
		if action, err := all[i].action(); err == nil {
			a.configured[all[i].Symbol] = append(a.configured[all[i].Symbol], action)
		}
	}
	return a
}

// hoursOf are those whose days the adjustments of a symbol go by: of its market or, where that is unknown, of the US.
func (a *adjuster) hoursOf(id market.SymbolID) *calendar.Market {
	if m, known := a.hours.Market(a.dir.Symbol(id).Market); known && m != nil {
		return m
	}
	us, _ := a.hours.Market("us")
	return us
}

// configure adds what the configuration says of symbols that are new: those from one id on and before another.
func (a *adjuster) configure(from, to int) {
	if len(a.configured) == 0 || a.hours == nil {
		return
	}
	for id := market.SymbolID(from); int(id) < to; id++ {
		for _, action := range a.configured[a.dir.Symbol(id).Symbol] {
			action.Symbol = id
			a.known.Configure(a.hoursOf(id), action)
		}
	}
}
