package broadcast

import (
	"strconv"
	"time"

	"tickertape/broadcast/conn"
)

// look does what is due by the clock: a heartbeat, or the end of one who takes nothing.
func (s *subscriber) look() {
	sh := s.shard
	cfg := &sh.board.cfg
	left, err := s.conn.Check(sh.now)
	if err != nil {
		s.leave(err)
		return
	}
	if s.busy {
		sh.wheel.put(s, sh.now, min(cfg.Heartbeat, cfg.WriteTimeout)/8) // the beat is late
		return
	}
	quiet := sh.now.Sub(s.wrote)
	if err := s.beat(quiet >= cfg.Heartbeat); err != nil {
		s.leave(err)
		return
	}
	next := min(cfg.Heartbeat, left)
	if quiet < cfg.Heartbeat {
		next = min(next, cfg.Heartbeat-quiet)
	}
	if !s.gone {
		sh.wheel.put(s, sh.now, next)
	}
}

// beat says that the connection lives: in an event stream with a comment, which keeps proxies from
// closing it, and, when there was nothing else, with a message.
func (s *subscriber) beat(quiet bool) error {
	if comment := conn.Comment(s.as); comment != nil {
		wrote := s.wrote
		if err := s.put(comment); err != nil || s.busy {
			return err
		}
		s.wrote = wrote // scripts don't see it
	}
	if !quiet {
		return nil
	}
	p := &s.shard.part
	p.begin("heartbeat")
	p.data = append(p.data, `{"type":"heartbeat","seq":`...)
	p.data = strconv.AppendUint(p.data, uint64(s.sent), 10)
	p.data = append(p.data, `,"time":`...)
	p.data = strconv.AppendInt(p.data, micros(time.Now()), 10)
	p.data = append(p.data, '}')
	if err := s.write(p); err != nil {
		return err
	}
	s.pump() // a verdict may be due
	return nil
}
