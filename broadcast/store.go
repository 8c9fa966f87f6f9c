package broadcast

import (
	"slices"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"tickertape/broadcast/history"
	"tickertape/feed/market"
)

// version is one symbol's quote as of the newest flush, with the flush that last changed each key.
type version struct {
	symbol   string
	quote    market.Quote
	last     Seq // newest of changed; 0 is nothing published yet
	changed  [market.NumFields]Seq
	received market.Time // when its newest tick came
}

// since are the fields that changed after seq.
func (v *version) since(seq Seq) market.Fields {
	var f market.Fields
	if v.last <= seq {
		return 0
	}
	for i, s := range v.changed {
		if s > seq {
			f |= 1 << i
		}
	}
	return f
}

// store is what was published: the board as every subscriber sees it. One flush at a time writes
// it, everyone reads.
type store struct {
	dir      *market.Directory
	cfg      *Config
	epoch    string
	days     func(venue string) history.Days // nil where days are those of UTC or of the source
	unmended prometheus.Counter              // corrections of trades that are kept no more

	mu       sync.RWMutex
	standing *standing         // guarded by mu
	quoted   bool              // guarded by mu: some symbol has, or had, a price
	seq      Seq               // guarded by mu
	versions []version         // guarded by mu; the index is the symbol's id
	traded   []*history.Symbol // guarded by mu; the index is the symbol's id; nil of one that was never traded
	absorbed bool              // guarded by mu: traded has news of the next flush
}

// publish enters how the sources stand, and the quotes and trades as the next flush. It returns the seq and
// the ids of those quotes that differ from what was there, in order, in the room of news. When nothing is
// new, there is no flush.
func (s *store) publish(standing *standing, quotes []market.Quote, received []market.Time, trades []traded, news []market.SymbolID) (Seq, []market.SymbolID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.standing = standing
	next := s.seq + 1
	for i := range quotes {
		q := &quotes[i]
		for int(q.Symbol) >= len(s.versions) {
			s.versions = append(s.versions, version{})
		}
		v := &s.versions[q.Symbol]
		f := q.Changes(&v.quote)
		if f == 0 {
			continue
		}
		for i := range v.changed {
			if f&(1<<i) != 0 {
				v.changed[i] = next
			}
		}
		if v.symbol == "" {
			v.symbol = s.dir.Symbol(q.Symbol).Symbol
		}
		v.quote, v.received, v.last = *q, received[i], next
		s.quoted = s.quoted || q.Set&(market.FieldPrice|market.FieldBid|market.FieldAsk) != 0
		news = append(news, q.Symbol)
	}
	if traded := s.enter(trades, next) || s.absorbed; traded || len(news) > 0 {
		s.seq, s.absorbed = next, false
	}
	slices.Sort(news)
	return s.seq, news
}

func (s *store) now() Seq {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.seq
}

// stand is how the sources stand, as of the newest flush.
func (s *store) stand() *standing {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.standing
}

// size is how many symbols have a place.
func (s *store) size() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.versions)
}

// newsSince tells whether any of the symbols changed after seq in one of the fields, or its state did.
func (s *store) newsSince(seq Seq, list symbolList, fields market.Fields) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for i := range list.len(len(s.versions)) {
		if id := int(list.at(i)); id < len(s.versions) && s.versions[id].since(seq)&(fields|market.FieldState) != 0 {
			return true
		}
	}
	return false
}

// states counts the symbols by the state of their quote.
func (s *store) states() []int {
	counts := make([]int, len(market.States()))
	s.mu.RLock()
	defer s.mu.RUnlock()
	for i := range s.versions {
		if s.versions[i].last > 0 {
			counts[s.versions[i].quote.State]++
		}
	}
	return counts
}
