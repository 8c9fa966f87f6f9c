package admission

import (
	"testing"
	"time"
)

func TestBucketHoldsSecondsWorthAndFills(t *testing.T) {
	var b bucket
	now := time.Unix(1e9, 0)
	for i := range 10 * burst {
		if !b.take(1, 10, now) {
			t.Fatalf("take %d of a full bucket is refused", i+1)
		}
	}
	if b.take(1, 10, now) {
		t.Error("more than a full bucket was taken")
	}
	if got := b.wait(1, 10, burst, now); got < 99*time.Millisecond || got > 101*time.Millisecond {
		t.Errorf("wait %v for the next, want 100ms", got)
	}
	if now = now.Add(101 * time.Millisecond); !b.take(1, 10, now) || b.take(1, 10, now) {
		t.Error("a tenth of a second brings one, no more")
	}
	if b.take(1, 10, now.Add(-time.Hour)) || !b.take(1, 10, now.Add(-time.Hour+time.Second)) {
		t.Error("an earlier time brings nothing, and it goes on from there")
	}
}

func TestOneLargeRequestIsLetInAndPaidBefore(t *testing.T) {
	var b bucket
	now := time.Unix(1e9, 0)
	b.take(20, 10, now)
	if !b.take(980, 10, now) {
		t.Fatal("a request that is more than a full bucket is refused although more than half is there")
	}
	if b.take(1, 10, now.Add(90*time.Second)) {
		t.Error("another was let in before the first was paid")
	}
	if !b.take(1, 10, now.Add(96*time.Second)) {
		t.Error("nobody is let in although all has been paid")
	}
}
