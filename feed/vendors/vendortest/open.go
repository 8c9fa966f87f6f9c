package vendortest

import (
	"testing"

	"tickertape/feed"
	"tickertape/feed/vendors"
)

// Open opens a feed, or ends the test. open is what the vendor calls Open.
func Open[C any](t testing.TB, cfg C, env vendors.Env, open func(C, vendors.Env) ([]feed.Source, error)) []feed.Source {
	t.Helper()
	sources, err := open(cfg, env)
	if err != nil {
		t.Fatal(err)
	}
	return sources
}
