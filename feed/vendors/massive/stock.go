package massive

import (
	"slices"
	"time"

	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

const usMarket = "us" // whose hours stocks keep

// stock is one symbol. Connections, of which there is one at a time, share it; the goroutine that decodes owns what is not
// static.
type stock struct {
	// static
	*vendors.Instrument
	delay time.Duration // of its prices, by contract

	known  bool        // trades or quotes of it have come
	halted market.Time // since when it is halted; 0: it is not
	splits []time.Time // the dates of those that the vendor knows
}

// stocks puts symbols into the directory.
func stocks(symbols []string, delay time.Duration, env *vendors.Env) ([]*stock, error) {
	records := make([]market.Symbol, len(symbols))
	for i, s := range symbols {
		records[i] = market.Symbol{Symbol: s, Currency: "USD", Decimals: 2, Market: usMarket}
	}
	shared, err := env.Instruments(name, records)
	if err != nil {
		return nil, err
	}
	all := make([]*stock, len(shared))
	for i, in := range shared {
		all[i] = &stock{Instrument: in, delay: delay}
	}
	return all, nil
}

// splitOn reports whether it is split on the trading day that an instant belongs to.
func (s *stock) splitOn(now time.Time) bool {
	return slices.ContainsFunc(s.splits, func(date time.Time) bool {
		began := s.Hours.Begins(date)
		return !began.IsZero() && began.Equal(s.Hours.Rolled(now))
	})
}
