package feed

import (
	"context"

	"tickertape/feed/market"
)

// Info names a source and says what can be expected of it.
type Info struct {
	Name      string // "sim", "coinbase"; several connections of one feed share it
	Simulated bool   // its prices are made up, and everything that shows them must say so

	// Whole is a source of which nothing gets lost or comes twice or late on the way: where it says
	// nothing of a symbol, there is nothing to say.
	Whole bool
	// Numbered is a source that numbers the trades of each symbol upwards ([market.Tick]).
	Numbered bool
	// Market is whose hours it keeps, such as "us" (feed/calendar); "" is a source that is never closed.
	Market string
	// Remote is a source that is somewhere else: it can be silent because the line to it is dead, and
	// dialled again.
	Remote bool
}

// Source is where ticks come from: one connection to it.
type Source interface {
	Info() Info
	// Run publishes until ctx ends or there is no more to come, and returns nil for both. A [Break] is
	// a connection that ended and may be dialled again, by another Run; any other error is a source
	// that cannot go on. It calls publish from one goroutine at a time, and publish does not keep the
	// batch.
	Run(ctx context.Context, publish func(market.Batch)) error
}
