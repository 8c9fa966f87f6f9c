package attack

import (
	"bufio"
	"context"
	"io"
	"strings"
	"time"
)

// counted has the server count clients by address, loopback included, as a public server does.
var counted = []string{"TICKERTAPE_LIMITS_ADDRESSES=on"}

// floods do what a client is allowed to do, but too often.
func floods() []Attack {
	return []Attack{
		{Name: "handshake-flood", What: "connect, upgrade, close", Short: 16, Long: 640, Tight: []string{fewHandshakes}, run: handshakes(plain)},
		{Name: "handshake-flood-counted", What: "the same from one address that is counted",
			Environ: counted, Short: 16, Long: 640, Tight: []string{"TICKERTAPE_LIMITS_ADDRESS_HANDSHAKES=100"}, run: handshakes(plain)},
		{Name: "handshake-flood-deflated", What: "the same, compressed connections", Environ: compressing, Long: 640, run: handshakes(deflated)},
		{Name: "handshake-flood-nginx", What: "the same through nginx",
			Proxy: true, Short: 16, Long: 640, Tight: []string{fewHandshakes, fewRequests}, run: handshakes(plain)},
		{Name: "events-flood", What: "connect, ask for /events, close", Short: 16, Long: 640, Tight: []string{fewHandshakes}, run: eventStreams},
		{Name: "connect-flood", What: "connect, close", Short: 16, Long: 640, Tight: []string{fewHandshakes}, run: connects},
		{Name: "rest-quotes", What: "workers asking for /api/quotes?symbols=*", Short: 8, Long: 160, run: hammer("/api/quotes?symbols=*")},
		{Name: "rest-quotes-counted", What: "the same from one address that is counted",
			Environ: counted, Short: 8, Long: 160, Tight: []string{"TICKERTAPE_LIMITS_ADDRESS_REQUESTS=50"}, run: hammer("/api/quotes?symbols=*")},
		{Name: "rest-quotes-anew", What: "the same, each on a connection of its own", Short: 8, Long: 160, Tight: []string{fewRequests},
			run: askAnew("/api/quotes?symbols=*")},
		{Name: "rest-quotes-nginx", What: "the same through nginx", Proxy: true, Short: 8, Long: 160, Tight: []string{fewRequests},
			run: hammer("/api/quotes?symbols=*")},
		{Name: "rest-bars", What: "workers asking for /api/bars?symbols=*", Past: true, Short: 8, Long: 160,
			run: hammer("/api/bars?symbols=*&interval=1m")},
		{Name: "rest-bars-gzip", What: "the same, compressed", Past: true, Long: 160,
			run: hammer("/api/bars?symbols=*&interval=1m", "Accept-Encoding: gzip\r\n")},
		{Name: "rest-symbols", What: "workers searching /api/symbols at 10,000 symbols", Symbols: 10000, Absorbed: true, Short: 8, Long: 160,
			run: hammer("/api/symbols?query=a&limit=1000")},
		{Name: "rest-page", What: "workers asking for the page", Absorbed: true, Long: 160, run: hammer("/", "Accept-Encoding: gzip\r\n")},
		{Name: "polls-status", What: "long polls of fields=st", Short: 200, Long: 18000, Tight: []string{fewPolls}, run: statusPolls},
		{Name: "resubscribe-bars", What: "50 series of bars, 15 times a second each", Past: true, Short: 8, Long: 500, run: resubscribe(plain)},
		{Name: "resubscribe-bars-deflated", What: "the same, compressed connections", Past: true, Environ: compressing, Long: 500,
			run: resubscribe(deflated)},
		{Name: "resubscribe-bars-nginx", What: "the same through nginx", Proxy: true, Past: true, Short: 8, Long: 100, run: resubscribe(plain)},
		{Name: "alternate-fields", What: "other fields of *, 20 times a second each, 10,000 symbols", Symbols: 10000, Short: 8, Long: 500,
			run: alternateFields},
		{Name: "scrapers", What: "workers asking for /metrics", Short: 40, Long: 160, run: hammer("/metrics")},
		{Name: "scrapers-gzip", What: "the same, compressed", Long: 160, run: hammer("/metrics", "Accept-Encoding: gzip\r\n")},
	}
}

// again calls do until ctx ends. A hostile client does not wait after a refusal.
func again(ctx context.Context, a *attacker, do func() error) error {
	for ctx.Err() == nil {
		if err := do(); err != nil {
			a.tally.ended(err)
		}
	}
	return ctx.Err()
}

func handshakes(offer compression) func(context.Context, *attacker) error {
	return func(ctx context.Context, a *attacker) error {
		return again(ctx, a, func() error {
			s, err := a.upgrade(ctx, "/ws?symbols=%23leaders", offer)
			if err != nil {
				return err
			}
			return s.Close()
		})
	}
}

func eventStreams(ctx context.Context, a *attacker) error {
	return again(ctx, a, func() error { return glance(ctx, a, "/events?symbols=%23leaders") })
}

// glance asks on a new connection, and reads only the beginning of the answer.
func glance(ctx context.Context, a *attacker, path string) error {
	c, err := a.send(ctx, a.request(path))
	if err != nil {
		return err
	}
	defer c.Close()
	b := make([]byte, 32)
	if _, err := io.ReadFull(c, b); err != nil {
		return err
	}
	return refusedAnswer(b)
}

// askAnew sends each request on a new connection, and reads the answer.
func askAnew(path string) func(context.Context, *attacker) error {
	return func(ctx context.Context, a *attacker) error {
		return again(ctx, a, func() error {
			c, err := a.dial(ctx)
			if err != nil {
				return err
			}
			defer c.Close()
			_, err = a.ask(c, bufio.NewReader(c), path, "Connection: close\r\n")
			return err
		})
	}
}

func connects(ctx context.Context, a *attacker) error {
	return again(ctx, a, func() error {
		c, err := a.dial(ctx)
		if err != nil {
			return err
		}
		return c.Close()
	})
}

func statusPolls(ctx context.Context, a *attacker) error {
	return pollOn(ctx, a, "/api/quotes?symbols=*&fields=st")
}

// pollOn polls from each answer's position on.
func pollOn(ctx context.Context, a *attacker, path string) error {
	c, err := a.dial(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	r := bufio.NewReaderSize(c, 1<<10)
	position := ""
	for ctx.Err() == nil {
		target := path
		if position != "" {
			target += "&wait=25s&since=" + position
		}
		answer, err := a.ask(c, r, target)
		if err != nil {
			return err
		}
		if answer.Close {
			return io.EOF
		}
		if tag := strings.Trim(answer.Header.Get("ETag"), `"`); tag != "" {
			position = tag
		}
	}
	return ctx.Err()
}

// resubscribe follows the same bars again and again, so that the server sends their history each time.
func resubscribe(offer compression) func(context.Context, *attacker) error {
	return func(ctx context.Context, a *attacker) error {
		return a.sayInTurn(ctx, "/ws", offer, time.Second/15, barSubscription(a.spec.Symbols[:50], "1m"))
	}
}

func alternateFields(ctx context.Context, a *attacker) error {
	return a.sayInTurn(ctx, "/ws?symbols=*", plain, time.Second/20,
		`{"type":"subscribe","fields":["p"]}`, `{"type":"subscribe","fields":["p","v"]}`)
}
