package alpaca

import (
	"regexp"
	"time"

	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

const snapshotsPath = "/v2/stocks/snapshots"

var barsPath = regexp.MustCompile(`^/v1beta3/crypto/[a-z0-9-]+/bars$`)

// figures are what the vendor says of a symbol's day.
type figures struct {
	image market.Quote
	asOf  market.Time // the image does not include trades after this
}

// readBar reads a bar. Its time is its beginning.
func readBar(s *vendors.Scanner) (vendors.Bar, error) {
	b, err := vendors.ReadBar(s, func(v vendors.Value) (market.Time, error) { return v.Time("t") })
	if err == nil && s.Err() == nil && b.At == 0 {
		err = vendors.Bad(vendors.BadTime, "t: a bar has no time")
	}
	return b, err
}

// setDay puts a bar of the day into an image.
func setDay(q *market.Quote, b *vendors.Bar) {
	if b.SetDay(q); b.Count > 0 {
		q.Count = b.Count
		q.Set |= market.FieldCount
	}
}

// snapshot is what the vendor knows of a stock.
type snapshot struct {
	last                message // the newest trade
	minute, day, before vendors.Bar
}

// readSnapshots reads a response to snapshotsPath. A symbol that the vendor does not have is null, and so are the
// parts of one that has not traded.
func (d *Decoder) readSnapshots(body []byte, received market.Time) (map[string]figures, error) {
	known := map[string]figures{}
	received = d.marketTime(received)
	s := d.faults.Scanner(name)
	s.Reset(body)
	for s.Object(); s.More(); {
		symbol := string(s.Key())
		if s.Kind() == 'n' {
			s.Skip()
			continue
		}
		shot, err := readSnapshot(&s)
		if s.Err() != nil {
			break
		}
		e := d.symbols[symbol]
		if e == nil {
			err = vendors.Bad(vendors.BadSymbol, "%.40q was not asked for", symbol)
		}
		if err != nil {
			d.note(err)
			continue
		}
		f, err := d.figures(e, &shot, received)
		d.note(err)
		known[symbol] = f
	}
	return known, s.End()
}

func readSnapshot(s *vendors.Scanner) (shot snapshot, err error) {
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
		case "latestTrade":
			s.Fields(shot.last.field)
		case "minuteBar":
			read(&shot.minute)
		case "dailyBar":
			read(&shot.day)
		case "prevDailyBar":
			read(&shot.before)
		default:
			s.Skip()
		}
	}
	return shot, err
}

// marketTime is the time of what stocks have now: of a feed that is late by contract, an earlier one.
func (d *Decoder) marketTime(now market.Time) market.Time {
	return now - market.Time(d.stocks.delay.Microseconds())
}

// figures are what a snapshot says of the trading day that an instant belongs to. Before the day's first regular trade its bar is still
// the one of the day before, whose close is the previous close, unless that of all exchanges is known. Of a feed that trades overnight
// alone, nothing says which hours are in a daily bar, and no trade in it is a regular one: only the newest trade is taken.
func (d *Decoder) figures(e *entry, shot *snapshot, received market.Time) (f figures, err error) {
	q := market.Quote{Symbol: e.ID}
	today, before := e.days(shot, received)
	if !d.stocks.night {
		setDay(&q, &today)
		newest := today
		if today.At == 0 {
			newest = before
		}
		at := newest.At
		if at != 0 && e.Hours != nil {
			at = vendors.LastAt(e.Hours, e.dateOf(at), received)
		}
		vendors.SetLast(&q, newest.Close, at)
	}
	if !(closeReader{d}).set(e, &q, received) && !d.stocks.night {
		close := before.Close
		if e.Hours != nil && before.At != 0 {
			close = e.sinceAdjusted(close, before.At, received)
		}
		vendors.SetPrice(&q, market.FieldPreviousClose, &q.PreviousClose, close)
	}
	if shot.last.t.Known() {
		err = d.lastTrade(e, &shot.last, received, &q, &f)
	}
	if end := shot.minute.At + minute; shot.minute.At != 0 && today.At != 0 && !d.stocks.night {
		f.asOf = end
	}
	f.image = q
	return f, err
}

