package vendors

import (
	"testing"

	"tickertape/feed/market"
)

// summed is an opening, and the sum of what it has published.
type summed struct {
	*Reconciler
	market.Tally
}

func newSummed() *summed { return &summed{Reconciler: NewReconciler()} }

// publish adds to the sum what do adds to a batch.
func (s *summed) publish(do func(*market.Batch)) {
	var b market.Batch
	do(&b)
	for i := range b.Images {
		s.Image(&b.Images[i])
	}
	for i := range b.Ticks {
		s.Apply(&b.Ticks[i])
	}
}

func (s *summed) trade(at market.Time, p market.Price) {
	s.publish(func(b *market.Batch) {
		b.Ticks = []market.Tick{{Flags: market.Regular, Price: p, Size: market.Units(1), Time: at}}
		s.Pass(b)
	})
}

func (s *summed) start(image market.Quote, asOf market.Time) {
	s.publish(func(b *market.Batch) { s.AddFigures(b, image, asOf) })
}

func (s *summed) giveUp() { s.publish(s.CountWithoutFigures) }

func day(volume uint64, high market.Price) market.Quote {
	return market.Quote{Set: market.FieldVolume | market.FieldHigh | market.FieldLow, Volume: market.Units(volume), High: high, Low: 1}
}

func TestStatisticsThatComeAnewLoseNoTrade(t *testing.T) {
	for name, opened := range map[string]func(*summed){
		"after the first":   func(o *summed) { o.start(day(100, 10), 5) },
		"after none at all": func(o *summed) { o.giveUp() },
		"asked twice":       func(o *summed) { o.giveUp(); o.Refetch(0) },
	} {
		t.Run(name, func(t *testing.T) {
			o := newSummed()
			opened(o)
			o.trade(10, 11)
			o.Refetch(0)
			before := o.Quote().Volume
			o.trade(20, 12)
			o.trade(30, 15)
			if got, want := o.Quote().Volume, market.Units(2); got.Compare(before) <= 0 || o.Quote().High != 15 {
				t.Errorf("meanwhile: volume %v after %v, high %v; want %v more and 15", got, before, o.Quote().High, want)
			}
			o.start(day(500, 12), 20)
			if q := o.Quote(); q.Volume != market.Units(501) || q.High != 15 || q.Price != 15 {
				t.Errorf("volume %v, high %v, price %v; want 501, 15, 15", q.Volume, q.High, q.Price)
			}
			o.trade(40, 13)
			if q := o.Quote(); q.Volume != market.Units(502) {
				t.Errorf("volume %v, want 502", q.Volume)
			}
			o.giveUp()
			if q := o.Quote(); q.Volume != market.Units(502) {
				t.Errorf("volume %v, want 502", q.Volume)
			}
		})
	}
}

func TestGivingUpCountsNoTradeTwice(t *testing.T) {
	o := newSummed()
	o.start(day(100, 10), 5)
	o.Refetch(0)
	o.trade(10, 9)
	o.giveUp()
	if q := o.Quote(); q.Volume != market.Units(101) {
		t.Errorf("volume %v, want 101", q.Volume)
	}
	o.start(day(200, 10), 5)
	if q := o.Quote(); q.Volume != market.Units(201) {
		t.Errorf("volume %v, want 201", q.Volume)
	}
}

func TestStatisticsWithoutAVolumeLeaveItAlone(t *testing.T) {
	o := newSummed()
	o.giveUp()
	o.Refetch(0)
	o.trade(10, 9)
	o.start(market.Quote{Set: market.FieldPreviousClose, PreviousClose: 8}, 5)
	if q := o.Quote(); q.Volume != market.Units(1) || q.PreviousClose != 8 {
		t.Errorf("volume %v, previous close %v; want 1 and 8", q.Volume, q.PreviousClose)
	}
}

// When a session begins, busy stocks trade a thousand times a second, and figures are up to a minute old.
func TestTheTradesOfABusyMinuteAreNotForgotten(t *testing.T) {
	const busy = 60_000
	o := newSummed()
	o.start(day(100, 10), 5)
	o.Refetch(0)
	for range busy {
		o.trade(10, 9)
	}
	o.start(day(500, 10), 8)
	if q := o.Quote(); q.Volume != market.Units(500+busy) {
		t.Errorf("volume %v, want %d", q.Volume, 500+busy)
	}
	if o.kept != nil {
		t.Errorf("%d trades are kept without need", len(o.kept))
	}
}
