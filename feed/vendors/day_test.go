package vendors_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tickertape/feed/market"
	"tickertape/feed/vendors"
	"tickertape/feed/vendors/vendortest"
)

// sums is a tally that two goroutines share.
type sums struct {
	mu sync.Mutex
	market.Tally
}

func (s *sums) publish(b market.Batch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range b.Images {
		s.Image(&b.Images[i])
	}
	for i := range b.Ticks {
		s.Apply(&b.Ticks[i])
	}
}

func (s *sums) quote() market.Quote {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.Quote()
}

// talk has a session with a vendor that only listens run talk, and returns what is published.
func talk(t *testing.T, talk func(context.Context, *vendors.Session) error) *sums {
	server := vendortest.NewServer(t, listen, nil)
	env := server.Env(t)
	session := &vendors.Session{Source: "x", Env: &env, Endpoint: env.Endpoint("x", "wss://x.example"), Decoder: silent{}}
	session.Talk = func(ctx context.Context) error { return talk(ctx, session) }
	var published sums
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- session.Run(ctx, published.publish) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the session ended with %v", err)
		}
	})
	return &published
}

func TestLastDayStandsInForFiguresThatAreNotThereSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int32
		began := time.Now()
		day := vendors.Day{
			Get: func(context.Context) ([]byte, market.Time, error) {
				if asked.Add(1); time.Since(began) < 10*time.Second {
					return nil, 0, errors.New("not yet")
				}
				return nil, market.TimeOf(time.Now()), nil
			},
			Read: func(_ []byte, received market.Time) (market.Quote, market.Time, error) {
				return market.Quote{Set: market.FieldHigh | market.FieldLow | market.FieldVolume, High: 20, Low: 10,
					Volume: market.Units(7)}, received, nil
			},
			Rolling: func() (market.Quote, bool) {
				return market.Quote{Set: market.FieldHigh | market.FieldLow | market.FieldPreviousClose, High: 99, Low: 1, PreviousClose: 5}, true
			},
		}
		published := talk(t, func(ctx context.Context, s *vendors.Session) error {
			s.BeginDay(ctx, &day)
			vendors.Pause(ctx, 10*time.Second)
			s.Do(ctx, func(_ *vendors.Reconciler, b *market.Batch) error {
				b.Ticks = append(b.Ticks, market.Tick{Flags: market.Regular, Price: 15, Size: market.Units(1), Time: market.TimeOf(time.Now())})
				return nil
			})
			return s.RenewDay(ctx, &day)
		})
		time.Sleep(1900 * time.Millisecond)
		synctest.Wait()
		if q := published.quote(); q.Set != 0 {
			t.Errorf("too soon: %+v", q)
		}
		time.Sleep(200 * time.Millisecond)
		synctest.Wait()
		if q := published.quote(); q.High != 99 || q.PreviousClose != 5 {
			t.Errorf("nothing stands in: %+v", q)
		}
		time.Sleep(15 * time.Second)
		synctest.Wait()
		if q := published.quote(); q.High != 20 || q.Low != 10 || q.Volume != market.Units(7) {
			t.Errorf("the day's figures: %+v", q)
		}
		if n := asked.Load(); n != 4 { // at 0, 2, 6 and 14 seconds
			t.Errorf("asked %d times, want 4", n)
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if q := published.quote(); q.Volume != market.Units(7) || asked.Load() != 5 {
			t.Errorf("asked once more: volume %v, want 7; asked %d times, want 5", q.Volume, asked.Load())
		}
	})
}

func TestLastDayIsAllWhereTheDayCannotBeHad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		high := market.Price(1)
		day := vendors.Day{Rolling: func() (market.Quote, bool) {
			high++
			return market.Quote{Set: market.FieldHigh, High: high}, true
		}}
		published := talk(t, func(ctx context.Context, s *vendors.Session) error {
			s.BeginDay(ctx, &day)
			return nil
		})
		time.Sleep(10*time.Second + time.Millisecond)
		synctest.Wait()
		if got := published.quote().High; got < 11 {
			t.Errorf("published %d times within 10 s", got)
		}
	})
}
