package recording

import (
	"errors"
	"io"

	"tickertape/feed/market"
)

// Reader reads a recording of ticks row by row.
type Reader struct {
	file   io.Closer // nil: somebody else has opened it
	lines  *LineReader
	dir    *market.Directory
	header Header
	line   line
	ids    map[string]market.SymbolID
	joined bool // a second header has been read
}

// NewReader reads the header, which must be the first line that is not blank. Symbols enter dir as they are read.
func NewReader(lines *LineReader, dir *market.Directory) (*Reader, error) {
	r := &Reader{lines: lines, dir: dir, ids: map[string]market.SymbolID{}}
	text, err := r.next()
	if err == io.EOF {
		return nil, errors.New("the file is empty")
	}
	if err != nil {
		return nil, err
	}
	if err := r.line.parse(text); err != nil {
		return nil, r.at(err)
	}
	if r.header, err = r.line.header(); err != nil {
		return nil, r.at(err)
	}
	return r, nil
}

// Header is the header of the file or, where files were joined, of the first.
func (r *Reader) Header() Header { return r.header }

// OnRounded has f called with each price and size that has more than nine decimals and is rounded. The text is lent for the call.
func (r *Reader) OnRounded(f func(key string, text []byte)) { r.line.rounded = f }

// Close closes the file of [Open]; after [NewReader] it does nothing.
func (r *Reader) Close() error {
	if r.file == nil {
		return nil
	}
	return r.file.Close()
}

// next is the next line that is not blank.
func (r *Reader) next() ([]byte, error) {
	for {
		text, err := r.lines.Next()
		if err != nil {
			return nil, err
		}
		for _, c := range text {
			if c != ' ' && c != '\t' {
				return text, nil
			}
		}
	}
}

// at adds the line number to the error of a row. A last line that is no JSON was cut off.
func (r *Reader) at(err error) error {
	var row *RowError
	if !errors.As(err, &row) {
		return err
	}
	row.Line = r.lines.Number()
	if r.lines.Open() && row.Reason == BadJSON {
		row.Reason = Truncated
	}
	return row
}

// Next reads the next row into e. It returns io.EOF after the last row and a [*RowError] for a bad one, after which the next
// call goes on. After any other error, the file cannot be read.
func (r *Reader) Next(e *Entry) error {
	for {
		text, err := r.next()
		if err != nil {
			return err
		}
		if err := r.line.parse(text); err != nil {
			return r.at(err)
		}
		if !r.line.has(keyKind) && r.line.has(keyFormat) { // the header of a recording joined to the first
			if _, err := r.line.header(); err != nil {
				return r.at(err)
			}
			r.joined = true
			continue
		}
		if err := r.entry(e); err != nil {
			return r.at(err)
		}
		if e.Again && r.joined {
			continue // the files before, which it sums up, have been read
		}
		return nil
	}
}

// entry reads a row from the line that was split.
func (r *Reader) entry(e *Entry) (err error) {
	l := &r.line
	*e = Entry{}
	if !l.has(keyKind) {
		return bad(BadKind, "k: missing")
	}
	kind, err := l.text(keyKind, BadKind)
	if err != nil {
		return err
	}
	if e.Again, err = l.flag(keyAgain, false); err != nil {
		return err
	}
	switch string(kind) {
	case "symbol":
		return r.symbol(e)
	case "status":
		e.Kind = KindStatus
		return l.status(e)
	case "image":
		e.Kind = KindImage
		if err = l.image(&e.Image); err == nil {
			if e.At, err = l.time(keyReceived); err == nil && e.At == 0 {
				e.At = e.Image.Time
			}
		}
		if err == nil && e.At == 0 {
			return bad(BadTime, "r: missing")
		}
	case "correction":
		e.Kind = KindCorrection
		err = l.correction(&e.Correction)
		e.At = e.Correction.Received
	default:
		e.Kind = KindTick
		err = l.tick(string(kind), &e.Tick)
		if err == nil {
			e.Tick.ID, err = l.id(keyID)
		}
		if err == nil {
			e.Tick.Time, e.Tick.Received, err = l.times()
			e.At = e.Tick.Received
		}
	}
	if err != nil {
		return err
	}
	if e.Symbol, err = r.id(); err != nil {
		return err
	}
	e.Tick.Symbol, e.Image.Symbol, e.Correction.Symbol = e.Symbol, e.Symbol, e.Symbol
	return nil
}

// id is that of the line's symbol, which enters the directory here where no record of it came before.
func (r *Reader) id() (market.SymbolID, error) {
	if !r.line.has(keySymbol) {
		return 0, bad(BadSymbol, "s: missing")
	}
	name, err := r.line.text(keySymbol, BadSymbol)
	if err != nil {
		return 0, err
	}
	if id, ok := r.ids[string(name)]; ok {
		return id, nil
	}
	return r.enter(market.Symbol{Symbol: string(name)})
}

func (r *Reader) enter(s market.Symbol) (market.SymbolID, error) {
	id, err := r.dir.Add(s)
	if err != nil {
		return 0, bad(BadSymbol, "s: %w", err)
	}
	r.ids[s.Symbol] = id
	return id, nil
}

const maxDecimals = 9

func (r *Reader) symbol(e *Entry) error {
	l := &r.line
	var s market.Symbol
	for _, f := range []struct {
		key    key
		reason Reason
		to     *string
	}{
		{keySymbol, BadSymbol, &s.Symbol}, {keyName, BadValue, &s.Name}, {keySector, BadValue, &s.Sector},
		{keyCurrency, BadValue, &s.Currency}, {keyMarket, BadValue, &s.Market},
	} {
		text, err := l.text(f.key, f.reason)
		if err != nil {
			return err
		}
		*f.to = string(text)
	}
	if l.has(keyDecimals) {
		n, err := l.integer(keyDecimals, maxDecimals, BadValue)
		if err != nil {
			return err
		}
		s.Decimals = int(n)
	}
	var err error
	if s.Rounded, err = l.flag(keyRounded, false); err != nil {
		return err
	}
	if l.has(keyPreviousClose) {
		if s.PreviousClose, err = l.price(keyPreviousClose); err != nil {
			return err
		}
	}
	e.Symbol, err = r.enter(s)
	return err
}
