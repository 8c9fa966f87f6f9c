package feed

import (
	"context"
	"time"

	"tickertape/feed/market"
)

// Info names a source and says what can be expected of it.
type Info struct {
	Name      string // such as "sim" or "coinbase"; the connections of one source share it
	Simulated bool   // prices are made up, and everything that shows them must say so
	Replayed  bool   // prices are those of a recording that is played, and everything that shows them must say so
	// Delay is how late the prices are by contract, such as 15 minutes; 0: not at all.
	Delay time.Duration

	// Lossless means that nothing is lost, repeated or late on the way: a symbol that is silent has not changed.
	Lossless bool
	// Numbered means that the trades of each symbol have rising numbers as their [market.Tick] IDs.
	Numbered bool
	// Corrects means that it may correct or cancel trades.
	Corrects bool
	// Market names the hours that the source keeps, such as "us" (feed/calendar); "" never closes.
	Market string
	// Remote means that the source is on another machine: its connection can die silently, and can be redialled.
	Remote bool
}

// Source is one connection to where ticks come from. A source with a method Life() time.Duration limits how long each
// connection may last; see [Supervisor.Supervise]. A batch that is Ending asks for the same at once.
type Source interface {
	Info() Info
	// Run publishes until ctx ends or there is nothing more to come, and returns nil for both. A [*Break], also a
	// wrapped one, is a connection that ended and may be dialled by another Run; any other error is a source that cannot
	// go on. When Run returns, all goroutines that it started have ended.
	//
	// Run calls publish from one goroutine at a time and holds no lock meanwhile: publish blocks until the batch has
	// been processed. The batch and its slices stay Run's, which may use them again once publish has returned.
	Run(ctx context.Context, publish func(market.Batch)) error
}
