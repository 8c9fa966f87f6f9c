package feed

import "context"

// Info names a source.
type Info struct {
	Name      string // "sim", "replay"
	Simulated bool   // its prices are made up, and everything that shows them must say so
}

// Source is where ticks come from.
type Source interface {
	Info() Info
	// Run publishes until ctx ends or there is no more to come, and returns nil for both; an error
	// is a source that cannot go on. It calls publish from one goroutine at a time, and publish does
	// not keep the batch.
	Run(ctx context.Context, publish func(Batch)) error
}
