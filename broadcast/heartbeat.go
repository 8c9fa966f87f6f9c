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
	next, err := s.conn.Check(sh.now)
	if err != nil {
		s.leave(err)
		return
	}
	if s.busy {
		sh.wheel.put(s, sh.now, min(cfg.Heartbeat, cfg.WriteTimeout)/8) // the beat is late
		return
	}
	due, err := s.beat()
	if err != nil {
		s.leave(err)
		return
	}
	if !s.gone {
		sh.wheel.put(s, sh.now, min(next, due))
	}
}

// beat says that the connection lives: with a message when nothing was said for a heartbeat, and on an event stream
// with a comment each heartbeat, which scripts do not see. It returns when the next of these is due.
func (s *subscriber) beat() (due time.Duration, err error) {
	sh := s.shard
	every := sh.board.cfg.Heartbeat
	message, comment := every-sh.now.Sub(s.wrote), every-sh.now.Sub(s.commented) // when they are due
	text := conn.Comment(s.as)
	switch apart := (message - comment).Abs(); {
	case text == nil:
		comment = every
	case apart < every/32: // they go together
		message = max(message, comment)
		comment = message
	}
	switch wrote := s.wrote; {
	case message > 0 && comment > 0:
	case message > 0:
		err = s.put(text)
		s.wrote, s.commented, comment = wrote, sh.now, every
	case comment > 0:
		err = s.put(s.heartbeat().framed(s.as, sh.board.store.epoch))
		message = every
	default:
		err = s.put(text, s.heartbeat().framed(s.as, sh.board.store.epoch))
		s.commented, message, comment = sh.now, every, every
	}
	if err == nil && message == every {
		s.pump() // a verdict may be due
	}
	return min(message, comment), err
}

// heartbeat is the message that says that there was nothing else.
func (s *subscriber) heartbeat() *part {
	p := &s.shard.part
	p.begin("heartbeat")
	p.data = append(p.data, `{"type":"heartbeat","seq":`...)
	p.data = strconv.AppendUint(p.data, uint64(s.sent), 10)
	p.data = append(p.data, `,"time":`...)
	p.data = strconv.AppendInt(p.data, micros(time.Now()), 10)
	p.data = append(p.data, '}')
	return p
}
