package main

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"tickertape/broadcast/history"
	"tickertape/feed/market"
	"tickertape/feed/sim"
)

// simSession is what a session of a symbol came to.
type simSession struct {
	began, ended market.Time
	quote        market.Quote
}

// simBars takes in one symbol of the simulated market as the board does.
type simBars struct {
	symbol   market.SymbolID
	bars     *history.Symbol
	kept     history.Config
	tally    market.Tally
	seq      history.Seq
	began    market.Time
	sessions []simSession // all that are over
}

func newSimBars(id market.SymbolID) *simBars {
	b := &simBars{symbol: id, bars: history.NewSymbol(nil), kept: history.DefaultConfig(), tally: market.NewTally(id, 0, nil)}
	for k := range b.kept.Bars {
		b.kept.Bars[k] = history.MostBars
	}
	return b
}

func (b *simBars) tick(t *market.Tick) {
	if t.Symbol != b.symbol {
		return
	}
	b.seq++
	switch t.Kind {
	case market.KindSession:
		if b.began != 0 {
			b.sessions = append(b.sessions, simSession{b.began, t.Time, b.tally.Quote()})
		}
		b.began = t.Time
		b.bars.Session(t.Time, b.seq)
	case market.KindTrade:
		b.bars.Trade(&history.Trade{Price: t.Price, Size: t.Size, Flags: t.Flags, Time: t.Time}, b.seq, &b.kept)
	}
	b.tally.Apply(t)
}

// sum adds up the bars of an interval that start within a session.
func (b *simBars) sum(k history.Interval, s *simSession) string {
	var sum history.Bar
	var prices []market.Price // open, high, low
	into := make([]history.Bar, 1000)
	r := history.Reader{Interval: k, FromStart: true}
	count := uint32(0)
	for more := true; more; {
		var n int
		n, more = b.bars.ReadBars(&r, b.seq, into)
		for i := range into[:n] {
			bar := &into[i]
			if start := market.Time(bar.Start) * 1e6; start < s.began || start >= s.ended {
				continue
			}
			count += bar.Count()
			sum.Volume, _ = sum.Volume.Add(bar.Volume)
			sum.Turnover, _ = sum.Turnover.Add(bar.Turnover)
			switch {
			case !bar.Priced():
			case prices == nil:
				prices = []market.Price{bar.Open, bar.High, bar.Low}
			default:
				prices[1], prices[2] = max(prices[1], bar.High), min(prices[2], bar.Low)
			}
		}
	}
	if sum.Volume.IsZero() {
		return fmt.Sprint(prices, count)
	}
	return fmt.Sprint(prices, sum.Volume, count, sum.Turnover.Over(sum.Volume))
}

// every1000 stalls at each thousandth tick.
func every1000(stall time.Duration) func(ticks int) time.Duration {
	return func(ticks int) time.Duration {
		if ticks%1000 != 0 {
			return 0
		}
		return stall
	}
}

// simStart is when the tests' wall clock shows a time that is on no boundary.
const simStart = 10*time.Hour + 17*time.Minute + 23*time.Second + 456789*time.Microsecond

// The first session and those after it, whatever the clock does: all bars whose length a session is a multiple of sum up to the
// day's bar, and that is what the quote has.
func TestBarsOfTheSimulatedMarketSumUpToItsSessions(t *testing.T) {
	const stall = 7777 * time.Millisecond
	for name, c := range map[string]struct {
		change func(*sim.Config)
		run    time.Duration
		stall  func(ticks int) time.Duration // of the machine, so that the market's clock is set ahead
	}{
		"minutes":                      {func(c *sim.Config) { c.Session = time.Minute }, 6 * time.Minute, nil},
		"odd seconds":                  {func(c *sim.Config) { c.Session = 61 * time.Second }, 6 * time.Minute, nil},
		"hours":                        {func(c *sim.Config) { c.Session, c.Rate = time.Hour, 10 }, 4 * time.Hour, nil},
		"half hours":                   {func(c *sim.Config) { c.Session, c.Rate = 90*time.Minute, 10 }, 5 * time.Hour, nil},
		"days that end at no midnight": {func(c *sim.Config) { c.Session, c.Rate = 23*time.Hour, 1 }, 60 * time.Hour, nil},
		"no past":                      {func(c *sim.Config) { c.Session, c.Past = 5*time.Minute, 0 }, 18 * time.Minute, nil},
		"a start": {func(c *sim.Config) { c.Session, c.Start = 5*time.Minute, "2026-08-24T13:31:17.3Z" }, 18 * time.Minute,
			nil},
		"a start without past": {func(c *sim.Config) { c.Session, c.Start, c.Past = 5*time.Minute, "2026-08-24T13:31:17.3Z", 0 },
			18 * time.Minute, nil},
		"a clock that is set ahead": {func(c *sim.Config) { c.Session = 2 * time.Minute }, 10 * time.Minute, every1000(stall)},
		"a clock that is set ahead beyond sessions": {func(c *sim.Config) { c.Session = time.Minute }, 30 * time.Minute,
			every1000(2*time.Minute + stall)},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(simStart)
				cfg := sim.DefaultConfig()
				cfg.Symbols, cfg.Rate, cfg.HaltEvery = 3, 50, 10*time.Second
				c.change(&cfg)
				checkSimBars(t, cfg, c.run, c.stall)
			})
		})
	}
}

// checkSimBars runs a market for a time and compares all bars of its sessions.
func checkSimBars(t *testing.T, cfg sim.Config, run time.Duration, stall func(ticks int) time.Duration) {
	s, err := sim.New(cfg, market.NewDirectory())
	if err != nil {
		t.Fatal(err)
	}
	var all []*simBars
	for id := range cfg.Symbols {
		all = append(all, newSimBars(market.SymbolID(id)))
	}
	ctx, cancel := context.WithTimeout(t.Context(), run)
	defer cancel()
	ticks := 0
	if err := s.Run(ctx, func(b market.Batch) {
		for i := range b.Ticks {
			ticks++
			for _, symbol := range all {
				symbol.tick(&b.Ticks[i])
			}
			if stall != nil {
				time.Sleep(stall(ticks))
			}
		}
	}); err != nil {
		t.Fatal(err)
	}
	for _, b := range all {
		if len(b.sessions) < 2 {
			t.Fatalf("%d sessions in %v", len(b.sessions), run)
		}
		for i := range b.sessions {
			s := &b.sessions[i]
			q := &s.quote
			want := fmt.Sprint([]market.Price{q.Open, q.High, q.Low}, q.Volume, q.Count, q.VWAP)
			for k := range history.Interval(history.NumIntervals) {
				length := time.Duration(lengths[k.String()]) * time.Second
				if k != history.Day && cfg.Session%length != 0 {
					continue // some of its bars are of two sessions
				}
				if got := b.sum(k, s); got != want {
					t.Errorf("symbol %d, session %d from %v to %v: bars of %v sum up to %s, the quote is %s",
						b.symbol, i, s.began.Std(), s.ended.Std(), k, got, want)
				}
			}
		}
	}
}
