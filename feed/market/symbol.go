package market

import (
	"errors"
	"fmt"
	"sync"
	"unicode"
	"unicode/utf8"
)

// SymbolID is a symbol's place in its [Directory]: 0 to Len()-1, never reused.
type SymbolID uint32

// MaxSymbols is the most that one directory takes: a bad feed cannot fill the memory with names.
const MaxSymbols = 100_000

// Symbol is what is known of an instrument beside its prices.
type Symbol struct {
	Symbol        string // as the feed spells it; see [CheckSymbol]
	Name          string // of the company or pair; may be empty
	Sector        string // GICS sector or the like; may be empty
	Currency      string // ISO 4217 or a coin's code; may be empty
	Decimals      int    // digits behind the point that prices are shown with, 0 to 9
	Rounded       bool   // the source's prices have more than nine decimals, and are rounded
	PreviousClose Price  // reference for change; 0 where unknown
	Market        string // whose hours it keeps, such as "us" (feed/calendar); "" is open all the time
}

// ErrSymbol is wrapped by every error about a symbol's spelling.
var ErrSymbol = errors.New("market: bad symbol")

// CheckSymbol refuses what would have to be escaped in a query, a message or a log: a symbol is 1
// to 32 bytes of UTF-8 in graphic characters, none of them a space, a comma, a quotation mark
// or a backslash. "*" and a leading "#" mean more than one symbol (PROTOCOL.md), so no symbol has them.
func CheckSymbol(s string) error {
	switch {
	case s == "" || len(s) > 32:
		return fmt.Errorf("%w %.40q: want 1 to 32 bytes", ErrSymbol, s)
	case s == "*" || s[0] == '#':
		return fmt.Errorf("%w %q: \"*\" and a leading \"#\" name lists", ErrSymbol, s)
	case !utf8.ValidString(s):
		return fmt.Errorf("%w %q: not UTF-8", ErrSymbol, s)
	}
	for _, r := range s {
		if !unicode.IsGraphic(r) || unicode.IsSpace(r) || r == ',' || r == '"' || r == '\\' {
			return fmt.Errorf("%w %q: %q is not allowed", ErrSymbol, s, r)
		}
	}
	return nil
}

// CheckText refuses what cannot be the text in a quote: 1 to 64 graphic characters of ASCII or spaces, without quotation marks and
// backslashes, so that it needs no escape.
func CheckText(s string) error {
	if s == "" || len(s) > 64 {
		return fmt.Errorf("market: bad text %.70q: want 1 to 64 bytes", s)
	}
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return fmt.Errorf("market: bad text %q: %q is not allowed", s, c)
		}
	}
	return nil
}

// Directory numbers the symbols of all sources. It only grows. Its methods may be called at any
// time from anywhere.
type Directory struct {
	*register
	names map[string]string // by the source's own spelling of a symbol: the spelling here, where that is another
}

type register struct {
	mu      sync.RWMutex
	symbols []Symbol            // guarded by mu
	ids     map[string]SymbolID // guarded by mu
	pinned  map[SymbolID]Symbol // guarded by mu: what no source changes
}

// NewDirectory returns an empty directory.
func NewDirectory() *Directory {
	return &Directory{register: &register{ids: map[string]SymbolID{}, pinned: map[SymbolID]Symbol{}}}
}

// Named is the same directory for a source that spells some symbols in its own way: names maps the
// source's spelling to the one here.
func (d *Directory) Named(names map[string]string) *Directory {
	return &Directory{d.register, names}
}

// Add adds a symbol and returns its number. One that is there already keeps its number and
// takes over each field of the new record that is not empty, unless it is pinned. It returns an error wrapping
// [ErrSymbol] for a bad spelling, and an error once [MaxSymbols] are in.
func (d *Directory) Add(s Symbol) (SymbolID, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.add(s)
}

// Pin adds a symbol as Add does. Its name, sector, currency, previous close and market, as far as they are not empty, stay as they
// are here whatever is added before or after.
func (d *Directory) Pin(s Symbol) (SymbolID, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	id, err := d.add(s)
	if err == nil {
		d.pinned[id] = merge(d.pinned[id], s)
		d.symbols[id] = merge(d.symbols[id], s)
	}
	return id, err
}

// add is Add; the caller holds mu.
func (d *Directory) add(s Symbol) (SymbolID, error) {
	if name, ok := d.names[s.Symbol]; ok {
		s.Symbol = name
	}
	if id, ok := d.ids[s.Symbol]; ok {
		d.symbols[id] = merge(merge(d.symbols[id], s), d.pinned[id])
		return id, nil
	}
	if err := CheckSymbol(s.Symbol); err != nil {
		return 0, err
	}
	if len(d.symbols) == MaxSymbols {
		return 0, fmt.Errorf("market: add symbol %q: the directory holds %d already", s.Symbol, MaxSymbols)
	}
	id := SymbolID(len(d.symbols))
	d.symbols = append(d.symbols, s)
	d.ids[s.Symbol] = id
	return id, nil
}

func merge(old, s Symbol) Symbol {
	if s.Name != "" {
		old.Name = s.Name
	}
	if s.Sector != "" {
		old.Sector = s.Sector
	}
	if s.Currency != "" {
		old.Currency = s.Currency
	}
	if s.PreviousClose != 0 {
		old.PreviousClose = s.PreviousClose
	}
	if s.Market != "" {
		old.Market = s.Market
	}
	old.Decimals = max(old.Decimals, s.Decimals)
	old.Rounded = old.Rounded || s.Rounded
	return old
}

// ID finds a symbol by its exact spelling.
func (d *Directory) ID(symbol string) (SymbolID, bool) {
	if name, ok := d.names[symbol]; ok {
		symbol = name
	}
	d.mu.RLock()
	defer d.mu.RUnlock()
	id, ok := d.ids[symbol]
	return id, ok
}

// Symbol is the record of an id that this directory gave out.
func (d *Directory) Symbol(id SymbolID) Symbol {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.symbols[id]
}

// Len is how many symbols there are.
func (d *Directory) Len() int {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return len(d.symbols)
}

// All is a copy of all records; the index is the id.
func (d *Directory) All() []Symbol {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return append([]Symbol(nil), d.symbols...)
}
