package broadcast

import (
	"context"
	"log/slog"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tickertape/broadcast/admission"
	"tickertape/broadcast/board"
	"tickertape/broadcast/conn"
	"tickertape/broadcast/history"
	"tickertape/feed/market"
)

// Hub publishes what changes on a board to subscribers.
type Hub struct {
	// static
	planner
	admission *admission.Admission
	metrics   *metrics
	encoder   encoder
	workers   *workers
	sockets   *conn.Sockets
	log       *slog.Logger
	shards    []*shard
	published chan struct{} // a slot for each shard, never closed: it has published the flush
	kick      chan struct{} // one slot, never closed: something changed
	look      chan struct{} // one slot, never closed: somebody waits for a name
	lengths   *lengths
	relays    *relayPlaces

	arrivals   atomic.Int64 // subscribers that have come since the newest flush
	awaited    atomic.Int64 // lists of names that somebody waits for
	noted      int          // owned by Run: symbols that the shards need not look for any more
	compressed compressedFrames
	memo       memo
}

// lengths are where messages are cut and turns end, in bytes. Tests have shorter ones.
type lengths struct{ part, history, turn int }

// Source says where prices come from.
type Source struct {
	Name      string // those of several with commas
	Simulated bool   // its prices are made up
	Replayed  bool   // its prices are those of a recording that is played
}

// NewHub returns a hub with an empty board for the symbols of dir, under a feed that is down until it says
// otherwise. adm says who gets in. It starts nothing.
func NewHub(
	cfg Config, lists []Watchlist, dir *market.Directory, source Source, adm *admission.Admission,
	log *slog.Logger, reg prometheus.Registerer,
) *Hub {
	b := board.New(board.Config{
		History: cfg.History, Directory: dir, Source: source.Name, Simulated: source.Simulated, Replayed: source.Replayed,
		Started: market.TimeOf(time.Now()),
	})
	known := catalog{dir: dir, lists: make(map[string]*watchlist, len(lists)), cfg: &cfg}
	for _, l := range lists {
		known.lists[l.Name] = &watchlist{symbols: l.Symbols}
	}
	long := lengths{part: partLimit, history: historyLimit, turn: turnBytes}
	h := &Hub{
		planner:   planner{catalog: known, board: b},
		admission: adm,
		metrics:   newMetrics(reg, b),
		encoder:   encoder{dir: dir, board: b, lengths: &long},
		sockets:   conn.NewSockets(true, log),
		log:       log,
		kick:      make(chan struct{}, 1),
		look:      make(chan struct{}, 1),
		lengths:   &long,
		relays:    &relayPlaces{most: int64(cfg.Relays)},
	}
	h.memo.encoder = &h.encoder
	h.workers = newWorkers(h)
	for range runtime.GOMAXPROCS(0) {
		h.shards = append(h.shards, newShard(h))
	}
	watchShards(reg, h)
	watchRelays(reg, h.relays)
	h.published = make(chan struct{}, len(h.shards))
	return h
}

// Apply takes in a batch. What it cannot take in is counted and left out. It keeps nothing of the batch, and may be called
// from anywhere. It does not wait for subscribers, but for the board where more comes than can be committed
// ([board.Board.Gather]).
func (h *Hub) Apply(batch market.Batch) {
	gathered := h.board.Gather(batch)
	h.metrics.gathered(&gathered)
	if gathered.Pending {
		select {
		case h.kick <- struct{}{}:
		default:
		}
	}
}

// Board is what the hub publishes.
func (h *Hub) Board() *board.Board { return h.board }

// TradingDays has the bars of a day begin with the trading day of their symbol's market, which of returns; nil
// for a market that has none. Otherwise a day is the source's session or, where that has none, UTC's. It is called
// before Run.
func (h *Hub) TradingDays(of func(market string) history.Days) { h.board.TradingDays(of) }

// leastLoaded is the shard with the fewest subscribers.
func (h *Hub) leastLoaded() *shard {
	least := h.shards[0]
	for _, sh := range h.shards[1:] {
		if sh.load.Load() < least.load.Load() {
			least = sh
		}
	}
	return least
}

// stuckAfter is how late a flush may be on a machine that is merely busy.
const stuckAfter = 10 * time.Second

// Stuck reports whether something has waited for a flush for much longer than the interval.
func (h *Hub) Stuck() bool { return h.board.Stuck(h.cfg.Interval + stuckAfter) }

// Late is how long the latest shard has held a flush that it has not published, or has worked on one job.
func (h *Hub) Late() time.Duration {
	now, late := time.Now(), time.Duration(0)
	for _, sh := range h.shards {
		late = max(late, sh.late(now))
	}
	return late
}

// connLimits bound what a client may do on its connection.
func (h *Hub) connLimits() conn.Limits {
	return conn.Limits{MaxMessage: h.cfg.MaxMessage, MessageTimeout: h.admission.Config.MessageTimeout, WriteTimeout: h.cfg.WriteTimeout}
}

// Drain sends every subscriber away at a random time within window, and refuses new ones. It returns
// when all have left; those who are still there when ctx ends are cut off.
func (h *Hub) Drain(ctx context.Context, window time.Duration) {
	if !h.admission.Drain(window) {
		return
	}
	for _, sh := range h.shards {
		sh.post(func() {
			for _, s := range sh.all {
				s.leaveWhileDraining()
			}
		})
	}
	select {
	case <-h.admission.Empty():
		return
	case <-ctx.Done():
	}
	for _, sh := range h.shards {
		sh.post(sh.cut)
	}
	<-h.admission.Empty()
}

// Draining reports whether Drain has been called.
func (h *Hub) Draining() bool { return h.admission.Draining() }
