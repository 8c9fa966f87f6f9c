package vendortest_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tickertape/feed"
	"tickertape/feed/market"
	"tickertape/feed/vendors"
	"tickertape/feed/vendors/vendortest"
)

// careless is a source whose Run leaves a goroutine behind, or does not.
type careless struct{ leaves bool }

func (careless) Info() feed.Info { return feed.Info{Name: "careless"} }

func (c careless) Run(ctx context.Context, _ func(market.Batch)) error {
	var started sync.WaitGroup
	running := make(chan struct{})
	started.Go(func() {
		close(running)
		vendors.Pause(ctx, time.Second)
	})
	<-running
	if !c.leaves {
		started.Wait()
	}
	return nil
}

// counted counts the errors of a test.
type counted struct {
	testing.TB
	count int
}

func (e *counted) Errorf(string, ...any) { e.count++ }

func TestAGoroutineThatOutlivesRunIsFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, leaves := range []bool{true, false} {
			e := &counted{TB: t}
			vendortest.Joined(e, careless{leaves}).Run(t.Context(), nil)
			if (e.count > 0) != leaves {
				t.Errorf("leaves %t: %d errors", leaves, e.count)
			}
			time.Sleep(2 * time.Second)
		}
	})
}
