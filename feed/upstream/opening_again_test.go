package upstream

import (
	"testing"

	"tickertape/feed"
)

// told sums up what an opening publishes.
func told(y *feed.Tally) func(feed.Batch) {
	return func(b feed.Batch) {
		for i := range b.Images {
			y.Image(&b.Images[i])
		}
		for i := range b.Ticks {
			y.Apply(&b.Ticks[i])
		}
	}
}

func day(volume uint64, high feed.Price) feed.Quote {
	return feed.Quote{Set: feed.FieldVolume | feed.FieldHigh | feed.FieldLow, Volume: feed.Units(volume), High: high, Low: 1}
}

func TestStatisticsThatComeAnewLoseNoTrade(t *testing.T) {
	for name, opened := range map[string]func(*Opening){
		"after the first":   func(o *Opening) { o.Start(day(100, 10), 5) },
		"after none at all": func(o *Opening) { o.GiveUp() },
		"asked twice":       func(o *Opening) { o.GiveUp(); o.Again(0) },
	} {
		t.Run(name, func(t *testing.T) {
			var y feed.Tally
			o := NewOpening(told(&y))
			trade := func(at feed.Time, p feed.Price) {
				o.Publish(feed.Batch{Ticks: []feed.Tick{{Flags: feed.Regular, Price: p, Size: feed.Units(1), Time: at}}})
			}
			opened(o)
			trade(10, 11)
			o.Again(0)
			before := y.Quote().Volume
			trade(20, 12)
			trade(30, 15)
			if got, want := y.Quote().Volume, feed.Units(2); got.Compare(before) <= 0 || y.Quote().High != 15 {
				t.Errorf("meanwhile: volume %v after %v, high %v; want %v more and 15", got, before, y.Quote().High, want)
			}
			o.Start(day(500, 12), 20)
			if q := y.Quote(); q.Volume != feed.Units(501) || q.High != 15 || q.Price != 15 {
				t.Errorf("volume %v, high %v, price %v; want 501, 15, 15", q.Volume, q.High, q.Price)
			}
			trade(40, 13)
			if q := y.Quote(); q.Volume != feed.Units(502) {
				t.Errorf("volume %v, want 502", q.Volume)
			}
			o.GiveUp()
			if q := y.Quote(); q.Volume != feed.Units(502) {
				t.Errorf("volume %v, want 502", q.Volume)
			}
		})
	}
}

func TestGivingUpCountsNoTradeTwice(t *testing.T) {
	var y feed.Tally
	o := NewOpening(told(&y))
	o.Start(day(100, 10), 5)
	o.Again(0)
	o.Publish(feed.Batch{Ticks: []feed.Tick{{Flags: feed.Regular, Price: 9, Size: feed.Units(1), Time: 10}}})
	o.GiveUp()
	if q := y.Quote(); q.Volume != feed.Units(101) {
		t.Errorf("volume %v, want 101", q.Volume)
	}
	o.Start(day(200, 10), 5)
	if q := y.Quote(); q.Volume != feed.Units(201) {
		t.Errorf("volume %v, want 201", q.Volume)
	}
}

func TestStatisticsWithoutAVolumeLeaveItAlone(t *testing.T) {
	var y feed.Tally
	o := NewOpening(told(&y))
	o.GiveUp()
	o.Again(0)
	o.Publish(feed.Batch{Ticks: []feed.Tick{{Flags: feed.Regular, Price: 9, Size: feed.Units(1), Time: 10}}})
	o.Start(feed.Quote{Set: feed.FieldPreviousClose, PreviousClose: 8}, 5)
	if q := y.Quote(); q.Volume != feed.Units(1) || q.PreviousClose != 8 {
		t.Errorf("volume %v, previous close %v; want 1 and 8", q.Volume, q.PreviousClose)
	}
}
