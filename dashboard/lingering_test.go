package dashboard

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"testing"
)

// A connection behind a refused body stays open for a moment, and net/http knows nothing of it: it outlived Run.
func TestRunLeavesNoConnection(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	s, done := serveUntil(ctx, t, func(*terms) {})
	c := s.dial(t)
	fmt.Fprint(c, "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n")
	answer, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil || answer.StatusCode != http.StatusRequestEntityTooLarge {
		t.Fatalf("answered %v, %v", answer, err)
	}
	within(t, timeLimit, "lingering", func() bool { return s.connections(t, "public", "idle") == 1 })
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	for _, state := range stageNames {
		if n := s.connections(t, "public", state); n != 0 {
			t.Errorf("%v connections are %s after Run", n, state)
		}
	}
}
