package relay

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"tickertape/feed"
	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

const (
	symbolsPath = "/api/symbols"
	quotesPath  = "/api/quotes"
	mostAsked   = 500 // symbols of one request: the address must not be too long

	// Records are asked for again after leastRefresh at first, then less and less often, up to mostRefresh: the server may
	// have to learn them itself.
	leastRefresh = time.Second
	mostRefresh  = time.Hour
)

// readRecords puts the records of a server's symbols into the directory, and returns how many there are. They have no market,
// since the other node has already judged by the markets' hours.
func readRecords(body []byte, env *vendors.Env) (n int, err error) {
	var scan vendors.Scanner
	scan.Reset(body)
	for scan.Object(); scan.More(); {
		if string(scan.Key()) != "symbols" {
			scan.Skip()
			continue
		}
		for scan.Array(); scan.More(); {
			record, bad := readRecord(&scan)
			if scan.Err() != nil {
				break
			}
			n++
			if bad == nil {
				_, bad = env.Dir.Add(record)
			}
			if bad != nil {
				env.Faults.Note(name, vendors.Bad(vendors.BadSymbol, "symbols: %w", bad))
			}
		}
	}
	return n, scan.End()
}

// readRecord reads the record of one symbol.
func readRecord(scan *vendors.Scanner) (s market.Symbol, bad error) {
	for scan.Object(); scan.More(); {
		var to *string
		key := string(scan.Key())
		switch key {
		case "symbol":
			to = &s.Symbol
		case "name":
			to = &s.Name
		case "sector":
			to = &s.Sector
		case "currency":
			to = &s.Currency
		case "decimals":
			n, err := scan.Value().Uint(key)
			if err != nil || n > 9 {
				bad = fmt.Errorf("decimals of %.40q are not 0 to 9", s.Symbol)
			} else {
				s.Decimals = int(n)
			}
			continue
		case "rounded":
			if s.Rounded, bad = scan.Value().Bool(key); bad != nil {
				bad = fmt.Errorf("rounded of %.40q: %w", s.Symbol, bad)
			}
			continue
		default:
			scan.Skip()
			continue
		}
		if v := scan.Value(); v.Known() {
			text, err := v.String(key)
			if err != nil {
				bad = err
			}
			*to = clip(text, mostMessage)
		}
	}
	return s, bad
}

// queue has the symbols whose records are to be asked for, as many as there can be. Any goroutine may add to it.
type queue struct {
	mu    sync.Mutex
	names []string      // guarded by mu
	some  chan struct{} // one slot: names is not empty. Never closed.
}

func newQueue() *queue { return &queue{some: make(chan struct{}, 1)} }

func (q *queue) add(name string) {
	q.mu.Lock()
	if len(q.names) < market.MaxSymbols { // those that are left out come when all are asked for
		q.names = append(q.names, name)
	}
	q.mu.Unlock()
	select {
	case q.some <- struct{}{}:
	default:
	}
}

// next waits for symbols and returns them all; nil if ctx has ended, or none came within most.
func (q *queue) next(ctx context.Context, most time.Duration) []string {
	timer := time.NewTimer(most)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return nil
	case <-timer.C:
		return nil
	case <-q.some:
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	names := q.names
	q.names = nil
	return names
}

// describe asks for the records of the configured symbols, repeatedly, and for those of new symbols, until ctx ends.
func (s *source) describe(ctx context.Context, appeared *queue) {
	configured := s.symbols
	if slices.ContainsFunc(configured, isList) {
		configured = []string{all}
	}
	names, pause := configured, leastRefresh
	for ctx.Err() == nil {
		for some := range slices.Chunk(names, mostAsked) {
			vendors.Repeat(ctx, func(ctx context.Context) error { return s.records(ctx, some) },
				func(err error) { s.env.Faults.Count(name, vendors.Failed, err) })
		}
		if names = appeared.next(ctx, pause); names != nil {
			pause = leastRefresh
		} else {
			names, pause = configured, min(2*pause, mostRefresh)
		}
	}
}

// records asks for the records of symbols.
func (s *source) records(ctx context.Context, names []string) error {
	body, _, err := s.rest.Get(ctx, symbolsPath, url.Values{"symbols": {strings.Join(names, ",")}})
	if err != nil {
		return err
	}
	if _, err := readRecords(body, &s.env); err != nil {
		return feed.Breakf(feed.Lost, "get %s: not the answer of a tickertape: %w", symbolsPath, err)
	}
	return nil
}

// ask finds out what the server's prices are, and whether it has any of the symbols.
func (s *source) ask(ctx context.Context) error {
	names := s.symbols[:min(len(s.symbols), mostAsked)]
	body, _, err := s.rest.Get(ctx, quotesPath, url.Values{"symbols": {strings.Join(names, ",")}, "fields": {"t"}})
	if err != nil {
		return err
	}
	var scan vendors.Scanner
	var simulated, sources, unknown vendors.Value
	scan.Reset(body)
	for scan.Object(); scan.More(); {
		switch string(scan.Key()) {
		case "simulated":
			simulated = scan.Value()
		case "sources":
			sources = scan.Value()
		case "unknown":
			unknown = scan.Value()
		default:
			scan.Skip()
		}
	}
	err = scan.End()
	var made bool
	if err == nil {
		made, err = simulated.Bool("simulated")
	}
	var all sourceStates
	if err == nil && sources.Known() { // older servers have no list
		all, err = readStatuses(sources, sourceStatus, mostSources)
	}
	if err != nil {
		return fmt.Errorf("get %s%s: not the answer of a tickertape: %w", vendors.Shown(s.rest.Base), quotesPath, err)
	}
	whole, err := all.status(s.self)
	if err != nil {
		return err
	}
	s.origin.Store(&origin{made || whole.Simulated, whole.Replayed, whole.Delay})
	unknownCount := 0
	if unknown.Known() {
		scan.Reset(unknown.Raw())
		for scan.Array(); scan.More(); unknownCount++ {
			scan.Skip()
		}
	}
	if unknownCount == len(s.symbols) {
		return fmt.Errorf("symbols: %s knows none of %.200q", vendors.Shown(s.rest.Base), s.symbols)
	}
	return nil
}
