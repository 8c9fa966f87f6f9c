package vendors_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tickertape/feed"
	"tickertape/feed/market"
	"tickertape/feed/vendors"
	"tickertape/feed/vendors/vendortest"
)

// echo is a decoder that takes each message for an answer.
type echo struct {
	silent
	answers vendors.Replies[string]
}

func (e echo) Frame(text []byte, _ market.Time, b *market.Batch) error {
	b.Alive = true
	e.answers.Put(string(text))
	return nil
}

// run has a session run against a server until it ends, and returns its error.
func run(t *testing.T, ctx context.Context, server func(*vendortest.Socket), decoder vendors.Decoder, publish func(market.Batch),
	talk func(context.Context, *vendors.Session) error) error {
	t.Helper()
	env := vendortest.NewServer(t, server, nil).Env(t)
	session := &vendors.Session{Source: "x", Env: &env, Endpoint: env.Endpoint("x", "wss://x.example"), Decoder: decoder}
	session.Talk = func(ctx context.Context) error { return talk(ctx, session) }
	return session.Run(ctx, publish)
}

// TestAnAnswerThatCameBeforeTheEndSaysWhy has a vendor refuse the key and close at once: to dial again is of no use then,
// other than after a connection that was lost.
func TestAnAnswerThatCameBeforeTheEndSaysWhy(t *testing.T) {
	for range 20 {
		synctest.Test(t, func(t *testing.T) {
			e := echo{answers: vendors.NewReplies[string](8)}
			err := run(t, t.Context(), func(s *vendortest.Socket) {
				s.Send("hello")
				s.Send("wrong key")
				s.Close(1000, "")
			}, e, func(market.Batch) {}, func(ctx context.Context, s *vendors.Session) error {
				s.Go(func() error { return s.Keepalive(ctx, time.Hour, []byte("{}")) })
				return e.answers.Await(ctx, vendors.Forever, "listen", func(a string) (bool, error) {
					if a != "hello" {
						return false, feed.Breakf(feed.Final, "%s", a)
					}
					return false, nil
				})
			})
			wantBreak(t, err, feed.Final, "wrong key")
		})
	}
}

// TestTheReasonOfABrokenConnectionIsThatOfItsReader has Talk write meanwhile, which fails as well.
func TestTheReasonOfABrokenConnectionIsThatOfItsReader(t *testing.T) {
	for range 20 {
		synctest.Test(t, func(t *testing.T) {
			err := run(t, t.Context(), func(s *vendortest.Socket) { s.Close(1001, "restart") }, silent{}, func(market.Batch) {},
				func(ctx context.Context, s *vendors.Session) error {
					for {
						if err := s.Write(ctx, []byte("{}")); err != nil {
							return err
						}
					}
				})
			wantBreak(t, err, feed.Restart, "1001")
		})
	}
}

// TestBatchesComeFromOneGoroutineInOrder has publish take its time while Talk and another goroutine hand over.
func TestBatchesComeFromOneGoroutineInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex // tells whether publish is called twice at once
		var got []market.Time
		gone := errors.New("that is all")
		err := run(t, t.Context(), listen, silent{}, func(b market.Batch) {
			if !mu.TryLock() {
				t.Error("publish is called by two goroutines at once")
				return
			}
			defer mu.Unlock()
			time.Sleep(time.Second)
			got = append(got, b.Ticks[0].Time)
		}, func(ctx context.Context, s *vendors.Session) error {
			hand := func(at market.Time) {
				s.Do(ctx, func(_ *vendors.Reconciler, b *market.Batch) error {
					b.Ticks = append(b.Ticks, market.Tick{Time: at})
					return nil
				})
			}
			s.Go(func() error { hand(1); return nil })
			hand(2)
			hand(3)
			time.Sleep(time.Minute)
			if err := s.Do(ctx, func(*vendors.Reconciler, *market.Batch) error { return io.ErrShortWrite }); err != io.ErrShortWrite {
				t.Errorf("Do returned %v", err)
			}
			return gone
		})
		if err != gone {
			t.Errorf("the session ended with %v, want %v", err, gone)
		}
		if text := fmt.Sprint(got); text != "[1 2 3]" && text != "[2 1 3]" && text != "[2 3 1]" {
			t.Errorf("published %s", text)
		}
	})
}

func TestTheEndOfTheContextIsNoError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		began := time.Now()
		err := run(t, ctx, listen, silent{}, func(market.Batch) {}, func(ctx context.Context, s *vendors.Session) error {
			s.Go(func() error { return s.Probe(ctx, time.Hour, []byte("{}"), func(time.Time) bool { return true }) })
			vendors.Pause(ctx, time.Minute)
			cancel()
			return s.Do(ctx, func(*vendors.Reconciler, *market.Batch) error { return nil })
		})
		if err != nil || time.Since(began) != time.Minute {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}
