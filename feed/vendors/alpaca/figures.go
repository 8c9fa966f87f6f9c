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
	asOf  market.Time // trades that are later are not in it
}

// bar is what the trades of some time add up to.
type bar struct {
	at                           market.Time // its beginning; 0: there is none
	open, high, low, close, vwap market.Price
	volume                       market.Quantity
	count                        uint64
}

func readBar(s *vendors.Scanner) (b bar, err error) {
	price := func(key string, to *market.Price) {
		if v := s.Value(); err == nil {
			*to, err = v.Average(key)
		}
	}
	for s.Object(); s.More(); {
		switch string(s.Key()) {
		case "t":
			if v := s.Value(); err == nil {
				b.at, err = v.Time("t")
			}
		case "o":
			price("o", &b.open)
		case "h":
			price("h", &b.high)
		case "l":
			price("l", &b.low)
		case "c":
			price("c", &b.close)
		case "vw":
			price("vw", &b.vwap)
		case "v":
			if v := s.Value(); err == nil {
				b.volume, err = v.Quantity("v")
			}
		case "n":
			if v := s.Value(); err == nil {
				b.count, err = v.Uint("n")
			}
		default:
			s.Skip()
		}
	}
	if err == nil && s.Err() == nil && b.at == 0 {
		err = vendors.Bad(vendors.BadTime, "t: a bar has no time")
	}
	return b, err
}

// setPrice puts a price into an image, unless it is unknown.
func setPrice(q *market.Quote, f market.Fields, to *market.Price, p market.Price) {
	if p > 0 {
		*to = p
		q.Set |= f
	}
}

// setLast puts a last price into an image, with an instant that is not after its trade.
func setLast(q *market.Quote, p market.Price, at market.Time) {
	if p > 0 {
		q.Price, q.Time = p, at
		q.Set |= market.FieldPrice | market.FieldTime
	}
}

// day puts a bar of the day into an image.
func (b *bar) day(q *market.Quote) {
	setPrice(q, market.FieldOpen, &q.Open, b.open)
	setPrice(q, market.FieldHigh, &q.High, b.high)
	setPrice(q, market.FieldLow, &q.Low, b.low)
	if setPrice(q, market.FieldVWAP, &q.VWAP, b.vwap); !b.volume.IsZero() {
		q.Volume = b.volume
		q.Set |= market.FieldVolume
	}
	if b.count > 0 {
		q.Count = b.count
		q.Set |= market.FieldCount
	}
}

// snapshot is what the vendor knows of a stock.
type snapshot struct {
	last                message // the newest trade
	minute, day, before bar
}

// readSnapshots reads an answer to snapshotsPath. A symbol that the vendor does not have is null, and so are the
// parts of one that has not traded.
func (d *Decoder) readSnapshots(body []byte, received market.Time) (map[string]figures, error) {
	known := map[string]figures{}
	var s vendors.Scanner
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
	read := func(to *bar) {
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
			for s.Object(); s.More(); {
				if f := shot.last.field(s.Key()); f != nil {
					*f = s.Value()
				} else {
					s.Skip()
				}
			}
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

// figures are what a snapshot says of the trading day that an instant belongs to. Before the day's first trade its
// bar is still the one of the day before, whose close is the previous close.
func (d *Decoder) figures(e *entry, shot *snapshot, received market.Time) (f figures, err error) {
	q := market.Quote{Symbol: e.id}
	today := e.sameDay(shot.day.at, received)
	if today {
		shot.day.day(&q)
		setPrice(&q, market.FieldPreviousClose, &q.PreviousClose, shot.before.close)
	} else {
		setPrice(&q, market.FieldPreviousClose, &q.PreviousClose, shot.day.close)
	}
	setLast(&q, shot.day.close, shot.day.at)
	if shot.last.t.Known() {
		err = d.lastTrade(e, &shot.last, received, &q, &f)
	}
	if end := shot.minute.at + minute; shot.minute.at != 0 && today {
		f.asOf = end
	}
	f.image = q
	return f, err
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
		setLast(q, price, at)
	case flags&market.SetsExtended != 0 && at >= e.rolled(received):
		q.Extended, q.ExtendedTime = price, at
		q.Set |= market.FieldExtended | market.FieldExtendedTime
	}
	return nil
}

// sameDay tells whether a daily bar, which has the midnight of its day in New York, is of the trading day that an
// instant belongs to. Without a calendar it is.
func (in *instrument) sameDay(bar, now market.Time) bool {
	if bar == 0 || in.hours == nil {
		return bar != 0
	}
	zone := in.hours.Zone()
	y, m, d := bar.Std().In(zone).Date()
	ty, tm, td := in.hours.Rolled(now.Std()).In(zone).Date()
	return y == ty && m == tm && d == td
}

// readBars reads an answer to barsPath: the hours of coins, of which those since the roll are the day. Without a
// calendar all are, of the last 24 hours. Hours without trades have prices between those of quotes, which are
// neither high nor low, but good enough for a close.
func (d *Decoder) readBars(body []byte, received market.Time) (map[string]figures, error) {
	known := map[string]figures{}
	var s vendors.Scanner
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
			rolled := e.rolled(received)
			for s.Array(); s.More(); {
				b, err := readBar(&s)
				if err == nil && s.Err() == nil {
					err = sum.add(&b, rolled)
				}
				d.note(err)
			}
			known[symbol] = figures{sum.image(e.id), received - received%minute}
		}
	}
	return known, s.End()
}

// daySum adds up the hours of a day.
type daySum struct {
	all      bar
	turnover market.Turnover
	previous market.Price
	last     market.Price
	lastAt   market.Time
}

func (y *daySum) add(b *bar, rolled market.Time) error {
	y.last, y.lastAt = b.close, b.at
	if b.at < rolled {
		y.previous = b.close
		return nil
	}
	if y.previous == 0 && y.all.at == 0 && b.open > 0 {
		y.previous = b.open // where there is no hour before: it continues there
	}
	y.all.at = b.at
	if b.volume.IsZero() {
		return nil
	}
	cost, fits := b.volume.Times(b.vwap)
	volume, volumeFits := y.all.volume.Add(b.volume)
	turnover, turnoverFits := y.turnover.Add(cost)
	if !fits || !volumeFits || !turnoverFits {
		return vendors.Bad(vendors.BadNumber, "v: %s at %s is more than can be summed up", b.volume, b.vwap)
	}
	if y.all.volume.IsZero() {
		y.all.open, y.all.high, y.all.low = b.open, b.high, b.low
	}
	y.all.high, y.all.low = max(y.all.high, b.high), min(y.all.low, b.low)
	y.all.volume, y.turnover = volume, turnover
	y.all.count += b.count
	return nil
}

func (y *daySum) image(id market.SymbolID) market.Quote {
	q := market.Quote{Symbol: id}
	if !y.all.volume.IsZero() {
		y.all.vwap = y.turnover.Over(y.all.volume)
		y.all.day(&q)
	}
	setPrice(&q, market.FieldPreviousClose, &q.PreviousClose, y.previous)
	setLast(&q, y.last, y.lastAt)
	return q
}
