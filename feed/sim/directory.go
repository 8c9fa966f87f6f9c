package sim

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"tickertape/feed/market"
)

//go:embed sp500.csv
var membersCSV string

// listing is what a company starts with.
type listing struct {
	symbol, name string
	sector       int          // in sectors
	price        market.Price // around which it trades for ever; made up
	close        market.Price // the previous one at the first opening; made up
	weight       uint64       // how often it ticks, relative to the others
	leader       int          // the listing whose other share class this is; -1 for none
}

// sector says how far the companies of a sector follow the market, and how far they move on their own.
type sector struct {
	name  string
	beta  int64  // in percent
	own   int64  // daily volatility of a company's own factor, in basis points
	trade string // in the names of fictional companies
}

// sectors are the eleven of GICS.
var sectors = [...]sector{
	{"Communication Services", 100, 110, "Broadcasting"},
	{"Consumer Discretionary", 115, 140, "Outfitters"},
	{"Consumer Staples", 50, 85, "Provisions"},
	{"Energy", 80, 110, "Petroleum"},
	{"Financials", 100, 95, "Bancorp"},
	{"Health Care", 65, 115, "Therapeutics"},
	{"Industrials", 100, 105, "Works"},
	{"Information Technology", 135, 150, "Systems"},
	{"Materials", 95, 115, "Minerals"},
	{"Real Estate", 80, 85, "Estates"},
	{"Utilities", 45, 75, "Power"},
}

// Names are the symbols of the market that a valid configuration describes.
func (c Config) Names() ([]string, error) {
	all, err := listings(c.Symbols, c.Seed)
	names := make([]string, len(all))
	for i := range all {
		names[i] = all[i].symbol
	}
	return names, err
}

// listings returns n companies with closes by the seed: members of the index, the busiest first, and then fictional ones.
func listings(n int, seed uint64) ([]listing, error) {
	all, err := members()
	if err != nil {
		return nil, err
	}
	for i := len(all); i < n; i++ {
		all = append(all, fictional(i))
	}
	all = all[:n]
	r := rand.NewPCG(seed, 'c')
	for i := range all {
		l := &all[i]
		drift := bell(r)
		if l.leader >= 0 {
			l.close = ratio(all[l.leader].close, l.price, all[l.leader].price)
		} else {
			l.close = l.price + l.price/1_000_000*market.Price(drift*30_000/deviation) // 3 %
		}
		l.close = max(1, (l.close+tickSize(l.price)/2)/tickSize(l.price)) * tickSize(l.price)
	}
	return all, nil
}

// members reads the members of the index from the embedded file.
func members() ([]listing, error) {
	r := csv.NewReader(strings.NewReader(membersCSV))
	r.Comment = '#'
	rows, err := r.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("sim: read sp500.csv: %w", err)
	}
	all := make([]listing, 0, maxSymbols)
	stems := map[string]int{}
	for _, row := range rows[1:] {
		l := listing{symbol: row[0], name: row[1], leader: -1}
		l.sector = slices.IndexFunc(sectors[:], func(s sector) bool { return s.name == row[2] })
		if l.sector < 0 {
			return nil, fmt.Errorf("sim: sp500.csv: %s: unknown sector %q", l.symbol, row[2])
		}
		if l.price, err = market.ParsePrice(row[3]); err != nil {
			return nil, fmt.Errorf("sim: sp500.csv: %s: %w", l.symbol, err)
		}
		if l.weight, err = strconv.ParseUint(row[4], 10, 16); err != nil {
			return nil, fmt.Errorf("sim: sp500.csv: %s: %w", l.symbol, err)
		}
		l.weight *= 16 // room below for fictional companies
		if stem, _, found := strings.Cut(l.name, " (Class "); found {
			if leader, ok := stems[stem]; ok {
				l.leader = leader
			} else {
				stems[stem] = len(all)
			}
		}
		all = append(all, l)
	}
	return all, nil
}

// The syllables of fictional symbols. The middle ones avoid words of the languages that the outer ones are from.
const (
	heads   = "BABODADOFEFOGAGOHAHOJAJOKEKOLALOMEMONANORARO"
	middles = "VAVEVIVOVUXAXEXIXOXUZAZEZIZOZUQAYAYEYIYOYUWE"
	tails   = "DADOKAKILALILOMAMINANENORARIRORUSASOTATITOTU"
	syllabs = len(heads) / 2
)

// fictional makes the company at a place after the members. Its symbol has six letters, one more than any on an American
// exchange, and its name says that it is fictional.
func fictional(place int) listing {
	n := place * 6367 % (syllabs * syllabs * syllabs) // coprime: every place its own
	at := func(set string, i int) string { return set[2*i : 2*i+2] }
	symbol := at(heads, n%syllabs) + at(middles, n/syllabs%syllabs) + at(tails, n/syllabs/syllabs)
	h := mix(uint64(place))
	l := listing{
		symbol: symbol,
		sector: int(h % uint64(len(sectors))),
		weight: max(1, uint64(60_000/place)),
		leader: -1,
	}
	l.name = symbol[:1] + strings.ToLower(symbol[1:]) + " " + sectors[l.sector].trade + " (fictional)"
	// roughly as many companies between 4 and 8 dollars as between 100 and 200
	steps := [...]market.Price{5, 7, 10, 14, 20, 28, 40, 56, 80, 110, 160, 220}
	l.price = steps[h>>8%uint64(len(steps))] * market.Scale * market.Price(80+h>>16%40) / 100
	if h>>32%32 == 0 { // below a dollar
		l.price = market.Price(500+h>>40%2500) * market.Scale / 10_000
	}
	return l
}

// tickSize is the step of prices: a cent, or a hundredth of one below a dollar.
func tickSize(p market.Price) market.Price {
	if p < market.Scale {
		return market.Scale / 10_000
	}
	return market.Scale / 100
}

// ratio is p*num/den for prices of up to 20,000 dollars, good to 0.00001.
func ratio(p, num, den market.Price) market.Price {
	const unit = market.Scale / 100_000
	return p / unit * (num / unit) / (den / unit) * unit
}
