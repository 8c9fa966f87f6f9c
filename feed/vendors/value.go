package vendors

import (
	"bytes"
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"tickertape/feed/market"
)

// Value is one JSON value as it is written. The zero value is one that is missing.
type Value struct {
	raw    []byte
	source *source // whose it is, to count what was rounded; nil: nobody counts
}

// valueError is a value that cannot be used.
type valueError struct {
	kind Fault
	err  error
}

func (e *valueError) Error() string { return e.err.Error() }
func (e *valueError) Unwrap() error { return e.err }

func wrong(kind Fault, key string, v Value, want string) error {
	return &valueError{kind, fmt.Errorf("%s: %.60s is not %s", key, v.shown(), want)}
}

// Bad is an error about a value, for [Faults.Note].
func Bad(kind Fault, format string, args ...any) error {
	return &valueError{kind, fmt.Errorf(format, args...)}
}

func (v Value) shown() []byte {
	if v.raw == nil {
		return []byte("nothing")
	}
	return v.raw
}

// Known reports whether there is a value and it is not null.
func (v Value) Known() bool { return len(v.raw) > 0 && v.raw[0] != 'n' }

// Raw is the value as it is written; nil where it is missing.
func (v Value) Raw() []byte { return v.raw }

// text is the content of a string, or a number as it is written; false for anything else.
func (v Value) text() ([]byte, bool) {
	if len(v.raw) == 0 {
		return nil, false
	}
	switch c := v.raw[0]; {
	case c == '"':
		if bytes.IndexByte(v.raw, '\\') >= 0 {
			t, err := jsontext.AppendUnquote(nil, v.raw)
			return t, err == nil
		}
		return v.raw[1 : len(v.raw)-1], true
	case c == '-' || c >= '0' && c <= '9':
		return v.raw, true
	}
	return nil, false
}

// String is the content of a string; key is its name, for the error.
func (v Value) String(key string) (string, error) {
	t, ok := v.text()
	if !ok || v.raw[0] != '"' {
		return "", wrong(BadValue, key, v, "a string")
	}
	return string(t), nil
}

// Bytes is like String without a copy; it lasts as long as the text.
func (v Value) Bytes(key string) ([]byte, error) {
	t, ok := v.text()
	if !ok || v.raw[0] != '"' {
		return nil, wrong(BadValue, key, v, "a string")
	}
	return t, nil
}

