package broadcast

import (
	"context"
	"time"
)

// Drain sends every subscriber away at a random time within window, and refuses new ones. It returns
// when all have left; those who are still there when ctx ends are cut off.
func (b *Board) Drain(ctx context.Context, window time.Duration) { b.roster.drain(ctx, window) }

// Draining tells whether Drain has been called.
func (b *Board) Draining() bool { return b.roster.isDraining() }
