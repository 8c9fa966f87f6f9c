package conn

import (
	"errors"
	"io"
	"slices"
	"syscall"
)

// reasonOf is the error of this package for what a read or a write has failed with. Both find the same end of a connection,
// and which comes first is chance.
func reasonOf(err error) error {
	var system syscall.Errno
	switch {
	case errors.Is(err, ErrStalled), errors.As(err, &system) && slices.Contains(unanswered[:], system):
		return ErrStalled
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.ErrClosedPipe), slices.Contains(hungUp[:], system):
		return ErrHungUp
	}
	return ErrBroken
}
