package bench

import (
	"fmt"

	"tickertape/broadcast/admission"
)

const spareDescriptors = 64 // for files, the log and the requests that are no subscribers

// MaxSubscribers raises the descriptor limit as far as it can, and returns how many subscribers it allows. starts is
// whether the run starts a server, which inherits the limit.
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

// fit is an error when there are more subscribers than the descriptor limit allows.
func (p Plan) fit(limit int) error {
	if p.Subscribers <= limit {
		return nil
	}
	return fmt.Errorf("--subscribers: %d are more than the %d that the descriptor limit allows: raise it with ulimit -n", p.Subscribers, limit)
}
