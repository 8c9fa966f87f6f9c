package market

import "testing"

func TestEveryStateIsItsWord(t *testing.T) {
	if len(States()) != len(stateNames) {
		t.Errorf("%d states, %d words", len(States()), len(stateNames))
	}
	for i, s := range States() {
		if int(s) != i {
			t.Errorf("state %d is at %d", s, i)
		}
		if got, err := ParseState(s.String()); err != nil || got != s {
			t.Errorf("%v is read as %v, %v", s, got, err)
		}
	}
	for _, word := range []string{"", "Live", "live ", "gone"} {
		if got, err := ParseState(word); err == nil {
			t.Errorf("%q is read as %v", word, got)
		}
	}
	if max(Live, Down) != Down || max(Stale, Halted) != Halted {
		t.Error("the worse of two is not their maximum")
	}
}

func TestTimeIsInMicrosecondsSinceTheEpoch(t *testing.T) {
	const at Time = 1_787_000_000_123_456
	if got := TimeOf(at.Std()); got != at {
		t.Errorf("%d comes back as %d", at, got)
	}
	if got := at.Std().Format("2006-01-02T15:04:05.000000Z07:00"); got != "2026-08-17T20:53:20.123456Z" {
		t.Errorf("%d is %s", at, got)
	}
}

func TestFieldsAreDistinctBits(t *testing.T) {
	if FieldReason != 1<<(NumFields-1) || AllFields != FieldReason<<1-1 {
		t.Errorf("the last of %d fields is %b, all are %b", NumFields, FieldReason, AllFields)
	}
}
