package consolidate

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"tickertape/feed"
	"tickertape/feed/calendar"
	"tickertape/feed/market"
)

// Desk is the sources as one: a [feed.Source] itself.
type Desk struct {
	// static
	cfg     Config
	silence time.Duration
	skew    market.Time // max_clock_skew
	move    int64       // max_move, in millionths
	cross   int64       // max_cross, in millionths
	dir     *market.Directory
	hours   *calendar.Calendar
	log     *slog.Logger
	metrics *metrics
	given   []feed.Source // by line
	lines   []*line
	sources []*source                    // the preferred first
	orders  map[market.SymbolID][]string // sources of symbols that say which they prefer

	mu      sync.Mutex
	publish func(market.Batch)   // guarded by mu
	symbols []symbol             // guarded by mu; the index is the id
	markets map[string]*schedule // guarded by mu
	out     market.Batch         // guarded by mu: what is to be published
	status  market.Status        // guarded by mu: of out
	now     time.Time            // guarded by mu: of the batch that is taken in, or of the look around
	taking  *source              // guarded by mu: whose batch is taken in
	doubts  int                  // guarded by mu: symbols with trades that are held
}

// symbol is what is handed on of one symbol.
type symbol struct {
	source  *source      // whose news count; nil: no one's yet
	state   market.State // as it was told
	market  *schedule    // nil: it never closes
	entered bool
	failed  bool        // a source of lower rank had to take over
	shown   market.Time // exchange time of the newest news that were handed on
	traded  market.Time // of the newest last price
}

// market is whose hours some symbols keep.
type schedule struct {
	hours  *calendar.Market
	phase  calendar.Phase
	rolled market.Time // when its trading day began
	next   market.Time // when the next one does
}

// New makes one of several sources, each of which is supervised; the first by name is preferred. Sources
// of the same name are connections of one. It starts nothing.
func New(cfg Config, silence time.Duration, sources []feed.Source, dir *market.Directory, hours *calendar.Calendar, log *slog.Logger, reg prometheus.Registerer) *Desk {
	d := &Desk{
		cfg: cfg, silence: silence, skew: market.Time(cfg.MaxClockSkew.Microseconds()),
		move: int64(cfg.MaxMove * million), cross: int64(cfg.MaxCross * million),
		dir: dir, hours: hours, log: log, metrics: newMetrics(reg), given: sources,
		orders: map[market.SymbolID][]string{}, markets: map[string]*schedule{},
	}
	byName := map[string]*source{}
	for _, given := range sources {
		info := given.Info()
		s := byName[info.Name]
		if s == nil {
			s = &source{name: info.Name, place: len(d.sources), info: info}
			for r := fine + 1; r < numReasons; r++ {
				s.refused[r] = d.metrics.refused.WithLabelValues(s.name, r.String())
			}
			d.metrics.tell(s.name, market.Down)
			byName[info.Name] = s
			d.sources = append(d.sources, s)
		}
		l := &line{source: s, state: market.Down, why: "no tick yet"}
		s.lines = append(s.lines, l)
		d.lines = append(d.lines, l)
	}
	if len(d.sources) > 1 {
		for _, s := range d.sources {
			d.metrics.changes.WithLabelValues(s.name)
		}
	}
	for _, r := range cfg.Symbols {
		id, err := dir.Add(market.Symbol{Symbol: r.Symbol, Name: r.Name, Market: r.Market})
		if err != nil {
			log.Warn("symbol cannot be routed", "symbol", r.Symbol, "error", err)
			continue
		}
		for _, text := range r.Sources {
			name, _, _ := SplitSource(text) // valid
			d.orders[id] = append(d.orders[id], name)
		}
	}
	return d
}

// Info is the names of all sources, with commas, and what holds for all of them.
func (d *Desk) Info() feed.Info {
	var names []string
	simulated := false
	for _, s := range d.sources {
		names = append(names, s.name)
	}
	for _, given := range d.given {
		simulated = simulated || given.Info().Simulated
	}
	return feed.Info{Name: strings.Join(names, ","), Simulated: simulated}
}

// lookAround is how often states are judged without news.
const lookAround = 250 * time.Millisecond

