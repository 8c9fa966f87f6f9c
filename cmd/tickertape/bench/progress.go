package bench

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// Progress writes how far a run is.
type Progress struct {
	W        io.Writer // nil writes nothing
	Terminal bool      // rewrite one line, rather than add one now and then
	Prefix   string    // of each line
}

// How often it writes. A log needs no line a second.
const (
	everyTerminal = 500 * time.Millisecond
	everyLog      = 5 * time.Second
)

// reporter writes the progress of one run until it is stopped.
type reporter struct {
	p     Progress
	state func() string
	stop  chan struct{}
	done  sync.WaitGroup
}

// start begins to write what state returns.
func (p Progress) start(state func() string) *reporter {
	t := &reporter{p: p, state: state, stop: make(chan struct{})}
	if p.W != nil {
		t.done.Go(t.run)
	}
	return t
}

func (t *reporter) run() {
	every := everyLog
	if t.p.Terminal {
		every = everyTerminal
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		t.line()
		select {
		case <-tick.C:
		case <-t.stop:
			if t.p.Terminal {
				fmt.Fprint(t.p.W, "\r\x1b[K") // the report follows
			}
			return
		}
	}
}

func (t *reporter) line() {
	if t.p.Terminal {
		fmt.Fprintf(t.p.W, "\r%s%s\x1b[K", t.p.Prefix, t.state())
	} else {
		fmt.Fprintf(t.p.W, "%s%s\n", t.p.Prefix, t.state())
	}
}

// end waits until nothing is written any more.
func (t *reporter) end() {
	close(t.stop)
	t.done.Wait()
}
