package sim

import (
	"context"
	"time"

	"tickertape/feed"
	"tickertape/feed/market"
)

const (
	wake      = 5 * time.Millisecond // how long a tick may wait for others of its batch
	batchSize = 4096                 // the most ticks in a batch, some 500 KB
	slack     = 1_000_000            // how far behind the clock the market may be and still catch up, in microseconds
)

// Source is the simulated market as a [feed.Source]. Each run begins with the same opening.
type Source struct {
	cfg       Config
	companies []listing
	ids       []market.SymbolID
}

// New enters the symbols of the market into dir. It starts nothing. Its errors are those of [Config.Validate] and of a full
// directory.
func New(cfg Config, dir *market.Directory) (*Source, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	companies, err := listings(cfg.Symbols, cfg.Seed)
	if err != nil {
		return nil, err
	}
	s := &Source{cfg, companies, make([]market.SymbolID, len(companies))}
	for i, l := range companies {
		decimals := 2
		if l.price < market.Scale {
			decimals = 4
		}
		s.ids[i], err = dir.Add(market.Symbol{
			Symbol:        l.symbol,
			Name:          l.name,
			Sector:        sectors[l.sector].name,
			Currency:      "USD",
			Decimals:      decimals,
			PreviousClose: l.close,
		})
		if err != nil {
			return nil, err
		}
	}
	return s, nil
}

// Info says that the prices are made up and that nothing is lost on the way.
func (s *Source) Info() feed.Info { return feed.Info{Name: "sim", Simulated: true, Lossless: true} }

// Run publishes an image of every symbol and the beginning of its session, then the part of the first session that is over,
// marked as stale, and then ticks when they are due, until ctx ends. It returns nil.
//
// On a busy machine, ticks up to a second late follow at once. If they are later than that, the market's time stands still
// meanwhile, and no tick is left out. Without a configured start, the market's time is the machine's: it follows a clock that is set
// ahead, but not one that is set back, because times must not decrease.
func (s *Source) Run(ctx context.Context, publish func(market.Batch)) error {
	m := newExchange(s.cfg, s.companies, s.ids)
	first, err := s.cfg.firstSession(time.Now())
	if err != nil {
		return err
	}
	m.open(first)
	batch := make([]market.Tick, 0, batchSize)
	publishFirst(ctx, m, first, batch, publish)
	fixed, ahead := s.cfg.Start != "", first.past
	if !fixed { // publishing the past has taken a while; without this, all that follows would be late by as much
		ahead += int64(m.moveTo(market.TimeOf(time.Now()) - market.Time(ahead)))
	}
	if first.past > 0 {
		publish(market.Batch{Status: live(m.epoch + market.Time(first.past))})
	}
	began := time.Now().Add(-time.Duration(ahead) * time.Microsecond)
	timer := time.NewTimer(time.Nanosecond) // 0 crashes the race detector in synctest: golang.org/issue/78156
	defer timer.Stop()
	waited := int64(0) // how long the market has waited for the machine, in microseconds
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		}
		elapsed := time.Since(began).Microseconds() - waited
		if late := elapsed - m.due; late > slack {
			waited += late
			elapsed -= late
		}
		if !fixed {
			rest := m.setClock(market.TimeOf(time.Now()) - market.Time(elapsed))
			waited -= int64(rest)
			elapsed += int64(rest)
		}
		for m.due <= elapsed {
			publish(market.Batch{Ticks: m.next(batch, elapsed)})
			if ctx.Err() != nil {
				return nil
			}
		}
		timer.Reset(max(wake, time.Duration(m.due-elapsed)*time.Microsecond))
	}
}

// publishFirst publishes the images, the beginning of the session, and all of it that is over.
func publishFirst(ctx context.Context, m *exchange, first firstSession, batch []market.Tick, publish func(market.Batch)) {
	status := live(m.epoch)
	if first.past > 0 {
		status = &market.Status{State: market.Stale, Since: m.epoch, Message: "simulated market: the session so far is being replayed"}
	}
	publish(market.Batch{Status: status, Images: m.images()})
	sessions := m.sessions(first.began)
	if first.past > 0 {
		sessions = received(sessions)
	}
	publish(market.Batch{Ticks: sessions})
	for m.due < first.past && ctx.Err() == nil {
		publish(market.Batch{Ticks: received(m.next(batch, first.past-1))})
	}
}

func live(since market.Time) *market.Status {
	return &market.Status{State: market.Live, Since: since, Message: "simulated market: all prices are made up"}
}

// received sets the time of receipt of ticks that are published after their time.
func received(ticks []market.Tick) []market.Tick {
	now := market.TimeOf(time.Now())
	for i := range ticks {
		ticks[i].Received = now
	}
	return ticks
}
