package replay

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tickertape/feed/market"
	"tickertape/feed/recording"
	"tickertape/feed/vendors"
)

// Log keys of this package.
const (
	keyFile    = "file"
	keyLine    = "line"
	keyReason  = "reason"
	keyErr     = "err"
	keyRows    = "rows"
	keyTrades  = "trades"
	keyQuotes  = "quotes"
	keyImages  = "images"
	keyBadRows = "bad_rows"
	keySymbols = "symbols"
	keyFrom    = "from"
	keyTo      = "to"
)

// leastDecimals is how many decimals the prices of a symbol are shown with at least, where the file has no record of it.
const leastDecimals = 2

// summary is what the scan of a recording has found.
type summary struct {
	simulated, numbered bool            // as in [feed.Info]
	corrects            bool            // some rows are corrections
	delay               time.Duration   // as in [feed.Info]
	symbols             []market.Symbol // in the order of their first rows

	begin, end  market.Time // times of the first and last good row
	first, last market.Time // the same of rows to play
	oldest      market.Time // of their times, and of the exchange's in them: a trade comes after it was made
	entries     int         // rows to play
	kinds       [4]int      // how many of them are trades, quotes, images and others
	bad         map[recording.Reason]int
	firstBad    *recording.RowError
}

// scan reads the whole recording. It logs the first bad row of each reason, if there is anything to play.
func (r *Source) scan() (*summary, error) {
	env, log := r.env, r.env.Log
	env.Dir = market.NewDirectory()         // a refused file must not leave symbols in the program's own
	env.Log = slog.New(slog.DiscardHandler) // decoders log when the file is played
	// Faults are counted then, but logged now too: they may be why there are no rows.
	env.Faults = vendors.NewFaults(log, prometheus.NewRegistry())
	f, err := r.cfg.open(env, r.decoders, r.damages)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	s := &summary{bad: map[recording.Reason]int{}}
	var decimals []int   // by id
	var warnings [][]any // about the first bad rows
	var e recording.Entry
	for {
		err := f.Next(&e)
		var row *recording.RowError
		if err == io.EOF {
			break
		} else if errors.As(err, &row) {
			if s.firstBad == nil {
				s.firstBad = row
			}
			if s.bad[row.Reason]++; s.bad[row.Reason] == 1 {
				warnings = append(warnings, []any{keyFile, f.Path(), keyLine, row.Line, keyReason, string(row.Reason), keyErr, row.Err})
			}
			continue
		} else if err != nil {
			return nil, err
		}
		s.count(&e, r.from, r.to)
		if e.Kind != recording.KindStatus {
			for len(decimals) <= int(e.Symbol) {
				decimals = append(decimals, 0)
			}
			decimals[e.Symbol] = max(decimals[e.Symbol], decimalsOf(&e))
		}
	}
	s.simulated, s.numbered, s.delay = s.simulated || f.simulated, f.numbered, max(s.delay, f.delay)
	s.symbols = env.Dir.All()
	for id := range s.symbols {
		if s.symbols[id].Decimals == 0 { // its own record says nothing, or there is none
			s.symbols[id].Decimals = leastDecimals
		}
		if id < len(decimals) { // a vendor's symbols are known before their rows
			s.symbols[id].Decimals = max(s.symbols[id].Decimals, decimals[id])
		}
	}
	if err := s.check(&r.cfg); err != nil {
		return nil, err
	}
	for _, about := range warnings {
		log.Warn("bad row skipped; more of this reason are only counted", about...)
	}
	return s, nil
}

// count counts a good row.
func (s *summary) count(e *recording.Entry, from, to market.Time) {
	if e.Kind == recording.KindSymbol {
		return
	}
	if s.begin == 0 || e.At < s.begin {
		s.begin = e.At
	}
	s.end = max(s.end, e.At)
	if !within(e.At, from, to) {
		return
	}
	s.entries++
	s.corrects = s.corrects || e.Kind == recording.KindCorrection
	if e.Kind == recording.KindStatus { // of a relay, the header was written before anything was known
		s.simulated = s.simulated || e.Status.Simulated
		s.delay = max(s.delay, e.Status.Delay)
	}
	if s.first == 0 || e.At < s.first {
		s.first = e.At
	}
	s.last = max(s.last, e.At)
	for _, at := range [...]market.Time{e.At, timeIn(e)} {
		if at > 0 && (s.oldest == 0 || at < s.oldest) {
			s.oldest = at
		}
	}
	switch {
	case e.Kind == recording.KindTick && e.Tick.Kind == market.KindTrade:
		s.kinds[0]++
	case e.Kind == recording.KindTick && e.Tick.Kind == market.KindQuote:
		s.kinds[1]++
	case e.Kind == recording.KindImage:
		s.kinds[2]++
	default:
		s.kinds[3]++
	}
}

// timeIn is the exchange's time in a row; 0 unknown. That of an adjustment may be of a day long ago.
func timeIn(e *recording.Entry) market.Time {
	switch e.Kind {
	case recording.KindTick:
		if e.Tick.Kind != market.KindAdjust {
			return e.Tick.Time
		}
	case recording.KindImage:
		if e.Image.Set&market.FieldTime != 0 {
			return e.Image.Time
		}
	case recording.KindCorrection:
		return e.Correction.Time
	}
	return 0
}

// within reports whether a row is to be played: one from from to to, both included; 0 is no limit.
func within(at, from, to market.Time) bool {
	return at >= from && (to == noInstant || at <= to)
}

// check returns an error where there is nothing to play.
func (s *summary) check(c *Config) error {
	switch {
	case s.end == 0 && len(s.bad) > 0:
		return fmt.Errorf("read %s: no good row, but bad ones: %s; the first is in %w", c.File, s.badRows(), s.firstBad)
	case s.end == 0:
		return fmt.Errorf("read %s: it holds no rows", c.File)
	case s.entries > 0:
		return nil
	}
	from, to := shown(s.begin), shown(s.end)
	switch at, _ := instant("from", c.From); {
	case at > s.end:
		return fmt.Errorf("read %s: from (%s) is after the recording's end (%s)", c.File, c.From, to)
	case at == noInstant:
		return fmt.Errorf("read %s: to (%s) is before the recording's beginning (%s)", c.File, c.To, from)
	}
	return fmt.Errorf("read %s: it has no row from %s to %s, only from %s to %s", c.File, c.From, orEnd(c.To), from, to)
}

func orEnd(to string) string {
	if to == "" {
		return "the end"
	}
	return to
}

func shown(t market.Time) string { return t.Std().Format("2006-01-02T15:04:05.999999Z07:00") }

// badRows lists how many bad rows there are of each reason, such as "no_price=16".
func (s *summary) badRows() string {
	var b strings.Builder
	for i, reason := range slices.Sorted(maps.Keys(s.bad)) {
		if i > 0 {
			b.WriteByte(' ')
		}
		fmt.Fprintf(&b, "%s=%d", reason, s.bad[reason])
	}
	return b.String()
}

// decimalsOf is the most decimals of an entry's prices. Averages do not count: they have more than prices.
func decimalsOf(e *recording.Entry) int {
	switch e.Kind {
	case recording.KindTick:
		return max(e.Tick.Price.Decimals(), e.Tick.Bid.Decimals(), e.Tick.Ask.Decimals())
	case recording.KindCorrection:
		return e.Correction.New.Price.Decimals()
	}
	q := &e.Image
	return max(q.Price.Decimals(), q.Bid.Decimals(), q.Ask.Decimals(), q.Open.Decimals(), q.High.Decimals(), q.Low.Decimals())
}
