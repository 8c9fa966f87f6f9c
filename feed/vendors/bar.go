package vendors

import (
	"time"

	"tickertape/feed/calendar"
	"tickertape/feed/market"
)

// Bar is what the trades of some time add up to, as REST has it. Zero is unknown.
type Bar struct {
	At                           market.Time // within its time; what exactly depends on the vendor
	Open, High, Low, Close, VWAP market.Price
	Volume                       market.Quantity
	Count                        uint64 // of trades
}

// ReadBar reads the object that comes next in s, with the keys t, o, h, l, c, vw, v and n. at reads its time.
func ReadBar(s *Scanner, at func(Value) (market.Time, error)) (b Bar, err error) {
	price := func(key string, to *market.Price) {
		if v := s.Value(); err == nil {
			*to, err = v.Average(key)
		}
	}
	for s.Object(); s.More(); {
		switch string(s.Key()) {
		case "t":
			if v := s.Value(); err == nil {
				b.At, err = at(v)
			}
		case "o":
			price("o", &b.Open)
		case "h":
			price("h", &b.High)
		case "l":
			price("l", &b.Low)
		case "c":
			price("c", &b.Close)
		case "vw":
			price("vw", &b.VWAP)
		case "v":
			if v := s.Value(); err == nil {
				b.Volume, err = v.Quantity("v")
			}
		case "n":
			if v := s.Value(); err == nil && v.Known() {
				b.Count, err = v.Uint("n")
			}
		default:
			s.Skip()
		}
	}
	return b, err
}

// SetDay puts a bar of the trading day into an image, as far as it is known. It leaves out the last price and the count.
func (b *Bar) SetDay(q *market.Quote) {
	SetPrice(q, market.FieldOpen, &q.Open, b.Open)
	SetPrice(q, market.FieldHigh, &q.High, b.High)
	SetPrice(q, market.FieldLow, &q.Low, b.Low)
	if SetPrice(q, market.FieldVWAP, &q.VWAP, b.VWAP); !b.Volume.IsZero() {
		q.Volume = b.Volume
		q.Set |= market.FieldVolume
	}
}

// closedAfter is how long after the end of a session its daily bar has the close of it.
const closedAfter = time.Minute

// LastAt is when the last price of a daily bar was traded, as far as an instant of the vendor's clock shows it: at the end of the
// session of its date, represented by its midnight UTC, if that is over. Else it is the beginning of its trading day, so that any price
// of that takes precedence. It is 0 for a market that never closes.
func LastAt(hours *calendar.Market, date time.Time, now market.Time) market.Time {
	end, began := hours.SessionEnd(date), hours.Begins(date)
	switch {
	case !hours.Closes():
		return 0
	case !end.IsZero() && !now.Std().Before(end.Add(closedAfter)):
		return market.TimeOf(end)
	}
	return market.TimeOf(began)
}

// SetPrice puts a price into a field of an image, unless it is zero or less.
func SetPrice(q *market.Quote, field market.Fields, to *market.Price, p market.Price) {
	if p > 0 {
		*to = p
		q.Set |= field
	}
}

// SetLast puts a last price and its time into an image, unless it is zero or less.
func SetLast(q *market.Quote, p market.Price, at market.Time) {
	if p > 0 {
		q.Price, q.Time = p, at
		q.Set |= market.FieldPrice | market.FieldTime
	}
}
