package relay

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"tickertape/feed"
	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

// Bars and trades come on a connection of their own, beside that of the quotes, and while that is up: a long history delays no
// quote, and a server that has no bars and trades for relays is followed for its quotes alone.

const (
	// mostIntervals is of how many intervals bars are followed.
	mostIntervals = 100
	// rowsAtOnce is how many bars and trades are published at once, about.
	rowsAtOnce = 4096
	// refusedAgain is how long to wait before bars and trades are asked for again that the server refuses.
	refusedAgain = time.Minute
	// probeAgain is how long to wait before they are asked for again of symbols that the server did not know, and does not wait for.
	probeAgain = askAgain
	keyRetry   = "retry_in"
	// leastSilence is the shortest silence after which the server is taken for gone, whatever its heartbeat.
	leastSilence = 10 * time.Second
)

// seriesStream is one connection for bars and trades. The goroutine that decodes owns what is not static.
type seriesStream struct {
	*vendors.Session
	// static
	state    *seriesState
	env      *vendors.Env
	began    time.Time
	appeared func(name string) // called for each symbol whose record may be there now
	toSend   chan seriesRequest

	reader  seriesReader
	message seriesMessage
	epoch   string // "" before hello
	awaits  bool   // the server follows a name that it does not know once it does
	asking  asking
	partial partialBars
	pending pendingSeries

	heard     atomic.Int64 // when the newest message came, in nanoseconds since began
	heartbeat atomic.Int64 // the server's, in nanoseconds
}

// asking is what is asked for, one request after the other.
type asking struct {
	kinds    []string
	asks     []seriesAsk // still to be answered, the open one first
	open     bool        // the first has been made
	answered bool        // and answered: its histories come
	made     int
	seen     map[market.SymbolID]bool // symbols whose histories of the open request's kind have come
	unknown  map[string]bool          // names that the server does not know
	probed   time.Time                // when these were asked for last
	again    bool                     // wanted has been asked for on this connection
}

// partialBars is a message about bars that is not whole yet.
type partialBars struct {
	of    string // the symbol and the interval; "" is none
	bars  []market.Bar
	reset bool // they are the history
	bad   bool // they cannot be used
}

// pendingSeries is what has come and is not published yet.
type pendingSeries struct {
	market.Batch
	rows    int      // bars and trades
	reached string   // the newest position; it counts once all of this is published
	whole   []string // kinds of which all histories have come on this connection, up to it
	lost    bool     // something could not be published: no position counts any more
}

// seriesRequest is a message to be sent, not before a time.
type seriesRequest struct {
	text string
	at   time.Time
}

// errNoSeries is wrapped by why a server has no bars and trades for relays, now or ever.
var errNoSeries = errors.New("no bars and trades")

// noSeries is the break of a connection to a server that has none.
func noSeries(format string, args ...any) error {
	b := feed.Breakf(feed.Refused, "%w: %w", errNoSeries, fmt.Errorf(format, args...))
	b.After = refusedAgain
	return b
}

// followSeries follows bars and trades until ctx ends, beside the connection of the quotes, which publishes them. It waits
// until all quotes are up to date.
func (s *source) followSeries(ctx context.Context, quotes *connection, appeared func(string)) {
	select {
	case <-ctx.Done():
		return
	case <-quotes.upToDate:
	}
	for failures := 0; ctx.Err() == nil; {
		began := time.Now()
		err := waitAsAsked(s.seriesConnection(ctx, quotes, appeared))
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) > time.Minute {
			failures = 0
		}
		s.env.Faults.Count(name, vendors.Failed, err)
		wait := time.Duration(rand.N(int64(time.Second<<min(failures, 6)))) + 1
		var b *feed.Break
		if errors.As(err, &b) {
			wait = max(wait, b.After)
		}
		if errors.Is(err, errNoSeries) {
			s.lack(ctx, quotes, err)
		}
		s.env.Log.Info("bars and trades are interrupted", vendors.KeySource, name, vendors.KeyError, err,
			keyRetry, wait.Round(time.Millisecond).String())
		failures++
		vendors.Pause(ctx, wait)
	}
}

// lack has the status say why there are no bars and trades; nil takes that back.
func (s *source) lack(ctx context.Context, quotes *connection, why error) {
	text := ""
	if why != nil {
		text = "; " + clip(why.Error(), mostMessage)
	}
	quotes.Do(ctx, func(_ *vendors.Reconciler, b *market.Batch) error { // when ctx ends, nobody asks any more
		if s.upstream.lack == text {
			return nil
		}
		s.upstream.lack = text
		if why != nil {
			s.env.Log.Warn("the server is followed for its quotes alone", vendors.KeySource, name, vendors.KeyReason, clip(why.Error(), mostMessage))
		}
		return quotes.decoder.addStatus(b)
	})
}

