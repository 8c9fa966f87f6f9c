package consolidate

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tickertape/feed"
	"tickertape/feed/calendar"
	"tickertape/feed/market"
)

// connection is one connection of a source.
type connection struct {
	// static
	feed     feed.Source
	source   *source
	consumed chan struct{} // one value for each batch that was processed; never closed

	state     market.State
	message   string
	quiet     bool            // as a relay's server says
	behind    []market.Status // of a relay
	delay     market.Time     // of its prices, by contract
	liveSince time.Time       // when it last became live
}

// source is all connections of one name.
type source struct {
	name        string
	place       int // in the order of preference, from 0
	info        feed.Info
	connections []*connection
	status      market.Status   // the newest that was published
	symbols     []*sourceSymbol // by symbol; nil where it has said nothing
	nextToJudge int             // index into symbols: those from here on are still to be judged by the newest status
	refused     [numReasons]prometheus.Counter
	late        prometheus.Counter
	logged      [numReasons]bool
	clock       calendar.ExchangeClock
	skew        skew
	schedules   schedules
	pause       pause // of a source that is not lossless
}

// symbol is what the source has said of a symbol; nil: nothing.
func (s *source) symbol(id market.SymbolID) *sourceSymbol {
	if int(id) >= len(s.symbols) {
		return nil
	}
	return s.symbols[id]
}

// combinedStatus is that of the source's best connection. Its message says how many connections are worse.
func (s *source) combinedStatus() market.Status {
	best, worse := s.connections[0], 0
	for _, c := range s.connections[1:] {
		if c.state < best.state {
			best = c
		}
	}
	var messages []string
	for _, c := range s.connections {
		if c.state > best.state {
			worse++
			if !slices.Contains(messages, c.message) {
				messages = append(messages, c.message)
			}
		}
	}
	next := market.Status{
		Source: s.name, State: best.state, Since: s.status.Since, Message: best.message,
		Simulated: s.info.Simulated, Replayed: s.info.Replayed, Delay: s.info.Delay,
		Quiet: best.state == market.Live && (s.pause.quiet || best.quiet), Behind: best.behind,
	}
	if worse > 0 {
		next.Message = fmt.Sprintf("%d of %d connections fail: %s", worse, len(s.connections), strings.Join(messages, "; "))
	}
	return next
}
