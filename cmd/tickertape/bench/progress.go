package bench

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// Progress tells how a run gets on.
type Progress struct {
	W        io.Writer // nil tells nobody
	Terminal bool      // rewrite one line, rather than add one now and then
	Prefix   string    // of each line
}

// How often it tells. A log wants no line a second.
const (
	tellTerminal = 500 * time.Millisecond
	tellLog      = 5 * time.Second
)

// teller writes the progress of one run until it is stopped.
type teller struct {
	p     Progress
	state func() string
	stop  chan struct{}
	done  sync.WaitGroup
}

// tell begins; state is asked for what to say.
func (p Progress) tell(state func() string) *teller {
	t := &teller{p: p, state: state, stop: make(chan struct{})}
	if p.W != nil {
		t.done.Go(t.run)
	}
	return t
}

func (t *teller) run() {
	every := tellLog
	if t.p.Terminal {
		every = tellTerminal
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

func (t *teller) line() {
	if t.p.Terminal {
		fmt.Fprintf(t.p.W, "\r%s%s\x1b[K", t.p.Prefix, t.state())
	} else {
		fmt.Fprintf(t.p.W, "%s%s\n", t.p.Prefix, t.state())
	}
}

// end waits until nothing is written any more.
func (t *teller) end() {
	close(t.stop)
	t.done.Wait()
}
