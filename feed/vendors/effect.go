package vendors

import (
	"tickertape/feed/calendar"
	"tickertape/feed/market"
)

// Effect is how a sale condition of a stock's trade changes what the trade sets. Those of several conditions are joined with |.
type Effect uint8

const (
	NoLast    Effect = 1 << iota // it does not set the last price
	NoRange                      // neither high nor low
	NoVolume                     // it counts into no volume
	Extended                     // it is outside the regular session
	Closing                      // it is of the regular session, though reported after its end
	OnlyFirst                    // it sets the last price only as the first trade of its session, and so the open
)

// Flags are what a trade with these effects sets.
func (e Effect) Flags() market.Flags {
	flags := market.Regular
	if e&Extended != 0 {
		flags = market.SetsExtended | market.SetsVolume
	}
	if e&OnlyFirst != 0 && flags&market.SetsLast != 0 {
		flags |= market.SetsFirst
	}
	if e&(NoLast|OnlyFirst) != 0 {
		flags &^= market.SetsLast | market.SetsExtended
	}
	if e&(NoLast|NoRange) != 0 {
		flags &^= market.SetsFirst
	}
	if e&NoRange != 0 {
		flags &^= market.SetsHighLow
	}
	if e&NoVolume != 0 {
		flags &^= market.SetsVolume
	}
	return flags
}

// FlagsAt are what a trade at an instant sets. Conditions mark most trades outside the regular session; where none does, the
// clock decides.
func (e Effect) FlagsAt(at market.Time, hours *calendar.Market) market.Flags {
	if e&(Extended|Closing) == 0 && hours.Phase(at.Std()) != calendar.Regular {
		e |= Extended
	}
	return e.Flags()
}

// SameDay reports whether the date of an instant, in the zone of a market, is that of the trading day that now belongs to. hours
// must not be nil.
func SameDay(at, now market.Time, hours *calendar.Market) bool {
	return hours.DateOn(at.Std()).Equal(hours.Date(now.Std()))
}
