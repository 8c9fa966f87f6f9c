package alpaca

import (
	"fmt"
	"strings"
	"sync/atomic"

	"tickertape/feed/calendar"
	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

const (
	us     = "us"
	crypto = "crypto"
)

// instrument is one symbol. All connections share it.
type instrument struct {
	// static
	symbol string
	id     market.SymbolID
	stock  bool
	hours  *calendar.Market // nil: it has none

	down atomic.Bool // the vendor does not have it, or refuses it, and that was told
}

// enter puts symbols into the directory, all of them stocks or all of them coins.
func enter(symbols []string, env *vendors.Env) ([]*instrument, error) {
	all := make([]*instrument, len(symbols))
	for i, s := range symbols {
		_, currency, coin := strings.Cut(s, "/")
		venue := crypto
		if !coin {
			venue, currency = us, "USD"
		}
		id, err := env.Dir.Add(market.Symbol{Symbol: s, Currency: currency, Decimals: 2, Market: venue})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		all[i] = &instrument{symbol: s, id: id, stock: !coin}
		if env.Hours != nil {
			all[i].hours, _ = env.Hours.Market(venue) // there is one
		}
	}
	return all, nil
}

// rolled is when the trading day that an instant belongs to began; long ago where it has none.
func (in *instrument) rolled(at market.Time) market.Time {
	return market.TimeOf(in.hours.Rolled(at.Std()))
}

// regular tells whether an instant is in the regular session.
func (in *instrument) regular(at market.Time) bool {
	return in.hours.Phase(at.Std()) == calendar.Regular
}

// flags are what a trade of an instant sets. The tape marks those outside the session; the clock
// finds what it forgot.
func (in *instrument) flags(e effect, at market.Time) market.Flags {
	if in.stock && e&(extended|closing) == 0 && !in.regular(at) {
		e |= extended
	}
	return e.flags()
}

// state is a tick that says how an instrument stands.
func (in *instrument) state(s market.State, at, received market.Time) market.Tick {
	return market.Tick{Symbol: in.id, Kind: market.KindState, State: s, Time: at, Received: received}
}
