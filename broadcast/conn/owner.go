package conn

import "time"

// Owner is whoever a connection belongs to, such as a hub's subscriber. All methods but Post are called on the
// owner's goroutine, and must not wait.
type Owner interface {
	// Post has job run on the owner's goroutine, after those posted before. It may be called from anywhere, and
	// returns false when that goroutine has ended; a job that it has accepted is run.
	Post(job func()) bool
	// Writable is called when all that Write has left over is written.
	Writable()
	// Blocked is called when the connection has written a control frame of its own that was not taken whole: until
	// Writable, Write must not be called.
	Blocked()
	// Remind asks for a call of Check after this time at the latest.
	Remind(after time.Duration)
	// Message hands over a client's message. None follows it before Listen is called.
	Message(m Incoming)
	// Allow reports whether the client may use up n more of a budget. If not, Closed follows.
	Allow(b Budget, n int) bool
	// Reserve takes n bytes of memory, which Release gives back, or returns false. If it does, Closed follows.
	Reserve(m Memory, n int64) bool
	Release(m Memory, n int64)
	// Closed is called, at most once, when the connection cannot go on: with one of this package's errors, or with a
	// Close. The owner then calls Close or Cut. It is not called after either.
	Closed(why error)
	// Ended is the last call, after Close or Cut: nothing of the connection is left.
	Ended()
}

// Budget is something that a client may use up.
type Budget uint8

// The budgets.
const (
	Bytes   Budget = iota // that were read at once
	Control               // pings, pongs and fragments of less than 512 bytes
)

// Memory is what memory is reserved for.
type Memory uint8

// The purposes.
const (
	Unsent Memory = iota // bytes that the client has not taken
	Unread               // a message that has not come whole, or has not been answered
)

// Limits bound what a client may do.
type Limits struct {
	MaxMessage     int           // bytes of a message, packed and unpacked
	MessageTimeout time.Duration // from the first byte of a message to its last
	WriteTimeout   time.Duration // in which a client takes at least one byte of what is left over
}
