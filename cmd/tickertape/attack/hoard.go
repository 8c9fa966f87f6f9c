package attack

import (
	"context"
	"fmt"
)

// hoards are subscribers that each take as much of the server's memory as is allowed. The server admits them as long as
// there is memory; what is tested is the bound on all of them.
func hoards() []Attack {
	return []Attack{
		{Name: "own-lists", What: "lists of 5,000 symbols, each another, at 10,000 symbols",
			Symbols: 10000, Absorbed: true, Short: 60, Long: 4000,
			run: func(ctx context.Context, a *attacker) error { return followOwn(ctx, a, 5000) }},
		{Name: "own-rates", What: "followers of *, each at a rate of its own", Absorbed: true, Short: 100, Long: 2000, run: ownRate},
		{Name: "unread", What: "/ws?symbols=*, nothing read", Absorbed: true, Narrow: true, Long: 18000, run: unread("/ws?symbols=*", plain)},
		{Name: "unread-deflated", What: "the same, compressed", Absorbed: true, Narrow: true, Environ: compressing, Long: 18000,
			run: unread("/ws?symbols=*", deflated)},
		{Name: "unread-10000", What: "/ws?symbols=*, nothing read, 10,000 symbols",
			Symbols: 10000, Absorbed: true, Narrow: true, Short: 100, Long: 18000, run: unread("/ws?symbols=*", plain)},
		{Name: "unread-events", What: "/events?symbols=*, nothing read, 10,000 symbols",
			Symbols: 10000, Absorbed: true, Narrow: true, Short: 100, Long: 18000, run: unreadEvents},
		{Name: "unread-nginx", What: "/ws?symbols=*, nothing read, through nginx", Absorbed: true, Proxy: true, Narrow: true, Long: 4000,
			run: unread("/ws?symbols=*", plain)},
	}
}

func ownRate(ctx context.Context, a *attacker) error {
	return subscribed(fmt.Sprintf("/ws?symbols=*&rate=%.4f", 0.01+float64(a.index)/5000))(ctx, a)
}

// subscribed subscribes and reads all.
func subscribed(path string) func(context.Context, *attacker) error {
	return func(ctx context.Context, a *attacker) error {
		s, err := a.upgrade(ctx, path, plain)
		if err != nil {
			return err
		}
		defer s.Close()
		return s.drain()
	}
}

// unread subscribes and reads nothing.
func unread(path string, offer compression) func(context.Context, *attacker) error {
	return func(ctx context.Context, a *attacker) error {
		s, err := a.upgrade(ctx, path, offer)
		if err != nil {
			return err
		}
		defer s.Close()
		<-ctx.Done()
		return ctx.Err()
	}
}

func unreadEvents(ctx context.Context, a *attacker) error {
	c, err := a.send(ctx, a.request("/events?symbols=*"))
	if err != nil {
		return err
	}
	defer c.Close()
	<-ctx.Done()
	return ctx.Err()
}
