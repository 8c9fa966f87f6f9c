package vendors_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tickertape/feed/vendors"
)

// TestSubscribeFindsWhatIsRefused asks a vendor that refuses a list with a bad symbol as a whole, and names it or does not.
func TestSubscribeFindsWhatIsRefused(t *testing.T) {
	all := strings.Fields("a b c d e f g h i")
	for _, bad := range []string{"", "a", "e", "i", "ab", "aei", "abcdefghi"} {
		for _, named := range []bool{true, false} {
			t.Run(fmt.Sprintf("%q named %t", bad, named), func(t *testing.T) {
				asked := 0
				var refused []string
				accepted, err := vendors.Subscribe(all, func(some []string) (v vendors.Verdict[string], err error) {
					asked++
					for _, x := range some {
						if strings.Contains(bad, x) {
							v.Reason = "no"
							if named {
								v.Refused = append(v.Refused, x)
							}
						}
					}
					if v.Reason == "" {
						v.Accepted = some
					}
					return v, nil
				}, func(x, reason string) { refused = append(refused, x+reason) })
				if err != nil {
					t.Fatal(err)
				}
				var want, wantRefused []string
				for _, x := range all {
					if strings.Contains(bad, x) {
						wantRefused = append(wantRefused, x+"no")
					} else {
						want = append(want, x)
					}
				}
				if !slices.Equal(accepted, want) || !slices.Equal(refused, wantRefused) {
					t.Errorf("accepted %q, refused %q; want %q and %q", accepted, refused, want, wantRefused)
				}
				if most := 2*len(all) - 1; asked > most || named && asked > 2 {
					t.Errorf("asked %d times", asked)
				}
			})
		}
	}
}

func TestSubscribeEndsWithTheConnection(t *testing.T) {
	gone := errors.New("gone")
	asked := 0
	_, err := vendors.Subscribe([]int{1, 2, 3, 4}, func([]int) (vendors.Verdict[int], error) {
		if asked++; asked == 3 {
			return vendors.Verdict[int]{}, gone
		}
		return vendors.Verdict[int]{Reason: "no"}, nil
	}, func(int, string) {})
	if err != gone || asked != 3 {
		t.Errorf("%v after %d requests, want %v after 3", err, asked, gone)
	}
}

func TestAnAnswerThatDoesNotComeIsABreak(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answers := vendors.NewReplies[int](2)
		for i := range 5 {
			answers.Put(i) // the last three are dropped
		}
		began := time.Now()
		var seen []int
		err := answers.Await(t.Context(), 0, "subscribe at wss://x", func(i int) (bool, error) {
			seen = append(seen, i)
			return false, nil
		})
		wantBreak(t, err, 0, "subscribe at wss://x: no answer within 10s")
		if !errors.Is(err, vendors.ErrNoReply) || time.Since(began) != 10*time.Second || !slices.Equal(seen, []int{0, 1}) {
			t.Errorf("%v after %v with %v", err, time.Since(began), seen)
		}
		answers.Put(7)
		answers.Forget()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := answers.Await(ctx, 0, "", func(int) (bool, error) { return true, nil }); !errors.Is(err, context.Canceled) {
			t.Errorf("%v, want the end of the context", err)
		}
	})
}

// A reply is judged by writing to the connection, which has just ended for a reason that the next reply gives.
func TestAReplyBehindAFailedWriteIsJudged(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	broken, reason := errors.New("broken off"), errors.New("no such key")
	replies := vendors.NewReplies[string](2)
	replies.Put("connected")
	replies.Put("refused")
	err := replies.Await(ctx, vendors.Forever, "log in", func(reply string) (bool, error) {
		if reply == "refused" {
			return false, reason
		}
		cancel(broken)
		return false, fmt.Errorf("write: %w", context.Cause(ctx))
	})
	if !errors.Is(err, reason) {
		t.Errorf("got %v, want the reason", err)
	}
}
