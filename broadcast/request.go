package broadcast

import (
	"errors"
	"fmt"
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
		err = s.write(say("pong", plainMessage{Type: "pong", ID: raw(r.ID), Time: micros(time.Now())}))
	case r.Type == "pause":
		s.paused = true
		s.rejoin()
	case r.Type == "resume":
		err = s.resume()
	}
	var f *fault
	if errors.As(err, &f) {
		return s.write(say("error", errorMessage{Type: "error", ID: raw(r.ID), Code: f.code, Message: f.message}))
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
	for _, name := range r.Symbols {
		if name == "" {
			return &fault{badRequest, `symbols: "" is no symbol`}
		}
	}
	if r.Symbols == nil && r.Rate == nil && r.Fields == nil {
		return &fault{badRequest, "symbols: missing; name symbols, \"*\" or \"#watchlist\""}
	}
	// checked as a whole before anything changes
	asked := s.asked
	if r.Rate != nil {
		s.asked = *r.Rate
	}
	err := s.subscribe(r, fields, len(r.Symbols) > 0)
	var f *fault
	if errors.As(err, &f) {
		s.asked = asked
	}
	return err
}

// subscribe follows the named symbols too, with these fields, and tells a snapshot of what was
// added, or of everything when the fields are others.
func (s *subscriber) subscribe(r *request, fields feed.Fields, tell bool) error {
	b := s.board
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

	// What was followed before is told first, in a pause too, so that one position holds for all.
	snapshotOf := delivery{kind: snapshot, list: added, fields: fields, from: since, resumed: resumed}
	if !s.list.empty() && fields == s.fields {
		if err := s.catchUp(); err != nil {
			return err
		}
		snapshotOf.begun, snapshotOf.at, snapshotOf.total = true, s.sent, added.len(b.store.size())
	}
	s.list, s.fields = list, fields
	s.rejoin()
	if named.spelled == nil {
		named.spelled = []string{}
	}
	err := s.write(say("subscribed", subscribedMessage{Type: "subscribed", ID: raw(r.ID),
		Symbols: named.spelled, Unknown: named.unknown, Rate: s.granted()}))
	if err != nil || !tell {
		return err
	}
	return s.deliver(&snapshotOf)
}

// unsubscribe stops following; after its answer nothing more is said of those symbols.
func (s *subscriber) unsubscribe(r *request) error {
	if len(r.Symbols) == 0 {
		return &fault{badRequest, "symbols: missing; name the symbols to stop following, or \"*\""}
	}
	named := s.board.resolve(r.Symbols)
	s.list = s.list.without(named.list, s.board.dir.Len())
	s.rejoin()
	if named.spelled == nil {
		named.spelled = []string{}
	}
	return s.write(say("unsubscribed", subscribedMessage{Type: "unsubscribed", ID: raw(r.ID), Symbols: named.spelled, Unknown: named.unknown}))
}

// resume tells what changed during a pause.
func (s *subscriber) resume() error {
	s.paused = false
	s.rejoin()
	if s.list.empty() {
		return s.news()
	}
	err := s.deliver(&delivery{kind: snapshot, list: s.list, fields: s.fields, from: s.sent, resumed: true})
	if err != nil {
		return err
	}
	return s.news()
}
