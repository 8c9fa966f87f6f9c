package vendors

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tickertape/feed"
)

// asked asks for a, b, c and so on, each of which answers with its own errors in turn, and then well. It returns who was asked, "|"
// where time has passed, and what was told.
func asked(t *testing.T, items string, answers map[string][]error) (who string, failed int, refused string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &Session{Source: "s", Env: &Env{Faults: NewFaults(slog.New(slog.DiscardHandler), prometheus.NewRegistry())}}
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		newest := time.Now()
		AskEach(ctx, s, strings.Split(items, ""), func(_ context.Context, item string) (err error) {
			if time.Since(newest) > 0 {
				who += fmt.Sprintf("|%v|", time.Since(newest))
			}
			newest = time.Now()
			who += item
			if left := answers[item]; len(left) > 0 {
				err, answers[item] = left[0], left[1:]
			}
			return err
		}, func() { failed++ }, func(item string) { refused += item })
	})
	return who, failed, refused
}

func TestOneThatFailsHoldsUpNoOther(t *testing.T) {
	lost, no := feed.Breakf(feed.Lost, "500"), feed.Breakf(feed.Refused, "403")
	wait := &feed.Break{Cause: feed.Lost, After: time.Minute, Err: errors.New("429")}
	for name, test := range map[string]struct {
		items   string
		answers map[string][]error
		want    string
	}{
		"all is well":         {"abc", nil, "abc 0 "},
		"none":                {"", nil, " 0 "},
		"one fails":           {"abcd", map[string][]error{"b": {lost, lost}}, "abcd|2s|b|4s|b 2 "},
		"two fail":            {"abcd", map[string][]error{"a": {lost}, "c": {lost}}, "abcd|2s|ac 2 "},
		"one is refused":      {"abcd", map[string][]error{"b": {no}}, "abcd 0 b"},
		"all fail":            {"abcde", map[string][]error{"a": {lost}, "b": {lost}, "c": {lost}, "d": {lost}}, "abc|2s|deabc|4s|d 4 "},
		"the vendor is busy":  {"abcd", map[string][]error{"b": {wait}}, "ab|1m0s|cdb 1 "},
		"one after another":   {"abc", map[string][]error{"a": {lost}, "b": {no}, "c": {lost}}, "abc|2s|ac 2 b"},
		"an error of its own": {"ab", map[string][]error{"a": {errors.New("no list")}}, "ab|2s|a 1 "},
	} {
		t.Run(name, func(t *testing.T) {
			who, failed, refused := asked(t, test.items, test.answers)
			if got := fmt.Sprintf("%s %d %s", who, failed, refused); got != test.want {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}
