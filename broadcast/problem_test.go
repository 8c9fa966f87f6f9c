package broadcast

import (
	"net/http/httptest"
	"testing"
	"time"

	"tickertape/broadcast/admission"
)

// Whoever comes back after the whole seconds of Retry-After does not come too early.
func TestRetryAfterIsNotTooEarly(t *testing.T) {
	for wait, want := range map[time.Duration]string{time.Millisecond: "1", time.Second: "1", 1400 * time.Millisecond: "2", 5 * time.Second: "5"} {
		answer := httptest.NewRecorder()
		RefusalProblem(&admission.Refusal{Reason: admission.ReasonAddressWork, Retry: wait}).Write(answer)
		if got := answer.Header().Get("Retry-After"); got != want {
			t.Errorf("%v: Retry-After: %s, want %s", wait, got, want)
		}
	}
}