// days are the daily bars of the present trading day and of the one before it, as far as a snapshot has them.
func (e *entry) days(shot *snapshot, now market.Time) (today, before vendors.Bar) {
	if e.Hours == nil {
		return shot.day, shot.before
	}
	date := e.Hours.Date(now.Std())
	for _, bar := range [...]*vendors.Bar{&shot.before, &shot.day} {
		switch of := e.dateOf(bar.At); {
		case bar.At == 0:
		case of.Equal(date):
			today = *bar
		case of.Before(date):
			before = *bar
		}
	}
	return today, before
}

const minute = market.Time(time.Minute / time.Microsecond)

// lastTrade puts the newest trade into an image, as far as it sets what is shown.
func (d *Decoder) lastTrade(e *entry, m *message, received market.Time, q *market.Quote, f *figures) error {
	at, err := m.t.Time("latestTrade.t")
	if err != nil {
		return err
	}
	f.asOf = at
	price, err := m.p.Price("latestTrade.p")
	if err != nil {
		return err
	}
	effects, err := d.effects("latestTrade.c", m.c, m.z)
	if err != nil || price <= 0 {
		return err
	}
	switch flags := e.flags(effects, at); {
	case flags&market.SetsLast != 0:
		vendors.SetLast(q, price, at)
	case flags&market.SetsExtended != 0 && at >= market.TimeOf(e.Hours.Rolled(received.Std())):
		q.Extended, q.ExtendedTime = price, at
		q.Set |= market.FieldExtended | market.FieldExtendedTime
	}
	return nil
}

// readBars reads a response to barsPath: the hours of coins. Those since the roll are summed up as the day; without a
// calendar, all of them are. Hours without trades have midpoints of quotes as prices, which count as a close, but
// neither as high nor as low.
func (d *Decoder) readBars(body []byte, received market.Time) (map[string]figures, error) {
	known := map[string]figures{}
	s := d.faults.Scanner(name)
	s.Reset(body)
	for s.Object(); s.More(); {
		if string(s.Key()) != "bars" || s.Kind() != '{' {
			s.Skip()
			continue
		}
		for s.Object(); s.More(); {
			symbol := string(s.Key())
			e := d.symbols[symbol]
			if e == nil || s.Kind() != '[' {
				s.Skip()
				d.note(vendors.Bad(vendors.BadSymbol, "bars: %.40q was not asked for, or has no list", symbol))
				continue
			}
			var sum daySum
			rolled := market.TimeOf(e.Hours.Rolled(received.Std()))
			for s.Array(); s.More(); {
				b, err := readBar(&s)
				if err == nil && s.Err() == nil {
					err = sum.add(&b, rolled)
				}
				d.note(err)
			}
			known[symbol] = figures{sum.image(e.ID), received - received%minute}
		}
	}
	return known, s.End()
}

// daySum adds up the hours of a day.
type daySum struct {
	all      vendors.Bar
	turnover market.Turnover
	previous market.Price
	last     market.Price
	lastAt   market.Time
}

func (s *daySum) add(b *vendors.Bar, rolled market.Time) error {
	s.last, s.lastAt = b.Close, b.At
	if b.At < rolled {
		s.previous = b.Close
		return nil
	}
	if s.previous == 0 && s.all.At == 0 && b.Open > 0 {
		s.previous = b.Open // without an hour before the day, the day's open is the best known previous close
	}
	s.all.At = b.At
	if b.Volume.IsZero() {
		return nil
	}
	cost, fits := b.Volume.Times(b.VWAP)
	volume, volumeFits := s.all.Volume.Add(b.Volume)
	turnover, turnoverFits := s.turnover.Add(cost)
	if !fits || !volumeFits || !turnoverFits {
		return vendors.Bad(vendors.BadNumber, "v: %s at %s is more than can be summed up", b.Volume, b.VWAP)
	}
	if s.all.Volume.IsZero() {
		s.all.Open, s.all.High, s.all.Low = b.Open, b.High, b.Low
	}
	s.all.High, s.all.Low = max(s.all.High, b.High), min(s.all.Low, b.Low)
	s.all.Volume, s.turnover = volume, turnover
	s.all.Count += b.Count
	return nil
}

func (s *daySum) image(id market.SymbolID) market.Quote {
	q := market.Quote{Symbol: id}
	if !s.all.Volume.IsZero() {
		s.all.VWAP = s.turnover.Over(s.all.Volume)
		setDay(&q, &s.all)
	}
	vendors.SetPrice(&q, market.FieldPreviousClose, &q.PreviousClose, s.previous)
	vendors.SetLast(&q, s.last, s.lastAt)
	return q
}
