package sim

import (
	"slices"
	"strings"
	"testing"

	"tickertape/feed/market"
)

func TestTheDirectoryIsTheIndex(t *testing.T) {
	all, err := members()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 503 {
		t.Errorf("%d members, want 503", len(all))
	}
	used := map[int]bool{}
	for i, l := range all {
		used[l.sector] = true
		if l.name == "" || l.weight == 0 || l.price < 4*market.Scale || l.price > 20_000*market.Scale {
			t.Errorf("%+v", l)
		}
		if i > 0 && l.weight > all[i-1].weight {
			t.Errorf("%s is busier than %s before it", l.symbol, all[i-1].symbol)
		}
	}
	if len(used) != len(sectors) {
		t.Errorf("%d sectors, want %d", len(used), len(sectors))
	}
	if all[0].symbol != "NVDA" || sectors[all[0].sector].name != "Information Technology" {
		t.Errorf("the first is %+v", all[0])
	}
	if !slices.ContainsFunc(all, func(l listing) bool { return l.symbol == "BRK.B" && l.name == "Berkshire Hathaway" }) {
		t.Error("no BRK.B")
	}
	if !strings.Contains(membersCSV[:300], "Every price is simulated") {
		t.Error("the file does not say that its prices are simulated")
	}
}

func TestFictionalCompaniesCannotBeTakenForRealOnes(t *testing.T) {
	all, err := listings(maxSymbols, 1)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != maxSymbols {
		t.Fatalf("%d listings", len(all))
	}
	symbols, cents, last := map[string]bool{}, 0, all[502].weight
	for _, l := range all {
		if symbols[l.symbol] {
			t.Errorf("%s is there twice", l.symbol)
		}
		symbols[l.symbol] = true
		if err := market.CheckSymbol(l.symbol); err != nil {
			t.Error(err)
		}
		if l.close <= 0 || l.close%tickSize(l.price) != 0 {
			t.Errorf("%s closed at %v", l.symbol, l.close)
		}
	}
	for _, l := range all[503:] {
		if len(l.symbol) != 6 || !strings.HasSuffix(l.name, " (fictional)") {
			t.Errorf("%s %q might be a real one", l.symbol, l.name)
		}
		if l.weight > last*4 || l.weight < 1 {
			t.Errorf("%s has weight %d", l.symbol, l.weight)
		}
		switch {
		case l.price < market.Scale:
			cents++
			if l.price*3 >= market.Scale {
				t.Errorf("%s at %v could reach a dollar", l.symbol, l.price)
			}
		case l.price < 4*market.Scale:
			t.Errorf("%s at %v could fall below a dollar", l.symbol, l.price)
		}
	}
	if cents < 100 || cents > 1000 {
		t.Errorf("%d of 10000 trade below a dollar", cents)
	}
}

func TestTheDirectoryKnowsEverySymbol(t *testing.T) {
	dir := market.NewDirectory()
	if _, err := dir.Add(market.Symbol{Symbol: "BTC-USD"}); err != nil {
		t.Fatal(err)
	}
	cfg := opening()
	cfg.Symbols = 3000
	s, err := New(cfg, dir)
	if err != nil {
		t.Fatal(err)
	}
	if dir.Len() != 3001 || s.ids[0] != 1 {
		t.Errorf("%d symbols, the first is %d", dir.Len(), s.ids[0])
	}
	for _, got := range dir.All()[1:] {
		want := 2
		if got.PreviousClose < market.Scale {
			want = 4
		}
		if got.Name == "" || got.Sector == "" || got.Currency != "USD" || got.Decimals != want || got.PreviousClose.Decimals() > want {
			t.Errorf("%+v", got)
		}
	}
}

func TestAFullDirectoryIsAnError(t *testing.T) {
	dir := market.NewDirectory()
	for i := range market.MaxSymbols {
		if _, err := dir.Add(market.Symbol{Symbol: market.Price(i).String()}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := New(opening(), dir); err == nil {
		t.Error("no error")
	}
}
