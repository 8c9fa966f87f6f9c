package broadcast

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"unsafe"

	"tickertape/broadcast/admission"
	"tickertape/broadcast/board"
	"tickertape/broadcast/history"
	"tickertape/broadcast/wire"
	"tickertape/feed/market"
)

// plan is what a request comes to: the symbols and series that its names stand for. It is made and charged where the
// request is read, before a shard sees it: a shard has others to serve. It does not keep what the client sent. It is never
// changed.
type plan struct {
	quotes  bool          // the request asks for quotes: it names symbols
	named   resolved      // whose quotes
	fields  market.Fields // that hold from now on
	rate    float64       // updates a second from now on; 0 is as before
	series  []requested   // bars and trades, each once
	relay   bool          // it asks for bars and trades as a relay does
	relayed []wholeLists  // those
	drop    unfollowing
	ends    bool      // it is of an unsubscribe
	awaited []awaited // what it asks for of names that are not known, in order, each once
	size    int       // of the directory, or less, when the names were looked up
	since   board.Seq
	resumed bool

	interval                       string // of the bars, as the answer has it
	symbols, bars, trades, unknown []byte // the lists of the answer, as JSON; all but the first are nil where there are none
}

// requested is a series that a request asks for.
type requested struct {
	series
	limit int // bars of its history; 0 is all that are kept
}

// reader reads a series from the client's position on.
func (x *plan) reader(one requested) history.Reader {
	return history.Reader{Interval: one.interval(), Limit: one.limit, FromStart: !x.resumed, Resumed: x.resumed, After: x.since}
}

// memory is how many bytes a plan takes until the request has been answered.
func (x *plan) memory() int64 {
	n := 12*len(x.named.list.IDs) + cap(x.symbols) + cap(x.bars) + cap(x.trades) + cap(x.unknown) +
		12*(len(x.drop.bars.named)+len(x.drop.trades.named)) + admission.MemorySeries*len(x.series)
	for i := range x.relayed {
		n += 12 * len(x.relayed[i].list.IDs)
	}
	for _, a := range x.awaited {
		n += int(unsafe.Sizeof(a)) + len(a.name)
	}
	return int64(n)
}

// dropLists frees the lists that only the answer to a subscribe has. A long poll would keep them while it waits.
func (x *plan) dropLists() { x.named.named, x.symbols, x.bars, x.trades = nil, nil, nil, nil }

// planner makes plans of requests.
type planner struct {
	catalog
	board *board.Board
}

// limits bound what a request may name.
func (p *planner) limits() *wire.Limits {
	return &wire.Limits{Symbols: p.cfg.MaxSymbols, Series: p.cfg.MaxSeries, Wait: p.cfg.MaxWait, Bars: p.cfg.History.Bars}
}

// standing is what a client has before a request.
type standing struct {
	follows int // symbols
	awaits  int // names that are not known
	fields  market.Fields
}

// plan makes the plan of a request of a client in this standing, and pays for it with charge, whose error it returns. A request
// that makes no sense is a *wire.Fault.
func (p *planner) plan(r *wire.Request, before standing, charge func(admission.Cost) error) (*plan, error) {
	x := &plan{fields: before.fields, quotes: len(r.Symbols) > 0, rate: r.Rate, ends: r.Type == wire.Unsubscribe, size: p.dir.Len()}
	switch r.Type {
	case wire.Subscribe, wire.Unsubscribe:
	case wire.Resume:
		return x, charge(admission.Quotes(before.follows, true))
	default:
		return x, nil
	}
	lookup, err := p.costOfRequest(r)
	if err != nil {
		return nil, err
	}
	if err := charge(lookup); err != nil {
		return nil, err
	}
	if x.named, err = p.resolve("symbols", r.Symbols, p.cfg.MaxSymbols); err != nil {
		return nil, err
	}
	x.symbols = p.appendSymbols(&x.named)
	x.awaited = appendAwaited(x.awaited, x.named.unknown, ofQuotes, 0)
	if x.ends {
		return x, p.planUnsubscribe(x, r, before, charge)
	}
	if r.Fields != 0 {
		x.fields = r.Fields
	}
	x.since, x.resumed = p.since(r.Since)
	if err := p.planSeries(x, r); err != nil {
		return nil, err
	}
	return x, charge(p.costOfSnapshot(x, before).Plus(admission.Echo(len(x.unknown))))
}

