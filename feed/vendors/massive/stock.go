package massive

import (
	"fmt"
	"sync/atomic"

	"tickertape/feed/calendar"
	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

const usMarket = "us" // whose hours stocks keep

// stock is one symbol. All connections share it.
type stock struct {
	// static
	symbol string
	id     market.SymbolID
	hours  *calendar.Market // nil: it has none

	down   atomic.Bool  // the vendor does not have it, and that was told
	known  atomic.Bool  // trades or quotes of it have streamed in
	traded atomic.Bool  // a last price among them
	halted atomic.Int64 // since when it is halted, as feed.Time; 0: it is not
}

// enter puts symbols into the directory.
func enter(symbols []string, env *vendors.Env) ([]*stock, error) {
	all := make([]*stock, len(symbols))
	for i, s := range symbols {
		id, err := env.Dir.Add(market.Symbol{Symbol: s, Currency: "USD", Decimals: 2, Market: usMarket})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		all[i] = &stock{symbol: s, id: id}
		if env.Hours != nil {
			all[i].hours, _ = env.Hours.Market(usMarket) // there is one
		}
	}
	return all, nil
}

// flags are what a trade of an instant sets. Its conditions mark one outside the session; the clock finds what they
// forgot.
func (s *stock) flags(e effect, at market.Time) market.Flags {
	if e&(extended|closing) == 0 && s.hours != nil && s.hours.Phase(at.Std()) != calendar.Regular {
		e |= extended
	}
	return e.flags()
}

// sameDay tells whether an instant of a daily bar is of the trading day that now belongs to. Without a calendar none is.
func (s *stock) sameDay(bar, now market.Time) bool {
	if bar == 0 || s.hours == nil {
		return false
	}
	zone := s.hours.Zone()
	y, m, d := bar.Std().In(zone).Date()
	ty, tm, td := s.hours.Rolled(now.Std()).In(zone).Date()
	return y == ty && m == tm && d == td
}

// state is a tick that says how a stock stands.
func (s *stock) state(state market.State, at, received market.Time) market.Tick {
	return market.Tick{Symbol: s.id, Kind: market.KindState, State: state, Time: at, Received: received}
}
