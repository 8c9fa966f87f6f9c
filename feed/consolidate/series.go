package consolidate

import "tickertape/feed/market"

// seriesCount reports whether the bars and trades that a source has of a symbol are published as they are. They are while no
// other source counts for the symbol; otherwise they are left out.
//
// When another source takes over, the bars and trades so far stay, and go on with its ticks. When the first counts again, what
// changes from then on replaces what is there, bar by bar; what it has of the time between is left out, so the bars of that
// time stay those of the other source. Its trades have numbers of their own, so the list of trades begins anew with them.
func seriesCount(c *consolidator, s *source, id market.SymbolID) bool {
	if int(id) >= len(c.symbols) {
		return false
	}
	counts := c.symbols[id].source
	return counts == nil || counts == s
}