// planUnsubscribe adds to a plan the series that an unsubscribe ends.
func (p *planner) planUnsubscribe(x *plan, r *wire.Request, before standing, charge func(admission.Cost) error) (err error) {
	if x.drop, err = p.resolveUnfollow(r); err != nil {
		return err
	}
	x.interval = r.Of
	x.bars, x.trades = p.listOfNamed(&x.drop.bars), p.listOfNamed(&x.drop.trades)
	bars := x.drop.interval
	if x.drop.allIntervals {
		bars = ofAnyBars
	}
	x.awaited = appendAwaited(x.awaited, x.drop.bars.unknown, bars, 0)
	x.awaited = unionAwaited(appendAwaited(x.awaited, x.drop.trades.unknown, history.Trades, 0), nil)
	x.listUnknown(&x.named.unknown, &x.drop.bars.unknown, &x.drop.trades.unknown)
	cost := admission.Rewatch(before.follows).Plus(admission.Echo(len(x.unknown)))
	return charge(cost.Plus(admission.Await(before.awaits)))
}

// listUnknown makes the list of unknown names for the answer, each once. It frees the names, which are parts of what the client
// sent.
func (x *plan) listUnknown(names ...*[]string) {
	var all []string
	for _, some := range names {
		all = append(all, *some...)
		*some = nil
	}
	slices.Sort(all)
	x.unknown = wire.AppendNames(nil, slices.Compact(all))
}

// planSeries adds to a plan the bars and trades that a subscribe asks for, each once.
func (p *planner) planSeries(x *plan, r *wire.Request) error {
	if r.Relay {
		return p.planRelayed(x, r)
	}
	known := map[series]int{}
	var unknown []string
	add := func(key string, names []string, kind history.Interval, limit int) (spelled []string, err error) {
		named, err := p.resolveSeries(key, names)
		if err != nil {
			return nil, err
		}
		unknown = append(unknown, named.unknown...)
		x.awaited = appendAwaited(x.awaited, named.unknown, kind, limit)
		for _, id := range named.named {
			spelled = append(spelled, p.dir.Symbol(id).Symbol)
			one := requested{seriesOf(id, kind), limit}
			if i, twice := known[one.series]; twice {
				x.series[i] = one
				continue
			}
			known[one.series] = len(x.series)
			x.series = append(x.series, one)
		}
		if n, most := len(x.series)+countAwaited(x.awaited).series, p.cfg.MaxSeries; n > most {
			return nil, wire.TooMany("bars and trades", n, most)
		}
		return spelled, nil
	}
	var spelled []string
	for _, bars := range r.Bars {
		more, err := add("bars", bars.Names, bars.Interval, bars.Limit)
		if err != nil {
			return err
		}
		spelled, x.interval = append(spelled, more...), bars.Interval.String()
	}
	x.bars = wire.AppendNames(nil, spelled)
	spelled, err := add("trades", r.Trades, history.Trades, 0)
	if err != nil {
		return err
	}
	x.trades = wire.AppendNames(nil, spelled)
	x.awaited = unionAwaited(nil, x.awaited)
	x.listUnknown(&x.named.unknown, &unknown)
	return nil
}

// costOfRequest is the cost of looking up all names of a request.
func (p *planner) costOfRequest(r *wire.Request) (admission.Cost, error) {
	cost, ok := p.costOf(r.Symbols, p.cfg.MaxSymbols)
	if !ok {
		return cost, tooManyListed(p.cfg.MaxSymbols)
	}
	lists := [][]string{r.Trades}
	for _, bars := range r.Bars {
		lists = append(lists, bars.Names)
	}
	most := p.cfg.MaxSeries
	if r.Type == wire.Unsubscribe || r.Relay {
		most = p.cfg.MaxSymbols
	}
	for _, names := range lists {
		more, ok := p.costOf(names, most)
		if !ok {
			return cost, tooManyListed(most)
		}
		cost = cost.Plus(more)
	}
	return cost, nil
}

// costOfSnapshot is the cost of the snapshot and the histories that follow a subscribe.
func (p *planner) costOfSnapshot(x *plan, before standing) admission.Cost {
	more := len(x.named.list.IDs)
	if x.named.list.All {
		more = p.dir.Len()
	}
	cost := admission.Quotes(more, false)
	if x.resumed { // only quotes that have changed are sent, but all are looked at
		places, changed := p.board.CountSince(x.since, x.named.list)
		cost = admission.Quotes(places, true).Plus(admission.Quotes(changed, false))
	}
	if x.fields != before.fields {
		cost = cost.Plus(admission.Quotes(before.follows, false))
	}
	if more+len(x.series) > 0 || x.fields != before.fields {
		cost = cost.Plus(admission.Rewatch(before.follows + more))
	}
	if n := len(x.awaited); n > 0 {
		cost = cost.Plus(admission.Await(before.awaits + n))
	}
	for _, one := range x.series {
		r := x.reader(one)
		cost = cost.Plus(admission.Bars(p.board.Cost(one.symbol(), &r)))
	}
	return cost.Plus(p.costOfRelayed(x))
}

