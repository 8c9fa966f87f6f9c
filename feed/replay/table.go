package replay

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"

	"tickertape/feed/market"
	"tickertape/feed/recording"
)

// table reads a CSV file row by row. A row is one line: a line break within quotation marks makes a bad row, so that it cannot
// swallow the rows after it.
type table struct {
	lines   *recording.LineReader
	line    oneLine
	csv     *csv.Reader
	dir     *market.Directory
	columns columns
	ids     map[string]market.SymbolID
	scratch []byte
	second  recording.Entry               // of a row that is a quote and a trade
	more    bool                          // second is still to be returned
	rounded func(key string, text []byte) // called with each number that is rounded; nil: nobody counts
}

// oneLine is a reader of one line for encoding/csv, which is reset for the next.
type oneLine struct{ bytes.Reader }

// newTable reads the header, where there is one.
func newTable(lines *recording.LineReader, m *Mapping, dir *market.Directory) (*table, error) {
	t := &table{lines: lines, dir: dir, ids: map[string]market.SymbolID{}}
	comma, err := m.comma()
	if err != nil {
		return nil, err
	}
	if first, err := lines.Peek(3); err != nil {
		return nil, err
	} else if string(first) == "\ufeff" {
		lines.Skip(3)
	}
	t.csv = csv.NewReader(&t.line)
	t.csv.Comma, t.csv.FieldsPerRecord, t.csv.ReuseRecord = comma, -1, true
	var header []string
	if m.Header {
		if header, err = t.row(); err == io.EOF {
			return nil, errors.New("the file is empty")
		} else if err != nil {
			return nil, err
		}
	}
	t.columns, err = m.resolve(header)
	return t, err
}

// row returns the columns of the next line; they are valid until the next call.
func (t *table) row() ([]string, error) {
	for {
		text, err := t.lines.Next()
		if err != nil {
			return nil, err
		}
		t.line.Reset(text)
		record, err := t.csv.Read()
		switch {
		case err == io.EOF: // a blank line
		case err != nil:
			var parse *csv.ParseError
			if errors.As(err, &parse) {
				err = parse.Err
			}
			return nil, t.bad(recording.BadRow, "%w", err)
		default:
			return record, nil
		}
	}
}

func (t *table) bad(reason recording.Reason, format string, args ...any) error {
	return &recording.RowError{Line: t.lines.Number(), Reason: reason, Err: fmt.Errorf(format, args...)}
}

// Next reads the next row into e, as [recording.Reader.Next] does.
func (t *table) Next(e *recording.Entry) error {
	if t.more {
		t.more = false
		*e = t.second
		return nil
	}
	record, err := t.row()
	if err != nil {
		return err
	}
	*e = recording.Entry{Kind: recording.KindTick}
	c := &t.columns
	kind, err := t.kind(record)
	if err != nil {
		return err
	}
	name, err := t.text(record, &c.symbol)
	if err != nil {
		return err
	}
	if e.At, err = t.time(record); err != nil {
		return err
	}
	e.Tick.Time, e.Tick.Received = e.At, e.At
	switch kind {
	case isTrade:
		err = t.trade(record, &e.Tick)
	case isQuote:
		err = t.quote(record, &e.Tick)
	case isBoth:
		t.second = *e
		if err = t.quote(record, &e.Tick); err == nil {
			err = t.trade(record, &t.second.Tick)
		}
	}
	if err != nil {
		return err
	}
	if e.Symbol, err = t.id(name); err != nil {
		return err
	}
	e.Tick.Symbol = e.Symbol
	if kind == isBoth {
		t.second.Symbol, t.second.Tick.Symbol = e.Symbol, e.Symbol
		t.more = true
	}
	return nil
}

// rowKind is what a row holds.
type rowKind uint8

const (
	isTrade rowKind = iota + 1
	isQuote
	isBoth
)

func (t *table) kind(record []string) (rowKind, error) {
	c := &t.columns
	if c.kind.index >= 0 {
		word, err := t.text(record, &c.kind)
		if err != nil {
			return 0, err
		}
		kind, ok := c.kinds[word]
		if !ok {
			return 0, t.bad(recording.BadKind, "%s: %.40q marks neither a trade nor a quote", c.kind.name, word)
		}
		return kind, nil
	}
	price := filled(record, &c.price)
	side := filled(record, &c.bid) || filled(record, &c.ask)
	switch {
	case price && side:
		return isBoth, nil
	case price:
		return isTrade, nil
	case side:
		return isQuote, nil
	}
	return 0, t.bad(recording.NoPrice, "the row has no price, bid or ask")
}

