package coinbase

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tickertape/feed/market"
	"tickertape/feed/vendors/vendortest"
)

// reference is a book with every price, by side.
type reference [2]map[market.Price]market.Quantity

// best is the best bid and ask, with their sizes.
func (r reference) best() (best [2]level) {
	for i, sign := range []market.Price{1, -1} {
		for price, size := range r[i] {
			if best[i].price == 0 || (price-best[i].price)*sign > 0 {
				best[i] = level{price, size}
			}
		}
	}
	return best
}

func (r reference) set(t *testing.T, side int, price, size string) {
	p, err := market.ParsePrice(price)
	q, sizeErr := market.ParseQuantity(size)
	if err != nil || sizeErr != nil {
		t.Fatal(err, sizeErr)
	}
	if r[side][p] = q; q.IsZero() {
		delete(r[side], p)
	}
}

func newReference() reference {
	return reference{map[market.Price]market.Quantity{}, map[market.Price]market.Quantity{}}
}

// bookMessage is one of the Exchange about a book.
type bookMessage struct {
	Type    string      `json:"type"`
	Product string      `json:"product_id"`
	Bids    [][2]string `json:"bids"`
	Asks    [][2]string `json:"asks"`
	Changes [][3]string `json:"changes"`
	Bid     string      `json:"best_bid"`
	Ask     string      `json:"best_ask"`
}

// TestRecordedBooksAreThoseOfAllPrices compares 50 prices a side with all of them, message by message, and with the tickers.
func TestRecordedBooksAreThoseOfAllPrices(t *testing.T) {
	text := vendortest.Recorded(t, "cryptofeed/COINBASE.ws.28.0.gz")
	x := newBench(t, "SKL-USD", "SKL-BTC", "SKL-GBP", "BAND-BTC", "BAND-GBP", "NMR-EUR", "YFI-BTC", "DASH-BTC", "NU-GBP", "CRV-EUR")
	x.books = true
	books := map[string]reference{}
	quotes := map[market.SymbolID]market.Tick{}
	updates, published, tickers, agree := 0, 0, 0, 0
	for line := range strings.Lines(string(text)) {
		clock, message, found := strings.Cut(strings.TrimSpace(line), ": ")
		seconds, err := strconv.ParseFloat(clock, 64)
		if !found || err != nil || strings.HasPrefix(line, "wss:") {
			continue
		}
		var m bookMessage
		json.Unmarshal([]byte(message), &m) // one that cannot be read is none of a book
		b := x.frame(t, message, market.Time(seconds*1e6))
		for _, k := range b.Ticks {
			if k.Kind == market.KindQuote {
				quotes[k.Symbol] = k
				published++
			}
		}
		p := x.products[m.Product]
		switch m.Type {
		case "snapshot":
			books[m.Product] = newReference()
			for _, l := range m.Bids {
				books[m.Product].set(t, 0, l[0], l[1])
			}
			for _, l := range m.Asks {
				books[m.Product].set(t, 1, l[0], l[1])
			}
		case "l2update":
			updates++
			for _, c := range m.Changes {
				books[m.Product].set(t, map[string]int{"buy": 0, "sell": 1}[c[0]], c[1], c[2])
			}
		case "ticker":
			if tickers++; p.book.bids.best().price.String() == strings.TrimRight(m.Bid, "0") {
				agree++
			}
			continue
		default:
			continue
		}
		want := books[m.Product].best()
		k := quotes[p.ID]
		if got := [2]level{{k.Bid, k.BidSize}, {k.Ask, k.AskSize}}; !p.book.whole || got != want {
			t.Fatalf("%s: quote %v, whole %t, want %v", message[:min(200, len(message))], got, p.book.whole, want)
		}
	}
	if updates != 9719 || published > updates/2 || agree < tickers*8/10 {
		t.Errorf("%d updates, %d quotes, %d of %d tickers agree", updates, published, agree, tickers)
	}
	t.Logf("%d updates, %d quotes, %d of %d tickers agree", updates, published, agree, tickers)
}

