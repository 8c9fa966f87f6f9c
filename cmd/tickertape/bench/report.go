package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"
)

// Report is what a run has measured. As JSON its keys are stable, with the unit at a name's end: _s
// seconds, _ms milliseconds, _us microseconds, _per_s each second. Null is not known, which zero never
// stands for.
type Report struct {
	Scenario string `json:"scenario,omitempty"` // of the standard set

	// the plan
	URL          string   `json:"url"`
	Started      bool     `json:"server_started"` // by the run
	Transport    string   `json:"transport"`
	Watchlist    string   `json:"watchlist"`
	Subscribers  int      `json:"subscribers"` // that were to connect
	Symbols      int      `json:"symbols"`     // whose quotes each follows; 0 is all
	NoQuotes     bool     `json:"no_quotes"`   // only bars and trades
	Bars         int      `json:"bars"`        // symbols whose bars each follows
	Trades       int      `json:"trades"`      // symbols whose trades each follows
	RateHz       float64  `json:"rate_hz"`     // updates a second that each asked for; 0 is every flush
	Fields       []string `json:"fields"`      // none is all
	SlowFraction float64  `json:"slow_fraction"`
	Compress     bool     `json:"compress"`
	Market       *Busy    `json:"market"` // null of a server that was running
	RampS        float64  `json:"ramp_s"`
	WarmupS      float64  `json:"warmup_s"`

	// what came of it
	MeasuredS   float64      `json:"measured_s"`
	Interrupted string       `json:"interrupted,omitempty"` // while connecting, warming up, measuring
	Crowd       Crowd        `json:"crowd"`
	All         Stream       `json:"all"`
	Prompt      Stream       `json:"prompt"`          // the part of those who read at once
	Slow        Stream       `json:"slow"`            // and of the slow readers
	Tick        *Percentiles `json:"tick_to_receipt"` // exchange time to receipt, of prompt readers
	Send        *Percentiles `json:"send_to_receipt"` // server's send to receipt, of prompt readers
	Server      *Cost        `json:"server"`
	Generator   Share        `json:"generator"`
	Box         *Box         `json:"box"`       // the rest of the generator's machine; null where it is not known
	BoxCores    int          `json:"box_cores"` // that this machine lets the generator use
	Notes       []string     `json:"notes"`
}

// Busy is how busy a server was that the run started.
type Busy struct {
	TicksPerS  int     `json:"ticks_per_s"`
	Symbols    int     `json:"symbols"`
	IntervalMS float64 `json:"interval_ms"`
}

// Stream is what readers took, in all and a second.
type Stream struct {
	Subscribers int `json:"subscribers"`
	Traffic
	FramesPerS  float64 `json:"frames_per_s"`
	UpdatesPerS float64 `json:"updates_per_s"`
	QuotesPerS  float64 `json:"quotes_per_s"`
	BytesPerS   float64 `json:"bytes_per_s"`
}

func streamOf(subscribers int, t Traffic, span time.Duration) Stream {
	s := Stream{Subscribers: subscribers, Traffic: t}
	if seconds := span.Seconds(); seconds > 0 {
		s.FramesPerS = float64(t.Frames) / seconds
		s.UpdatesPerS = float64(t.Updates) / seconds
		s.QuotesPerS = float64(t.Quotes) / seconds
		s.BytesPerS = float64(t.Bytes) / seconds
	}
	return s
}

// Share is what a process used of the machine.
type Share struct {
	Cores float64 `json:"cores"`
}

// Cost is what the subscribers cost the server.
type Cost struct {
	Share
	CPUFrame         *float64 `json:"cpu_us_per_frame"` // null without frames
	CPUQuote         *float64 `json:"cpu_us_per_quote"` // null without quotes
	RSSBytes         int64    `json:"rss_bytes"`
	RSSPerSubscriber *float64 `json:"rss_bytes_per_subscriber"` // what came on top since before they connected; null without any
	Flush            *Flush   `json:"flush"`                    // null without flushes or subscribers
}

