package attack

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

// requests are few, but each is costly to read, to keep or to refuse.
func requests() []Attack {
	unknown := `{"type":"subscribe","symbols":["` + strings.Repeat("<", 63<<10) + `"]}`
	return []Attack{
		{Name: "header-lines", What: "headers of 10,000 lines, of /healthz", Long: 400,
			run: hammer("/healthz", strings.Repeat("X:\r\n", 10_000))},
		{Name: "accept-long", What: "/metrics with an Accept of 6,800 types", Long: 40,
			run: hammer("/metrics", "Accept: "+strings.Repeat("a/b;q=.1,", 6800)+"\r\n")},
		{Name: "path-long", What: "paths of 60 KiB, longer still in an answer", Long: 100, run: hammer("/" + strings.Repeat("<", 60<<10))},
		{Name: "pipeline", What: "requests sent without waiting for answers, ulimit -n 1024", Files: 1024, Long: 250,
			run: pipeline("/api/version")},
		{Name: "pipeline-health", What: "the same of /healthz", Files: 1024, Long: 250, run: pipeline("/healthz")},
		{Name: "poll-names", What: "long polls of 1,500 unknown names each", Long: 4000, run: pollUnknown},
		{Name: "position-long", What: "/ws?symbols=* with 60 KiB of since, nothing read", Narrow: true, Long: 3000,
			run: unread("/ws?symbols=*&fields=p,b,a,v&bars=AAPL&interval=1m&bars=MSFT&interval=1m&since="+strings.Repeat("x", 60<<10), plain)},
		{Name: "unknown-long", What: "subscribe to an unknown name of 63 KiB, each 4 s", Long: 1000,
			run: func(ctx context.Context, a *attacker) error {
				return a.sayInTurn(ctx, "/ws", plain, 4100*time.Millisecond, unknown)
			}},
		{Name: "events-trickle", What: "/events, 15 kB/s sent byte by byte", Long: 60, run: trickleAtEvents},
		{Name: "own-rates-unread", What: "followers of *, each at a rate of its own near 10/s, nothing read",
			Narrow: true, Absorbed: true, Long: 4000,
			run: func(ctx context.Context, a *attacker) error {
				return unread(fmt.Sprintf("/ws?symbols=*&rate=%.4f", 9.9-float64(a.index)/5000), plain)(ctx, a)
			}},
		{Name: "own-fields", What: "followers of *, each with fields of its own, read", Absorbed: true, Long: 2000,
			run: func(ctx context.Context, a *attacker) error {
				return subscribed("/ws?symbols=*&fields="+someFields(a.index))(ctx, a)
			}},
	}
}

// pipeline writes requests without waiting for answers, which it reads.
func pipeline(path string) func(context.Context, *attacker) error {
	return func(ctx context.Context, a *attacker) error {
		c, err := a.dial(ctx)
		if err != nil {
			return err
		}
		defer discard(c)()
		many := strings.Repeat(a.request(path), 40)
		for ctx.Err() == nil {
			if _, err := io.WriteString(c, many); err != nil {
				return err
			}
		}
		return ctx.Err()
	}
}

// discard reads a connection and forgets what it reads, until the function that it returns closes it.
func discard(c net.Conn) (stop func()) {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		io.Copy(io.Discard, c)
	}()
	return func() {
		c.Close()
		<-ended
	}
}

// pollUnknown polls for symbols that do not exist.
func pollUnknown(ctx context.Context, a *attacker) error {
	c, err := a.dial(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	r := bufio.NewReaderSize(c, 1<<10)
	answer, err := a.ask(c, r, "/api/quotes?symbols=AAPL")
	if err != nil {
		return err
	}
	var names strings.Builder
	for i := range 1500 {
		fmt.Fprintf(&names, "%x,", 0x1000+i)
	}
	path := "/api/quotes?wait=60s&since=" + strings.Trim(answer.Header.Get("ETag"), `"`) + "&symbols=" + names.String()
	for ctx.Err() == nil {
		if _, err := a.ask(c, r, path); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// someFields is a list of fields, a different one for each n below 2,047.
func someFields(n int) string {
	var some []string
	for i, f := range []string{"p", "b", "a", "o", "h", "l", "v", "pc", "vw", "n", "t"} {
		if (n+1)>>i&1 == 1 {
			some = append(some, f)
		}
	}
	return strings.Join(some, ",")
}

// trickleAtEvents writes single bytes, each of which may cost the server a read.
func trickleAtEvents(ctx context.Context, a *attacker) error {
	c, err := a.send(ctx, a.request("/events?symbols=%23leaders"))
	if err != nil {
		return err
	}
	defer discard(c)()
	return every(ctx, 10*time.Millisecond, func() error {
		for range floodRate / 100 {
			if _, err := c.Write([]byte{'x'}); err != nil {
				return err
			}
		}
		return nil
	})
}
