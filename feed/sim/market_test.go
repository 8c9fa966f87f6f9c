package sim

import (
	"testing"

	"tickertape/feed"
)

// testMarket is the market of cfg with ids 0 and up.
func testMarket(t testing.TB, cfg Config) *market {
	t.Helper()
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	companies, err := listings(cfg.Symbols, cfg.Seed)
	if err != nil {
		t.Fatal(err)
	}
	ids := make([]feed.SymbolID, len(companies))
	for i := range ids {
		ids[i] = feed.SymbolID(i)
	}
	return newMarket(cfg, companies, ids)
}
