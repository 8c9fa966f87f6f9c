package broadcast

import (
	"errors"
	"fmt"

	"tickertape/broadcast/admission"
	"tickertape/broadcast/board"
	"tickertape/broadcast/history"
	"tickertape/broadcast/wire"
	"tickertape/feed/market"
)

// want is what a request comes to. It is found where the request is read, and paid, before a shard sees it: a
// shard has others to serve. The names that the client sent are not kept.
type want struct {
	quotes  bool          // quotes are asked for: symbols are named
	named   resolved      // whose
	fields  market.Fields // those that hold from now on
	rate    float64       // updates a second from now on; 0 is as before
	series  []wanted      // bars and trades, each once
	drop    unfollowing
	since   board.Seq
	resumed bool

	interval                       string // of the bars, as the answer has it
	symbols, bars, trades, unknown []byte // the lists of the answer, as JSON; all but the first are nil where there are none
}

// wanted is a series that is asked for.
type wanted struct {
	series
	limit int // bars of its history; 0 is all that are kept
}

// reader reads a series from where the client is.
func (w *want) reader(x wanted) history.Reader {
	return history.Reader{Interval: x.interval(), Limit: x.limit, FromStart: !w.resumed, Resumed: w.resumed, After: w.since}
}

// memory is how many bytes a want keeps until it has been answered.
func (w *want) memory() int64 {
	n := 12*len(w.named.list.IDs) + cap(w.symbols) + cap(w.bars) + cap(w.trades) + cap(w.unknown) +
		12*(len(w.drop.bars.named)+len(w.drop.trades.named)) + admission.MemorySeries*len(w.series)
	return int64(n)
}

// unsaid lets go what a stream's answer alone says, which a poll would keep while it waits.
func (w *want) unsaid() { w.named.named, w.symbols, w.bars, w.trades = nil, nil, nil, nil }

// planner finds what requests come to.
type planner struct {
	catalog
	board *board.Board
}

// limits bound what a request may name.
func (p *planner) limits() *wire.Limits {
	return &wire.Limits{Symbols: p.cfg.MaxSymbols, Series: p.cfg.MaxSeries, Wait: p.cfg.MaxWait, Bars: p.cfg.History.Bars}
}

// wants finds what a request wants and pays for it with charge, whose error is returned. Before, the subscriber
// follows so many symbols, with these fields. What is wrong with the request is a wire.Fault.
func (p *planner) wants(r *wire.Request, follows int, fields market.Fields, charge func(admission.Cost) error) (*want, error) {
	w := &want{fields: fields, quotes: len(r.Symbols) > 0, rate: r.Rate}
	switch r.Type {
	case wire.Subscribe, wire.Unsubscribe:
	case wire.Resume:
		return w, charge(admission.Quotes(follows, true))
	default:
		return w, nil
	}
	looking, err := p.costOfRequest(r)
	if err != nil {
		return nil, err
	}
	if err := charge(looking); err != nil {
		return nil, err
	}
	if w.named, err = p.resolve("symbols", r.Symbols, p.cfg.MaxSymbols); err != nil {
		return nil, err
	}
	w.symbols = p.appendSymbols(&w.named)
	if r.Type == wire.Unsubscribe {
		return w, p.wantsLess(w, r, follows, charge)
	}
	if r.Fields != 0 {
		w.fields = r.Fields
	}
	w.since, w.resumed = p.since(r.Since)
	if err := p.wantsSeries(w, r); err != nil {
		return nil, err
	}
	return w, charge(p.costOfTelling(w, follows, fields).Plus(admission.Echo(len(w.unknown))))
}

