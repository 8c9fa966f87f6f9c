package vendors

import (
	"testing"

	"tickertape/feed/market"
)

// told sums up what an opening publishes.
func told(y *market.Tally) func(market.Batch) {
	return func(b market.Batch) {
		for i := range b.Images {
			y.Image(&b.Images[i])
		}
		for i := range b.Ticks {
			y.Apply(&b.Ticks[i])
		}
	}
}

func day(volume uint64, high market.Price) market.Quote {
	return market.Quote{Set: market.FieldVolume | market.FieldHigh | market.FieldLow, Volume: market.Units(volume), High: high, Low: 1}
}

func TestStatisticsThatComeAnewLoseNoTrade(t *testing.T) {
	for name, opened := range map[string]func(*Opening){
		"after the first":   func(o *Opening) { o.Start(day(100, 10), 5) },
		"after none at all": func(o *Opening) { o.GiveUp() },
		"asked twice":       func(o *Opening) { o.GiveUp(); o.Again(0) },
	} {
		t.Run(name, func(t *testing.T) {
			var y market.Tally
			o := NewOpening(told(&y))
			trade := func(at market.Time, p market.Price) {
				o.Publish(market.Batch{Ticks: []market.Tick{{Flags: market.Regular, Price: p, Size: market.Units(1), Time: at}}})
			}
			opened(o)
			trade(10, 11)
			o.Again(0)
			before := y.Quote().Volume
			trade(20, 12)
			trade(30, 15)
			if got, want := y.Quote().Volume, market.Units(2); got.Compare(before) <= 0 || y.Quote().High != 15 {
				t.Errorf("meanwhile: volume %v after %v, high %v; want %v more and 15", got, before, y.Quote().High, want)
			}
			o.Start(day(500, 12), 20)
			if q := y.Quote(); q.Volume != market.Units(501) || q.High != 15 || q.Price != 15 {
				t.Errorf("volume %v, high %v, price %v; want 501, 15, 15", q.Volume, q.High, q.Price)
			}
			trade(40, 13)
			if q := y.Quote(); q.Volume != market.Units(502) {
				t.Errorf("volume %v, want 502", q.Volume)
			}
			o.GiveUp()
			if q := y.Quote(); q.Volume != market.Units(502) {
				t.Errorf("volume %v, want 502", q.Volume)
			}
		})
	}
}

func TestGivingUpCountsNoTradeTwice(t *testing.T) {
	var y market.Tally
	o := NewOpening(told(&y))
	o.Start(day(100, 10), 5)
	o.Again(0)
	o.Publish(market.Batch{Ticks: []market.Tick{{Flags: market.Regular, Price: 9, Size: market.Units(1), Time: 10}}})
	o.GiveUp()
	if q := y.Quote(); q.Volume != market.Units(101) {
		t.Errorf("volume %v, want 101", q.Volume)
	}
	o.Start(day(200, 10), 5)
	if q := y.Quote(); q.Volume != market.Units(201) {
		t.Errorf("volume %v, want 201", q.Volume)
	}
}

func TestStatisticsWithoutAVolumeLeaveItAlone(t *testing.T) {
	var y market.Tally
	o := NewOpening(told(&y))
	o.GiveUp()
	o.Again(0)
	o.Publish(market.Batch{Ticks: []market.Tick{{Flags: market.Regular, Price: 9, Size: market.Units(1), Time: 10}}})
	o.Start(market.Quote{Set: market.FieldPreviousClose, PreviousClose: 8}, 5)
	if q := y.Quote(); q.Volume != market.Units(1) || q.PreviousClose != 8 {
		t.Errorf("volume %v, previous close %v; want 1 and 8", q.Volume, q.PreviousClose)
	}
}
