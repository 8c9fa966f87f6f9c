package broadcast

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"tickertape/feed"
)

// answer does what a client asked for in a message. A fault is told and the connection lives on.
func (s *subscriber) answer(r *request) error {
	err := error(nil)
	switch {
	case r.fault != nil:
		err = r.fault
	case r.Type == "subscribe":
		err = s.answerSubscribe(r)
	case r.Type == "unsubscribe":
		err = s.unsubscribe(r)
	case r.Type == "ping":
		err = s.say("pong", plainMessage{Type: "pong", ID: raw(r.ID), Time: micros(time.Now())})
	case r.Type == "pause":
		s.paused = true
		s.rejoin()
	case r.Type == "resume":
		s.unpause()
	}
	return s.told(r.ID, err)
}

// told tells a fault, after which the connection lives on, and returns any other error.
func (s *subscriber) told(i id, err error) error {
	var f *fault
	if errors.As(err, &f) {
		return s.say("error", errorMessage{Type: "error", ID: raw(i), Code: f.code, Message: f.message})
	}
	return err
}

func raw(i id) []byte { return []byte(i) }

func (s *subscriber) answerSubscribe(r *request) error {
	if r.Rate != nil {
		if err := checkRate(*r.Rate); err != nil {
			return err
		}
	}
	fields := s.fields
	if r.Fields != nil {
		f, err := parseFields(*r.Fields)
		if err != nil {
			return err
		}
		fields = f
	}
	for key, names := range map[string][]string{"symbols": r.Symbols, "bars": r.Bars, "trades": r.Trades} {
		if slices.Contains(names, "") {
			return &fault{badRequest, key + `: "" is no symbol`}
		}
	}
	asks, err := r.bars(&s.shard.board.cfg)
	if err != nil {
		return err
	}
	r.asks = asks
	if r.Symbols == nil && r.Rate == nil && r.Fields == nil && asks == nil && len(r.Trades) == 0 {
		return &fault{badRequest, "symbols: missing; name symbols, \"*\" or \"#watchlist\", or bars or trades"}
	}
	return s.subscribe(r, fields, len(r.Symbols) > 0)
}

// subscribe follows the named symbols too, with these fields, and tells a snapshot of what was
// added, or of everything when the fields are others.
func (s *subscriber) subscribe(r *request, fields feed.Fields, tell bool) error {
	b := s.shard.board
	named := b.resolve(r.Symbols)
	size := b.dir.Len()
	list := s.list.with(named.list)
	if most := b.cfg.MaxSymbols; !list.all && len(list.ids) > most || len(r.Symbols) > most {
		return &fault{tooManySymbols, fmt.Sprintf("symbols: %d would be followed, more than the %d allowed", max(len(list.ids), len(r.Symbols)), most)}
	}
	added := named.list.without(s.list, size)
	if fields != s.fields && !list.empty() {
		added, tell = list, true
	}
	since, resumed := b.since(r.Since)
	more, err := b.resolveSeries(r.asks, r.Trades, since, resumed)
	if err != nil {
		return err
	}
	if n := s.wouldFollow(more.series); n > b.cfg.MaxSeries {
		return tooManySeries(n, b.cfg.MaxSeries)
	}
	if r.Rate != nil {
		s.ration(*r.Rate)
	}
	answer := func() error {
		s.follow(more.series)
		return s.say("subscribed", subscribedMessage{Type: "subscribed", ID: raw(r.ID),
			Symbols: spelled(named), Unknown: slices.Concat(named.unknown, more.unknown), Rate: s.granted(),
			Bars: more.bars, Interval: more.interval, Trades: more.trades})
	}
	if r.Symbols == nil && r.Rate == nil && fields == s.fields {
		return answer() // of series alone
	}
	follow := func(d delivery) error {
		s.list, s.fields = list, fields
		s.rejoin()
		if tell {
			s.delivery = &d
		}
		return answer()
	}
	snapshotOf := delivery{kind: snapshot, list: added, fields: fields, from: since, resumed: resumed}
	if s.list.empty() || fields != s.fields {
		return follow(snapshotOf)
	}
	// What was followed before is told first, in a pause too, so that one position holds for all.
	s.catchUp()
	s.todo = append(s.todo, func() error {
		snapshotOf.begun, snapshotOf.at, snapshotOf.total = true, s.sent, added.len(b.store.size())
		return follow(snapshotOf)
	})
	return nil
}

// unsubscribe stops following; after its answer nothing more is said of those symbols.
func (s *subscriber) unsubscribe(r *request) error {
	if len(r.Symbols)+len(r.Bars)+len(r.Trades) == 0 {
		return &fault{badRequest, "symbols: missing; name the symbols to stop following, or \"*\", or bars or trades"}
	}
	answer, err := s.answerUnfollow(r)
	if err != nil {
		return err
	}
	named := s.shard.board.resolve(r.Symbols)
	if len(r.Symbols) > 0 {
		s.list = s.list.without(named.list, s.shard.board.dir.Len())
		s.rejoin()
	}
	answer.Type, answer.ID, answer.Symbols = "unsubscribed", raw(r.ID), spelled(named)
	answer.Unknown = slices.Concat(named.unknown, answer.Unknown)
	return s.say("unsubscribed", answer)
}

// spelled are the symbols that an answer names.
func spelled(named resolved) []string {
	if named.spelled == nil {
		return []string{}
	}
	return named.spelled
}

// unpause tells what changed during a pause.
func (s *subscriber) unpause() {
	s.paused = false
	s.rejoin()
	if !s.list.empty() {
		s.delivery = &delivery{kind: snapshot, list: s.list, fields: s.fields, from: s.sent, resumed: true}
	}
}
