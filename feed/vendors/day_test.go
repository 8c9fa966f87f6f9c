package vendors_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

// sums is a tally that publishers share.
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

func TestLastDayStandsInForFiguresThatAreNotThereSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told sums
		failures, asked := 0, 0
		began := time.Now()
		opening := vendors.NewOpening(told.publish)
		day := vendors.Day{
			Opening: opening,
			Ask: func(context.Context) (market.Quote, market.Time, error) {
				if asked++; time.Since(began) < 10*time.Second {
					return market.Quote{}, 0, errors.New("not yet")
				}
				return market.Quote{Set: market.FieldHigh | market.FieldLow | market.FieldVolume, High: 20, Low: 10, Volume: market.Units(7)}, market.TimeOf(time.Now()), nil
			},
			Rolling: func() (market.Quote, bool) {
				return market.Quote{Set: market.FieldHigh | market.FieldLow | market.FieldPreviousClose, High: 99, Low: 1, PreviousClose: 5}, true
			},
			Failed: func(error) { failures++ },
		}
		done := make(chan func())
		go func() { done <- day.Begin(t.Context()) }()
		time.Sleep(1900 * time.Millisecond)
		synctest.Wait()
		if q := told.quote(); q.Set != 0 {
			t.Errorf("too soon: %+v", q)
		}
		time.Sleep(200 * time.Millisecond)
		synctest.Wait()
		if q := told.quote(); q.High != 99 || q.PreviousClose != 5 {
			t.Errorf("nothing stands in: %+v", q)
		}
		stop := <-done
		defer stop()
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if q := told.quote(); q.High != 20 || q.Low != 10 || q.Volume != market.Units(7) {
			t.Errorf("the day's figures: %+v", q)
		}
		if failures == 0 || asked != failures+1 {
			t.Errorf("asked %d times, %d failures", asked, failures)
		}
		opening.Publish(market.Batch{Ticks: []market.Tick{{Flags: market.Regular, Price: 15, Size: market.Units(1), Time: market.TimeOf(time.Now())}}})
		if err := day.Anew(t.Context()); err != nil {
			t.Fatal(err)
		}
		if q := told.quote(); q.Volume != market.Units(7) {
			t.Errorf("asked anew: volume %v, want 7", q.Volume)
		}
	})
}

func TestLastDayIsAllWhereTheDayCannotBeHad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told sums
		high := market.Price(1)
		day := vendors.Day{Opening: vendors.NewOpening(told.publish), Rolling: func() (market.Quote, bool) {
			high++
			return market.Quote{Set: market.FieldHigh, High: high}, true
		}}
		stop := day.Begin(t.Context())
		time.Sleep(10*time.Second + time.Millisecond)
		synctest.Wait()
		stop()
		at := told.quote().High
		if at < 11 {
			t.Errorf("told %d times within 10 s", at)
		}
		time.Sleep(10 * time.Second)
		if told.quote().High != at {
			t.Error("told on after the end")
		}
	})
}
