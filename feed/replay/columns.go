package replay

import (
	"fmt"
	"strings"
)

// column is where a value stands.
type column struct {
	name  string // as the configuration names it
	index int    // from 0; -1: the file has none
}

// columns is a mapping with the places of a file's columns.
type columns struct {
	symbol, kind, price, size, bid, bidSize, ask, askSize column

	time     []column
	timeName string
	clock    *clock
	kinds    map[string]rowKind // by the words of kind
	lot      int
	currency string
	market   string
}

// resolve finds the columns in the header, which is nil for a file that has none.
func (m *Mapping) resolve(header []string) (columns, error) {
	header = append([]string(nil), header...)
	for i, name := range header {
		name = strings.TrimSpace(name)
		if i == 0 {
			name = strings.TrimSpace(strings.TrimPrefix(name, "#"))
		}
		header[i] = name
	}
	c := columns{timeName: strings.Join(m.Time, " "), kinds: map[string]rowKind{}, lot: m.Lot, currency: m.Currency, market: m.Market}
	c.time = make([]column, len(m.Time))
	places := []*column{&c.symbol}
	for i := range c.time {
		places = append(places, &c.time[i])
	}
	places = append(places, &c.kind, &c.price, &c.size, &c.bid, &c.bidSize, &c.ask, &c.askSize)
	for i, named := range m.named() {
		index, err := find(header, named.column)
		if err != nil {
			return c, fmt.Errorf("csv.%s: %w", named.key, err)
		}
		*places[i] = column{named.column, index}
	}
	for _, word := range m.Trade {
		c.kinds[word] = isTrade
	}
	for _, word := range m.Quote {
		c.kinds[word] = isQuote
	}
	var err error
	c.clock, err = newClock(m.TimeFormat, m.Zone)
	return c, err
}

// find is a column's index by name, or else by number; -1 for the column "".
func find(header []string, name string) (int, error) {
	if name == "" {
		return -1, nil
	}
	found := -1
	for i, h := range header {
		if h == name {
			if found >= 0 {
				return 0, fmt.Errorf("%.40q names the columns %d and %d; take the number", name, found+1, i+1)
			}
			found = i
		}
	}
	if found >= 0 {
		return found, nil
	}
	if n, ok := columnNumber(name); ok && (header == nil || n < len(header)) {
		return n, nil
	}
	names := fmt.Sprintf("%.300q", header)
	return 0, fmt.Errorf("%.40q is no column of the file, which has %d: %.600s", name, len(header), names)
}
