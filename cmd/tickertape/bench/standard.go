package bench

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
)

// scenario is one of the standard set.
type scenario struct {
	name string
	plan Plan
}

// standard is the set, with what the given plan says of time.
func standard(p Plan) []scenario {
	of := func(name string, change func(p *Plan)) scenario {
		s := DefaultPlan()
		s.Ramp, s.Warmup, s.Duration = p.Ramp, p.Warmup, p.Duration
		s.Subscribers = 5000
		change(&s)
		return scenario{name, s}
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
	}
}

// Standard runs the standard set, each against a fresh server with the defaults, and returns the reports of
// those that were run when ctx ended. The plan gives the times, and the most subscribers of a scenario;
// 0 is no limit but the machine's.
func Standard(ctx context.Context, p Plan, l Launch, progress Progress) ([]*Report, error) {
	limit, err := MaxSubscribers(true)
	if err != nil {
		return nil, err
	}
	l.Plain, l.Config = true, ""
	reports := []*Report{}
	all := standard(p)
	for i, s := range all {
		wanted := s.plan.Subscribers
		why := ""
		if p.Subscribers > 0 && p.Subscribers < s.plan.Subscribers {
			s.plan.Subscribers = p.Subscribers
			why = fmt.Sprintf("scaled from %s subscribers, as --subscribers says", grouped(wanted))
		}
		if limit < s.plan.Subscribers {
			s.plan.Subscribers = limit
			why = fmt.Sprintf("scaled from %s subscribers, for the descriptor limit (ulimit -n)", grouped(wanted))
		}
		progress.Prefix = fmt.Sprintf("%d/%d %s: ", i+1, len(all), s.name)
		r, err := Run(ctx, s.plan, l, progress)
		if ctx.Err() != nil && err != nil {
			return reports, nil // it was interrupted before there was anything to tell
		}
		if err != nil {
			return reports, fmt.Errorf("%s: %w", s.name, err)
		}
		r.Scenario = s.name
		if why != "" {
			r.Notes = append(r.Notes, why)
		}
		reports = append(reports, r)
		if ctx.Err() != nil {
			break
		}
	}
	return reports, nil
}

// Markdown writes the reports of a standard set as one table, and what there is to note below it.
func Markdown(w io.Writer, reports []*Report) error {
	var b bytes.Buffer
	b.WriteString("| scenario | subscribers | frames/s | quotes/s | tick → receipt p50 / p99 | CPU µs/frame | cores | KiB/subscriber |\n")
	b.WriteString("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n")
	var notes []string
	for _, r := range reports {
		latency := unknown
		switch {
		case r.Tick != nil:
			latency = span(r.Tick.P50) + " / " + span(r.Tick.P99)
		case r.All.Quotes == 0:
			latency = "–" // there was none
		}
		frame, cores, memory := unknown, unknown, unknown
		if s := r.Server; s != nil {
			frame, cores, memory = fixed(s.CPUFrame, 1, 1), fixed(&s.Cores, 1, 2), fixed(s.RSSPerSubscriber, 1<<10, 1)
		}
		cells := []string{r.Scenario, grouped(r.Crowd.Connected), whole(r.All.FramesPerS), whole(r.All.QuotesPerS), latency, frame, cores, memory}
		b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
		for _, n := range r.Notes {
			notes = append(notes, fmt.Sprintf("- %s: %s", r.Scenario, n))
		}
	}
	if len(notes) > 0 {
		b.WriteString("\n" + strings.Join(notes, "\n") + "\n")
	}
	_, err := w.Write(b.Bytes())
	return err
}
