package binance

import (
	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

// symbol is what one connection knows of one symbol. The goroutine that decodes owns it.
type symbol struct {
	*vendors.NumberedSymbol
	inherited bool   // the day's figures were published before this connection; static once inherit has returned
	awaited   bool   // REST has a first trade that the stream may still send
	book      uint64 // the number of the newest bid and ask
	behind    int    // how many in a row had a number below that
	decimals  int
	rounded   bool   // its prices have more decimals than are kept
	currency  string // as the vendor calls it; "": not yet
}

// traded reports whether any trade has come.
func (sym *symbol) traded() bool { return sym.Trades.Newest() != 0 }

// instruments puts symbols into the directory.
func instruments(symbols []string, env *vendors.Env) ([]*vendors.Instrument, error) {
	records := make([]market.Symbol, len(symbols))
	for i, s := range symbols {
		records[i] = record(s)
	}
	return env.Instruments(name, records)
}
