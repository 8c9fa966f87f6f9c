package replay

import (
	"fmt"
	"slices"
	"strconv"
	"time"
	_ "time/tzdata" // the zones of csv.zone, where the machine has none
	"unicode/utf8"

	"tickertape/feed/calendar"
)

const maxLot = 1_000_000

// Mapping says what the columns of a CSV file mean. A column is given by its name in the header or its number from 1; "" is a
// column that the file does not have.
type Mapping struct {
	Comma  string `mapstructure:"comma"`  // what stands between two columns, one character
	Header bool   `mapstructure:"header"` // the first line names the columns

	Symbol     string   `mapstructure:"symbol"`
	Time       []string `mapstructure:"time"`        // joined by a space
	TimeFormat string   `mapstructure:"time_format"` // a layout of Go's, or unix_s, unix_ms, unix_us, unix_ns
	Zone       string   `mapstructure:"zone"`        // IANA name, where the time does not say its own

	Kind  string   `mapstructure:"kind"`  // says what a row is; without it, a price is a trade, a bid or ask a quote
	Trade []string `mapstructure:"trade"` // values of kind that mark a trade
	Quote []string `mapstructure:"quote"` // values of kind that mark a quote

	Price   string `mapstructure:"price"`
	Size    string `mapstructure:"size"`
	Bid     string `mapstructure:"bid"`
	BidSize string `mapstructure:"bid_size"`
	Ask     string `mapstructure:"ask"`
	AskSize string `mapstructure:"ask_size"`
	Lot     int    `mapstructure:"lot"` // the shares in a unit of bid_size and ask_size

	Currency string `mapstructure:"currency"` // of all symbols; "" unknown
	Market   string `mapstructure:"market"`   // whose trading days all symbols have (feed/calendar); "": not known, those of "crypto"
}

func defaultMapping() Mapping {
	return Mapping{Comma: ",", Header: true, Time: []string{}, TimeFormat: time.RFC3339Nano, Zone: "UTC",
		Trade: []string{}, Quote: []string{}, Lot: 1}
}

// named lists the columns with the keys of the configuration that give them.
func (m *Mapping) named() []namedColumn {
	all := []namedColumn{{"symbol", m.Symbol}}
	for i, c := range m.Time {
		all = append(all, namedColumn{fmt.Sprintf("time[%d]", i), c})
	}
	return append(all, namedColumn{"kind", m.Kind}, namedColumn{"price", m.Price}, namedColumn{"size", m.Size}, namedColumn{"bid", m.Bid},
		namedColumn{"bid_size", m.BidSize}, namedColumn{"ask", m.Ask}, namedColumn{"ask_size", m.AskSize})
}

type namedColumn struct{ key, column string }

// empty reports whether no column is given: there is no mapping.
func (m *Mapping) empty() bool {
	return len(m.Time) == 0 && !slices.ContainsFunc(m.named(), func(c namedColumn) bool { return c.column != "" })
}

func (m *Mapping) validate() (errs []error) {
	wrong := func(format string, args ...any) { errs = append(errs, fmt.Errorf("csv."+format, args...)) }
	if _, err := m.comma(); err != nil {
		errs = append(errs, err)
	}
	if _, err := newClock(m.TimeFormat, m.Zone); err != nil {
		errs = append(errs, err)
	}
	if m.Lot < 1 || m.Lot > maxLot {
		wrong("lot: %d is not between 1 and %d", m.Lot, maxLot)
	}
	if m.Market != "" && !slices.Contains(calendar.Names(), m.Market) {
		wrong("market: %.40q is not one of %q, nor empty", m.Market, calendar.Names())
	}
	if m.empty() {
		return errs
	}
	if m.Symbol == "" {
		wrong(`symbol: "" is no column`)
	}
	if len(m.Time) == 0 {
		wrong("time: [] names no column")
	}
	for i, c := range m.Time {
		if c == "" {
			wrong(`time[%d]: "" is no column`, i)
		}
	}
	if m.Price == "" && m.Bid == "" && m.Ask == "" {
		wrong(`price: "" is no column, and neither bid nor ask names one`)
	}
	for _, c := range []struct{ size, sizeColumn, price, priceColumn string }{
		{"size", m.Size, "price", m.Price}, {"bid_size", m.BidSize, "bid", m.Bid}, {"ask_size", m.AskSize, "ask", m.Ask},
	} {
		if c.sizeColumn != "" && c.priceColumn == "" {
			wrong("%s: %.40q is of no use without %s", c.size, c.sizeColumn, c.price)
		}
	}
	if m.Kind == "" && len(m.Trade)+len(m.Quote) > 0 {
		wrong(`kind: "" is no column, but trade or quote list its values`)
	}
	if m.Kind != "" && len(m.Trade)+len(m.Quote) == 0 {
		wrong("trade: [] and quote: [] list no value of kind (%.40q)", m.Kind)
	}
	if len(m.Trade) > 0 && m.Price == "" {
		wrong(`price: "" is no column, but trade lists values`)
	}
	if len(m.Quote) > 0 && m.Bid == "" && m.Ask == "" {
		wrong(`bid: "" is no column, nor is ask, but quote lists values`)
	}
	for _, v := range m.Trade {
		if slices.Contains(m.Quote, v) {
			wrong("trade: %.40q is in quote too", v)
		}
	}
	if !m.Header {
		for _, c := range m.named() {
			if _, ok := columnNumber(c.column); c.column != "" && !ok {
				wrong("%s: %.40q is no column number from 1, and csv.header is false", c.key, c.column)
			}
		}
	}
	return errs
}

// comma is the character between two columns.
func (m *Mapping) comma() (rune, error) {
	r, size := utf8.DecodeRuneInString(m.Comma)
	if size == 0 || size != len(m.Comma) || r == utf8.RuneError || r == '"' || r == '\r' || r == '\n' || r == 0 {
		return 0, fmt.Errorf(`csv.comma: %.40q is not one character, such as "," or "\t"`, m.Comma)
	}
	return r, nil
}

// columnNumber reads a column's number from 1 as an index from 0.
func columnNumber(text string) (int, bool) {
	n, err := strconv.ParseUint(text, 10, 16)
	return int(n) - 1, err == nil && n > 0
}
