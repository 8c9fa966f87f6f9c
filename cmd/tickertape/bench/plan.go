package bench

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"tickertape/broadcast"
	"tickertape/feed/market"
	"tickertape/feed/sim"
)

// The transports of a [Plan].
const (
	WebSocket = "websocket"
	SSE       = "sse"
)

// Who follows what in a [Plan].
const (
	Shared   = "shared"   // everybody the same symbols, so that the server encodes once for all
	Personal = "personal" // each its own random ones, so that it encodes for each
)

// The limits of a [Plan].
const (
	maxSubscribers = 1_000_000
	maxTime        = 24 * time.Hour
	minRate        = 0.01
	maxSeries      = 100 // more would not fit into the address of a WebSocket
)

// Plan is one run.
type Plan struct {
	URL         string        // of a running server, http, https, ws or wss; "" is one that the run starts
	Subscribers int           // 1 to 1000000
	Transport   string        // WebSocket or SSE
	Watchlist   string        // Shared or Personal
	Symbols     int           // whose quotes each follows, 0 to 100000; 0 is all, as "*"
	NoQuotes    bool          // follow no quotes, only the bars and trades
	Bars        int           // symbols whose bars of a minute each follows, 0 to 100
	Trades      int           // symbols whose trades each follows, 0 to 100
	Seed        uint64        // of the personal watchlists: two runs with the same follow the same
	Rate        float64       // updates a second that each asks for, from 0.01 up; 0 is every flush
	Fields      []string      // keys that each asks for; none is all
	Slow        float64       // the part of the subscribers that read slowly, 0 to 1
	Ramp        time.Duration // from the first dial to the last; 0 is all at once
	Warmup      time.Duration // from the last one's snapshot to the measuring
	Duration    time.Duration // of the measuring, 100ms to 24h
	Compress    bool          // offer permessage-deflate; WebSocket only
	Server      Market        // of the server that the run starts
}

// Market says how busy the server is that the run starts.
type Market struct {
	Ticks       int           // a second, of all symbols together
	Symbols     int           // in the market
	Interval    time.Duration // least time between two flushes
	Compression bool          // agree to compress
}

// DefaultPlan is a thousand subscribers who share a watchlist of fifty.
func DefaultPlan() Plan {
	return Plan{
		Subscribers: 1000, Transport: WebSocket, Watchlist: Shared, Symbols: 50, Seed: 1,
		Ramp: 10 * time.Second, Warmup: 2 * time.Second, Duration: 10 * time.Second,
		Server: Market{Ticks: 20_000, Symbols: 500, Interval: broadcast.DefaultConfig().Interval},
	}
}

// Validate reports every value that is not allowed, by the name of its flag.
func (p Plan) Validate() error {
	var errs []error
	wrong := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if p.URL != "" {
		if _, err := parseTarget(p.URL); err != nil {
			errs = append(errs, err)
		}
	}
	if p.Subscribers < 1 || p.Subscribers > maxSubscribers {
		wrong("--subscribers: %d is not between 1 and %d", p.Subscribers, maxSubscribers)
	}
	if p.Transport != WebSocket && p.Transport != SSE {
		wrong("--transport: %q is not one of %s, %s", p.Transport, WebSocket, SSE)
	}
	if p.Watchlist != Shared && p.Watchlist != Personal {
		wrong("--watchlist: %q is not one of %s, %s", p.Watchlist, Shared, Personal)
	}
	if p.Symbols < 0 || p.Symbols > market.MaxSymbols {
		wrong("--symbols: %d is not between 0 and %d", p.Symbols, market.MaxSymbols)
	}
	if p.Bars < 0 || p.Bars > maxSeries {
		wrong("--bars: %d is not between 0 and %d", p.Bars, maxSeries)
	}
	if p.Trades < 0 || p.Trades > maxSeries {
		wrong("--trades: %d is not between 0 and %d", p.Trades, maxSeries)
	}
	if p.NoQuotes && p.Bars+p.Trades == 0 {
		wrong("--no-quotes: true needs --bars or --trades")
	}
	if p.Rate != 0 && !(p.Rate >= minRate) || math.IsInf(p.Rate, 0) {
		wrong("--rate: %v is neither 0 nor a number of updates a second from %v up", p.Rate, minRate)
	}
	for _, f := range p.Fields {
		if _, known := market.FieldOf(f); !known && f != "s" {
			wrong("--fields: %.40q is not one of s, %s", f, strings.Join(market.FieldKeys(), ", "))
		}
	}
	if !(p.Slow >= 0 && p.Slow <= 1) {
		wrong("--slow: %v is not between 0 and 1", p.Slow)
	}
	if p.Compress && p.Transport == SSE {
		wrong("--compress: true is for --transport websocket only")
	}
	between := func(flag string, d, low time.Duration) {
		if d < low || d > maxTime {
			wrong("--%s: %v is not between %v and %v", flag, d, low, maxTime)
		}
	}
	between("ramp", p.Ramp, 0)
	between("warmup", p.Warmup, 0)
	between("duration", p.Duration, 100*time.Millisecond)
	if p.URL == "" {
		errs = append(errs, p.Server.validate())
	}
	return errors.Join(errs...)
}

// validate asks the rooms whose settings they are, so that the ranges are theirs.
func (m Market) validate() error {
	var errs []error
	check := func(flag string, err error) {
		if err != nil {
			_, what, _ := strings.Cut(err.Error(), ": ")
			errs = append(errs, fmt.Errorf("--%s: %s", flag, what))
		}
	}
	busy := sim.DefaultConfig()
	busy.Rate = m.Ticks
	check("ticks", busy.Validate())
	large := sim.DefaultConfig()
	large.Symbols = m.Symbols
	check("market-symbols", large.Validate())
	quick := broadcast.DefaultConfig()
	quick.Interval = m.Interval
	check("interval", quick.Validate())
	return errors.Join(errs...)
}

// wantsTimes is whether the quotes will have the time of their change.
func (p Plan) wantsTimes() bool { return len(p.Fields) == 0 || slices.Contains(p.Fields, "t") }

// isSlow is whether subscriber i, from 0, reads slowly. The slow ones are spread evenly.
func (p Plan) isSlow(i int) bool {
	return math.Floor(float64(i+1)*p.Slow) > math.Floor(float64(i)*p.Slow)
}

// slow is how many read slowly.
func (p Plan) slow() int { return int(math.Floor(float64(p.Subscribers) * p.Slow)) }
