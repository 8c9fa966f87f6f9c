package attack

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// nameRoom is how many bytes of names fit into a request or a message of 64 KiB.
const nameRoom = 62 << 10

// listBombs name one list as often as a message or a request has room for.
func listBombs() []Attack {
	all := func(message string) func(context.Context, *attacker) error {
		return bombBySubscribing("#all", message, plain)
	}
	return []Attack{
		{Name: "list-bomb-message", What: "subscribe to #all×9350, over /ws", Short: 8, Long: 200, run: all("symbols")},
		{Name: "list-bomb-message-deflated", What: "the same, compressed connections", Short: 4, Long: 200, Environ: compressing,
			run: bombBySubscribing("#all", "symbols", deflated)},
		{Name: "list-bomb-message-default", What: "subscribe to #leaders×6000", Short: 60, Long: 8000,
			run: bombBySubscribing("#leaders", "symbols", plain)},
		{Name: "list-bomb-message-bars", What: "follow the bars of #all×9350", Short: 8, Long: 200, run: all("bars")},
		{Name: "list-bomb-message-trades", What: "follow the trades of #all×9350", Long: 200, run: all("trades")},
		{Name: "list-bomb-unsubscribe", What: "unsubscribe from #all×9350", Short: 8, Long: 200, run: bombByUnsubscribing},
		{Name: "list-bomb-ws", What: "/ws?symbols=#all×8900", Short: 8, Long: 80, Tight: []string{littleWork},
			run: bombByHandshake("/ws", "symbols")},
		{Name: "list-bomb-ws-bars", What: "/ws?bars=#all×8900", Long: 80, Tight: []string{littleWork}, run: bombByHandshake("/ws", "bars")},
		{Name: "list-bomb-events", What: "/events?symbols=#all×8900", Short: 8, Long: 80, Tight: []string{littleWork},
			run: bombByStream("/events", "symbols")},
		{Name: "list-bomb-events-trades", What: "/events?trades=#all×8900", Long: 80, Tight: []string{littleWork},
			run: bombByStream("/events", "trades")},
		{Name: "list-bomb-quotes", What: "/api/quotes?symbols=#all×8900", Short: 8, Long: 80, Tight: []string{littleWorkEach},
			run: bombByRequest("/api/quotes", "symbols")},
		{Name: "list-bomb-quotes-bars", What: "/api/quotes?bars=#all×8900", Long: 80, run: bombByRequest("/api/quotes", "bars")},
		{Name: "list-bomb-bars", What: "/api/bars?symbols=#all×8900", Short: 8, Long: 80, Past: true, run: bombByRequest("/api/bars", "symbols")},
		{Name: "list-bomb-poll", What: "long polls of #all×8900", Short: 8, Long: 80, Tight: []string{littleWorkEach}, run: bombByPoll},
		{Name: "list-bomb-nginx", What: "subscribe to #all×9350, through nginx", Short: 8, Long: 200, Proxy: true, run: all("symbols")},
	}
}

// compressing has the server agree to compress.
var compressing = []string{"TICKERTAPE_BROADCAST_COMPRESSION=true"}

// bomb is a message that names one list again and again.
func bomb(kind, key, name string) string {
	names := slices.Repeat([]string{name}, nameRoom/(len(name)+3))
	b, _ := json.Marshal(map[string]any{"type": kind, key: names}) // strings always encode
	return string(b)
}

// queryBomb is a query that names one list again and again.
func queryBomb(path, key, name string) string {
	name = strings.Replace(name, "#", "%23", 1)
	return path + "?" + key + "=" + strings.Join(slices.Repeat([]string{name}, nameRoom/(len(name)+1)), ",")
}

// bombPause is too short for the budget of bytes, which allows two bombs at once. An attacker that is cut connects again.
const bombPause = time.Second

// bombBySubscribing sends two at once, and goes on until it is cut.
func bombBySubscribing(list, key string, offer compression) func(context.Context, *attacker) error {
	text := bomb("subscribe", key, list)
	return func(ctx context.Context, a *attacker) error {
		s, err := a.upgrade(ctx, "/ws", offer)
		if err != nil {
			return err
		}
		defer s.Close()
		return s.flood(func() error {
			if err := s.say(text); err != nil {
				return err
			}
			return every(ctx, bombPause, func() error { return s.say(text) })
		})
	}
}

func bombByUnsubscribing(ctx context.Context, a *attacker) error {
	return a.sayInTurn(ctx, "/ws?symbols=%23all", plain, bombPause, bomb("unsubscribe", "symbols", "#all"))
}

// bombByHandshake waits until the server says something, and connects again.
func bombByHandshake(path, key string) func(context.Context, *attacker) error {
	target := queryBomb(path, key, "#all")
	return func(ctx context.Context, a *attacker) error {
		return again(ctx, a, func() error {
			s, err := a.upgrade(ctx, target, plain)
			if err != nil {
				return err
			}
			defer s.Close()
			_, err = s.r.ReadByte()
			return err
		})
	}
}

func bombByStream(path, key string) func(context.Context, *attacker) error {
	target := queryBomb(path, key, "#all")
	return func(ctx context.Context, a *attacker) error {
		return again(ctx, a, func() error { return glance(ctx, a, target) })
	}
}

func bombByRequest(path, key string) func(context.Context, *attacker) error {
	return hammer(queryBomb(path, key, "#all"))
}

func bombByPoll(ctx context.Context, a *attacker) error {
	return pollOn(ctx, a, queryBomb("/api/quotes", "symbols", "#all"))
}
