package binance

import (
	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

// symbol is what one connection knows of one symbol. The [Decoder] guards it.
type symbol struct {
	// static
	name  string
	id    market.SymbolID
	wants chan struct{} // of one place: trades are missing that REST may have. Never closed.

	numbers  vendors.Sequence
	underway bool         // REST has a first trade that the stream may still tell
	told     uint64       // the number of the newest trade that was told
	book     uint64       // the number of the newest bid and ask
	known    bool         // the trading day's figures are known
	asOf     market.Time  // of them
	rolling  market.Quote // the figures of the last 24 hours, until the day's are known
	fresh    bool         // they have changed since they were taken
	state    market.State // as it was told; valid where stated
	stated   bool
	decimals int
	currency string // as the vendor tells it; "": not yet
}

// call asks for what is missing.
func (y *symbol) call() {
	select {
	case y.wants <- struct{}{}:
	default: // has been asked for
	}
}