// seriesConnection holds one connection.
func (s *source) seriesConnection(ctx context.Context, quotes *connection, appeared func(string)) error {
	x := &seriesStream{
		state: s.series, env: &s.env, began: time.Now(), appeared: appeared, toSend: make(chan seriesRequest, 1),
		asking: asking{unknown: map[string]bool{}, seen: map[market.SymbolID]bool{}},
	}
	endpoint := s.endpoint
	endpoint.Tap = nil // a recording has the quotes
	x.Session = &vendors.Session{Source: name, Env: &s.env, Endpoint: endpoint, Decoder: x, Talk: x.talk}
	return x.Session.Run(ctx, func(b market.Batch) {
		if b.HasSeries() {
			if quotes.Do(ctx, func(_ *vendors.Reconciler, out *market.Batch) error {
				out.Bars, out.Trades = append(out.Bars, b.Bars...), append(out.Trades, b.Trades...)
				return nil
			}) != nil || ctx.Err() != nil {
				x.pending.lost = true
			}
		}
		if x.published() && x.current() {
			s.lack(ctx, quotes, nil)
		}
	})
}

// published notes that what was pending has been published, and reports whether the position has moved.
func (x *seriesStream) published() bool {
	if x.pending.lost || x.pending.reached == "" {
		return false
	}
	for _, kind := range x.pending.whole {
		x.state.done[kind] = x.pending.reached
	}
	x.pending.reached = ""
	return true
}

// current reports whether all histories have come.
func (x *seriesStream) current() bool { return x.epoch != "" && len(x.asking.asks) == 0 }

// talk sends the requests, each when its time has come, and ends the connection when the server is silent.
func (x *seriesStream) talk(ctx context.Context) error {
	check := time.NewTicker(time.Second)
	defer check.Stop()
	var next seriesRequest
	var due <-chan time.Time // for next; nil: there is none
	for {
		toSend := x.toSend
		if due != nil {
			toSend = nil
		}
		select {
		case <-ctx.Done():
			return nil
		case now := <-check.C:
			quiet := now.Sub(x.began) - time.Duration(x.heard.Load())
			if quiet > max(leastSilence, 3*time.Duration(x.heartbeat.Load())) {
				return feed.Breakf(feed.Silent, "nothing has come for %v where bars and trades are followed", quiet.Round(time.Second))
			}
		case next = <-toSend:
			due = time.After(time.Until(next.at))
		case <-due:
			due = nil
			if err := x.Write(ctx, []byte(next.text)); err != nil {
				return err
			}
		}
	}
}

// Response is that of no request.
func (x *seriesStream) Response(string, []byte, market.Time, *market.Batch) error { return nil }

// Frame decodes one message.
func (x *seriesStream) Frame(text []byte, received market.Time, b *market.Batch) error {
	x.heard.Store(int64(time.Since(x.began)))
	b.Alive = true // so that each message leads to published
	m := &x.message
	if err := m.read(&x.reader.scan, text); err != nil {
		return x.unreadable(err)
	}
	kind, err := m.kind.String("type")
	if err != nil {
		return x.unreadable(err)
	}
	if (kind == "hello") != (x.epoch == "") {
		return feed.Breakf(feed.Lost, "the first message, and no other, is hello; not %.40q", kind)
	}
	switch kind {
	case "hello":
		err = x.hello(m)
	case "subscribed":
		err = x.subscribed(m)
	case "bars", "trades":
		err = x.series(kind, m)
	case "position":
		err = x.onPosition(m, b)
	case "error":
		err = x.refused(m)
	}
	if x.pending.rows >= rowsAtOnce {
		x.release(b)
	}
	if err != nil {
		return err
	}
	return x.ask(received.Std())
}

func (x *seriesStream) unreadable(err error) error {
	x.env.Faults.Note(name, err)
	return feed.Breakf(feed.Lost, "the server sent what cannot be read: %w", err)
}

// hello begins with the requests for what the server has.
func (x *seriesStream) hello(m *seriesMessage) error {
	epoch, err := m.epoch.String("epoch")
	if err != nil || !isEpoch(epoch) {
		return feed.Breakf(feed.Lost, "hello: epoch: %.40q is not the run of a tickertape", epoch)
	}
	x.epoch = epoch
	if ms, err := m.heartbeat.Uint("heartbeat_ms"); err == nil {
		x.heartbeat.Store(int64(min(time.Duration(ms), 3600_000) * time.Millisecond))
	}
	if !m.relays.Known() {
		return noSeries("the server has none for relays")
	}
	if x.awaits, err = flag("awaits", m.awaits); err != nil {
		return x.unreadable(err)
	}
	var intervals []string
	if m.bars.Known() {
		x.reader.list.Reset(m.bars.Raw())
		for x.reader.list.Array(); x.reader.list.More(); {
			k, err := x.reader.list.Value().String("bars")
			if err == nil && isInterval.MatchString(k) && x.state.wants(k) && !slices.Contains(intervals, k) &&
				len(intervals) < mostIntervals {
				intervals = append(intervals, k)
			}
		}
	}
	x.asking.kinds = kindsOf(intervals)
	x.state.begin(epoch)
	x.asking.asks = x.state.asksFor(x.asking.kinds, x.state.names, false)
	return nil
}