// Bool is true or false.
func (v Value) Bool(key string) (bool, error) {
	switch string(v.raw) {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, wrong(BadValue, key, v, "true or false")
}

// Price reads a decimal, written as a number or as a string, also with an exponent. It is exact up to nine decimals; what has more
// is rounded and counted. What would be rounded to zero, and anything that is not finite, is an error. Zero and less are
// not: who checks prices counts them.
func (v Value) Price(key string) (market.Price, error) {
	t, ok := v.text()
	if !ok {
		return 0, wrong(BadNumber, key, v, "a price")
	}
	p, rounded, err := market.RoundPrice(t)
	if err != nil && bytes.ContainsAny(t, "eE") {
		if plain, ok := expand(t); ok {
			p, rounded, err = market.RoundPrice(plain)
		}
	}
	if err != nil {
		return 0, &valueError{BadNumber, fmt.Errorf("%s: %w", key, err)}
	}
	if rounded {
		v.source.rounded(key, t)
	}
	return p, nil
}

// Quantity reads a size or a volume as Price reads a price; it is never negative.
func (v Value) Quantity(key string) (market.Quantity, error) {
	t, ok := v.text()
	if !ok {
		return market.Quantity{}, wrong(BadNumber, key, v, "a quantity")
	}
	q, rounded, err := market.RoundQuantity(t)
	if err != nil && bytes.ContainsAny(t, "eE") {
		if plain, ok := expand(t); ok {
			q, rounded, err = market.RoundQuantity(plain)
		}
	}
	if err != nil {
		return q, &valueError{BadNumber, fmt.Errorf("%s: %w", key, err)}
	}
	if rounded {
		v.source.rounded(key, t)
	}
	return q, nil
}

// Average reads a derived price, such as a VWAP, and rounds what has more than nine decimals half up. That is not counted.
func (v Value) Average(key string) (market.Price, error) {
	t, ok := v.text()
	if !ok {
		return 0, wrong(BadNumber, key, v, "a price")
	}
	if p, err := market.ParsePrice(t); err == nil {
		return p, nil
	}
	r, ok := rational(t)
	if !ok {
		return 0, wrong(BadNumber, key, v, "a price")
	}
	return rounded(key, r)
}

// rounded is a rational number as a price, rounded half up.
func rounded(key string, r *big.Rat) (market.Price, error) {
	p, err := market.ParsePrice(r.FloatString(9))
	if err != nil {
		return 0, &valueError{BadNumber, fmt.Errorf("%s: %w", key, err)}
	}
	return p, nil
}

// maxExponent is far beyond what a price can have.
const maxExponent = 40

// rational reads a decimal with or without an exponent.
func rational(t []byte) (*big.Rat, bool) {
	if i := bytes.IndexAny(t, "eE"); i >= 0 {
		if n, err := strconv.Atoi(string(t[i+1:])); err != nil || n < -maxExponent || n > maxExponent {
			return nil, false // 1e400000000 would fill the memory
		}
	}
	if len(t) > 100 {
		return nil, false
	}
	for _, c := range t {
		if (c < '0' || c > '9') && c != '.' && c != '-' && c != '+' && c != 'e' && c != 'E' {
			return nil, false
		}
	}
	return new(big.Rat).SetString(string(t))
}

// expand writes a decimal with an exponent without one.
func expand(t []byte) (string, bool) {
	r, ok := rational(t)
	if !ok {
		return "", false
	}
	digits, exact := r.FloatPrec()
	if !exact || digits > maxExponent+100 {
		return "", false
	}
	return r.FloatString(digits), true
}

// Uint reads a whole number from 0 up, written as a number or as a string.
func (v Value) Uint(key string) (uint64, error) {
	t, ok := v.text()
	if ok {
		if n, err := parseUint(t); err == nil {
			return n, nil
		}
	}
	return 0, wrong(BadNumber, key, v, "a whole number")
}

var errUint = errors.New("not a whole number")

func parseUint(t []byte) (uint64, error) {
	if len(t) == 0 || len(t) > 20 {
		return 0, errUint
	}
	n := uint64(0)
	for _, c := range t {
		if c < '0' || c > '9' {
			return 0, errUint
		}
		next := n*10 + uint64(c-'0')
		if n > (1<<64-1)/10 || next < n {
			return 0, errUint
		}
		n = next
	}
	return n, nil
}

// maxTime is the end of the year 9999, in microseconds.
const maxTime = 253402300799999999

// Unix reads a count of units since 1970, of which unit is one second, millisecond, microsecond or
// nanosecond, and rounds down to microseconds.
func (v Value) Unix(key string, unit time.Duration) (market.Time, error) {
	n, err := v.Uint(key)
	switch {
	case err != nil:
	case unit >= time.Microsecond && n <= maxTime/uint64(unit/time.Microsecond):
		return market.Time(n * uint64(unit/time.Microsecond)), nil
	case unit == time.Nanosecond && n/1000 <= maxTime:
		return market.Time(n / 1000), nil
	}
	return 0, wrong(BadTime, key, v, "a time")
}

// UnixAny reads a count since 1970 whose unit follows from its size: seconds, milli-, micro- or nanoseconds.
func (v Value) UnixAny(key string) (market.Time, error) {
	n, err := v.Uint(key)
	if err != nil {
		return 0, wrong(BadTime, key, v, "a time")
	}
	switch {
	case n < 1e11:
		return v.Unix(key, time.Second)
	case n < 1e14:
		return v.Unix(key, time.Millisecond)
	case n < 1e17:
		return v.Unix(key, time.Microsecond)
	}
	return v.Unix(key, time.Nanosecond)
}

// Time reads an instant as RFC 3339 has it, rounded down to microseconds.
func (v Value) Time(key string) (market.Time, error) {
	t, ok := v.text()
	if !ok || v.raw[0] != '"' {
		return 0, wrong(BadTime, key, v, "a time")
	}
	if at, ok := utc(t); ok {
		return at, nil
	}
	at, err := time.Parse(time.RFC3339Nano, string(t))
	if err != nil || at.Unix() < 0 || at.Year() > 9999 {
		return 0, wrong(BadTime, key, v, "a time")
	}
	return market.TimeOf(at), nil
}

// utc reads what markets write, 2006-01-02T15:04:05.999999999Z, without an allocation.
func utc(t []byte) (market.Time, bool) {
	if len(t) < 20 || len(t) > 30 || t[4] != '-' || t[7] != '-' || t[10] != 'T' || t[13] != ':' || t[16] != ':' || t[len(t)-1] != 'Z' {
		return 0, false
	}
	ok := true
	number := func(from, to int) int {
		n := 0
		for _, c := range t[from:to] {
			if c < '0' || c > '9' {
				ok = false
			}
			n = n*10 + int(c-'0')
		}
		return n
	}
	year, month, day := number(0, 4), number(5, 7), number(8, 10)
	hour, minute, second := number(11, 13), number(14, 16), number(17, 19)
	micros := 0
	if len(t) > 20 {
		if t[19] != '.' || len(t) == 21 {
			return 0, false
		}
		fraction := t[20 : len(t)-1]
		for i := range 6 {
			micros *= 10
			if i < len(fraction) {
				if c := fraction[i]; c < '0' || c > '9' {
					return 0, false
				} else {
					micros += int(c - '0')
				}
			}
		}
		for _, c := range fraction[min(6, len(fraction)):] {
			if c < '0' || c > '9' {
				return 0, false
			}
		}
	}
	if !ok || year < 1970 || month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 59 {
		return 0, false
	}
	at := time.Date(year, time.Month(month), day, hour, minute, second, micros*1000, time.UTC)
	if at.Day() != day {
		return 0, false // 30 February
	}
	return market.TimeOf(at), true
}
