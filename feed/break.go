package feed

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// Cause is the kind of a [Break]; it says when to come back. It is the label of a metric.
type Cause uint8

const (
	Lost    Cause = iota // the line is dead, or the other side is in trouble: soon, and less and less often
	Restart              // the other side said that it restarts: at once
	Silent               // connected, but without a word: soon
	Refused              // a key, a plan, a limit or a place is wrong: seldom
	Taken                // another program uses the key: seldom
	Final                // the other side says that coming back is of no use: never

	numCauses = iota
)

var causeNames = [numCauses]string{"lost", "restart", "silent", "refused", "taken", "final"}

// String is the word that metrics and logs use: "lost", "restart", "silent", "refused", "taken" or "final".
func (c Cause) String() string { return causeNames[c] }

// Break is why a connection ended.
type Break struct {
	Cause Cause
	After time.Duration // the least time that the other side wants to be left alone; 0: it does not say
	Err   error         // what happened, for the operator: addresses, but no secret
}

// Breakf is a break whose error is formatted as by [fmt.Errorf].
func Breakf(cause Cause, format string, args ...any) *Break {
	return &Break{Cause: cause, Err: fmt.Errorf(format, args...)}
}

// told is what subscribers are told of a break. It says the cause and nothing else: Break.Err can name addresses of
// this network, and repeats what the other side said.
var told = [numCauses]string{
	Lost:    "the connection is lost",
	Restart: "the source restarts",
	Silent:  "connected, but silent",
	Refused: "the source refuses the connection",
	Taken:   "another program uses the key",
	Final:   "the source refuses the connection for good",
}

// Told is a sentence for subscribers about the error that ended a source. It holds no text of the error, which is for
// the log.
func Told(err error) string {
	if br := asBreak(err); br != nil {
		return told[br.Cause]
	}
	return "the feed has failed"
}

func (b *Break) Error() string { return b.Err.Error() }
func (b *Break) Unwrap() error { return b.Err }

const (
	leastWait  = time.Second
	mostWait   = time.Minute
	seldom     = time.Minute // the first wait after a refusal
	mostSeldom = 15 * time.Minute
	mostAsked  = time.Hour // however long the other side wants to be left alone
	settled    = time.Minute
	restarted  = 200 * time.Millisecond
)

// backoff says how long to wait before the next attempt: a random part of a span that doubles from
// one to the next, and begins anew after a minute of good data.
type backoff struct{ failures int }

func (b *backoff) next(br *Break) time.Duration {
	b.failures++
	var wait time.Duration
	switch br.Cause {
	case Refused, Taken: // the least is not zero: whoever comes at once is refused again
		span := min(seldom<<min(b.failures-1, 10), mostSeldom)
		wait = span/2 + rand.N(span/2)
	case Restart:
		if b.failures == 1 {
			wait = rand.N(restarted)
			break
		}
		fallthrough
	default:
		wait = rand.N(min(leastWait<<min(b.failures-1, 10), mostWait))
	}
	if asked := min(br.After, mostAsked); asked > 0 {
		wait = max(wait, asked+rand.N(asked/10+1))
	}
	return wait + 1 // a timer of 0 crashes the race detector in synctest: golang.org/issue/78156
}

// lasted notes for how long good data came.
func (b *backoff) lasted(d time.Duration) {
	if d >= settled {
		b.failures = 0
	}
}

// asBreak is what an error of Run means; nil where the source cannot go on.
func asBreak(err error) *Break {
	var br *Break
	if errors.As(err, &br) {
		return br
	}
	return nil
}