// TestBookKeepsTheBestPrices has a vendor that sends what changes of the best 50 prices a side, as prices wander.
func TestBookKeepsTheBestPrices(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	s := side{sign: 1}
	all := map[market.Price]market.Quantity{}
	shown := map[market.Price]market.Quantity{} // as the vendor has sent it
	for i := range 20_000 {
		price := market.Price(1000+i/40%300) + market.Price(random.IntN(200))
		if all[price] = market.Units(random.Uint64N(3)); all[price].IsZero() {
			delete(all, price)
		}
		top := map[market.Price]market.Quantity{}
		for p := market.Price(2000); p > 0 && len(top) < mostLevels; p-- {
			if q, there := all[p]; there {
				top[p] = q
			}
		}
		for p, q := range top {
			if shown[p] != q {
				s.set(p, q)
			}
		}
		for p := range shown {
			if _, there := top[p]; !there {
				s.set(p, market.Quantity{})
			}
		}
		shown = top
		if len(s.levels) > mostLevels || !s.thin() && len(top) > 0 && (len(s.levels) == 0 || shown[s.best().price] != s.best().size) {
			t.Fatalf("%d levels, best %v", len(s.levels), s.best())
		}
		best := market.Price(0)
		for p := range top {
			best = max(best, p)
		}
		if !s.thin() && s.best().price != best {
			t.Fatalf("after %d changes: best %v, want %v", i, s.best().price, best)
		}
	}
}

// TestBookOfManyPricesKnowsWhatItDoesNot has a vendor that sends changes of all prices, of which there are more than are kept. Prices
// wander away from where the snapshot had them.
func TestBookOfManyPricesKnowsWhatItDoesNot(t *testing.T) {
	for _, sign := range []market.Price{1, -1} {
		random := rand.New(rand.NewPCG(3, 4))
		s := side{sign: sign}
		all := map[market.Price]market.Quantity{}
		thin := 0
		for i := range 12_000 {
			price := 10_000 - sign*market.Price(i/2) - sign*market.Price(random.IntN(400))
			q := market.Units(random.Uint64N(2))
			if all[price] = q; q.IsZero() {
				delete(all, price)
			}
			s.set(price, q)
			if gone := 10_000 - sign*market.Price(i/2-1); i%2 == 0 { // nobody bids there any more
				delete(all, gone)
				s.set(gone, market.Quantity{})
			}
			if s.thin() {
				thin++
				s = side{sign: sign}
				for p, q := range all { // as a new snapshot has it
					s.set(p, q)
				}
				continue
			}
			var best level
			for p, q := range all {
				if best.price == 0 || (p-best.price)*sign > 0 {
					best = level{p, q}
				}
			}
			if got := s.best(); got != best || len(s.levels) > mostLevels {
				t.Fatalf("sign %d, after %d changes: best %v of %d, want %v", sign, i, got, len(s.levels), best)
			}
		}
		if thin == 0 {
			t.Error("no side ever was thin")
		}
	}
}

const (
	bookText   = `{"type":"snapshot","product_id":"BTC-USD","bids":[["100","1"],["99","2"]],"asks":[["101","3"],["102","4"]]}`
	tickerText = `{"type":"ticker","product_id":"BTC-USD","best_bid":"%s","best_bid_size":"7","best_ask":"%s","best_ask_size":"8","time":"2026-11-23T14:00:%02dZ"}`
)

func changeText(second int, changes string) string {
	return fmt.Sprintf(`{"type":"l2update","product_id":"BTC-USD","time":"2026-11-23T14:00:%02dZ","changes":[%s]}`, second, changes)
}

