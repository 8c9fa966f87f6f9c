package attack

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// watchChurn has subscribers leave and join watches, while there are many.
func watchChurn() []Attack {
	const pause, resume = `{"type":"pause"}`, `{"type":"resume"}`
	leave, join := `{"type":"unsubscribe","symbols":["#all"]}`, `{"type":"subscribe","symbols":["#all"]}`
	slower, faster := `{"type":"subscribe","rate":1}`, `{"type":"subscribe","rate":2}`
	return []Attack{
		{Name: "pause-resume", What: "pause and resume, 48/s each, beside 500 lists, 10,000 symbols", Symbols: 10000, Short: 90, Long: 5600,
			run: churn(pause, resume)},
		{Name: "subscribe-unsubscribe", What: "the same with subscribe and unsubscribe", Symbols: 10000, Short: 90, Long: 5600,
			run: churn(leave, join)},
		{Name: "rate-change", What: "the same with another rate each time", Symbols: 10000, Long: 5600, Absorbed: true,
			run: churn(slower, faster)}, // within the budget of messages, and cheap
		{Name: "pause-resume-deflated", What: "pause and resume, compressed connections", Environ: compressing, Long: 1000,
			run: func(ctx context.Context, a *attacker) error {
				return a.sayInTurn(ctx, "/ws?symbols=*", deflated, churnPause, pause, resume)
			}},
	}
}

// churnPause is the time between two messages, so that there are 48 a second.
const churnPause = time.Second / 48

// churn has one in nine attackers alternate between two messages; the others follow lists of their own.
func churn(one, other string) func(context.Context, *attacker) error {
	return func(ctx context.Context, a *attacker) error {
		if a.index%9 == 0 {
			return a.sayInTurn(ctx, "/ws?symbols=*", plain, churnPause, one, other)
		}
		return followOwn(ctx, a, 20)
	}
}

// followOwn follows n symbols of its own, and reads the updates.
func followOwn(ctx context.Context, a *attacker, n int) error {
	s, err := a.upgrade(ctx, "/ws", plain)
	if err != nil {
		return err
	}
	defer s.Close()
	if err := s.say(subscription(a.some(n))); err != nil {
		return err
	}
	return s.drain()
}

func subscription(symbols []string) string {
	b, _ := json.Marshal(symbols) // strings always encode
	return fmt.Sprintf(`{"type":"subscribe","symbols":%s}`, b)
}

func barSubscription(symbols []string, interval string) string {
	return fmt.Sprintf(`{"type":"subscribe","interval":%q,"bars":["%s"]}`, interval, strings.Join(symbols, `","`))
}
