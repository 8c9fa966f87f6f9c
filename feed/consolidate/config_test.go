package consolidate

import (
	"strings"
	"testing"
)

func TestBadConfigurationIsNamed(t *testing.T) {
	cfg := DefaultConfig()
	cfg.StaleAfter, cfg.MaxMove, cfg.MaxCross = 0, -1, 1e9
	cfg.Symbols = []Route{{Symbol: "A B", Sources: []string{"kraken"}}, {Symbol: "X"}, {Symbol: "X", Sources: []string{"kraken:BTC/USD"}}}
	text := cfg.Validate().Error()
	for _, want := range []string{
		"stale_after: 0s", "max_move: -1", "max_cross: 1e+09",
		`symbols[0].symbol: "A B"`, `symbols[0].sources[0]: "kraken"`, "symbols[1].sources", `symbols[2].symbol: "X"`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in:\n%s", want, text)
		}
	}
}