// ask makes the next request, when the one before has been answered. An answer to what was not sent yet ends the connection.
func (x *seriesStream) ask(now time.Time) error {
	if !x.awaits && len(x.asking.asks) == 0 && len(x.asking.unknown) > 0 && now.Sub(x.asking.probed) >= probeAgain {
		x.asking.probed = now
		var names []string
		for symbol := range x.asking.unknown {
			names = append(names, symbol)
		}
		slices.Sort(names)
		x.asking.asks = x.state.asksFor(x.asking.kinds[:1], names, true)
	}
	if len(x.asking.asks) == 0 {
		x.asking.asks = x.asksAgain()
	}
	if x.asking.open || len(x.asking.asks) == 0 {
		return nil
	}
	x.asking.open, x.asking.answered = true, false
	x.asking.made++
	return x.request(time.Time{})
}

// request has the open request sent, not before a time. There is room, or the one before has been answered too early.
func (x *seriesStream) request(at time.Time) error {
	select {
	case x.toSend <- seriesRequest{x.asking.asks[0].text(x.asking.made), at}:
		return nil
	default:
		return feed.Breakf(feed.Lost, "the server answers what was not sent to it yet")
	}
}

// asksAgain are the requests for all that the server has of symbols that are wanted again: of the first kind, the others follow.
func (x *seriesStream) asksAgain() []seriesAsk {
	ids := x.state.again.take()
	for id := range ids {
		if symbol, known := x.state.spelled[id]; known {
			x.state.wanted[symbol] = true
		}
	}
	if len(x.state.wanted) == 0 || len(ids) == 0 && x.asking.again {
		return nil
	}
	x.asking.again = true
	return x.state.asksFor(x.asking.kinds[:1], slices.Sorted(maps.Keys(x.state.wanted)), true)
}

// answersAsk reports whether a message answers the open request.
func (x *seriesStream) answersAsk(m *seriesMessage) bool {
	id, err := m.id.Uint("id")
	return err == nil && x.asking.open && id == uint64(x.asking.made)
}

// subscribed notes which symbols the server does not know. What tells that it knows one answers no request: its bars and trades
// come as changes.
func (x *seriesStream) subscribed(m *seriesMessage) error {
	if !x.answersAsk(m) {
		return nil
	}
	x.asking.answered = true
	a := &x.asking.asks[0]
	if a.first && a.since == "" {
		clear(x.asking.seen)
	}
	asked := map[string]bool{}
	for _, symbol := range a.names {
		asked[symbol] = true
		delete(x.asking.unknown, symbol)
	}
	if !m.unknown.Known() {
		return nil
	}
	x.reader.list.Reset(m.unknown.Raw())
	for x.reader.list.Array(); x.reader.list.More(); {
		if symbol, err := x.reader.list.Value().String("unknown"); err == nil && asked[symbol] {
			x.asking.unknown[symbol] = true
		}
	}
	return x.reader.list.End()
}

// refused is for an error. What is asked for too often is asked for again later; any other refusal ends the connection.
func (x *seriesStream) refused(m *seriesMessage) error {
	code, _ := m.code.String("code")
	text, _ := m.text.String("message")
	if code != "rate_limited" || !x.answersAsk(m) {
		return noSeries("the server refuses: %.40s: %.200s", clip(code, mostMessage), clip(text, mostMessage))
	}
	wait := time.Second
	if found := tryAgain.FindStringSubmatch(text); found != nil {
		seconds, _ := strconv.Atoi(found[1])
		wait = time.Duration(seconds) * time.Second
	}
	x.asking.made++
	return x.request(time.Now().Add(wait))
}

// tryAgain is how a server says after how many seconds a budget has room again.
var tryAgain = regexp.MustCompile(`try again in ([0-9]{1,4}) s`)

