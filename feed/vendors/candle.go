package vendors

import (
	"time"

	"tickertape/feed/market"
)

// Candle is one hour of a symbol.
type Candle struct {
	Start                  market.Time
	Open, High, Low, Close market.Price
	Volume                 market.Quantity
	Cost                   market.Turnover // price times size of all trades; zero: unknown
	Trades                 uint64
	Empty                  bool // without trades; its prices are those of an earlier hour
}

// ReadPrices reads the prices of an hour, each of which must be above zero. It rounds those that have more than nine
// decimals, as computed ones can.
func (c *Candle) ReadPrices(open, high, low, closing Value) (err error) {
	for _, x := range [...]struct {
		key string
		v   Value
		to  *market.Price
	}{{"open", open, &c.Open}, {"high", high, &c.High}, {"low", low, &c.Low}, {"close", closing, &c.Close}} {
		if *x.to, err = x.v.Average(x.key); err != nil {
			return err
		}
		if *x.to <= 0 {
			return Bad(BadNumber, "%s: %s is no price", x.key, *x.to)
		}
	}
	return nil
}

const hour = market.Time(time.Hour / time.Microsecond)

// DaySum adds up the hours of a trading day, in any order.
type DaySum struct {
	rolled market.Time // when the day began
	first  market.Time // the start of the first hour of the day
	before market.Time // the start of the last hour before the day
	cost   market.Turnover
	hours  int
	quote  market.Quote
}

// NewDaySum begins the sum of the day that began at rolled.
func NewDaySum(id market.SymbolID, rolled market.Time) *DaySum {
	return &DaySum{rolled: rolled, quote: market.Quote{Symbol: id, Set: market.FieldVolume}}
}

// Add adds an hour. The close of the last hour before the day is the previous close. An error is a sum that is too large.
func (s *DaySum) Add(c *Candle) error {
	s.hours++
	q := &s.quote
	if c.Start < s.rolled {
		if c.Start+hour <= s.rolled && c.Start >= s.before {
			s.before, q.PreviousClose = c.Start, c.Close
			q.Set |= market.FieldPreviousClose
		}
		return nil
	}
	if c.Empty {
		return nil
	}
	if q.Set&market.FieldOpen == 0 {
		s.first, q.Open, q.High, q.Low = c.Start, c.Open, c.High, c.Low
		q.Set |= market.FieldOpen | market.FieldHigh | market.FieldLow
	} else if c.Start < s.first {
		s.first, q.Open = c.Start, c.Open
	}
	q.High, q.Low = max(q.High, c.High), min(q.Low, c.Low)
	q.Count += c.Trades
	var costFits, volumeFits bool
	s.cost, costFits = s.cost.Add(c.Cost)
	q.Volume, volumeFits = q.Volume.Add(c.Volume)
	if !costFits || !volumeFits {
		return Bad(BadNumber, "volume: the hours of a day add up to more than can be")
	}
	return nil
}

// Image is the figures of the day, with the count of trades if counted is true, and the VWAP if costs are known. It returns an
// error if no hour was added.
func (s *DaySum) Image(counted bool) (market.Quote, error) {
	q := s.quote
	if s.hours == 0 {
		return q, Bad(BadValue, "the answer has no hours")
	}
	if counted {
		q.Set |= market.FieldCount
	}
	SetVWAP(&q, s.cost)
	return q, nil
}

// SetVWAP sets what the volume of a quote cost on average, where that is known.
func SetVWAP(q *market.Quote, cost market.Turnover) {
	if q.Volume.IsZero() {
		return
	}
	if q.VWAP = cost.Over(q.Volume); q.VWAP > 0 {
		q.Set |= market.FieldVWAP
	}
}