func filled(record []string, c *column) bool {
	return c.index >= 0 && c.index < len(record) && strings.TrimSpace(record[c.index]) != ""
}

// text is a column's content without the spaces around it; "" for a column that is not mapped.
func (t *table) text(record []string, c *column) (string, error) {
	if c.index < 0 {
		return "", nil
	}
	if c.index >= len(record) {
		return "", t.bad(recording.BadRow, "%s: the row has %d columns, too few for it", c.name, len(record))
	}
	return strings.TrimSpace(record[c.index]), nil
}

func (t *table) time(record []string) (market.Time, error) {
	c := &t.columns
	t.scratch = t.scratch[:0]
	for i := range c.time {
		text, err := t.text(record, &c.time[i])
		if err != nil {
			return 0, err
		}
		if i > 0 {
			t.scratch = append(t.scratch, ' ')
		}
		t.scratch = append(t.scratch, text...)
	}
	at, err := c.clock.read(t.scratch)
	if err != nil {
		return 0, t.bad(recording.BadTime, "%s: %w", c.timeName, err)
	}
	return at, nil
}

func (t *table) trade(record []string, tick *market.Tick) error {
	tick.Kind, tick.Flags = market.KindTrade, market.Regular
	price, found, err := t.price(record, &t.columns.price)
	if err != nil {
		return err
	}
	if !found {
		return t.bad(recording.NoPrice, "%s: empty; a trade needs a price", t.columns.price.name)
	}
	tick.Price = price
	tick.Size, err = t.size(record, &t.columns.size, 1)
	return err
}

func (t *table) quote(record []string, tick *market.Tick) error {
	tick.Kind = market.KindQuote
	c := &t.columns
	side := func(price, size *column, flag market.Flags, p *market.Price, z *market.Quantity) error {
		value, found, err := t.price(record, price)
		if err != nil || !found {
			return err
		}
		*p = value
		tick.Flags |= flag
		*z, err = t.size(record, size, c.lot)
		return err
	}
	if err := side(&c.bid, &c.bidSize, market.HasBid, &tick.Bid, &tick.BidSize); err != nil {
		return err
	}
	if err := side(&c.ask, &c.askSize, market.HasAsk, &tick.Ask, &tick.AskSize); err != nil {
		return err
	}
	if tick.Flags == 0 {
		return t.bad(recording.NoSide, "the quote has neither bid nor ask")
	}
	return nil
}

// price reads a price above zero, and whether there is one.
func (t *table) price(record []string, c *column) (market.Price, bool, error) {
	text, err := t.text(record, c)
	if err != nil || text == "" {
		return 0, false, err
	}
	p, rounded, err := market.RoundPrice(text)
	if err != nil {
		return 0, false, t.bad(recording.BadPrice, "%s: %w", c.name, err)
	}
	if p <= 0 {
		return 0, false, t.bad(recording.BadPrice, "%s: %.40q is not above zero", c.name, text)
	}
	t.note(rounded, c, text)
	return p, true, nil
}

// size reads a quantity in lots; none where the column is empty.
func (t *table) size(record []string, c *column, lot int) (market.Quantity, error) {
	text, err := t.text(record, c)
	if err != nil || text == "" {
		return market.Quantity{}, err
	}
	q, rounded, err := market.RoundQuantity(text)
	if err != nil {
		return q, t.bad(recording.BadSize, "%s: %w", c.name, err)
	}
	t.note(rounded, c, text)
	q, fits := times(q, lot)
	if !fits {
		return q, t.bad(recording.BadSize, "%s: %.60q lots of %d are too many", c.name, text, lot)
	}
	return q, nil
}

// note has a number counted that was rounded.
func (t *table) note(rounded bool, c *column, text string) {
	if rounded && t.rounded != nil {
		t.rounded(c.name, []byte(text))
	}
}

// times is n quantities together, and whether they fit.
func times(q market.Quantity, n int) (sum market.Quantity, fits bool) {
	fits = true
	for ; ; n /= 2 {
		ok := true
		if n%2 == 1 {
			sum, ok = sum.Add(q)
		}
		fits = fits && ok
		if n <= 1 || !fits {
			return sum, fits
		}
		q, fits = q.Add(q)
	}
}

func (t *table) id(name string) (market.SymbolID, error) {
	if id, ok := t.ids[name]; ok {
		return id, nil
	}
	name = strings.Clone(name) // else it would keep the whole line
	id, err := t.dir.Add(market.Symbol{Symbol: name, Currency: t.columns.currency, Market: t.columns.market})
	if err != nil {
		return 0, t.bad(recording.BadSymbol, "%s: %w", t.columns.symbol.name, err)
	}
	t.ids[name] = id
	return id, nil
}