// series decodes bars or trades of one symbol. What breaks a limit is left out, and the rest lives on.
func (x *seriesStream) series(kind string, m *seriesMessage) error {
	symbol, err := m.symbol.String("symbol")
	if err != nil {
		return x.unreadable(err)
	}
	id, known := x.env.Dir.ID(symbol)
	if !known {
		if id, err = x.env.Dir.Add(market.Symbol{Symbol: symbol}); err != nil {
			x.env.Faults.Note(name, vendors.Bad(vendors.BadSymbol, "symbol: %w", err))
			return nil
		}
		x.appeared(symbol)
	}
	x.state.spelled[id] = symbol
	reset, err := flag("reset", m.reset)
	if err != nil {
		return x.unreadable(err)
	}
	if kind == tradesKind {
		trades, err := x.reader.trades(m.trades)
		if err != nil {
			x.env.Faults.Note(name, fmt.Errorf("%s: %w", clip(symbol, mostMessage), err))
			return nil
		}
		x.pending.Trades = append(x.pending.Trades, market.Trades{Symbol: id, Reset: reset, Trades: trades})
		x.note(tradesKind, id, len(trades))
		return nil
	}
	return x.bars(m, id, symbol, reset)
}

// bars decodes bars of one symbol and interval. They are published once all parts of the message have come.
func (x *seriesStream) bars(m *seriesMessage, id market.SymbolID, symbol string, reset bool) error {
	interval, err := m.interval.String("interval")
	if err != nil || !isInterval.MatchString(interval) {
		return x.unreadable(fmt.Errorf("interval: %.40q is not the name of one", interval))
	}
	more, err := flag("more", m.more)
	if err != nil {
		return x.unreadable(err)
	}
	if !slices.Contains(x.asking.kinds, interval) {
		return nil // nobody has asked for it
	}
	part := &x.partial
	if of := symbol + " " + interval; part.of != of || reset {
		*part = partialBars{of: of, reset: reset}
	}
	if !part.bad {
		if part.bars, err = x.reader.appendBars(part.bars, m.bars); err != nil {
			x.env.Faults.Note(name, fmt.Errorf("%s: %w", clip(symbol+" "+interval, mostMessage), err))
			part.bad = true
		}
	}
	if more {
		return nil
	}
	if !part.bad {
		x.pending.Bars = append(x.pending.Bars, market.Bars{Symbol: id, Interval: interval, Reset: part.reset, Bars: part.bars})
		x.note(interval, id, len(part.bars))
	}
	*part = partialBars{}
	return nil
}

// note notes that a series has come.
func (x *seriesStream) note(kind string, id market.SymbolID, rows int) {
	x.pending.rows += rows + 1
	has := x.state.has[kind]
	if has == nil {
		has = map[market.SymbolID]bool{}
		x.state.has[kind] = has
	}
	has[id] = true
	if x.asking.answered && len(x.asking.asks) > 0 && x.asking.asks[0].kind == kind {
		x.asking.seen[id] = true
	}
}

// onPosition notes how far everything is. Behind the histories of a request it is the end of its answer.
func (x *seriesStream) onPosition(m *seriesMessage, b *market.Batch) error {
	position, err := m.position.String("position")
	if err != nil || !strings.HasPrefix(position, x.epoch+"-") || len(position) > 100 {
		return x.unreadable(fmt.Errorf("position: %.100q is not one of this run of the server", position))
	}
	if x.asking.answered {
		x.onAnswered()
	}
	x.pending.reached = position
	x.release(b)
	return nil
}

// onAnswered is for a request whose histories have all come. Of symbols that are not among them, nothing is left.
func (x *seriesStream) onAnswered() {
	a := x.asking.asks[0]
	x.asking.asks, x.asking.open, x.asking.answered = x.asking.asks[1:], false, false
	if a.last && a.since == "" {
		for id := range x.state.has[a.kind] {
			if x.asking.seen[id] {
				continue
			}
			delete(x.state.has[a.kind], id)
			if a.kind == tradesKind {
				x.pending.Trades = append(x.pending.Trades, market.Trades{Symbol: id, Reset: true})
			} else {
				x.pending.Bars = append(x.pending.Bars, market.Bars{Symbol: id, Interval: a.kind, Reset: true})
			}
		}
	}
	if a.last {
		x.pending.whole = append(x.pending.whole, a.kind)
	}
	if last := x.asking.kinds[len(x.asking.kinds)-1]; a.probe && a.kind == last {
		for _, symbol := range a.names {
			delete(x.state.wanted, symbol)
		}
	}
	if !a.probe || a.kind != x.asking.kinds[0] {
		return
	}
	var names []string
	for _, symbol := range a.names {
		if !x.asking.unknown[symbol] {
			names = append(names, symbol)
		}
	}
	if len(names) > 0 {
		x.asking.asks = append(x.asking.asks, x.state.asksFor(x.asking.kinds[1:], names, true)...)
	}
}

// release publishes what is pending.
func (x *seriesStream) release(b *market.Batch) {
	b.Bars, b.Trades = append(b.Bars, x.pending.Bars...), append(b.Trades, x.pending.Trades...)
	clear(x.pending.Bars)
	clear(x.pending.Trades)
	x.pending.Bars, x.pending.Trades, x.pending.rows = x.pending.Bars[:0], x.pending.Trades[:0], 0
}
