package admission

import (
	"strconv"
	"time"
)

// Refusal is why somebody is not let in, or not served.
type Refusal struct {
	Reason Reason
	Retry  time.Duration // after which trying again may help
}

// Error names the reason.
func (r *Refusal) Error() string { return "admission: " + r.Reason.String() }

// RetryAfter is the header's value: whole seconds, at least one.
func (r *Refusal) RetryAfter() string {
	return strconv.Itoa(int((max(r.Retry, time.Second) + time.Second - 1) / time.Second))
}

// OwnBudget reports whether the client has used up a budget of its own, rather than found the server busy.
func (r *Refusal) OwnBudget() bool { return r.Reason >= ReasonAddressConnections }

// Detail says it to people.
func (r *Refusal) Detail() string {
	switch {
	case r.Reason == ReasonFull || r.Reason == ReasonDraining:
		return "the server is " + r.Reason.String() + ": come back later"
	case r.OwnBudget():
		return r.Reason.String() + ": you have used up a budget: come back later"
	default:
		return r.Reason.String() + ": the server is busy: come back later"
	}
}
