package bench

import (
	"context"
	"fmt"
	"math"
)

// scenario is one of the standard set.
type scenario struct {
	name string
	plan Plan

	// like has each subscriber follow as many quotes as have the bytes of the scenario before, for comparison.
	like bool
}

// standard is the set, with the ramp, warm-up and duration of the given plan.
func standard(p Plan) []scenario {
	of := func(name string, change func(p *Plan)) scenario {
		s := DefaultPlan()
		s.Ramp, s.Warmup, s.Duration = p.Ramp, p.Warmup, p.Duration
		s.Subscribers = 5000
		change(&s)
		return scenario{name: name, plan: s}
	}
	like := func(name string) scenario {
		s := of(name, func(p *Plan) { p.Subscribers = 2000 })
		s.like = true
		return s
	}
	return []scenario{
		of("shared 50 of 500, WebSocket", func(*Plan) {}),
		of("shared 50 of 500, SSE", func(p *Plan) { p.Transport = SSE }),
		of("personal 20 of 5,000, 50,000 ticks/s", func(p *Plan) {
			p.Watchlist, p.Symbols = Personal, 20
			p.Server.Ticks, p.Server.Symbols = 50_000, 5000
		}),
		of("shared 50 of 500, 10 % slow readers", func(p *Plan) { p.Slow = 0.1 }),
		of("sparse: a tick each 300 ms", func(p *Plan) {
			p.Subscribers, p.Symbols = 1000, 0
			p.Server.Ticks, p.Server.Symbols = 3, 50
		}),
		of("idle: a tick a second", func(p *Plan) {
			p.Subscribers, p.Symbols = 10_000, 1
			p.Server.Ticks = 1
		}),
		of("quotes, bars and trades of 1 symbol", func(p *Plan) { p.Subscribers, p.Symbols, p.Bars, p.Trades = 2000, 1, 1, 1 }),
		like("as many bytes in quotes as quotes, bars and trades"),
		of("bars of 10 symbols", func(p *Plan) { p.Subscribers, p.NoQuotes, p.Bars = 2000, true, 10 }),
		like("as many bytes in quotes as bars"),
	}
}

// Standard runs the standard set, each scenario against a fresh server with the defaults. When ctx ends it returns the
// reports of those that were run. The plan gives the times, and the most subscribers of a scenario; 0 is as many as the
// machine allows.
func Standard(ctx context.Context, p Plan, l Launch, progress Progress) ([]*Report, error) {
	limit, err := MaxSubscribers(true)
	if err != nil {
		return nil, err
	}
	l.Plain, l.Config = true, ""
	reports := []*Report{}
	all := standard(p)
	for i, s := range all {
		if s.like {
			s = s.comparable(reports)
		}
		why := s.scale(p.Subscribers, limit)
		progress.Prefix = fmt.Sprintf("%d/%d %s: ", i+1, len(all), s.name)
		r, err := Run(ctx, s.plan, l, progress)
		if ctx.Err() != nil && err != nil {
			return reports, nil // it was interrupted before anything was measured
		}
		if err != nil {
			return reports, fmt.Errorf("%s: %w", s.name, err)
		}
		r.Scenario = s.name
		if why != "" {
			r.Notes = append(r.Notes, why)
		}
		if s.like {
			r.Notes = append(r.Notes, fmt.Sprintf("these are quotes of %d symbols", s.plan.Symbols))
			r.Notes = append(r.Notes, compare(reports[len(reports)-1], r)...)
		}
		reports = append(reports, r)
		if ctx.Err() != nil {
			break
		}
	}
	return reports, nil
}

// scale lowers the number of subscribers to asked, unless that is 0, and to what the descriptor limit allows. why is a
// note about it.
func (s *scenario) scale(asked, limit int) (why string) {
	wanted := s.plan.Subscribers
	if asked > 0 && asked < s.plan.Subscribers {
		s.plan.Subscribers = asked
		why = fmt.Sprintf("scaled from %s subscribers, as --subscribers says", grouped(wanted))
	}
	if limit < s.plan.Subscribers {
		s.plan.Subscribers = limit
		why = fmt.Sprintf("scaled from %s subscribers, for the descriptor limit (ulimit -n)", grouped(wanted))
	}
	return why
}

// usualQuote is how many bytes a quote of an update has where no report says.
const usualQuote = 120

// comparable is the scenario with as many quotes as have the bytes that a subscriber got in a flush of the last report.
// The first report says how many bytes a quote has.
func (s scenario) comparable(reports []*Report) scenario {
	quote := float64(usualQuote)
	if first := reports[0]; first.All.Quotes > 0 {
		quote = float64(first.All.Bytes) / float64(first.All.Quotes)
	}
	n := 1
	if server := reports[len(reports)-1].Server; server != nil && server.Flush != nil && server.Flush.Bytes != nil {
		n = min(max(1, int(math.Round(*server.Flush.Bytes/quote))), s.plan.Server.Symbols-1)
	}
	s.plan.Symbols = n
	return s
}

// compare says how much more a scenario cost than quotes of about the same bytes; nothing when that is not known.
func compare(r, quotes *Report) []string {
	if r.Server == nil || r.Server.Flush == nil || quotes.Server == nil || quotes.Server.Flush == nil {
		return nil
	}
	cost, base := r.Server.Flush, quotes.Server.Flush
	if base.CPU <= 0 || base.Bytes == nil || *base.Bytes <= 0 || cost.Bytes == nil {
		return nil
	}
	return []string{fmt.Sprintf("%q takes %.2f times their CPU for %.2f times their bytes",
		r.Scenario, cost.CPU/base.CPU, *cost.Bytes / *base.Bytes)}
}
