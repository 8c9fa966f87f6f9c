package massive

import (
	"net/url"
	"time"

	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

// What is asked for over REST.
const (
	pathConditions = "/v3/reference/conditions"
	pathSnapshots  = "/v2/snapshot/locale/us/markets/stocks/tickers"
	pathDays       = "/v2/aggs/ticker/" // then the symbol
	previousDay    = "/prev"
	dayRange       = "/range/1/day/" // then the first date, a slash, and the last
)

// previousPath is where a stock's newest whole day is.
func previousPath(symbol string) string { return pathDays + url.PathEscape(symbol) + previousDay }

// daysPath is where a stock's days are that may have the close before the trading day of a date.
func daysPath(symbol string, date time.Time) string {
	return pathDays + url.PathEscape(symbol) + dayRange + vendors.Date(date.AddDate(0, 0, -daysBefore)) + "/" + vendors.Date(date)
}

// daysBefore is how many days before a trading day the one before it is looked for: longer than the exchanges were ever closed
// since 1933.
const daysBefore = 14

// asTraded asks for days that are not adjusted for splits: the consolidated feed adjusts them.
var asTraded = url.Values{"adjusted": {"false"}}

// figures are what the vendor says of a stock's day.
type figures struct {
	image market.Quote
	asOf  market.Time // the image does not include trades after this
	over  bool        // they are of a session that is over, and the close before it is elsewhere
}

// readBar reads a bar. Its time is within its day; a day without trades has zeros.
func readBar(s *vendors.Scanner) (vendors.Bar, error) {
	return vendors.ReadBar(s, func(v vendors.Value) (market.Time, error) { return v.Unix("t", time.Millisecond) })
}

// snapshot is what the vendor knows of a stock.
type snapshot struct {
	symbol, updated vendors.Value
	last            message // the newest trade
	day, before     vendors.Bar
}

// readSnapshots reads the response to pathSnapshots. It leaves out stocks that the vendor does not have.
func (d *Decoder) readSnapshots(body []byte, received market.Time) (map[string]figures, error) {
	known := map[string]figures{}
	s := d.faults.Scanner(name)
	s.Reset(body)
	listed := false
	for s.Object(); s.More(); {
		switch string(s.Key()) {
		case "tickers":
			listed = true
			for s.Array(); s.More(); {
				d.readSnapshot(&s, known, received)
			}
		case "ticker": // of one alone
			listed = true
			d.readSnapshot(&s, known, received)
		default:
			s.Skip()
		}
	}
	if err := s.End(); err != nil {
		return nil, err
	}
	if !listed {
		return nil, vendors.Bad(vendors.NoJSON, "tickers: the answer has no list of them")
	}
	return known, nil
}

// readSnapshot adds one stock to known.
func (d *Decoder) readSnapshot(s *vendors.Scanner, known map[string]figures, received market.Time) {
	var shot snapshot
	var err error
	read := func(to *vendors.Bar) {
		b, bad := readBar(s)
		if *to = b; bad != nil && err == nil {
			err = bad
		}
	}
	for s.Object(); s.More(); {
		key := string(s.Key())
		if s.Kind() == 'n' {
			s.Skip()
			continue
		}
		switch key {
		case "ticker":
			shot.symbol = s.Value()
		case "updated":
			shot.updated = s.Value()
		case "day":
			read(&shot.day)
		case "prevDay":
			read(&shot.before)
		case "lastTrade":
			s.Fields(shot.last.field)
		default:
			s.Skip()
		}
	}
	if s.Err() != nil {
		return
	}
	var e *entry
	if err == nil {
		e, err = d.find("ticker", shot.symbol)
	}
	if err != nil {
		d.note(err)
		return
	}
	f, err := d.figures(e, &shot, received.Std())
	if e.splitOn(received.Std()) { // it may be adjusted already, or not yet
		f.image.Set &^= market.FieldPreviousClose
	}
	d.note(err)
	known[e.Symbol] = f
}

// clears is when the vendor begins a snapshot's day, after midnight in New York, be there trading on that date or not. From then
// until the first trade all of the day and of the newest trade is zero, and the previous day is the newest one with trading.
const clears = 3*time.Hour + 30*time.Minute

// figures are what a snapshot says of the trading day that now belongs to. On a day without trading this is the previous day of the
// snapshot.
func (d *Decoder) figures(e *entry, shot *snapshot, now time.Time) (f figures, err error) {
	q := market.Quote{Symbol: e.ID}
	today, before := &shot.day, &shot.before
	if e.Hours != nil {
		year, month, day := now.In(e.Hours.Zone()).Add(-clears).Date()
		date := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
		if shot.day.Volume.IsZero() {
			date = e.Hours.Before(date)
			today, before = &shot.before, &vendors.Bar{}
			f.over = true
		}
		if !date.Equal(e.Hours.Date(now)) { // a day has begun since
			today, before = &vendors.Bar{}, today
			f.over = false
		}
	}
	vendors.SetPrice(&q, market.FieldPreviousClose, &q.PreviousClose, before.Close)
	setDay(&q, today)
	if isSet(shot.updated) {
		if f.asOf, err = shot.updated.Unix("updated", time.Nanosecond); err != nil {
			return figures{image: q, over: f.over}, err
		}
	}
	if isSet(shot.last.p) {
		err = d.lastTrade(e, &shot.last, &q, &f)
	}
	if q.Set&market.FieldPrice == 0 && !today.Volume.IsZero() && !e.traded {
		// The newest trade set no last price: it was one of the evening, or of a few shares. The day's close stands in. The
		// vendor does not say when that was traded, so any price of the stream takes precedence.
		vendors.SetPrice(&q, market.FieldPrice, &q.Price, today.Close)
	}
	f.image = q
	return f, err
}

// isSet reports whether a value is there and is not the zero that stands for one that is not.
func isSet(v vendors.Value) bool { return v.Known() && string(v.Raw()) != "0" }

// setDay puts a day's sums into an image, unless there are none.
func setDay(q *market.Quote, day *vendors.Bar) {
	if !day.Volume.IsZero() {
		day.SetDay(q)
	}
}

// readPrevious reads the response to previousPath, which has no days if there is no such stock. On a day without a session, the
// newest whole day is the present trading day, and its close the last price.
func (d *Decoder) readPrevious(body []byte, of *stock, received market.Time) (q market.Quote, there bool, err error) {
	days, err := d.readBars(body)
	if err != nil || len(days) == 0 {
		return q, false, err
	}
	newest := days[len(days)-1]
	q.Symbol = of.ID
	if of.sameDay(newest.At, received) {
		setDay(&q, &newest)
		if !of.traded {
			vendors.SetPrice(&q, market.FieldPrice, &q.Price, newest.Close)
		}
	} else {
		vendors.SetPrice(&q, market.FieldPreviousClose, &q.PreviousClose, newest.Close)
	}
	return q, true, nil
}

// readDays reads the response to daysPath: the close before the present trading day.
func (d *Decoder) readDays(body []byte, of *stock, received market.Time) (q market.Quote, err error) {
	q.Symbol = of.ID
	days, err := d.readBars(body)
	newest := market.Time(0)
	for i := range days {
		day := &days[i]
		if day.At > newest && of.Hours != nil && day.At.Std().Before(of.Hours.Rolled(received.Std())) && !of.sameDay(day.At, received) {
			newest = day.At
			vendors.SetPrice(&q, market.FieldPreviousClose, &q.PreviousClose, day.Close)
		}
	}
	return q, err
}

// readBars reads a list of days.
func (d *Decoder) readBars(body []byte) (days []vendors.Bar, err error) {
	s := d.faults.Scanner(name)
	s.Reset(body)
	answered := false
	for s.Object(); s.More(); {
		switch key := string(s.Key()); {
		case key == "status":
			answered = true
			s.Skip()
		case key == "results" && s.Kind() == '[':
			for s.Array(); s.More(); {
				b, bad := readBar(&s)
				if bad != nil && err == nil {
					err = bad
				}
				days = append(days, b)
			}
		default:
			s.Skip()
		}
	}
	if bad := s.End(); bad != nil {
		return nil, bad
	}
	if err == nil && !answered {
		err = vendors.Bad(vendors.NoJSON, "status: the answer has none")
	}
	if err != nil {
		return nil, err
	}
	return days, nil
}

// lastTrade puts the newest trade into an image, as far as it sets what is shown.
func (d *Decoder) lastTrade(e *entry, m *message, q *market.Quote, f *figures) error {
	at, err := m.t.Unix("lastTrade.t", time.Nanosecond)
	if err != nil {
		return err
	}
	f.asOf = max(f.asOf, at)
	price, err := m.p.Price("lastTrade.p")
	if err != nil || price <= 0 {
		return err
	}
	effects, err := d.rules.Load().of(m.c, &d.list)
	if err != nil {
		return err
	}
	switch flags := effects.FlagsAt(at, e.Hours); {
	case flags&market.SetsLast != 0:
		q.Price, q.Time = price, at
		q.Set |= market.FieldPrice | market.FieldTime
	case flags&market.SetsExtended != 0:
		q.Extended, q.ExtendedTime = price, at
		q.Set |= market.FieldExtended | market.FieldExtendedTime
	}
	return nil
}