// Flush is what one subscriber got in one flush and what that cost, on average over all subscribers and flushes: of one
// who asks for fewer updates, less. Null is what the server does not count.
type Flush struct {
	PerS     float64  `json:"flushes_per_s"`
	CPU      float64  `json:"cpu_us_per_subscriber"`
	Messages *float64 `json:"messages_per_subscriber"`
	Writes   *float64 `json:"writes_per_subscriber"` // to its socket, each a system call
	Bytes    *float64 `json:"bytes_per_subscriber"`
}

// flushOf sets what a server did from one moment to another against its flushes and subscribers.
func flushOf(from, to usage, subscribers int) *Flush {
	since := func(counter string) (n float64, known bool) {
		before, first := from.done[counter]
		after, then := to.done[counter]
		return after - before, first && then
	}
	flushes, _ := since(flushesDone)
	seconds := to.at.Sub(from.at).Seconds()
	if flushes <= 0 || subscribers <= 0 || seconds <= 0 {
		return nil
	}
	each := flushes * float64(subscribers)
	per := func(counter string) *float64 {
		n, known := since(counter)
		if !known {
			return nil
		}
		return new(n / each)
	}
	return &Flush{
		PerS: flushes / seconds, CPU: float64((to.cpu - from.cpu).Nanoseconds()) / 1e3 / each,
		Messages: per(messagesDone), Writes: per(writesDone), Bytes: per(bytesDone),
	}
}

// costOf sets what the server used from one moment to another against what it did. The memory of before is
// from when nobody was connected.
func costOf(before, from, to usage, all Stream, connected int) *Cost {
	c := &Cost{Share: Share{cores(from, to)}, RSSBytes: to.rss}
	per := func(cost, count float64) *float64 {
		if count <= 0 {
			return nil
		}
		v := cost / count
		return &v
	}
	c.CPUFrame = per(c.Cores*1e6, all.FramesPerS)
	c.CPUQuote = per(c.Cores*1e6, all.QuotesPerS)
	c.RSSPerSubscriber = per(float64(to.rss-before.rss), float64(connected))
	c.Flush = flushOf(from, to, connected)
	return c
}

// remark adds what a reader of the figures has to know.
func (r *Report) remark(local bool, tick, send *latency, wantsTimes bool) {
	note := func(format string, args ...any) { r.Notes = append(r.Notes, fmt.Sprintf(format, args...)) }
	if r.Interrupted != "" {
		note("interrupted while %s: the figures are of %.1f s", r.Interrupted, r.MeasuredS)
	}
	if missing := r.Subscribers - r.Crowd.Connected; missing > 0 {
		note("%s of %s subscribers were not connected at the end", grouped(missing), grouped(r.Subscribers))
	}
	if r.Compress && r.Crowd.Compressed == 0 {
		note("nothing was compressed: the server does not agree to it")
	}
	if r.Server == nil {
		note("the server's CPU and memory are unknown")
	}
	if limit := r.limit(local); limit != "" {
		r.Notes = append(r.Notes, limit)
	}
	switch {
	case !wantsTimes:
		note("no latency from the tick: the fields asked for are without t")
	case !tick.comparable():
		note("no latency from the tick: the exchange times are in the future or older than %v, as of a recording or by another clock", longest)
	}
	if !send.comparable() {
		note("no latency from the send: the server's clock and this one differ")
	} else if !local {
		note("the latencies are as exact as the two machines' clocks agree")
	}
}

// JSON writes a report, or a list of them.
func JSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// describe fills in the plan.
func (r *Report) describe(p Plan) {
	r.Started = p.URL == ""
	r.Transport, r.Watchlist = p.Transport, p.Watchlist
	r.Subscribers, r.Symbols = p.Subscribers, p.Symbols
	r.NoQuotes, r.Bars, r.Trades = p.NoQuotes, p.Bars, p.Trades
	r.RateHz, r.SlowFraction, r.Compress = p.Rate, p.Slow, p.Compress
	r.Fields = append([]string{}, slices.Clone(p.Fields)...)
	r.RampS, r.WarmupS = p.Ramp.Seconds(), p.Warmup.Seconds()
	r.Notes = []string{}
	if r.Started {
		r.Market = &Busy{p.Server.Ticks, p.Server.Symbols, float64(p.Server.Interval) / 1e6}
	}
}
