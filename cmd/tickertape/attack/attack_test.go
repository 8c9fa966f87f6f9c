package attack

import (
	"os"
	"testing"
)

// TestMain makes this test binary the clients of an attack, too.
func TestMain(m *testing.M) {
	if isChild() {
		child()
		return
	}
	os.Exit(m.Run())
}

func TestEachAttackHasANameOfItsOwn(t *testing.T) {
	seen := map[string]bool{}
	for _, a := range All() {
		if seen[a.Name] || a.Name == Peaceful {
			t.Errorf("two are called %s", a.Name)
		}
		seen[a.Name] = true
		if a.What == "" || a.run == nil || a.Long == 0 || a.Short > a.Long {
			t.Errorf("%s: %+v", a.Name, a)
		}
	}
}
