package broadcast

import (
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/semaphore"

	"tickertape/broadcast/admission"
	"tickertape/broadcast/conn"
	"tickertape/feed"
	"tickertape/feed/market"
)

// Board holds the newest quote of every symbol and tells it to subscribers.
type Board struct {
	// static
	cfg      Config
	dir      *market.Directory
	source   feed.Info
	lists    map[string]*watchlist // by name
	door     *admission.Admission
	courtesy *semaphore.Weighted // bounds those who are refused after a handshake, so that a browser learns why
	workers  *workers
	log      *slog.Logger
	metrics  *metrics
	store    *store
	told     chan struct{} // a slot for each shard, never closed: it has told the flush
	shards   []*shard
	arrivals atomic.Int64 // subscribers that have come since the newest flush
	deflated deflated
	sockets  *conn.Sockets
	kick     chan struct{} // one slot, never closed: something changed

	mu       sync.Mutex
	cells    []cell            // guarded by mu; index is the symbol's id
	dirty    []market.SymbolID // guarded by mu: changed since the last flush
	standing *standing         // guarded by mu
	restated bool              // guarded by mu: standing is news
	oldest   time.Time         // guarded by mu: when the first of dirty came
	traded   []traded          // guarded by mu: since the last flush, in order
}

// NewBoard returns an empty board for the symbols of dir, under a feed that is down until it says
// otherwise. Who comes is let in by door. It starts nothing.
func NewBoard(cfg Config, lists []Watchlist, dir *market.Directory, source feed.Info, door *admission.Admission, log *slog.Logger, reg prometheus.Registerer) *Board {
	started := &standing{}
	for name := range strings.SplitSeq(source.Name, ",") {
		started = started.with(market.Status{Source: name, State: market.Down, Since: market.TimeOf(time.Now()), Message: "no tick yet", Simulated: source.Simulated})
	}
	s := &store{dir: dir, cfg: &cfg, epoch: newEpoch(), standing: started}
	m := newMetrics(reg, s)
	s.unmended = m.unmended
	b := &Board{
		cfg: cfg, dir: dir, source: source, log: log, metrics: m,
		lists:    make(map[string]*watchlist, len(lists)),
		store:    s,
		door:     door,
		courtesy: semaphore.NewWeighted(64),
		kick:     make(chan struct{}, 1),
		standing: started,
	}
	b.workers = newWorkers(b)
	watchShards(reg, b)
	b.sockets = conn.NewSockets(true, log)
	for range runtime.GOMAXPROCS(0) {
		b.shards = append(b.shards, newShard(b))
	}
	b.told = make(chan struct{}, len(b.shards))
	for _, l := range lists {
		b.lists[l.Name] = &watchlist{symbols: l.Symbols}
	}
	return b
}

// Apply takes in a batch. What it cannot take in is counted and left out. It keeps nothing of the
// batch, does not wait for subscribers, and may be called from anywhere.
func (b *Board) Apply(batch market.Batch) {
	known := b.dir.Len()
	var rejected [market.NumRejects]int
	strangers := 0
	coalesced := 0
	b.mu.Lock()
	if batch.Status != nil {
		b.restate(*batch.Status)
	}
	if len(batch.Images) > 0 {
		now := market.TimeOf(time.Now())
		for i := range batch.Images {
			im := &batch.Images[i]
			if int(im.Symbol) >= known {
				strangers++
				continue
			}
			r := b.cell(im.Symbol).image(im, now)
			rejected[r]++
			if r == market.Accepted {
				b.mark(im.Symbol)
			}
		}
	}
	for i := range batch.Ticks {
		t := &batch.Ticks[i]
		if int(t.Symbol) >= known {
			strangers++
			continue
		}
		c := b.cell(t.Symbol)
		if r := c.apply(t); r != market.Accepted {
			rejected[r]++
			continue
		}
		if t.Kind == market.KindTrade || t.Kind == market.KindSession {
			b.traded = append(b.traded, traded{tick: *t})
		}
		if t.Kind == market.KindAlive {
			continue
		}
		if c.changed {
			coalesced++
		}
		b.mark(t.Symbol)
	}
	for i := range batch.Corrections {
		k := &batch.Corrections[i]
		if int(k.Symbol) >= known {
			strangers++
			continue
		}
		r := b.cell(k.Symbol).Correct(k)
		rejected[r]++
		if r == market.Accepted {
			b.mark(k.Symbol)
			b.traded = append(b.traded, traded{correction: new(*k)})
		}
	}
	news := len(b.dirty) > 0 || b.restated
	b.mu.Unlock()

	taken := len(batch.Ticks) - strangers
	b.metrics.strangers.Add(float64(strangers))
	for r, n := range rejected {
		if n > 0 && market.Reject(r) != market.Accepted {
			b.metrics.rejected[r].Add(float64(n))
			taken -= n
		}
	}
	b.metrics.ticks.Add(float64(max(taken, 0)))
	b.metrics.coalesced.Add(float64(coalesced))
	if news {
		select {
		case b.kick <- struct{}{}:
		default:
		}
	}
}

// cell is the symbol's, made when it is new. The caller holds mu.
func (b *Board) cell(id market.SymbolID) *cell {
	for int(id) >= len(b.cells) {
		next := market.SymbolID(len(b.cells))
		b.cells = append(b.cells, cell{Tally: market.NewTally(next, b.dir.Symbol(next).PreviousClose)})
	}
	return &b.cells[id]
}

// mark puts the symbol on the list of the next flush. The caller holds mu.
func (b *Board) mark(id market.SymbolID) {
	if c := &b.cells[id]; !c.changed {
		c.changed = true
		if len(b.dirty) == 0 {
			b.oldest = time.Now()
		}
		b.dirty = append(b.dirty, id)
	}
}

// restate takes in a new state of a source. That of the feed as a whole is one of every symbol that it
// has ever quoted. The caller holds mu.
func (b *Board) restate(s market.Status) {
	if s.Source == "" {
		s.Source, s.Simulated = b.source.Name, b.source.Simulated
	}
	next := b.standing.with(s)
	if next.state != b.standing.state {
		for id := range b.cells {
			if b.cells[id].Known()&^market.FieldPreviousClose != 0 {
				b.mark(market.SymbolID(id))
			}
		}
	}
	b.standing, b.restated = next, true
}

// place is the shard with the fewest subscribers.
func (b *Board) place() *shard {
	least := b.shards[0]
	for _, sh := range b.shards[1:] {
		if sh.load.Load() < least.load.Load() {
			least = sh
		}
	}
	return least
}

// Simulated tells whether some prices of the feed are made up.
func (b *Board) Simulated() bool { return b.store.stand().simulated }

// Quoted tells whether a first quote of the feed has been published: a bid, an ask or a trade.
func (b *Board) Quoted() bool {
	b.store.mu.RLock()
	defer b.store.mu.RUnlock()
	return b.store.quoted
}

// Position is the newest flush.
func (b *Board) Position() Position {
	return Position{Epoch: b.store.epoch, Seq: b.store.now()}
}

// stuckAfter is how late a flush may be on a machine that is merely busy.
const stuckAfter = 10 * time.Second

// Stuck tells whether something has waited for a flush for much longer than the interval.
func (b *Board) Stuck() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.dirty) > 0 && time.Since(b.oldest) > b.cfg.Interval+stuckAfter
}

// Late is how long the shard that is worst off has had a flush without telling it, or has been at one thing.
func (b *Board) Late() time.Duration {
	now, late := time.Now(), time.Duration(0)
	for _, sh := range b.shards {
		late = max(late, sh.late(now))
	}
	return late
}
