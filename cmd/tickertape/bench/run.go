package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// idleTime passes between the start of a server and the reading of its memory without subscribers.
	idleTime = time.Second

	// snapshotTime is the longest wait after the last dial for subscribers that have no snapshot yet.
	snapshotTime = 2 * connectTime

	// lastAnswer is how long the server may take to answer for its metrics at the end.
	lastAnswer = 5 * time.Second
)

// The phases of a run, as the progress and an interrupted report name them.
const (
	connecting = "connecting"
	warmingUp  = "warming up"
	measuring  = "measuring"
)

// Run carries out a plan. When ctx ends it stops early and reports what it has measured; only a run
// without any subscriber is an error. A server that it starts is stopped when it returns.
func Run(ctx context.Context, p Plan, l Launch, progress Progress) (report *Report, err error) {
	limit, err := MaxSubscribers(p.URL == "")
	if err = errors.Join(p.Validate(), err); err != nil {
		return nil, err
	}
	if err := p.fit(limit); err != nil {
		return nil, err
	}
	if p.URL != "" {
		return open(ctx, p, nil, p.URL, progress)
	}
	p.Server.Compression = p.Compress
	s, err := startServer(ctx, l, p.Server)
	if err != nil {
		return nil, err
	}
	pause(ctx, idleTime) // an end is seen below
	report, err = open(ctx, p, s, s.url, progress)
	return report, errors.Join(err, s.stop())
}

// open asks the server for its symbols, and carries the plan out.
func open(ctx context.Context, p Plan, s *server, address string, progress Progress) (*Report, error) {
	t, err := parseTarget(address)
	if err != nil {
		return nil, err
	}
	defer t.client.CloseIdleConnections()
	symbols, err := t.symbols(ctx)
	if err != nil {
		return nil, err
	}
	if len(symbols) == 0 {
		return nil, fmt.Errorf("get %s/api/symbols: the server has none", t.base.Redacted())
	}
	r := newRun(p, t)
	r.server = s
	r.lists = watchlists{symbols, p.Watchlist == Personal, p.Seed}
	return r.carryOut(ctx, progress)
}

// run is one plan being carried out.
type run struct {
	plan    Plan
	target  *target
	server  *server // nil when it was running
	lists   watchlists
	crowd   *crowd
	tallies *tallies
	phase   atomic.Pointer[string]
	began   time.Time // of the ramp
	report  *Report
}

func newRun(p Plan, t *target) *run {
	r := &run{
		plan: p, target: t, crowd: newCrowd(p.Subscribers), tallies: newTallies(),
		report: &Report{URL: t.base.Redacted(), BoxCores: runtime.GOMAXPROCS(0)},
	}
	r.report.describe(p)
	r.begin(connecting)
	return r
}

// moments are the readings at the start or the end of the measurement.
type moments struct {
	server, own usage
	box         boxUsage
	unknown     error // why the server's is not known
	unknownBox  error
}

func (r *run) read(ctx context.Context) (m moments, err error) {
	m.own, err = ownUsage()
	m.box, m.unknownBox = readBox(r.report.BoxCores)
	m.server, m.unknown = r.target.usage(ctx)
	return m, err
}

func (r *run) carryOut(ctx context.Context, progress Progress) (*Report, error) {
	before, err := r.read(ctx)
	if err != nil {
		return nil, err
	}
	listening, sendHome := context.WithCancel(context.WithoutCancel(ctx))
	defer sendHome()
	var all sync.WaitGroup
	r.began = time.Now()
	reporter := progress.start(r.state)
	defer reporter.end()

	from, err := r.gather(ctx, listening, &all, before)
	if err == nil {
		pause(ctx, r.plan.Duration) // ctx may end it earlier
		if ctx.Err() != nil {
			r.report.Interrupted = r.phaseNow()
		}
		err = r.measure(ctx, before, from)
	}
	sendHome()
	all.Wait()
	if err != nil {
		return nil, err
	}
	return r.report, nil
}

// gather connects the subscribers, and returns when the measurement begins or ctx ends.
func (r *run) gather(ctx, listening context.Context, all *sync.WaitGroup, before moments) (moments, error) {
	r.launch(ctx, listening, all)
	late := time.NewTimer(snapshotTime)
	defer late.Stop()
	select {
	case <-r.crowd.settled:
		if connected, _ := r.crowd.counts(); connected == 0 {
			return before, r.nobody()
		}
	case <-late.C: // the report says how many are missing
	case <-ctx.Done():
	}
	if ctx.Err() != nil {
		return before, nil
	}
	r.begin(warmingUp)
	if pause(ctx, r.plan.Warmup) != nil {
		return before, nil
	}
	from, err := r.read(ctx)
	if ctx.Err() != nil {
		return before, nil
	}
	r.tallies.count(r.plan.Duration)
	r.begin(measuring)
	return from, err
}

