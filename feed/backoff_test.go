package feed

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

// spread draws the wait after so many failures many times, and returns the least and the most.
func spread(failures int, br *Break) (least, most time.Duration) {
	least = time.Hour * 24
	for range 2000 {
		b := backoff{failures: failures}
		d := b.next(br)
		least, most = min(least, d), max(most, d)
	}
	return least, most
}

func TestEachCauseSaysWhenToComeBack(t *testing.T) {
	const ms = time.Millisecond
	for name, tc := range map[string]struct {
		failures    int
		br          *Break
		least, most time.Duration // between which all waits lie, and which they come near to
	}{
		"first loss: at most a second":                {0, &Break{Cause: Lost}, 0, time.Second},
		"fourth loss: the span has doubled":           {3, &Break{Cause: Lost}, 0, 8 * time.Second},
		"hundredth loss: a minute is the most":        {99, &Break{Cause: Lost}, 0, time.Minute},
		"silence is a loss":                           {0, &Break{Cause: Silent}, 0, time.Second},
		"a restart: at once":                          {0, &Break{Cause: Restart}, 0, 200 * ms},
		"one restart after the other: no better":      {3, &Break{Cause: Restart}, 0, 8 * time.Second},
		"a refusal: slowly":                           {0, &Break{Cause: Refused}, 30 * time.Second, time.Minute},
		"refused for long: a quarter of an hour":      {50, &Break{Cause: Refused}, 450 * time.Second, 15 * time.Minute},
		"a maintenance: after a moment":               {0, &Break{Cause: Maintenance}, 15 * time.Second, 30 * time.Second},
		"it lasts: a minute is the most":              {50, &Break{Cause: Maintenance}, 30 * time.Second, time.Minute},
		"it says how long":                            {0, &Break{Cause: Maintenance, After: time.Hour}, time.Hour, 66 * time.Minute},
		"the key is taken: slowly":                    {0, &Break{Cause: Taken}, 30 * time.Second, time.Minute},
		"what the other side asks for":                {0, &Break{Cause: Lost, After: 90 * time.Second}, 90 * time.Second, 99 * time.Second},
		"what it asks for, though it says at once":    {0, &Break{Cause: Restart, After: 5 * time.Second}, 5 * time.Second, 5500 * ms},
		"an hour at most, however much it asks for":   {0, &Break{Cause: Refused, After: 240 * time.Hour}, time.Hour, 66 * time.Minute},
		"it asks for less than the refusal is worth":  {0, &Break{Cause: Refused, After: time.Second}, 30 * time.Second, time.Minute},
		"a negative time asked for is none asked for": {0, &Break{Cause: Lost, After: -time.Second}, 0, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			least, most := spread(tc.failures, tc.br)
			span := tc.most - tc.least
			if least <= 0 || least < tc.least || most > tc.most+1 {
				t.Errorf("waits of %v to %v, want within %v to %v", least, most, tc.least, tc.most)
			}
			if least > tc.least+span/20 || most < tc.most-span/20 {
				t.Errorf("waits of %v to %v do not use the span of %v to %v", least, most, tc.least, tc.most)
			}
		})
	}
}

func TestBackoffBeginsAnewAfterAMinuteOfGoodData(t *testing.T) {
	b := backoff{failures: 6}
	b.healthy(59 * time.Second)
	if b.failures != 6 {
		t.Error("it began anew too soon")
	}
	b.healthy(time.Minute)
	if b.failures != 0 {
		t.Error("it did not begin anew")
	}
}

func TestBreakIsFoundInWhatWrapsIt(t *testing.T) {
	cause := errors.New("gone")
	err := fmt.Errorf("outer: %w", &Break{Cause: Taken, Err: fmt.Errorf("inner: %w", cause)})
	if br := asBreak(err); br == nil || br.Cause != Taken || !errors.Is(err, cause) {
		t.Errorf("break %v of %v", br, err)
	}
	if asBreak(cause) != nil || asBreak(nil) != nil {
		t.Error("a break where there is none")
	}
}
