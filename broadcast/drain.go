package broadcast

import (
	"context"
	"time"
)

// Drain sends every subscriber away at a random time within window, and refuses new ones. It returns
// when all have left; those who are still there when ctx ends are cut off.
func (b *Board) Drain(ctx context.Context, window time.Duration) {
	if !b.door.Drain(window) {
		return
	}
	for _, sh := range b.shards {
		sh.post(func() {
			for _, s := range sh.all {
				s.depart()
			}
		})
	}
	select {
	case <-b.door.Empty():
		return
	case <-ctx.Done():
	}
	for _, sh := range b.shards {
		sh.post(sh.cut)
	}
	<-b.door.Empty()
}

// depart has the subscriber leave when its turn comes, while all are sent away.
func (s *subscriber) depart() {
	turn, draining := s.shard.board.door.Turn()
	if !draining {
		return
	}
	time.AfterFunc(max(turn, soon), func() {
		s.shard.post(func() {
			if !s.gone {
				s.leave(comeBack(1012, "restarting", s.shard.board.cfg.Retry))
			}
		})
	})
}

// cut ends every connection of the shard, and of those who come yet.
func (sh *shard) cut() {
	sh.impatient = true
	for _, s := range sh.all {
		s.leave(goneError)
	}
	for _, s := range sh.all {
		s.conn.Cut()
	}
}

// Draining tells whether Drain has been called.
func (b *Board) Draining() bool { return b.door.Draining() }
