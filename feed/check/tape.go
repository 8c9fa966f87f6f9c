package check

import (
	"sync"
	"time"

	"tickertape/feed"
	"tickertape/feed/market"
)

// tape is what the sources have published.
type tape struct {
	mu      sync.Mutex
	symbols map[market.SymbolID]*seen // guarded by mu
	alive   bool                      // guarded by mu: some message could be understood
	status  market.Status             // guarded by mu: the newest that is not of a source that is well
	over    bool                      // guarded by mu: after it, the source was well
	lost    int                       // guarded by mu: messages that are missing
	late    time.Duration             // guarded by mu: the least that a tick has come after its time, and its delay by contract
	timed   bool                      // guarded by mu: late is known
	prints  map[print]bool            // guarded by mu: trades that have come, of late
}

// print is a trade, as far as it tells repetitions.
type print struct {
	symbol       market.SymbolID
	at, received market.Time
	price        market.Price
	size         market.Quantity
}

// mostPrints is how many trades are kept to tell repetitions.
const mostPrints = 10_000

// seen is what has come of one symbol.
type seen struct {
	trades, quotes, updates flow
	figures                 market.Fields
	stated                  bool // the source has said what state it is in
	state                   market.State
	bars, past              int // of before
}

// flow is events of a kind.
type flow struct {
	count       int
	first, last market.Time // when, by the exchange's clock
}

func (f *flow) add(at market.Time) {
	if f.count++; f.count == 1 || at < f.first {
		f.first = at
	}
	f.last = max(f.last, at)
}

func newTape() *tape { return &tape{symbols: map[market.SymbolID]*seen{}, prints: map[print]bool{}} }

// add takes in a batch, and keeps nothing of it.
func (t *tape) add(b *market.Batch, info feed.Info) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.alive = t.alive || b.Alive || len(b.Ticks)+len(b.Images) > 0
	t.lost += b.Lost
	if b.Status != nil {
		if well := b.Status.State == market.Live && b.Status.Message == ""; well {
			t.over = true
		} else {
			t.status, t.over = *b.Status, false
			t.status.Behind = nil
		}
	}
	for i := range b.Ticks {
		t.tick(&b.Ticks[i], info)
	}
	for i := range b.Images {
		q := &b.Images[i]
		s := t.of(q.Symbol)
		s.figures |= q.Set
		if info.Lossless { // it says all by images
			s.updates.add(q.Time)
			s.stated, s.state = q.Set&market.FieldState != 0, q.State
		}
	}
	for i := range b.Bars {
		t.of(b.Bars[i].Symbol).bars += len(b.Bars[i].Bars)
	}
	for i := range b.Trades {
		t.of(b.Trades[i].Symbol).past += len(b.Trades[i].Trades)
	}
}

func (t *tape) tick(k *market.Tick, info feed.Info) {
	s := t.of(k.Symbol)
	switch k.Kind {
	case market.KindTrade:
		if !t.repeated(k) {
			s.trades.add(k.When())
		}
	case market.KindQuote:
		s.quotes.add(k.When())
	case market.KindState:
		s.stated, s.state = true, k.State
	case market.KindSession:
		if k.Price != 0 {
			s.figures |= market.FieldPreviousClose
		}
	}
	if (k.Kind == market.KindTrade || k.Kind == market.KindQuote) && k.Time != 0 && k.Received != 0 {
		if late := k.Received.Std().Sub(k.Time.Std()) - info.Delay; !t.timed || late < t.late {
			t.late, t.timed = late, true
		}
	}
}

// sums are what a trade sets that a [vendors.Reconciler] publishes once more, when the day's figures have come.
const sums = market.SetsVolume | market.SetsHighLow

// repeated reports whether a trade has been published before and now counts into the sums alone.
func (t *tape) repeated(k *market.Tick) bool {
	p := print{k.Symbol, k.Time, k.Received, k.Price, k.Size}
	if k.ID == 0 && k.Flags&^sums == 0 && t.prints[p] {
		return true
	}
	if len(t.prints) == mostPrints {
		clear(t.prints)
	}
	t.prints[p] = true
	return false
}

func (t *tape) of(id market.SymbolID) *seen {
	s := t.symbols[id]
	if s == nil {
		s = &seen{}
		t.symbols[id] = s
	}
	return s
}

// counts are all trades and quotes so far.
func (t *tape) counts() (trades, quotes int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, s := range t.symbols {
		trades += s.trades.count + s.updates.count
		quotes += s.quotes.count
	}
	return trades, quotes
}

// worst is the newest status that is not of a source that is well, and whether the source was well after it. The zero value:
// there was none.
func (t *tape) worst() (status market.Status, over bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.status, t.over
}
