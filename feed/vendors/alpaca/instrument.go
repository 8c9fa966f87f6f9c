package alpaca

import (
	"strings"

	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

const (
	us     = "us"
	crypto = "crypto"
)

// instrument is one symbol. All connections share it.
type instrument struct {
	*vendors.Instrument
	stock bool
}

// instruments puts symbols into the directory. Those without a slash are of a feed of stocks.
func instruments(symbols []string, env *vendors.Env, stocks *stockFeed) ([]*instrument, error) {
	all := make([]*instrument, len(symbols))
	records := make([]market.Symbol, len(symbols))
	for i, s := range symbols {
		_, currency, coin := strings.Cut(s, "/")
		all[i] = &instrument{stock: !coin}
		records[i] = market.Symbol{Symbol: s, Currency: currency, Decimals: 2, Market: crypto}
		if !coin {
			records[i].Market, records[i].Currency = stocks.market, "USD"
		}
	}
	shared, err := env.Instruments(name, records)
	if err != nil {
		return nil, err
	}
	for i, in := range shared {
		all[i].Instrument = in
	}
	return all, nil
}

// flags are what a trade of an instant sets.
func (e *entry) flags(effects vendors.Effect, at market.Time) market.Flags {
	if e.stock {
		return effects.FlagsAt(at, e.Hours)
	}
	return effects.Flags()
}
