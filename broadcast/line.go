package broadcast

import "time"

// conn is a transport to one subscriber. The shard alone calls it, and it never waits. Its errors
// are goodbyes.
type conn interface {
	framing() framing
	// write takes over b, a whole message, and may use it until it returns. It returns true when the
	// line is free for the next one. Otherwise it goes on by itself, as far as the peer takes it, and
	// has the shard call the subscriber's resume when there is something to resume.
	write(b []byte) (free bool, err error)
	// resume goes on with what was not taken before.
	resume() (free bool, err error)
	// stuck tells whether the peer has taken nothing of what is on its way for write_timeout.
	stuck(now time.Time) bool
	// overdue tells how long the client may take yet with what it has begun to say, and when that is over.
	overdue(now time.Time) (left time.Duration, over bool)
	// listen lets the client's next request come to the subscriber's ask.
	listen()
	// bye tells the client why it is sent away, as far as the transport can, within closeTimeout, and
	// ends the connection. When all is over the shard calls the subscriber's ended.
	bye(g goodbye)
	// cut ends the connection at once.
	cut()
}

// line carries one subscriber's bytes for a conn; write, resume and stuck are the conn's.
type line interface {
	write(b []byte) (free bool, err error)
	resume() (free bool, err error)
	stuck(now time.Time) bool
	// close ends it, whatever is under way. It may be called twice.
	close()
}
