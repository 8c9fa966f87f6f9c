package massive

import (
	"time"

	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

// What is asked for over REST.
const (
	pathConditions = "/v3/reference/conditions"
	pathSnapshots  = "/v2/snapshot/locale/us/markets/stocks/tickers"
)

// figures are what the vendor says of a stock's day.
type figures struct {
	image market.Quote
	asOf  market.Time // the image does not include trades after this
	alone bool        // they have the trading day without the close before it, which is to be asked for
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
	d.note(err)
	known[e.Symbol] = f
}

// clears is when the vendor begins a new day in its snapshots, after midnight in New York, be there trading on that date or not
// (https://massive.com, "Why is the stocks snapshot's day bar zero"). From then until the day's first trade, all of the day and of
// the newest trade is zero, and the previous day is the newest one with trading.
const clears = 3*time.Hour + 30*time.Minute

// days are those of a snapshot, with their dates.
func (s *stock) days(shot *snapshot, now time.Time) days {
	date := s.Hours.DateOn(now.Add(-clears))
	var some []day
	if !shot.day.Volume.IsZero() {
		date = s.Hours.Before(date.AddDate(0, 0, 1)) // itself, unless there is no trading on it
		some = append(some, day{shot.day, date})
	}
	if shot.before.Close > 0 {
		some = append(some, day{shot.before, s.Hours.Before(date)})
	}
	return s.choose(some, now)
}

// figures are what a snapshot says of the trading day that now belongs to.
func (d *Decoder) figures(e *entry, shot *snapshot, now time.Time) (f figures, err error) {
	known := e.days(shot, now)
	f.alone = known.alone()
	if e.splitOn(now) { // the day before may be adjusted already, or not yet
		known.before = day{}
	}
	f.image = known.image(e.stock)
	if shot.updated.Known() {
		if f.asOf, err = shot.updated.Unix("updated", time.Nanosecond); err != nil {
			return f, err
		}
	}
	if shot.last.p.Known() {
		err = d.lastTrade(e, &shot.last, now, &f)
	}
	return f, err
}

// lastTrade puts the newest trade into figures, as far as it sets what is shown.
func (d *Decoder) lastTrade(e *entry, m *message, now time.Time, f *figures) error {
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
		vendors.SetLast(&f.image, price, at)
	case flags&market.SetsExtended != 0 && !at.Std().Before(e.Hours.Rolled(now)): // else it is of the evening before
		f.image.Extended, f.image.ExtendedTime = price, at
		f.image.Set |= market.FieldExtended | market.FieldExtendedTime
	}
	return nil
}