// Run runs all sources and publishes what can be believed, until ctx ends or all of them have ended. A
// source that cannot go on is an error once the others have ended, too.
func (d *Desk) Run(ctx context.Context, publish func(market.Batch)) error {
	d.mu.Lock()
	d.publish = publish
	d.mu.Unlock()
	watching, stop := context.WithCancel(ctx)
	var watch sync.WaitGroup
	watch.Go(func() {
		every := min(lookAround, d.cfg.StaleAfter/4)
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for {
			select {
			case <-watching.Done():
				return
			case <-ticker.C:
				d.look(time.Now())
			}
		}
	})
	defer watch.Wait()
	defer stop()
	var g errgroup.Group
	for i, given := range d.given {
		g.Go(func() error {
			return given.Run(ctx, func(b market.Batch) { d.take(d.lines[i], i, b) })
		})
	}
	return g.Wait()
}

// take takes in a batch of one connection.
func (d *Desk) take(l *line, number int, b market.Batch) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.now, d.taking = time.Now(), l.source
	received := market.TimeOf(d.now)
	d.grow()
	if b.Status != nil {
		if l.state != market.Live && b.Status.State == market.Live {
			l.source.settle(number, d.now)
		}
		l.state, l.why = b.Status.State, b.Status.Message
		l.source.info.Simulated = b.Status.Simulated
		d.restate(l.source)
	}
	for i := range b.Images {
		if im := &b.Images[i]; int(im.Symbol) < len(d.symbols) {
			d.image(l.source, number, im)
		}
	}
	for i := range b.Ticks {
		k := &b.Ticks[i]
		if int(k.Symbol) >= len(d.symbols) {
			continue
		}
		if k.Received == 0 {
			k.Received = received
		}
		d.tick(l.source, number, k)
	}
	for i := range b.Corrections {
		if c := &b.Corrections[i]; int(c.Symbol) < len(d.symbols) {
			d.correct(l.source, number, c)
		}
	}
	d.flush()
}

// grow makes room for symbols that are new in the directory. The caller holds mu, as all callers of what
// follows do.
func (d *Desk) grow() {
	for id := len(d.symbols); id < d.dir.Len(); id++ {
		d.symbols = append(d.symbols, symbol{})
	}
}

// flush publishes what there is.
func (d *Desk) flush() {
	b := &d.out
	if b.Status != nil || len(b.Images)+len(b.Ticks)+len(b.Corrections) > 0 {
		d.publish(*b)
	}
	b.Status = nil
	b.Images, b.Ticks, b.Corrections = b.Images[:0], b.Ticks[:0], b.Corrections[:0]
}

// restate tells the source's state, and judges its symbols anew.
func (d *Desk) restate(s *source) {
	next, changed := s.stand(d.now)
	if changed {
		if next.State != s.status.State || s.status.Since == 0 {
			d.metrics.tell(s.name, next.State)
		}
		s.status = next
		d.flush() // a status comes first in its batch
		d.status = next
		d.out.Status = &d.status
	}
	for id, t := range s.tracks {
		if t != nil && d.symbols[id].source == s {
			d.judge(market.SymbolID(id), 0)
		}
	}
}

// tick takes in one tick of a source.
func (d *Desk) tick(s *source, number int, k *market.Tick) {
	t := s.enter(d, k.Symbol)
	t.line = number
	switch k.Kind {
	case market.KindTrade, market.KindQuote:
		why, held := d.check(s, t, k)
		if why != fine {
			if !held {
				s.refuse(d, why, k)
			}
			if why != duplicate && k.Kind == market.KindTrade {
				t.drop(k.ID)
			}
			return
		}
		t.hear(d.now, d.cfg)
		if k.Time != 0 && k.Time != k.Received && !s.info.Whole {
			s.skew.note(k.Time, k.Received)
		}
		if held {
			return
		}
		d.hand(s, t, k)
		if k.Kind == market.KindQuote {
			d.witness(t, k)
		}
	case market.KindState: // is no news of the price
		t.own = k.State
		if k.State == market.Halted {
			if n := len(t.held); n > 0 { // what moved so far was the reason
				d.confirm(t, t.held[n-1].Price)
			}
		}
		d.news(s, t, k.Symbol)
		if d.symbols[k.Symbol].source == s {
			d.judge(k.Symbol, k.Time)
		}
	case market.KindSession:
		t.hear(d.now, d.cfg)
		t.traded, t.quoted = 0, 0 // a recording that starts again goes back in time
		if s.info.Whole {
			t.ids = nil // and tells the same trades again
		}
		d.contradict(t)
		t.last = 0
		if y := &d.symbols[k.Symbol]; y.source == s {
			y.shown, y.traded = 0, 0
		}
		d.hand(s, t, k)
	case market.KindAlive:
		t.hear(d.now, d.cfg)
		d.news(s, t, k.Symbol)
	default:
		d.hand(s, t, k) // the board counts it
	}
}

