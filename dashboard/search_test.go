package dashboard

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"pgregory.net/rapid"

	"tickertape/broadcast/admission"
	"tickertape/broadcast/board"
	"tickertape/feed/market"
)

// The page's filter reads the same cases.
func TestSearchMatchesAsTheCasesSay(t *testing.T) {
	text, err := os.ReadFile("testdata/search.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct{ Query, Symbol, Name, Sector, Match string }
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	names := []string{"exact", "starts", "begins", "within", "none"}
	for _, c := range cases {
		q := newQuery(c.Query)
		got, _ := q.match(&market.Symbol{Symbol: c.Symbol, Name: c.Name, Sector: c.Sector})
		if names[got] != c.Match {
			t.Errorf("%q in %s, %q, %q: %s, want %s", c.Query, c.Symbol, c.Name, c.Sector, names[got], c.Match)
		}
	}
}

// trade has symbols traded, each so many shares at one price.
func trade(t *testing.T, s *site, shares map[string]uint64) {
	t.Helper()
	var ticks []market.Tick
	for name, n := range shares {
		id, ok := s.dir.ID(name)
		if !ok {
			t.Fatalf("no symbol %s", name)
		}
		ticks = append(ticks, market.Tick{
			Kind: market.KindTrade, Flags: market.Regular, Symbol: id, Price: 10 * market.Scale, Size: market.Units(n), Time: 1, Received: 1,
		})
	}
	s.hub.Apply(market.Batch{Ticks: ticks})
	asked := s.url + "/api/quotes?symbols=" + strings.Join(slices.Collect(maps.Keys(shares)), ",")
	within(t, timeLimit, "the trades", func() bool {
		_, body := fetch(t, asked)
		return strings.Count(body, `"p":10`) == len(shares)
	})
}

func TestSearchPutsTheBestTradedOfItsKindFirst(t *testing.T) {
	s := serveWith(t, func(terms *terms) {
		for _, x := range []market.Symbol{
			{Symbol: "APA", Name: "APA Corporation"}, {Symbol: "APD", Name: "Air Products"}, {Symbol: "AP", Name: "Ampco-Pittsburgh"},
		} {
			if _, err := terms.Site.Symbols.Add(x); err != nil {
				t.Fatal(err)
			}
		}
	})
	search := func(query string) string {
		_, body := fetch(t, s.url+"/api/symbols?query="+url.QueryEscape(query))
		var found struct{ Symbols []symbolRecord }
		if err := json.Unmarshal([]byte(body), &found); err != nil {
			t.Fatalf("%s: %v", body, err)
		}
		var got []string
		for _, x := range found.Symbols {
			got = append(got, x.Symbol)
		}
		return strings.Join(got, " ")
	}
	if got, want := search("ap"), "AP APA APD APP AAPL PNW"; got != want {
		t.Errorf("before any trade: %s, want %s", got, want)
	}
	trade(t, s, map[string]uint64{"AAPL": 900, "APP": 50, "APD": 100, "PNW": 10_000})
	for query, want := range map[string]string{
		"ap":   "AP AAPL APD APP APA PNW", // the name of PNW has it within a word
		"app":  "APP AAPL",
		"appl": "AAPL APP",
		"":     "PNW AAPL APD APP",
	} {
		if got := search(query); got != want && !(query == "" && strings.HasPrefix(got, want)) {
			t.Errorf("%q: %s, want %s", query, got, want)
		}
	}
}

// searchOf returns a search of symbols of which none was traded.
func searchOf(dir *market.Directory) *search {
	reg := prometheus.NewRegistry()
	refusals := admission.NewRefusalLog(slog.New(slog.DiscardHandler), reg)
	return &search{
		dir: dir, board: board.New(board.Config{Directory: dir}),
		admission: admission.New(admission.DefaultConfig(), admission.Options{Places: 1}, refusals, reg),
	}
}

// A search in slices finds what looking at each symbol alone and sorting all of them does.
func TestSearchFindsWhatOneLookAtAllWouldFind(t *testing.T) {
	letters := rapid.StringOfN(rapid.RuneFrom([]rune("ab .-É")), 1, 6, -1)
	rapid.Check(t, func(t *rapid.T) {
		dir := market.NewDirectory()
		for i := range rapid.IntRange(0, 3*searchSlice).Draw(t, "symbols") {
			_, err := dir.Add(market.Symbol{Symbol: fmt.Sprintf("%s%d", strings.ReplaceAll(letters.Draw(t, "symbol"), " ", "_"), i),
				Name: letters.Draw(t, "name"), Sector: letters.Draw(t, "sector")})
			if err != nil {
				t.Fatal(err)
			}
		}
		text, limit := letters.Draw(t, "query"), rapid.IntRange(1, 40).Draw(t, "limit")
		s := searchOf(dir)
		found, ok := s.find(t.Context(), text, limit)
		if !ok {
			t.Fatal("the search has ended early")
		}
		q := newQuery(text)
		all := s.add(nil, &q, 0, dir.Len())
		slices.SortFunc(all, func(a, b hit) int { return a.compare(&b) })
		if want := min(limit, len(all)); len(found) != want {
			t.Fatalf("%d found, want %d", len(found), want)
		}
		for i := range found {
			if found[i].Symbol != all[i].symbol {
				t.Fatalf("%q, place %d: %s, want %s", text, i, found[i].Symbol, all[i].symbol)
			}
		}
	})
}

func FuzzQuery(f *testing.F) {
	for _, text := range []string{"brk b", "at&t", "İ", "\xff", "a̐éö̲", strings.Repeat("a ", 50)} {
		f.Add(text, "BRK.B", "Berkshire Hathaway")
	}
	f.Fuzz(func(t *testing.T, text, symbol, name string) {
		q := newQuery(text)
		x := market.Symbol{Symbol: symbol, Name: name}
		first, _ := q.match(&x)
		if again, _ := q.match(&x); again != first {
			t.Fatalf("%q in %q, %q: %d, then %d", text, symbol, name, first, again)
		}
		if len(q.words) > searchWords {
			t.Fatalf("%d words", len(q.words))
		}
		same := newQuery(symbol)
		if m, begins := same.match(&x); len(same.whole) > 0 && (m != matchExact || !begins) {
			t.Fatalf("%q does not find itself: %d", symbol, m)
		}
		var f folded
		f.foldRunes(symbol)
		if !bytes.Equal(f.text, same.whole) {
			t.Fatalf("%q is %q, and %q by runes", symbol, same.whole, f.text)
		}
	})
}

func BenchmarkSearch(b *testing.B) {
	dir := market.NewDirectory()
	for i := range 10_000 {
		name := fmt.Sprintf("Some Company %d Holdings Inc.", i)
		if _, err := dir.Add(market.Symbol{Symbol: fmt.Sprintf("SYM%d", i), Name: name, Sector: "Information Technology"}); err != nil {
			b.Fatal(err)
		}
	}
	s := searchOf(dir)
	for name, text := range map[string]string{"all": "s", "none": "zzz", "words": "a b c d e f g h", "accents": "é è"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				s.find(b.Context(), text, defaultLimit)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(dir.Len()), "ns/symbol")
		})
	}
}
