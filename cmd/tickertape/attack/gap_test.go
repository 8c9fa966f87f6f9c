package attack

import (
	"testing"
	"time"
)

func TestGapsKnowTheSilenceThatLasts(t *testing.T) {
	var gaps []time.Duration
	for i := range 100 {
		gaps = append(gaps, time.Duration(100-i)*time.Millisecond)
	}
	for name, test := range map[string]struct {
		gaps    []time.Duration
		lasting time.Duration
		want    Gaps
	}{
		"none yet":                {nil, time.Second, Gaps{Max: 1000}},
		"all over":                {gaps, 0, Gaps{100, 50, 99, 100}},
		"a long one is no sample": {gaps, time.Minute, Gaps{100, 50, 99, 60_000}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := gapsOf(test.gaps, test.lasting); got != test.want {
				t.Errorf("%+v, want %+v", got, test.want)
			}
		})
	}
}
