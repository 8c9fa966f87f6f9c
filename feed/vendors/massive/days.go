package massive

import (
	"net/url"
	"time"

	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

// What is asked for of the days of one stock.
const (
	pathDays    = "/v2/aggs/ticker/" // then the symbol
	previousDay = "/prev"
	dayRange    = "/range/1/day/" // then the first date, a slash, and the last
)

// previousPath is where a stock's newest whole day is.
func previousPath(symbol string) string { return pathDays + url.PathEscape(symbol) + previousDay }

// rangePath is where the days of a stock are that may have the close before the trading day of a date.
func rangePath(symbol string, date time.Time) string {
	return pathDays + url.PathEscape(symbol) + dayRange + vendors.Date(date.AddDate(0, 0, -daysBefore)) + "/" + vendors.Date(date)
}

// daysBefore is how many days before a trading day the one before it is looked for: longer than the exchanges have been closed
// since 1933, and than most stocks go without a trade.
const daysBefore = 14

// asTraded asks for days that are not adjusted for splits: the consolidated feed adjusts them.
var asTraded = url.Values{"adjusted": {"false"}}

// readBar reads a bar. Its time is within its day; a day without trades has zeros.
func readBar(s *vendors.Scanner) (vendors.Bar, error) {
	return vendors.ReadBar(s, func(v vendors.Value) (market.Time, error) { return v.Unix("t", time.Millisecond) })
}

// day is the bar of a date with trading.
type day struct {
	vendors.Bar
	date time.Time // its midnight UTC; zero: there is no such day
}

// days are the trading day that an instant belongs to and the one before it, as far as they were known then.
type days struct {
	today  day
	before day // the newest one with trading before it
	known  time.Time
}

// choose finds the trading day that now belongs to among some days, and the newest one before it. Before the regular session, the
// trading day has no prices of it, whatever its bar says.
func (s *stock) choose(some []day, now time.Time) (d days) {
	date := s.Hours.Date(now)
	d.known = now
	for _, one := range some {
		switch {
		case one.date.Equal(date):
			d.today = one
		case one.date.Before(date) && one.date.After(d.before.date):
			d.before = one
		}
	}
	if open := s.Hours.NextOpen(now); !open.IsZero() && s.Hours.Date(open).Equal(date) {
		d.today.Open, d.today.High, d.today.Low, d.today.Close = 0, 0, 0, 0
	}
	return d
}

// alone reports whether the trading day is known, but not the close before it.
func (d *days) alone() bool { return d.today.Close > 0 && d.before.Close == 0 }

// image is what the days say of a stock. The vendor does not say when a close was traded.
func (d *days) image(of *stock) market.Quote {
	q := market.Quote{Symbol: of.ID}
	vendors.SetPrice(&q, market.FieldPreviousClose, &q.PreviousClose, d.before.Close)
	if !d.today.Volume.IsZero() {
		d.today.SetDay(&q)
	}
	last := d.today
	if last.Close <= 0 {
		last = d.before
	}
	if at := vendors.LastAt(of.Hours, last.date, market.TimeOf(d.known.Add(-of.delay))); at != 0 {
		vendors.SetLast(&q, last.Close, at)
	}
	return q
}

// closeImage is what the days say of the close before the trading day. Until that has prices, it is the last price as well.
func (d *days) closeImage(of *stock) market.Quote {
	q := d.image(of)
	if q.Set &= market.FieldPreviousClose | market.FieldPrice | market.FieldTime; d.today.Close > 0 {
		q.Set &= market.FieldPreviousClose
	}
	return q
}

// readDays reads the response to previousPath or rangePath, which has no days if there is no such stock.
func readDays(faults *vendors.Faults, body []byte, of *stock, received market.Time) (known days, there bool, err error) {
	s := faults.Scanner(name)
	s.Reset(body)
	answered := false
	var all []day
	for s.Object(); s.More(); {
		switch key := string(s.Key()); {
		case key == "status":
			answered = true
			s.Skip()
		case key == "results" && s.Kind() == '[':
			for s.Array(); s.More(); {
				bar, bad := readBar(&s)
				if bad != nil && err == nil {
					err = bad
				}
				all = append(all, day{bar, of.Hours.DateOn(bar.At.Std())})
			}
		default:
			s.Skip()
		}
	}
	if bad := s.End(); bad != nil {
		return days{}, false, bad
	}
	if err == nil && !answered {
		err = vendors.Bad(vendors.NoJSON, "status: the answer has none")
	}
	if err != nil {
		return days{}, false, err
	}
	return of.choose(all, received.Std()), len(all) > 0, nil
}
