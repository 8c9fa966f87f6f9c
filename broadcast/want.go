package broadcast

import (
	"errors"
	"fmt"
	"slices"

	"tickertape/broadcast/admission"
	"tickertape/feed/market"
)

// want is what a request comes to. It is found where the request is read, and paid, before a shard sees it: a
// shard has others to serve.
type want struct {
	named   resolved
	series  wish
	drop    unfollowing
	fields  market.Fields // those that hold from now on
	since   Seq
	resumed bool

	symbols, bars, trades, unknown []byte // the lists of the answer, as JSON; the latter are nil where there are none
}

// memory is how many bytes a want keeps until it has been answered.
func (w *want) memory() int64 {
	n := 12*len(w.named.list.ids) + cap(w.symbols) + cap(w.bars) + cap(w.trades) + cap(w.unknown) +
		12*(len(w.drop.bars.named)+len(w.drop.trades.named)) + admission.MemorySeries*len(w.series.series)
	return int64(n)
}

// unsaid lets go what a stream's answer alone says, which a poll would keep while it waits.
func (w *want) unsaid() {
	w.named.named, w.symbols, w.bars, w.trades = nil, nil, nil, nil
	w.series.bars, w.series.trades = nil, nil
}

// wants finds what a request wants and pays for it with charge, whose error is returned. Before, the subscriber
// follows so many symbols, with these fields. What is wrong with the request is a fault.
func (b *Board) wants(r *request, follows int, fields market.Fields, charge func(admission.Cost) error) (*want, error) {
	w := &want{fields: fields}
	switch r.Type {
	case "subscribe":
		if err := b.checkSubscribe(r, w); err != nil {
			return nil, err
		}
	case "unsubscribe":
		if len(r.Symbols)+len(r.Bars)+len(r.Trades) == 0 {
			return nil, &fault{badRequest, "symbols: missing; name the symbols to stop following, or \"*\", or bars or trades"}
		}
	case "resume":
		return w, charge(admission.Quotes(follows, true))
	default:
		return w, nil
	}
	looking, err := b.costOfNames(r)
	if err != nil {
		return nil, err
	}
	if err := charge(looking); err != nil {
		return nil, err
	}
	if r.Type == "unsubscribe" {
		if err := b.name(r, w); err != nil {
			return nil, err
		}
		if w.drop, err = b.resolveUnfollow(r); err != nil {
			return nil, err
		}
		w.bars, w.trades = b.listOfNamed(&w.drop.bars), b.listOfNamed(&w.drop.trades)
		w.tellUnknown(&w.named.unknown, &w.drop.bars.unknown, &w.drop.trades.unknown)
		r.forget()
		return w, charge(admission.Rewatch(follows).Plus(admission.Echo(len(w.unknown))))
	}
	w.since, w.resumed = b.since(r.Since)
	if w.series, err = b.resolveSeries(r.asks, r.Trades, w.since, w.resumed); err != nil {
		return nil, err
	}
	if err := b.name(r, w); err != nil {
		return nil, err
	}
	w.bars, w.trades = listOf(w.series.bars), listOf(w.series.trades)
	w.tellUnknown(&w.named.unknown, &w.series.unknown)
	r.forget()
	return w, charge(b.costOfTelling(w, follows, fields).Plus(admission.Echo(len(w.unknown))))
}

// tellUnknown makes the list of unknown names for the answer, and lets the names go: they are parts of what the
// client sent.
func (w *want) tellUnknown(names ...*[]string) {
	var all []string
	for _, x := range names {
		all = append(all, *x...)
		*x = nil
	}
	w.unknown = listOf(all)
}

// forget lets the names and the position go that a request brought, which may be long: what they stand for has been
// found.
func (r *request) forget() {
	if len(r.Symbols) > 0 {
		r.Symbols = someNames
	}
	r.Bars, r.Trades, r.asks, r.Since = nil, nil, nil, ""
}

// someNames stand for those that a request had.
var someNames = []string{""}

// listOf is a list as JSON; nil where it is empty.
func listOf(names []string) []byte {
	if len(names) == 0 {
		return nil
	}
	return appendMessage(nil, names)
}