func TestQuotesAreThoseOfTheBookWhereItCanBeBelieved(t *testing.T) {
	ticker := func(bid, ask string, second int) string { return fmt.Sprintf(tickerText, bid, ask, second) }
	for name, tc := range map[string]struct {
		frames []string
		want   string // of the last frame
		whole  bool
	}{
		"a snapshot":           {[]string{bookText}, "100 x 1 / 101 x 3", true},
		"a better bid":         {[]string{bookText, changeText(1, `["buy","100.5","2"]`)}, "100.5 x 2 / 101 x 3", true},
		"another size":         {[]string{bookText, changeText(1, `["sell","101","9"]`)}, "100 x 1 / 101 x 9", true},
		"the best one goes":    {[]string{bookText, changeText(1, `["buy","100","0"]`)}, "99 x 2 / 101 x 3", true},
		"a side is empty":      {[]string{bookText, changeText(1, `["buy","100","0"],["buy","99","0.0"]`)}, "0 x 0 / 101 x 3", true},
		"nothing of the best":  {[]string{bookText, changeText(1, `["buy","98","5"],["sell","102","0"]`)}, "", true},
		"a ticker that agrees": {[]string{bookText, ticker("100", "101", 1)}, "", true},
		"a ticker that is just before the book": {[]string{bookText, changeText(2, `["buy","100.5","2"]`), ticker("100", "101", 1)},
			"", true},
		"a ticker before a book": {[]string{ticker("90", "91", 1)}, "90 x 7 / 91 x 8", false},
		"the book has stopped": {[]string{bookText, changeText(1, `["buy","98","5"]`), ticker("97", "98", 10)},
			"97 x 7 / 98 x 8", false},
		"tickers go on without it": {[]string{bookText, changeText(1, `["buy","98","5"]`), ticker("97", "98", 10), ticker("96", "97", 11)},
			"96 x 7 / 97 x 8", false},
		"its changes are of no use then": {[]string{bookText, changeText(1, `["buy","98","5"]`), ticker("97", "98", 10),
			changeText(11, `["buy","98.5","5"]`)}, "", false},
		"until it comes anew": {[]string{bookText, changeText(1, `["buy","98","5"]`), ticker("97", "98", 10), bookText},
			"100 x 1 / 101 x 3", true},
		"it is crossed": {[]string{ticker("90", "91", 1), bookText, changeText(2, `["buy","101","5"]`)}, "90 x 7 / 91 x 8", false},
		"the end of a level is lost": {[]string{bookText,
			changeText(1, `["buy","98","5"]`), ticker("99", "101", 2), changeText(5, `["buy","98","6"]`),
			ticker("99", "101", 5), changeText(8, `["buy","98","7"]`), ticker("99", "101", 8)}, "99 x 7 / 101 x 8", false},
		"it comes late again and again": {[]string{bookText,
			changeText(1, `["buy","98","5"]`), ticker("99", "101", 2), changeText(5, `["buy","98","6"]`),
			ticker("100", "101", 5), changeText(8, `["buy","98","7"]`), ticker("99", "101", 8)}, "", true},
		"a price that is none": {[]string{ticker("90", "91", 1), bookText, changeText(2, `["buy","x","5"]`)}, "90 x 7 / 91 x 8", false},
		"a side that is none":  {[]string{ticker("90", "91", 1), bookText, changeText(2, `["bid","100","5"]`)}, "90 x 7 / 91 x 8", false},
		"no list":              {[]string{ticker("90", "91", 1), bookText, changeText(2, `7`)}, "90 x 7 / 91 x 8", false},
		"a bad snapshot": {[]string{ticker("90", "91", 1), strings.Replace(bookText, `"1"`, `"-1"`, 1)},
			"90 x 7 / 91 x 8", false},
		"prices that are rounded": {[]string{`{"type":"status","products":[{"id":"BTC-USD","status":"online","quote_increment":"1e-10"}]}`,
			ticker("90", "91", 1), bookText}, "90 x 7 / 91 x 8", false},
	} {
		t.Run(name, func(t *testing.T) {
			x := newBench(t, "BTC-USD")
			x.books = true
			var b market.Batch
			for _, f := range tc.frames {
				b = x.frame(t, f, 1795442400000000)
			}
			got := ""
			for _, k := range b.Ticks {
				if k.Kind == market.KindQuote {
					got += fmt.Sprintf("%v x %v / %v x %v", k.Bid, k.BidSize, k.Ask, k.AskSize)
				}
			}
			if got != tc.want || x.products["BTC-USD"].book.whole != tc.whole {
				t.Errorf("%q, whole %t, want %q, %t", got, x.products["BTC-USD"].book.whole, tc.want, tc.whole)
			}
		})
	}
}

