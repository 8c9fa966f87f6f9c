package check

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tickertape/feed"
	"tickertape/feed/calendar"
	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

// Plan says what is checked.
type Plan struct {
	Feed    string
	Symbols []string // as the feed spells them, for the report
	For     time.Duration
	Version string // of the program, for the report
	// TradesOnly says that the feed has no quotes, whatever the plan.
	TradesOnly bool
	Silence    time.Duration // after which a source is redialled
	Hours      *calendar.Calendar
	HTTP       *http.Client // nil is the default one
	// Open makes the sources. It connects to nobody.
	Open func(vendors.Env) ([]feed.Source, error)
	// Progress is called about once a second while the check runs; nil: nobody wants to know.
	Progress func(Progress)
}

// Progress is how far a check is.
type Progress struct {
	Elapsed, For   time.Duration
	Trades, Quotes int
}

// check is one run of a plan.
type check struct {
	// static
	Plan
	began   time.Time
	dir     *market.Directory
	reg     *prometheus.Registry
	faults  *vendors.Faults
	traffic *traffic
	tape    *tape
	journal *journal
	infos   []feed.Info // of the sources, as they were opened

	// valid after the run
	ended       time.Time
	interrupted bool // by the caller
	futile      bool // all sources would have been redialled after its end only
}

// Run checks a feed until plan.For has passed, ctx ends, or no source would be dialled again in time. Then it returns the report.
// An error is one of plan.Open: there was nothing to run.
func Run(ctx context.Context, plan Plan) (*Report, error) {
	reg, dir := prometheus.NewRegistry(), market.NewDirectory()
	c := &check{Plan: plan, dir: dir, reg: reg, traffic: newTraffic(), tape: newTape(), journal: &journal{}}
	log := slog.New(&warnings{journal: c.journal})
	c.faults = vendors.NewFaults(log, reg)
	sources, err := plan.Open(vendors.Env{Dir: dir, Log: log, Faults: c.faults, Hours: plan.Hours,
		HTTP: c.traffic.client(plan.HTTP), Tap: c.traffic})
	if err != nil {
		return nil, err
	}
	for _, s := range sources {
		c.infos = append(c.infos, s.Info())
	}
	c.began = time.Now()
	c.run(ctx, sources)
	c.ended = time.Now()
	c.interrupted = ctx.Err() != nil
	return c.report(), nil
}

// run runs the sources until the time is over or none is of use any more.
func (c *check) run(ctx context.Context, sources []feed.Source) {
	ctx, cancel := context.WithTimeout(ctx, c.For)
	defer cancel()
	left := newCountdown(len(sources), func() {
		c.futile = ctx.Err() == nil
		cancel()
	})
	var running sync.WaitGroup
	defer running.Wait()
	for i, s := range sources {
		over := left.one()
		log := slog.New(&breaks{Handler: slog.DiscardHandler, journal: c.journal, began: c.began, deadline: c.began.Add(c.For), futile: over})
		v := feed.NewSupervisor(feed.Config{Silence: c.Silence}, log, prometheus.NewRegistry()) // nobody scrapes a check
		supervised := v.Supervise(&observed{s, c.tape, c.infos[i]}, c.opening(c.infos[i].Market))
		running.Go(func() {
			if err := supervised.Run(ctx, func(market.Batch) {}); err != nil {
				c.journal.failed(time.Since(c.began), err)
			}
			over()
		})
	}
	c.tell(ctx)
}

// opening is when a market trades, for the supervisor; nil is always.
func (c *check) opening(name string) func(time.Time) bool {
	if m, known := c.Hours.Market(name); known && m != nil {
		return m.Open
	}
	return nil
}

// tell reports progress until ctx ends.
func (c *check) tell(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if c.Progress != nil {
			trades, quotes := c.tape.counts()
			c.Progress(Progress{time.Since(c.began), c.For, trades, quotes})
		}
	}
}

// countdown calls a function once all of several things have happened.
type countdown struct {
	mu   sync.Mutex
	left int // guarded by mu
	done func()
}

func newCountdown(n int, done func()) *countdown { return &countdown{left: n, done: done} }

// one is called when one of the things has happened; further calls of the same function do nothing.
func (c *countdown) one() func() {
	return sync.OnceFunc(func() {
		c.mu.Lock()
		c.left--
		last := c.left == 0
		c.mu.Unlock()
		if last {
			c.done()
		}
	})
}

// observed is a source whose batches are put on tape.
type observed struct {
	feed.Source
	tape *tape
	info feed.Info
}

func (o *observed) Run(ctx context.Context, publish func(market.Batch)) error {
	return o.Source.Run(ctx, func(b market.Batch) {
		o.tape.add(&b, o.info)
		publish(b)
	})
}
