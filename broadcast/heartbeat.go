package broadcast

import "time"

// heartbeat knows when a subscriber was last sent something, and so what one is sent for whom nothing changes: a message
// where there was no other for a heartbeat, and on an event stream a comment each heartbeat, which scripts do not see.
// What both look like is in wire.AppendHeartbeat and conn.Comment.
type heartbeat struct {
	wrote     instant // when the newest message was written
	commented instant // when the newest comment was, on an event stream
}

// due says what is to be sent now, and how long it is until something is due again. comments says whether the connection has
// comments at all. A message and a comment that are due at nearly the same time go together, in one write.
func (h *heartbeat) due(now instant, every time.Duration, comments bool) (message, comment bool, next time.Duration) {
	untilMessage, untilComment := every-now.since(h.wrote), every-now.since(h.commented)
	switch apart := (untilMessage - untilComment).Abs(); {
	case !comments:
		untilComment = every
	case apart < every/32:
		untilMessage = max(untilMessage, untilComment)
		untilComment = untilMessage
	}
	if message = untilMessage <= 0; message {
		untilMessage = every
	}
	if comment = untilComment <= 0; comment {
		untilComment = every
	}
	return message, comment, min(untilMessage, untilComment)
}