// listOfNamed is the list of symbols that were named as JSON; nil where there are none.
func (b *Board) listOfNamed(r *resolved) []byte {
	if len(r.named) == 0 && !r.list.all {
		return nil
	}
	return b.appendSymbols(nil, r)
}

// name finds the symbols that are named.
func (b *Board) name(r *request, w *want) (err error) {
	if w.named, err = b.resolve("symbols", r.Symbols, b.cfg.MaxSymbols); err != nil {
		return err
	}
	w.symbols = b.appendSymbols(nil, &w.named)
	return nil
}

// checkSubscribe finds what is wrong with a subscribe before any name is looked up.
func (b *Board) checkSubscribe(r *request, w *want) error {
	if r.Rate != nil {
		if err := checkRate(*r.Rate); err != nil {
			return err
		}
	}
	if r.Fields != nil {
		f, err := parseFields(*r.Fields)
		if err != nil {
			return err
		}
		w.fields = f
	} else if r.mask != nil {
		w.fields = *r.mask
	}
	for _, list := range [...]struct {
		key   string
		names []string
	}{{"symbols", r.Symbols}, {"bars", r.Bars}, {"trades", r.Trades}} {
		if slices.Contains(list.names, "") {
			return &fault{badRequest, list.key + `: "" is no symbol`}
		}
	}
	if r.asks == nil {
		asks, err := r.bars(&b.cfg)
		if err != nil {
			return err
		}
		r.asks = asks
	}
	if r.Symbols == nil && r.Rate == nil && r.Fields == nil && r.mask == nil && r.asks == nil && len(r.Trades) == 0 {
		return &fault{badRequest, "symbols: missing; name symbols, \"*\" or \"#watchlist\", or bars or trades"}
	}
	return nil
}

// costOfNames is what looking up all names of a request costs.
func (b *Board) costOfNames(r *request) (admission.Cost, error) {
	cost, ok := b.costOf(r.Symbols, b.cfg.MaxSymbols)
	if !ok {
		return cost, tooManyListed(b.cfg.MaxSymbols)
	}
	lists := [][]string{r.Bars, r.Trades}
	for _, a := range r.asks {
		lists = append(lists, a.names)
	}
	most := b.cfg.MaxSeries
	if r.Type == "unsubscribe" {
		most = b.cfg.MaxSymbols
	}
	for _, names := range lists {
		more, ok := b.costOf(names, most)
		if !ok {
			return cost, tooManyListed(most)
		}
		cost = cost.Plus(more)
	}
	return cost, nil
}

// costOfTelling is what the snapshot and the histories cost that follow upon a subscribe.
func (b *Board) costOfTelling(w *want, follows int, fields market.Fields) admission.Cost {
	more := len(w.named.list.ids)
	if w.named.list.all {
		more = b.dir.Len()
	}
	cost := admission.Quotes(more, false)
	if w.resumed {
		cost = b.store.costOfResuming(w.named.list, w.since)
	}
	if w.fields != fields {
		cost = cost.Plus(admission.Quotes(follows, false))
	}
	if more > 0 || w.fields != fields {
		cost = cost.Plus(admission.Rewatch(follows + more))
	}
	return cost.Plus(b.store.costOfSeries(w.series.series))
}

// costOfResuming is what telling the symbols of a list costs from a position on: those that have changed are told, the
// others are looked at.
func (s *store) costOfResuming(list symbolList, since Seq) admission.Cost {
	s.mu.RLock()
	defer s.mu.RUnlock()
	n, changed := list.len(len(s.versions)), 0
	for i := range n {
		if id := int(list.at(i)); id < len(s.versions) && s.versions[id].last > since {
			changed++
		}
	}
	return admission.Quotes(n, true).Plus(admission.Quotes(changed, false))
}

// costOfSeries is what telling series costs from where they are.
func (s *store) costOfSeries(all []series) admission.Cost {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var cost admission.Cost
	for i := range all {
		cost = cost.Plus(admission.Bars(s.historyOf(all[i].id).Cost(&all[i].Reader)))
	}
	return cost
}

// refused makes a refusal what a client is told in an error.
func refused(err error) error {
	var r *admission.Refusal
	if errors.As(err, &r) {
		return &fault{rateLimited, fmt.Sprintf("%s; try again in %s s", r.Detail(), r.RetryAfter())}
	}
	return err
}
