package vendortest

import (
	"testing"
	"testing/synctest"
	"time"
)

// Wednesday lets the clock of a new synctest bubble go on to an hour, in UTC, of the last day of 2025: a Wednesday. New
// York is five hours behind.
func Wednesday(hour int) {
	time.Sleep(time.Until(time.Date(2025, time.December, 31, hour, 0, 0, 0, time.UTC)))
}

// Wait lets time pass in a synctest bubble, and everything that happens in it.
func Wait(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// Within waits, in a synctest bubble, for something to become true, which is asked 20 times a second.
func Within(t testing.TB, most time.Duration, what string, is func() bool) {
	t.Helper()
	if !becomes(most, is) {
		t.Fatalf("%s: not within %v", what, most)
	}
}

// becomes reports whether something becomes true before most has passed.
func becomes(most time.Duration, is func() bool) bool {
	for began := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		synctest.Wait()
		if is() {
			return true
		}
		if time.Since(began) > most {
			return false
		}
	}
}
