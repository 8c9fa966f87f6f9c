package bench

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// ending is the error of a connection that ended, or could not be made.
type ending struct {
	reason string // for counting: one of few
	err    error
	after  time.Duration // come back after a random part of it; 0: the server does not say
	final  bool          // coming back does not help
}

func (e *ending) Error() string { return e.err.Error() }
func (e *ending) Unwrap() error { return e.err }

// endingOf finds the ending in an error, or makes one of an error of the network.
func endingOf(err error) *ending {
	var e *ending
	if errors.As(err, &e) {
		return e
	}
	var errno syscall.Errno
	var lookup *net.DNSError
	var timeout net.Error
	reason := "other"
	switch {
	case errors.As(err, &errno):
		reason = errno.Error()
	case errors.As(err, &lookup):
		reason = "no such host"
	case errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		reason = "timeout"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		reason = "cut off"
	}
	return &ending{reason: reason, err: err}
}

// refused is the ending of a request that was answered with another status than the one wanted.
func refused(status int, detail, retryAfter string) *ending {
	e := &ending{reason: "status " + strconv.Itoa(status), err: fmt.Errorf("the server answers %d %s", status, detail)}
	if detail == "" {
		e.err = fmt.Errorf("the server answers %d", status)
	}
	e.final = status >= 400 && status < 500 && status != 429
	if s, err := strconv.Atoi(retryAfter); err == nil && s >= 0 {
		e.after = time.Duration(min(s, maxAsked)) * time.Second
	}
	return e
}

// closed is the ending of a WebSocket that the server closed.
func closed(code int, reason string) *ending {
	e := &ending{reason: "closed " + strconv.Itoa(code), err: fmt.Errorf("closed by the server: %d %q", code, reason), final: code == 1008}
	if ms, found := strings.CutPrefix(reason, "retry_ms="); found {
		if n, err := strconv.Atoi(ms); err == nil && n >= 0 {
			e.after = time.Duration(min(n, 1000*maxAsked)) * time.Millisecond
		}
	}
	return e
}

// maxAsked is how long a server may ask to wait, in seconds.
const maxAsked = 600

// broken is the ending of a stream that does not keep to the protocol.
func broken(format string, args ...any) *ending {
	return &ending{reason: "protocol", err: fmt.Errorf(format, args...), final: true}
}
