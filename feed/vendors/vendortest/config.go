package vendortest

import (
	"reflect"
	"strings"
	"testing"
)

// Settings are changes of a default configuration, by name, and what Validate must say of each.
type Settings[C interface{ Validate() error }] map[string]struct {
	Change func(*C)
	Want   string // is in the error; "": there is none
}

// CheckSettings has the default configuration validated, and each change of it in a subtest of its name. An error has one
// line, as one value is wrong, unless all are: in the zero configuration. It shows no key, which has CANARY in it.
func CheckSettings[C interface{ Validate() error }](t *testing.T, standard func() C, settings Settings[C]) {
	if err := standard().Validate(); err != nil {
		t.Errorf("the default: %v", err)
	}
	for name, s := range settings {
		t.Run(name, func(t *testing.T) {
			cfg := standard()
			s.Change(&cfg)
			err := cfg.Validate()
			if s.Want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), s.Want) {
				t.Fatalf("error %v, want one with %s", err, s.Want)
			}
			if strings.Contains(err.Error(), "CANARY") || strings.Contains(err.Error(), "\n") && !reflect.ValueOf(cfg).IsZero() {
				t.Errorf("error %v shows a key, or is of more than one value", err)
			}
		})
	}
}
