package consolidate

import (
	"strings"
	"testing"
)

func TestBadConfigurationIsNamed(t *testing.T) {
	cfg := DefaultConfig()
	cfg.StaleAfter, cfg.MaxMove, cfg.MaxCross = 0, -1, 1e9
	cfg.Symbols = []Route{{Symbol: "A B", Sources: []string{"kraken"}}, {Symbol: "X"}, {Symbol: "X", Sources: []string{"kraken:BTC/USD"}}}
	cfg.Adjustments = []Adjustment{
		{Symbol: "A B", Date: "2026-12-01", Split: "10:1"},
		{Symbol: "AAPL", Date: "soon", Split: "10"},
		{Symbol: "AAPL", Date: "2026-12-01", Split: "10:1", Dividend: "-1"},
		{Symbol: "MSFT", Date: "2026-12-01"},
		{Symbol: "NVDA", Date: "2026-12-01", Split: "3:2"},
		{Symbol: "NVDA", Date: "2026-12-01", Dividend: "1.25"},
		{Symbol: "NVDA", Date: "2026-12-01", Split: "10:1"},
		{Symbol: "META", Date: "2026-12-01", None: true},
		{Symbol: "META", Date: "2026-12-01", Dividend: "1"},
	}
	text := cfg.Validate().Error()
	for _, want := range []string{
		"stale_after: 0s", "max_move: -1", "max_cross: 1e+09",
		`symbols[0].symbol: "A B"`, `symbols[0].sources[0]: "kraken"`, "symbols[1].sources", `symbols[2].symbol: "X"`,
		`adjustments[0].symbol: "A B"`, `adjustments[1].date: "soon"`, `adjustments[1].split: "10" is not new shares for old ones`,
		`adjustments[2].dividend: "-1"`, `adjustments[2].split, dividend, none: "AAPL" on "2026-12-01" has 2 of them`,
		`adjustments[3].split, dividend, none: "MSFT" on "2026-12-01" has 0 of them`,
		`adjustments[6].split: "NVDA" on "2026-12-01" has one in adjustments[4] already`,
		`adjustments[8].dividend: "META" on "2026-12-01" has none in adjustments[7]`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in:\n%s", want, text)
		}
	}
	if strings.Contains(text, "adjustments[4].") || strings.Contains(text, "adjustments[5]") || strings.Contains(text, "adjustments[7].") {
		t.Errorf("what is right is named in:\n%s", text)
	}
}
