package feed

import (
	"errors"
	"fmt"
	"time"
)

// Cause is the kind of a [Break]. It decides how long the redial waits, and is the label of a metric.
type Cause uint8

const (
	Lost        Cause = iota // the connection is dead or the other side has failed: redial soon, then less and less often
	Restart                  // the other side announced a restart: redial at once
	Silent                   // connected, but nothing has come for too long: redial soon
	Refused                  // a bad key, plan or limit, or no room: redial seldom
	Maintenance              // the other side works on itself, and will be back: redial after a moment, however long it takes
	Taken                    // another program uses the key: redial seldom
	Final                    // the other side says that redialling is useless: do not redial

	numCauses = iota
)

var causeNames = [numCauses]string{"lost", "restart", "silent", "refused", "maintenance", "taken", "final"}

// String is the word that metrics and logs use: "lost", "restart", "silent", "refused", "maintenance", "taken"
// or "final".
func (c Cause) String() string { return causeNames[c] }

// Break is the error of a connection that ended and may be dialled again.
type Break struct {
	Cause Cause
	After time.Duration // the shortest wait that the other side asks for; 0 or less: it asks for none
	Err   error         // what happened, for the operator: may name addresses, but never a secret
}

// Breakf makes a break whose error is formatted as by [fmt.Errorf].
func Breakf(cause Cause, format string, args ...any) *Break {
	return &Break{Cause: cause, Err: fmt.Errorf(format, args...)}
}

func (b *Break) Error() string { return b.Err.Error() }
func (b *Break) Unwrap() error { return b.Err }

// asBreak finds the break in an error of [Source.Run]. It is nil where the source cannot go on.
func asBreak(err error) *Break {
	var br *Break
	if errors.As(err, &br) {
		return br
	}
	return nil
}

// publicMessages are what subscribers may read about a break. They name the cause only: Break.Err can hold addresses of
// this network and text of the other side.
var publicMessages = [numCauses]string{
	Lost:        "the connection is lost",
	Restart:     "the source restarts",
	Silent:      "connected, but silent",
	Refused:     "the source refuses the connection",
	Maintenance: "the source is under maintenance",
	Taken:       "another program uses the key",
	Final:       "the source refuses the connection for good",
}

// PublicMessage is a sentence for subscribers about the error that ended a connection. It contains no text of the error
// itself, which belongs in the log.
func PublicMessage(err error) string {
	if br := asBreak(err); br != nil {
		return publicMessages[br.Cause]
	}
	return "the feed has failed"
}