// hand hands on a tick that can be believed, if its source is the one that counts.
func (d *Desk) hand(s *source, t *track, k *market.Tick) {
	if t.tally != nil {
		t.tally.Apply(k)
	}
	if d.news(s, t, k.Symbol) {
		return // it went on with all the rest that the source says
	}
	y := &d.symbols[k.Symbol]
	if y.source != s {
		return
	}
	y.shown, y.traded = max(y.shown, t.newest()), max(y.traded, t.traded)
	d.out.Ticks = append(d.out.Ticks, *k)
}

// news says whether what has just come makes the source the one that counts, and judges the symbol.
func (d *Desk) news(s *source, t *track, id market.SymbolID) (changed bool) {
	y := &d.symbols[id]
	if y.source == nil && len(d.sources) == 1 {
		y.source = s
	} else if y.source != s {
		if to := d.choose(id, y, d.now); to != nil {
			d.change(id, y, to)
			y.shown, y.traded = max(y.shown, to.track(id).newest()), max(y.traded, to.track(id).traded)
			changed = to == s
		}
	}
	if y.source == s && (y.state != market.Live || t.own != market.Live) {
		d.judge(id, 0)
	}
	return changed
}

// image takes in what a source sums up. A last price in it that is older than the one that is shown is
// left out.
func (d *Desk) image(s *source, number int, im *market.Quote) {
	t := s.enter(d, im.Symbol)
	t.line = number
	t.sum(im, d.now, d.cfg)
	if im.Set&market.FieldState != 0 {
		t.own = im.State
		im.Set &^= market.FieldState
	}
	if im.Set&market.FieldPrice != 0 {
		if at := im.Time; !s.info.Whole && im.Set&market.FieldTime != 0 && at < t.traded {
			im.Set &^= market.FieldPrice | market.FieldSize | market.FieldTime
		} else {
			t.last, t.regular = im.Price, im.Price
			if im.Set&market.FieldTime != 0 {
				t.traded = max(t.traded, at)
			}
		}
	}
	if im.Set&market.FieldBid != 0 && im.Set&market.FieldAsk != 0 {
		t.bid, t.ask = im.Bid, im.Ask
	}
	if len(d.sources) > 1 && im.Whole && im.Set&market.FieldSource == 0 {
		im.Source = s.name
		im.Set |= market.FieldSource
	}
	if t.tally != nil && t.tally.Image(im) != market.Accepted {
		return
	}
	changed := d.news(s, t, im.Symbol)
	y := &d.symbols[im.Symbol]
	if y.source != s {
		return
	}
	y.shown, y.traded = max(y.shown, t.newest()), max(y.traded, t.traded)
	if !changed {
		d.out.Images = append(d.out.Images, *im)
		if len(d.out.Ticks) > 0 { // a batch applies its images first
			last := len(d.out.Images) - 1
			image := d.out.Images[last]
			d.out.Images = d.out.Images[:last]
			d.flush()
			d.out.Images = append(d.out.Images, image)
		}
	}
	d.judge(im.Symbol, 0)
}

// correct takes in a correction.
func (d *Desk) correct(s *source, number int, c *market.Correction) {
	t := s.enter(d, c.Symbol)
	t.line = number
	t.hear(d.now, d.cfg)
	if c.ID != 0 && (d.release(t, c.ID) || slices.Contains(t.dropped[:], c.ID)) {
		if c.New.Flags == 0 {
			return
		}
		c.Old.Flags = 0 // it never counted, as what it was
	}
	if t.tally != nil {
		t.tally.Correct(c)
	}
	if c.Old.Price == t.last && c.New.Flags&lasts != 0 {
		t.last = c.New.Price
	}
	if c.Old.Price == t.regular && c.New.Flags&market.SetsLast != 0 {
		t.regular = c.New.Price
	}
	if d.symbols[c.Symbol].source == s {
		d.out.Corrections = append(d.out.Corrections, *c)
	}
}

// release takes a trade out of those that wait for their confirmation, and tells whether it was one.
func (d *Desk) release(t *track, id uint64) bool {
	i := slices.IndexFunc(t.held, func(k market.Tick) bool { return k.ID == id })
	if i < 0 {
		return false
	}
	if t.held = slices.Delete(t.held, i, i+1); len(t.held) == 0 {
		d.doubts--
	}
	return true
}
