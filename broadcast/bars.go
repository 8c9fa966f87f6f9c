package broadcast

import (
	"context"
	"slices"

	"tickertape/broadcast/admission"
	"tickertape/broadcast/wire"
	"tickertape/feed/market"
)

// Bars is a request for GET /api/bars that has been admitted and paid.
type Bars struct {
	IDs     []market.SymbolID // whose bars, in the order of the directory
	Unknown []string          // names that are unknown, each once

	hub   *Hub
	place *admission.Place
}

// Done frees the request's place, when it has been answered.
func (b *Bars) Done() { b.place.Leave() }

// admit finds the symbols whose bars a query asks for, charges the answer and reserves the memory that it takes.
func (b *Bars) admit(ctx context.Context, v admission.Visitor, q *wire.BarsQuery) error {
	h := b.hub
	if err := b.resolve(ctx, v, q); err != nil {
		return err
	}
	// The walk that counts the bars is paid before it is made, and so whatever comes of it.
	if refusal := h.admission.Charge(ctx, v, admission.Names(len(b.IDs), 0)); refusal != nil {
		return refusal
	}
	cost, ok := b.cost(ctx, q)
	if !ok {
		return ctx.Err()
	}
	if refusal := h.admission.Charge(ctx, v, cost.Plus(admission.Echo(echoed(b.Unknown)))); refusal != nil {
		return refusal
	}
	if !b.place.Reserve(int64(12*len(b.IDs)+echoed(b.Unknown)), false) {
		return h.noMemoryFor(v)
	}
	return nil
}

// resolve finds the symbols. Looking up their names is charged first.
func (b *Bars) resolve(ctx context.Context, v admission.Visitor, q *wire.BarsQuery) (err error) {
	h := b.hub
	if q.Symbol != "" {
		id, ok := h.dir.ID(q.Symbol)
		if !ok {
			return wire.Unknown(q.Symbol)
		}
		b.IDs = []market.SymbolID{id}
		return nil
	}
	lookup, ok := h.costOf(q.Symbols, h.cfg.MaxSymbols)
	if !ok {
		return tooManyListed(h.cfg.MaxSymbols)
	}
	if refusal := h.admission.Charge(ctx, v, lookup); refusal != nil {
		return refusal
	}
	var named resolved
	if !h.admission.Slice(ctx, func() { named, err = h.catalog.resolve("symbols", q.Symbols, h.cfg.MaxSymbols) }) {
		return ctx.Err()
	}
	if err != nil {
		h.countTooMany(v, err)
		return err
	}
	b.IDs, b.Unknown = named.list.IDs, named.unknown
	if named.list.All {
		b.IDs = b.IDs[:0]
		for id := range h.dir.Len() {
			b.IDs = append(b.IDs, market.SymbolID(id))
		}
	}
	return nil
}

// echoed is how many bytes of an answer names take that a client sent, at most: each byte may need six.
func echoed(names []string) (n int) {
	for _, name := range names {
		n += 6*len(name) + len(`"",`)
	}
	return n
}

// symbolsAtOnce is how many symbols' bars are counted at a time.
const symbolsAtOnce = 64

// cost is the cost of the bars, at most. They are counted in slices: with a limit, that walks back over as many bars as
// are sent. It returns false when ctx has ended.
func (b *Bars) cost(ctx context.Context, q *wire.BarsQuery) (admission.Cost, bool) {
	n := 0
	for some := range slices.Chunk(b.IDs, symbolsAtOnce) {
		if !b.hub.admission.Slice(ctx, func() { n += b.hub.board.CountBars(some, &q.Range) }) {
			return admission.Cost{}, false
		}
	}
	return admission.Bars(n), true
}
