package market

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
)

func TestCheckSymbolTakesWhatExchangesUse(t *testing.T) {
	for _, s := range []string{
		"A", "BRK.B", "BF-B", "ABR$D", "BTC/USD", "BINANCE:BTCUSDT", "^GSPC", "ES=F", "Ä", "7203", "A#", "**",
		strings.Repeat("X", 32),
	} {
		if err := CheckSymbol(s); err != nil {
			t.Error(err)
		}
	}
}

func TestCheckSymbolRefusesWhatCouldNotStandInAQuery(t *testing.T) {
	for _, s := range []string{
		"", strings.Repeat("X", 33), "*", "#", "#all", "A B", "A,B", `A"B`, `A\B`, "A\n", "A\x00", "\xff", "A\u00a0B",
		"A\u200bB", "A\u202eB",
	} {
		if err := CheckSymbol(s); !errors.Is(err, ErrSymbol) {
			t.Errorf("%q: %v, want %v", s, err, ErrSymbol)
		}
		if _, err := NewDirectory().Add(Symbol{Symbol: s}); !errors.Is(err, ErrSymbol) {
			t.Errorf("Add %q: %v, want %v", s, err, ErrSymbol)
		}
	}
}

func TestAddKeepsNumbersAndTakesOverNews(t *testing.T) {
	d := NewDirectory()
	first := Symbol{Symbol: "AAPL", Name: "Apple", Decimals: 4, PreviousClose: 5}
	for i, s := range []Symbol{first, {Symbol: "MSFT"}} {
		if id, err := d.Add(s); err != nil || id != SymbolID(i) {
			t.Fatalf("Add %s: %d, %v, want %d", s.Symbol, id, err, i)
		}
	}
	if id, err := d.Add(Symbol{Symbol: "AAPL", Sector: "IT", Currency: "USD", Decimals: 2}); id != 0 || err != nil {
		t.Errorf("Add again: %d, %v, want 0", id, err)
	}
	want := Symbol{Symbol: "AAPL", Name: "Apple", Sector: "IT", Currency: "USD", Decimals: 4, PreviousClose: 5}
	if got := d.Symbol(0); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if id, ok := d.ID("MSFT"); !ok || id != 1 {
		t.Errorf("MSFT is %d, %t", id, ok)
	}
	if _, ok := d.ID("msft"); ok {
		t.Error("msft is MSFT")
	}
	all := d.All()
	if len(all) != 2 || d.Len() != 2 || all[0] != want {
		t.Errorf("all are %+v", all)
	}
	all[0].Name = "mine"
	if d.Symbol(0) != want {
		t.Error("All is no copy")
	}
}

func TestADirectoryIsFullAtMaxSymbols(t *testing.T) {
	d := NewDirectory()
	for i := range MaxSymbols {
		if _, err := d.Add(Symbol{Symbol: fmt.Sprint(i)}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := d.Add(Symbol{Symbol: "X"}); err == nil || errors.Is(err, ErrSymbol) {
		t.Errorf("one too many: %v", err)
	}
	if id, err := d.Add(Symbol{Symbol: "7", Name: "seven"}); id != 7 || err != nil {
		t.Errorf("a known symbol in a full directory: %d, %v", id, err)
	}
}

func TestADirectoryIsForAll(t *testing.T) {
	d := NewDirectory()
	var g sync.WaitGroup
	for range 4 {
		g.Go(func() {
			for i := range 200 {
				s := fmt.Sprint("S", i)
				id, err := d.Add(Symbol{Symbol: s})
				if err != nil || d.Symbol(id).Symbol != s || d.Len() <= int(id) || len(d.All()) <= int(id) {
					t.Errorf("%s is %d, %v", s, id, err)
				}
			}
		})
	}
	g.Wait()
	if d.Len() != 200 {
		t.Errorf("%d symbols, want 200", d.Len())
	}
}

func FuzzCheckSymbol(f *testing.F) {
	for _, s := range []string{"A", "BRK.B", "#", "*", "A B", "\xff", "Ä", `"`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if CheckSymbol(s) == nil && (s == "" || len(s) > 32 || strings.ContainsAny(s, " ,\"\\\n\t\x00") || strings.ToValidUTF8(s, "") != s) {
			t.Errorf("%q is allowed", s)
		}
	})
}

// What is pinned holds whatever else is added, before or after, under whichever spelling.
func TestWhatIsPinnedStays(t *testing.T) {
	said := Symbol{Symbol: "A/B", Name: "said", Sector: "said", Currency: "USD", Decimals: 4, PreviousClose: 7, Market: "crypto"}
	pinned := Symbol{Symbol: "A", Name: "pinned", Market: "us"}
	want := Symbol{Symbol: "A", Name: "pinned", Sector: "said", Currency: "USD", Decimals: 4, PreviousClose: 7, Market: "us"}
	for name, order := range map[string]string{"before": "ps", "after": "sp", "between": "sps", "twice": "pps"} {
		dir := NewDirectory()
		source := dir.Named(map[string]string{"A/B": "A"})
		for _, who := range order {
			id, err := SymbolID(0), error(nil)
			if who == 'p' {
				id, err = dir.Pin(pinned)
			} else {
				id, err = source.Add(said)
			}
			if id != 0 || err != nil {
				t.Fatalf("%s: %d, %v", name, id, err)
			}
		}
		if got := dir.Symbol(0); got != want {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
	if _, err := NewDirectory().Pin(Symbol{Symbol: "*"}); !errors.Is(err, ErrSymbol) {
		t.Errorf("a bad symbol: %v", err)
	}
}
