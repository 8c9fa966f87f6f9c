package sim

import (
	"context"
	"time"

	"tickertape/feed"
	"tickertape/feed/market"
)

const (
	wake = // how long ticks wait for others
	5 * time.Millisecond
	batchSize = 4096      // the most ticks in a batch, 400 KB
	slack     = 1_000_000 // microseconds behind the clock that it makes good
)

// Source is the simulated market as a source of ticks. Each run begins with the same opening.
type Source struct {
	cfg       Config
	companies []listing
	ids       []market.SymbolID
}

// New enters the market's symbols into dir and starts nothing. Its errors are those of
// [Config.Validate] and of a directory that is full.
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

// Info says that all of it is made up, and nothing of it gets lost.
func (s *Source) Info() feed.Info { return feed.Info{Name: "sim", Simulated: true, Whole: true} }

// Run publishes an image of every symbol, what its first session has had so far, which is not live while it is
// told, and then ticks as they fall due, until ctx ends; it returns nil. What a busy machine is late with follows at once, up to a second of it; beyond that
// the market waits for the machine, and goes on with the same ticks later. Without a start of its
// own, the market's time is the machine's: it follows where that one is set ahead, or sleeps. It does not
// follow where it is set back, since times that were told cannot be told again.
func (s *Source) Run(ctx context.Context, publish func(market.Batch)) error {
	m := newMarket(s.cfg, s.companies, s.ids)
	began := time.Now()
	start, err := s.cfg.start()
	if err != nil {
		return err
	}
	fixed := !start.IsZero()
	if !fixed {
		start = began.Add(-time.Duration(m.past) * time.Microsecond)
	}
	m.epoch = market.TimeOf(start)
	batch := make([]market.Tick, 0, batchSize)
	live := market.Status{State: market.Live, Since: m.epoch, Message: "simulated market: all prices are made up"}
	if images := m.images(); m.past == 0 {
		publish(market.Batch{Status: &live, Images: images})
	} else {
		past := market.Status{State: market.Stale, Since: m.epoch, Message: "simulated market: what it has had so far is being told"}
		publish(market.Batch{Status: &past, Images: images})
		for m.due < m.past && ctx.Err() == nil {
			publish(market.Batch{Ticks: received(m.next(batch, m.past-1))})
		}
		if !fixed { // telling it has taken a while, by which all that follows would look old
			m.epoch = market.TimeOf(time.Now()) - market.Time(m.past)
		}
		live.Since = m.epoch + market.Time(m.past)
		publish(market.Batch{Status: &live})
	}
	began = time.Now().Add(-time.Duration(m.past) * time.Microsecond)
	timer := time.NewTimer(time.Nanosecond) // 0 crashes the race detector in synctest: golang.org/issue/78156
	defer timer.Stop()
	waited := int64(0) // microseconds that the market stood still for a machine that was late
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
			m.setClock(market.TimeOf(time.Now()) - market.Time(elapsed))
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

// received are ticks that are told after their time.
func received(ticks []market.Tick) []market.Tick {
	now := market.TimeOf(time.Now())
	for i := range ticks {
		ticks[i].Received = now
	}
	return ticks
}
