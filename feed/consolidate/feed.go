package consolidate

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"tickertape/feed"
	"tickertape/feed/calendar"
	"tickertape/feed/market"
)

// Log keys of this package.
const (
	keySource        = "source"
	keySymbol        = "symbol"
	keyReason        = "reason"
	keyMessage       = "message"
	keyPrice         = "price"
	keyPreviousClose = "previous_close"
	keyBid           = "bid"
	keyAsk           = "ask"
	keyExchangeTime  = "exchange_time"
	keyReceived      = "received"
	keyError         = "error"
)

// Feed is several sources as one. It is itself a [feed.Source].
type Feed struct {
	connections  []*connection // static
	arrivals     chan arrival  // from the goroutines of the connections to that of Run; never closed
	consolidator *consolidator // owned by Run
}

// arrival is what a connection hands over: a batch or its end. With a batch, the connection waits until that was consumed,
// so that the slices can stay the source's.
type arrival struct {
	from  *connection
	batch market.Batch
	ended bool // there is no batch, and none will come
}

// New makes one feed of sources, each of which is supervised; the first is preferred where no route says otherwise.
// Sources of the same name are connections of one. silence is how long a source may say nothing about a symbol before
// another may take over; hours may be nil: then nothing ever closes. The routes' symbols enter dir. New starts nothing.
func New(
	cfg Config, silence time.Duration, sources []feed.Source, dir *market.Directory, hours *calendar.Calendar,
	log *slog.Logger, reg prometheus.Registerer,
) *Feed {
	c := &consolidator{
		limits: newLimits(cfg), dir: dir, log: log, metrics: newMetrics(reg),
		hours:    hours,
		router:   router{cfg: cfg, silence: silence, preferences: map[market.SymbolID][]string{}},
		clock:    clock{wall: market.TimeOf},
		rounds:   rounds{every: min(visitEvery, cfg.StaleAfter/4)},
		adjuster: newAdjuster(cfg.Adjustments, dir, hours),
	}
	f := &Feed{arrivals: make(chan arrival), consolidator: c}
	for _, s := range sources {
		f.connections = append(f.connections, c.connection(s))
	}
	if len(c.sources) > 1 {
		for _, s := range c.sources {
			c.metrics.changes.WithLabelValues(s.name)
		}
	}
	c.addRoutes(cfg.Symbols)
	return f
}

// KeepTrades has up to limit trades of all sources together kept for their corrections, if there are several sources. It is called
// before Run.
func (f *Feed) KeepTrades(limit int) {
	if limit > 0 && len(f.consolidator.sources) > 1 {
		f.consolidator.ledgers = market.NewLedgers(limit)
	}
}

// Info has the names of all sources, separated by commas. The feed is simulated or replayed, and corrects, where any of them does,
// and as late as the latest of them.
func (f *Feed) Info() feed.Info {
	var names []string
	for _, s := range f.consolidator.sources {
		names = append(names, s.name)
	}
	whole := feed.Info{Name: strings.Join(names, ",")}
	for _, c := range f.connections {
		info := c.feed.Info()
		whole.Simulated, whole.Replayed = whole.Simulated || info.Simulated, whole.Replayed || info.Replayed
		whole.Corrects = whole.Corrects || info.Corrects
		whole.Delay = max(whole.Delay, info.Delay)
	}
	return whole
}

// Run runs all sources and publishes from its own goroutine, until ctx ends or all sources have ended. It must be called
// once. Where a source cannot go on, Run returns its error once the others have ended too.
func (f *Feed) Run(ctx context.Context, publish func(market.Batch)) error {
	c := f.consolidator
	c.out.publish = publish
	var sources errgroup.Group
	for _, conn := range f.connections {
		sources.Go(func() error {
			err := conn.feed.Run(ctx, func(b market.Batch) {
				f.arrivals <- arrival{from: conn, batch: b}
				<-conn.consumed
			})
			f.arrivals <- arrival{from: conn, ended: true}
			return err
		})
	}
	running := len(f.connections)
	receive := func(a arrival) {
		if a.ended {
			running--
			return
		}
		c.receive(a.from, a.batch, time.Now())
		a.from.consumed <- struct{}{}
	}
	timer := time.NewTimer(c.rounds.every)
	defer timer.Stop()
	for running > 0 {
		if c.unjudged { // one slice, then whatever has come
			c.judgeSlice(time.Now())
			select {
			case a := <-f.arrivals:
				receive(a)
			default:
			}
			continue
		}
		select {
		case a := <-f.arrivals:
			receive(a)
		case <-timer.C:
			timer.Reset(c.visitSlice(time.Now()))
		}
	}
	return sources.Wait()
}