// watchBook plays with the Exchange and its books.
func watchBook(t *testing.T, before func(*vendor), play func(*testing.T, *stage)) {
	cfg := Config{API: "exchange", Symbols: []string{"BTC-USD", "ETH-USD"}, Book: true}
	perform(t, cfg, cfg.Symbols, before, play)
}

func TestQuotesMoveWithoutTrades(t *testing.T) {
	watchBook(t, today, func(t *testing.T, s *stage) {
		vendortest.Wait(4 * time.Second)
		s.change("BTC-USD", `["buy","100.995","4"],["sell","101.01","0"]`)
		synctest.Wait()
		q := s.Quote("BTC-USD")
		if got := fmt.Sprint(q.Bid, q.BidSize, q.Ask, q.AskSize, q.State); got != "100.995 4 102 5 live" {
			t.Errorf("quote %s", got)
		}
		s.want("ETH-USD", "live p=101 b=100.99 a=101.01 pc=90 o=100 h=120 l=95 v=7")
		if got := s.Faults(t); len(got) != 0 {
			t.Errorf("faults %v", got)
		}
	})
}

func TestCrossedBookComesAnew(t *testing.T) {
	watchBook(t, today, func(t *testing.T, s *stage) {
		vendortest.Wait(4 * time.Second)
		s.change("BTC-USD", `["buy","150","4"]`)
		synctest.Wait()
		s.want("BTC-USD", "live p=101 b=100.99 a=101.01 pc=90 o=100 h=120 l=95 v=7")
		s.trade("BTC-USD", "102", "1", time.Now())
		synctest.Wait()
		s.want("BTC-USD", "live p=102 b=101.99 a=102.01 pc=90 o=100 h=120 l=95 v=8") // of the ticker
		vendortest.Wait(time.Minute + 5*time.Second)
		s.change("BTC-USD", `["buy","102","1"]`)
		synctest.Wait()
		s.want("BTC-USD", "live p=102 b=102 a=102.01 pc=90 o=100 h=120 l=95 v=8")
		if n := len(s.Connects()); n != 1 {
			t.Errorf("%d connections", n)
		}
	})
}

func TestBookThatIsRefusedIsDoneWithout(t *testing.T) {
	watchBook(t, func(v *vendor) {
		today(v)
		v.without = []string{bookChannel}
	}, func(t *testing.T, s *stage) {
		vendortest.Wait(20 * time.Minute)
		s.want("BTC-USD", "live p=101 b=100.99 a=101.01 pc=90 o=100 h=120 l=95 v=7")
		if n := strings.Count(s.Log.String(), "channel="+bookChannel); n != 1 || len(s.Connects()) != 1 {
			t.Errorf("logged %d times, %d connections", n, len(s.Connects()))
		}
		s.set(func() { s.without = nil })
		vendortest.Wait(15*time.Minute + 10*time.Second)
		s.change("BTC-USD", `["buy","101","4"]`)
		synctest.Wait()
		s.want("BTC-USD", "live p=101 b=101 a=101.01 pc=90 o=100 h=120 l=95 v=7")
	})
}

func TestBookThatStopsIsNotShown(t *testing.T) {
	watchBook(t, today, func(t *testing.T, s *stage) {
		vendortest.Wait(4 * time.Second)
		s.change("BTC-USD", `["buy","101","4"]`)
		vendortest.Wait(4 * time.Second)
		s.set(func() { s.deaf = true }) // changes of books do not come any more
		s.change("BTC-USD", `["buy","101","0"]`)
		s.trade("BTC-USD", "104", "1", time.Now())
		synctest.Wait()
		s.want("BTC-USD", "live p=104 b=103.99 a=104.01 pc=90 o=100 h=120 l=95 v=8")
		s.set(func() { s.deaf = false })
		vendortest.Wait(time.Minute + 5*time.Second)
		s.change("BTC-USD", `["buy","104","4"]`)
		synctest.Wait()
		s.want("BTC-USD", "live p=104 b=104 a=104.01 pc=90 o=100 h=120 l=95 v=8")
	})
}