// refreshed is the plan with the names that have become known since it was made: x itself where there are none.
func (p *planner) refreshed(x *plan) *plan {
	size := p.dir.Len()
	if size == x.size || len(x.awaited) == 0 {
		return x
	}
	y := *x
	y.size = size
	if !p.knows(x.awaited) {
		return &y
	}
	y.ownLists()
	var names []string
	for _, a := range x.awaited {
		if id, known := p.dir.ID(a.name); known {
			names = append(names, a.name)
			y.know(a, id)
		} else {
			y.awaited = append(y.awaited, a)
		}
	}
	for _, l := range y.idLists() {
		slices.Sort(*l)
		*l = slices.Compact(*l)
	}
	if x.symbols != nil {
		y.symbols = p.appendSymbols(&y.named)
	}
	var unknown []string
	if err := json.Unmarshal(x.unknown, &unknown); err != nil {
		panic(err) // it is a list of names
	}
	slices.Sort(names)
	y.unknown = wire.AppendNames(nil, slices.DeleteFunc(unknown, func(name string) bool {
		_, known := slices.BinarySearch(names, name)
		return known
	}))
	return &y
}

// idLists are all lists of symbols that a plan has.
func (x *plan) idLists() []*[]market.SymbolID {
	all := []*[]market.SymbolID{&x.named.list.IDs, &x.drop.bars.list.IDs, &x.drop.trades.list.IDs}
	for i := range x.relayed {
		all = append(all, &x.relayed[i].list.IDs)
	}
	return all
}

// ownLists gives a copy of a plan lists of its own, but for what it awaits: it has none of that.
func (x *plan) ownLists() {
	x.awaited = nil
	x.relayed = slices.Clone(x.relayed)
	for _, l := range x.idLists() {
		*l = slices.Clone(*l)
	}
	x.named.named, x.series = slices.Clone(x.named.named), slices.Clone(x.series)
	x.bars, x.trades = slices.Clone(x.bars), slices.Clone(x.trades)
}

// know adds what was awaited of a name that is known to a plan that has lists of its own. Symbols are put behind the others.
func (x *plan) know(a awaited, id market.SymbolID) {
	switch {
	case a.of == ofQuotes:
		x.named.named = append(x.named.named, id)
		x.named.list.IDs = append(x.named.list.IDs, id)
	case a.of == ofRelayed:
		x.knowRelayed(a, id)
	case x.ends && a.of == history.Trades:
		x.trades = withName(x.trades, a.name)
		x.drop.trades.list.IDs = append(x.drop.trades.list.IDs, id)
	case x.ends:
		x.bars = withName(x.bars, a.name)
		x.drop.bars.list.IDs = append(x.drop.bars.list.IDs, id)
	default:
		if a.of == history.Trades {
			x.trades = withName(x.trades, a.name)
		} else {
			x.bars = withName(x.bars, a.name)
		}
		x.series = append(x.series, requested{seriesOf(id, a.of), int(a.limit)})
	}
}

// knowRelayed is know of bars and trades that are asked for as a relay does.
func (x *plan) knowRelayed(a awaited, id market.SymbolID) {
	if a.kinds.has(history.Trades) {
		x.trades = withName(x.trades, a.name)
	}
	if a.kinds&^(1<<history.Trades) != 0 {
		x.bars = withName(x.bars, a.name)
	}
	for i := range x.relayed {
		if w := &x.relayed[i]; a.kinds.has(w.kind) {
			w.list.IDs = append(w.list.IDs, id)
		}
	}
}

// withName adds a name, which needs no escape, to a list of names as JSON; nil is none.
func withName(list []byte, name string) []byte {
	var all wire.List
	if len(list) > 0 {
		all = list[:len(list)-1]
	}
	all.Add(name)
	return all.JSON()
}

// faultOf makes a refusal the fault that an error message has.
func faultOf(err error) error {
	var r *admission.Refusal
	if errors.As(err, &r) {
		return &wire.Fault{Code: wire.RateLimited, Message: fmt.Sprintf("%s; try again in %s s", r.Detail(), r.RetryAfter())}
	}
	return err
}

// since is the flush of a client's position. It is 0, from which everything is sent, unless the position is of this run
// of the server.
func (p *planner) since(position string) (board.Seq, bool) {
	at, err := board.ParsePosition(position)
	if err != nil || at.Epoch != p.board.Epoch() || at.Seq > p.board.Seq() {
		return 0, false
	}
	return at.Seq, true
}
