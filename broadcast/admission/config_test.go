package admission

import "testing"

func TestDefaultsAreAllowed(t *testing.T) {
	if err := DefaultConfig().Validate(); err != nil {
		t.Error(err)
	}
}
