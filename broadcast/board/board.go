package board

import (
	"strings"
	"sync"

	"tickertape/broadcast/history"
	"tickertape/feed/market"
)

// Config is what a board is made of.
type Config struct {
	History   history.Config
	Directory *market.Directory // of the symbols; it may grow

	Source    string // the names of the feed's sources, with commas
	Simulated bool   // their prices are made up
	Replayed  bool   // their prices are those of a recording

	Started market.Time // since when the sources are down that have said nothing yet
}

// Board holds the newest of every symbol.
type Board struct {
	gatherer // what is not committed yet, with a lock of its own

	// static
	dir   *market.Directory
	epoch string
	kept  history.Config
	days  func(venue string) history.Days // nil where days are those of UTC or of the source

	committing sync.Mutex      // held by Commit
	cells      []cell          // guarded by committing; the index is the symbol's id
	ledgers    *market.Ledgers // guarded by committing; nil: no corrections are expected
	order      order           // guarded by committing: of the record
	fresh      market.Quote    // guarded by committing: scratch
	sink       uint64          // guarded by committing: what was touched, so that it is not left out

	mu        sync.RWMutex
	sources   *SourceStates     // guarded by mu
	hasQuote  bool              // guarded by mu: some symbol has, or had, a price
	seq       Seq               // guarded by mu
	versions  []Version         // guarded by mu; the index is the symbol's id
	histories []*history.Symbol // guarded by mu; the index is the symbol's id; nil of one that was never traded
}

// New returns an empty board of a new epoch, under sources that are down until they say otherwise.
func New(cfg Config) *Board {
	sources := &SourceStates{}
	for name := range strings.SplitSeq(cfg.Source, ",") {
		down := market.Status{
			Source: name, State: market.Down, Since: cfg.Started, Message: "no tick yet", Simulated: cfg.Simulated, Replayed: cfg.Replayed,
		}
		sources = sources.with(down)
	}
	b := &Board{dir: cfg.Directory, epoch: newEpoch(), kept: cfg.History, sources: sources}
	if n := cfg.History.Ledger; n > 0 {
		b.ledgers = market.NewLedgers(n)
	}
	b.gatherer.dir, b.source, b.simulated, b.replayed = cfg.Directory, cfg.Source, cfg.Simulated, cfg.Replayed
	b.fewer.L = &b.gatherer.mu
	b.begin()
	return b
}

// TradingDays has the bars of a day begin with the trading day of their symbol's market, which of returns; nil
// for a market that has none. Otherwise a day is the source's session or, where that has none, UTC's. It is called
// before the first Commit.
func (b *Board) TradingDays(of func(venue string) history.Days) { b.days = of }

// Epoch names the run of the server that the board's positions belong to: letters and digits.
func (b *Board) Epoch() string { return b.epoch }
