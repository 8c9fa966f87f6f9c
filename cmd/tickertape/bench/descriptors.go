package bench

import (
	"fmt"

	"tickertape/broadcast/admission"
)

const spareDescriptors = 64 // for files, the log and the requests that are no subscribers

// MaxSubscribers is how many the descriptor limit allows, which it raises as far as it can. A server
// that is started here has the same limit.
func MaxSubscribers(starts bool) (int, error) {
	limit, err := raiseDescriptors()
	if err != nil {
		return 0, fmt.Errorf("read the descriptor limit: %w", err)
	}
	if starts {
		places, _ := admission.Descriptors(limit)
		return places, nil
	}
	return int(min(limit, 1<<30)) - spareDescriptors, nil
}

// fit says so when the subscribers are more than the descriptor limit allows.
func (p Plan) fit(limit int) error {
	if p.Subscribers <= limit {
		return nil
	}
	return fmt.Errorf("--subscribers: %d are more than the %d that the descriptor limit allows: raise it with ulimit -n", p.Subscribers, limit)
}
