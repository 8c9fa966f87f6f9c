package recording

import (
	"fmt"

	"tickertape/feed/market"
)

// Kind says which part of an [Entry] has a value.
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
	Symbol     market.SymbolID // of all kinds but a status
	Tick       market.Tick
	Image      market.Quote
	Status     market.Status
	Correction market.Correction
	// Again marks a status or an image that sums up the files before, for whoever reads this one on its own.
	Again bool
	// At is the time that a replay goes by: when the feed had it or, without such a time, the exchange's. It is 0 for a
	// symbol.
	At market.Time
}

// Reason is the kind of a bad row. It is the label of a metric.
type Reason string

const (
	BadJSON   Reason = "json"      // not one JSON object in UTF-8
	BadKind   Reason = "kind"      // an unknown kind of row
	BadSymbol Reason = "symbol"    // missing, badly spelled, or more than the directory takes
	BadTime   Reason = "time"      // missing or unreadable
	BadPrice  Reason = "price"     // unreadable, or not above zero
	BadSize   Reason = "size"      // unreadable or too large
	BadValue  Reason = "value"     // a bad value of another key
	NoPrice   Reason = "no_price"  // a trade without one
	NoSide    Reason = "no_side"   // a quote with neither bid nor ask, in a format where that is a mistake
	BadRow    Reason = "columns"   // too few columns, or bad quotation marks
	TooLong   Reason = "too_long"  // a line of more than [MaxLine] bytes
	Truncated Reason = "truncated" // the file ends within the row: its recorder was killed
	Damaged   Reason = "damaged"   // a compressed file cannot be read here, nor up to where its next member begins
)

// Reasons lists all reasons.
func Reasons() []Reason {
	return []Reason{
		BadJSON, BadKind, BadSymbol, BadTime, BadPrice, BadSize, BadValue, NoPrice, NoSide, BadRow, TooLong, Truncated,
		Damaged,
	}
}

// RowError is the error of one row that cannot be used. Reading can go on with the next row.
type RowError struct {
	Line   int // from 1
	Reason Reason
	Err    error // names the key and the value
}

func (e *RowError) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }
func (e *RowError) Unwrap() error { return e.Err }

// bad makes the error of a row whose line number is not known yet.
func bad(reason Reason, format string, args ...any) error {
	return &RowError{Reason: reason, Err: fmt.Errorf(format, args...)}
}
