package consolidate

import "tickertape/feed/market"

// seriesCount reports whether the bars and trades that a source has of a symbol are published as they are. They are while no
// other source counts for the symbol; otherwise they are left out.
//
// When another source takes over, the bars and trades so far stay, and go on with its ticks. When the first counts again, it
// is asked for all that it has of the symbol ([resend]), which replaces what is there, the time between included. Until that
// comes, what changes is published.
func seriesCount(c *consolidator, from *connection, id market.SymbolID) bool {
	if int(id) >= len(c.symbols) {
		return false
	}
	counts := c.symbols[id].source
	if counts == nil || counts == from.source {
		return true
	}
	c.sourceSymbol(from, id).seriesLeftOut = true
	return false
}

// resend asks a source that counts again for the bars and trades of a symbol that were left out, if it has any.
func resend(ss *sourceSymbol, id market.SymbolID) {
	if !ss.seriesLeftOut {
		return
	}
	ss.seriesLeftOut = false
	for _, c := range ss.source.connections {
		if s, can := c.feed.(interface{ Resend(market.SymbolID) }); can {
			s.Resend(id)
		}
	}
}