// launch starts the subscribers over the ramp.
func (r *run) launch(ctx, listening context.Context, all *sync.WaitGroup) {
	d := newDialer(r.target)
	for i := range r.plan.Subscribers {
		due := r.began.Add(time.Duration(float64(r.plan.Ramp) * float64(i) / float64(r.plan.Subscribers)))
		if wait := time.Until(due); wait > 0 && pause(ctx, wait) != nil || ctx.Err() != nil {
			return
		}
		s := &subscriber{
			index: i, slow: r.plan.isSlow(i), transport: r.plan.Transport, compress: r.plan.Compress,
			ask:   r.ask(i),
			crowd: r.crowd, tallies: r.tallies, dialer: d,
			sampling: 1 + r.plan.Subscribers/250, // some thousand quotes a flush are enough for p99.9
		}
		all.Go(func() { s.run(listening) })
	}
}

// ask is what subscriber i asks for.
func (r *run) ask(i int) ask {
	a := ask{rate: r.plan.Rate, fields: r.plan.Fields}
	if !r.plan.NoQuotes {
		a.symbols = r.lists.of(i, r.plan.Symbols)
	}
	a.bars, a.trades = r.lists.some(i, r.plan.Bars), r.lists.some(i, r.plan.Trades)
	return a
}

// nobody is the error of a run without subscribers.
func (r *run) nobody() error {
	err := fmt.Errorf("none of %d subscribers got a snapshot; the first was %s", r.plan.Subscribers, r.crowd.now().FirstError)
	if r.server != nil {
		err = errors.Join(err, r.server.gone())
	}
	return err
}

// measure ends the measuring and writes the figures into the report.
func (r *run) measure(ctx context.Context, before, from moments) error {
	span := r.tallies.window.Load().span()
	traffic := r.tallies.traffic()
	tick, send := r.tallies.latencies()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastAnswer) // it may have ended
	defer cancel()
	to, err := r.read(ctx)
	if err != nil {
		return err
	}
	p := r.report
	p.Crowd = r.crowd.now()
	p.MeasuredS = span.Seconds()
	slowOnes := r.plan.slow()
	p.Prompt = streamOf(r.plan.Subscribers-slowOnes, traffic[prompt], span)
	p.Slow = streamOf(slowOnes, traffic[slow], span)
	sum := traffic[prompt]
	sum.add(traffic[slow])
	p.All = streamOf(r.plan.Subscribers, sum, span)
	p.Tick, p.Send = tick.percentiles(), send.percentiles()
	p.Generator = Share{cores(from.own, to.own)}
	unknown := cmp.Or(before.unknown, from.unknown, to.unknown)
	if unknown == nil {
		p.Server = costOf(before.server, from.server, to.server, p.All, p.Crowd.Connected)
	}
	if cmp.Or(from.unknownBox, to.unknownBox) == nil {
		known := p.Generator.Cores
		if r.target.local() && p.Server != nil {
			known += p.Server.Cores
		}
		p.Box = boxOf(from.box, to.box, known)
	}
	p.remark(r.target.local(), tick, send, r.plan.wantsTimes())
	if r.server != nil {
		if err := r.server.gone(); err != nil {
			p.Notes = append(p.Notes, err.Error())
		}
	}
	return nil
}

func (r *run) begin(phase string) { r.phase.Store(&phase) }
func (r *run) phaseNow() string   { return *r.phase.Load() }

// state is a line of progress.
func (r *run) state() string {
	connected, failed := r.crowd.counts()
	traffic := r.tallies.traffic()
	line := fmt.Sprintf("%s: %s of %s connected", r.phaseNow(), grouped(connected), grouped(r.plan.Subscribers))
	if failed > 0 {
		line += fmt.Sprintf(", %s refused or lost", grouped(failed))
	}
	return fmt.Sprintf("%s, %s updates, %s quotes", line, grouped(int(traffic[prompt].Updates+traffic[slow].Updates)),
		grouped(int(traffic[prompt].Quotes+traffic[slow].Quotes)))
}
