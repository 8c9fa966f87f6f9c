package vendortest

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"runtime/pprof"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"tickertape/feed"
	"tickertape/feed/market"
)

// Joined wraps a source: the test fails when Run returns while a goroutine that it started still runs code of the feeds.
func Joined(t testing.TB, s feed.Source) feed.Source {
	j := joined{s, t}
	if l, has := s.(limited); has {
		return joinedLimited{j, l}
	}
	return j
}

// limited is a source whose connections are renewed.
type limited interface{ Life() time.Duration }

type joined struct {
	feed.Source
	t testing.TB
}

type joinedLimited struct {
	joined
	limited
}

// runs counts Runs, so that the goroutines of each can be told apart.
var runs atomic.Uint64

func (j joined) Run(ctx context.Context, publish func(market.Batch)) (err error) {
	run := fmt.Sprintf("%d", runs.Add(1))
	pprof.Do(ctx, pprof.Labels("feed_run", run), func(ctx context.Context) { err = j.Source.Run(ctx, publish) })
	if left := running(run); left != "" {
		j.t.Errorf("%s returned, but a goroutine of it still runs:\n%s", j.Info().Name, left)
	}
	return err
}

// ours finds code of the feeds in a stack; the server of a test is not among it.
var ours = regexp.MustCompile(`tickertape/feed/(vendors|relay)[./]`)

// running is the stack of a goroutine that a Run has started and that still runs code of the feeds; "" there is none.
// Goroutines inherit the label of who starts them.
func running(run string) string {
	var all bytes.Buffer
	pprof.Lookup("goroutine").WriteTo(&all, 1)
	for stack := range strings.SplitSeq(all.String(), "\n\n") {
		for line := range strings.SplitSeq(stack, "\n") {
			if strings.Contains(stack, `"feed_run":"`+run+`"`) && ours.MatchString(line) && !strings.Contains(line, "feed/vendors/vendortest.") {
				return stack
			}
		}
	}
	return ""
}
