package broadcast

import (
	"context"
	"testing"

	"tickertape/broadcast/conn"
)

// ending is a context that ends when so many waits for it are allowed, and one more comes.
type ending struct {
	context.Context
	over    context.Context
	waits   int
	allowed int
}

func (e *ending) Done() <-chan struct{} {
	if e.waits++; e.waits > e.allowed {
		return e.over.Done()
	}
	return e.Context.Done()
}

func (e *ending) Err() error { return e.over.Err() }

// A message that is read while the board ends is dropped: nothing was found that a shard could answer with.
func TestMessagesOfTheEndAreDropped(t *testing.T) {
	s := serve(t, nil)
	p := s.join(t, overWebSocket, "")
	p.next("hello")
	over, cancel := context.WithCancel(t.Context())
	cancel()
	asked := make(chan bool, len(s.shards))
	for _, sh := range s.shards {
		sh.post(func() {
			any := false
			for _, sub := range sh.all {
				for allowed := range 2 { // it ends before the message is parsed, or before its names are found
					m := conn.IncomingText([]byte(`{"type":"subscribe","symbols":["AAPL"]}`), s.cfg.MaxMessage)
					s.workers.read(&ending{Context: t.Context(), over: over, allowed: allowed}, &unparsed{sub: sub, message: m})
				}
				any = true
			}
			sh.post(func() { asked <- any })
		})
	}
	found := false
	for range s.shards {
		found = <-asked || found
	}
	if !found {
		t.Error("no shard has the subscriber")
	}
	p.say(`{"type":"ping"}`)
	if m, err := p.message(); err != nil || m.Type == "error" {
		t.Errorf("%+v %v, want no answer to what was dropped", m, err)
	}
}