// wantsLess finds what an unsubscribe wants.
func (p *planner) wantsLess(w *want, r *wire.Request, follows int, charge func(admission.Cost) error) (err error) {
	if w.drop, err = p.resolveUnfollow(r); err != nil {
		return err
	}
	w.interval = r.Of
	w.bars, w.trades = p.listOfNamed(&w.drop.bars), p.listOfNamed(&w.drop.trades)
	w.tellUnknown(&w.named.unknown, &w.drop.bars.unknown, &w.drop.trades.unknown)
	return charge(admission.Rewatch(follows).Plus(admission.Echo(len(w.unknown))))
}

// tellUnknown makes the list of unknown names for the answer, and lets the names go: they are parts of what the
// client sent.
func (w *want) tellUnknown(names ...*[]string) {
	var all []string
	for _, x := range names {
		all = append(all, *x...)
		*x = nil
	}
	w.unknown = wire.AppendNames(nil, all)
}

// wantsSeries finds the bars and trades that a subscribe wants, each once.
func (p *planner) wantsSeries(w *want, r *wire.Request) error {
	known := map[series]int{}
	var unknown []string
	one := func(key string, names []string, kind history.Interval, limit int) (spelled []string, err error) {
		named, err := p.resolveSeries(key, names)
		if err != nil {
			return nil, err
		}
		unknown = append(unknown, named.unknown...)
		for _, id := range named.named {
			spelled = append(spelled, p.dir.Symbol(id).Symbol)
			x := wanted{seriesOf(id, kind), limit}
			if i, twice := known[x.series]; twice {
				w.series[i] = x
				continue
			}
			known[x.series] = len(w.series)
			w.series = append(w.series, x)
		}
		if n, most := len(w.series), p.cfg.MaxSeries; n > most {
			return nil, wire.TooMany("bars and trades", n, most)
		}
		return spelled, nil
	}
	var spelled []string
	for _, bars := range r.Bars {
		more, err := one("bars", bars.Names, bars.Interval, bars.Limit)
		if err != nil {
			return err
		}
		spelled, w.interval = append(spelled, more...), bars.Interval.String()
	}
	w.bars = wire.AppendNames(nil, spelled)
	spelled, err := one("trades", r.Trades, history.Trades, 0)
	if err != nil {
		return err
	}
	w.trades = wire.AppendNames(nil, spelled)
	w.tellUnknown(&w.named.unknown, &unknown)
	return nil
}

// costOfRequest is what looking up all names of a request costs.
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
	if r.Type == wire.Unsubscribe {
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

// costOfTelling is what the snapshot and the histories cost that follow upon a subscribe.
func (p *planner) costOfTelling(w *want, follows int, fields market.Fields) admission.Cost {
	more := len(w.named.list.IDs)
	if w.named.list.All {
		more = p.dir.Len()
	}
	cost := admission.Quotes(more, false)
	if w.resumed { // those that have changed are told, the others are looked at
		places, changed := p.board.CountSince(w.since, w.named.list)
		cost = admission.Quotes(places, true).Plus(admission.Quotes(changed, false))
	}
	if w.fields != fields {
		cost = cost.Plus(admission.Quotes(follows, false))
	}
	if more+len(w.series) > 0 || w.fields != fields {
		cost = cost.Plus(admission.Rewatch(follows + more))
	}
	for _, x := range w.series {
		r := w.reader(x)
		cost = cost.Plus(admission.Bars(p.board.Cost(x.symbol(), &r)))
	}
	return cost
}

// faultOf makes a refusal what a client is told in an error.
func faultOf(err error) error {
	var r *admission.Refusal
	if errors.As(err, &r) {
		return &wire.Fault{Code: wire.RateLimited, Message: fmt.Sprintf("%s; try again in %s s", r.Detail(), r.RetryAfter())}
	}
	return err
}

// since is the seq that a client has been told whole: 0, so everything, unless the position is of
// this run of the server.
func (p *planner) since(position string) (board.Seq, bool) {
	at, err := board.ParsePosition(position)
	if err != nil || at.Epoch != p.board.Epoch() || at.Seq > p.board.Seq() {
		return 0, false
	}
	return at.Seq, true
}
