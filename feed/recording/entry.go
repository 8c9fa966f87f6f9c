package recording

import (
	"fmt"

	"tickertape/feed/market"
)

// Kind says which part of an [Entry] is filled.
type Kind uint8

const (
	KindSymbol     Kind = iota // Symbol alone; the directory has its record
	KindTick                   // Tick
	KindImage                  // Image
	KindStatus                 // Status
	KindCorrection             // Correction
)

// Entry is one good row of a recording.
type Entry struct {
	Kind       Kind
	Symbol     market.SymbolID // of everything but a status
	Tick       market.Tick
	Image      market.Quote
	Status     market.Status
	Correction market.Correction
	// Again is a status or an image that sums up what the file before told, for who reads this one alone.
	Again bool
	// At is when it was recorded, which is what a replay goes by: the time at which the feed had it
	// or, without one, the exchange's. It is 0 for a symbol.
	At market.Time
}

// Reason is the kind of a bad row. There are few, so that one can be a metric's label.
type Reason string

const (
	BadJSON   Reason = "json"      // not one JSON object in UTF-8
	BadKind   Reason = "kind"      // neither of the kinds that there are
	BadSymbol Reason = "symbol"    // none, one with a bad spelling, or one too many
	BadTime   Reason = "time"      // none, or one that cannot be read
	BadPrice  Reason = "price"     // cannot be read, or is not above zero
	BadSize   Reason = "size"      // cannot be read, or too large
	BadValue  Reason = "value"     // of another key
	NoPrice   Reason = "no_price"  // a trade without one
	NoSide    Reason = "no_side"   // a quote with neither bid nor ask, in a format where that is a mistake
	BadRow    Reason = "columns"   // too few columns, or bad quotation marks
	TooLong   Reason = "too_long"  // a line of more than [MaxLine] bytes
	Truncated Reason = "truncated" // the file ends in the middle of it: its recorder was killed
)

// Reasons are all there are.
func Reasons() []Reason {
	return []Reason{BadJSON, BadKind, BadSymbol, BadTime, BadPrice, BadSize, BadValue, NoPrice, NoSide, BadRow, TooLong, Truncated}
}

// RowError is a row that cannot be used. Those after it can: it is skipped.
type RowError struct {
	Line   int // from 1
	Reason Reason
	Err    error // names the key and the value
}

func (e *RowError) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }
func (e *RowError) Unwrap() error { return e.Err }

// bad is a row's error whose line is not known here.
func bad(reason Reason, format string, args ...any) error {
	return &RowError{Reason: reason, Err: fmt.Errorf(format, args...)}
}
