package vendortest

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"tickertape/feed/calendar"
	"tickertape/feed/market"
)

// Week is what some stocks did from Wednesday, 13 January 2027 to Friday, 22 January: the market's own record, from which a fake
// vendor makes its messages, and by which a test judges what a viewer sees. It has a weekend, a holiday on a Monday (18 January,
// Martin Luther King Jr. Day), a split on the morning of the Tuesday after it, a change of a ticker on Wednesday, and a half day on
// Thursday.
type Week struct {
	Calendar calendar.Config
	Hours    *calendar.Market
	All      *calendar.Calendar
	Trades   []*WeekTrade // in order of time

	symbols map[string][]*WeekTrade
}

// The stocks of a week. Each has its own reason.
const (
	Steady   = "STDY" // nothing happens to it; it is traded all the time when a program starts
	Seldom   = "SLOW" // is first traded an hour after the open, then twice an hour, and never outside the session
	Divided  = "DIVD" // is split SplitNew for 1 on SplitDate
	Before   = "OLDT" // is called After from RenameDate on
	After    = "NEWT" // did not exist before
	SplitNew = 4
)

// WeekStocks are all symbols of a week.
var WeekStocks = []string{Steady, Seldom, Divided, Before, After}

// The dates on which things happen, by their midnight UTC.
var (
	Friday     = date(15)
	Holiday    = date(18)
	SplitDate  = date(19)
	RenameDate = date(20)
	HalfDay    = date(21)
	LastDay    = date(22)
)

// sessions are the dates with trading.
var sessions = []time.Time{date(13), date(14), date(15), date(19), date(20), date(21), date(22)}

func date(day int) time.Time { return time.Date(2027, time.January, day, 0, 0, 0, 0, time.UTC) }

// Sale is the kind of a trade: what its conditions say.
type Sale uint8

const (
	Ordinary      Sale = iota // sets last, high, low and volume
	OddLot                    // of less than a round lot: sets volume only
	Outside                   // of the hours outside the regular session: sets volume, and the last price outside the session
	Prior                     // refers to a price of before: sets high, low and volume, not the last price
	OpeningPrint              // of the opening auction: as an ordinary one
	ClosingPrint              // of the closing auction: as an ordinary one, though the session is over
	OfficialOpen              // repeats a price: sets nothing
	OfficialClose             // repeats a price, up to three hours later: sets nothing
)

// Last reports whether a trade of this kind always sets the last price of the session.
func (s Sale) Last() bool { return s == Ordinary || s == OpeningPrint || s == ClosingPrint }

// Range reports whether it sets high and low of the session.
func (s Sale) Range() bool { return s.Last() || s == Prior }

// Counts reports whether it counts into the volume.
func (s Sale) Counts() bool { return s != OfficialOpen && s != OfficialClose }

// WeekTrade is one trade of a week.
type WeekTrade struct {
	Symbol string
	Price  market.Price
	Size   int64
	At     time.Time // of whole milliseconds
	Sale   Sale
	Own    bool      // it was made on the exchange whose trades are all that some feeds have
	Number int       // rises over all trades of the week
	Date   time.Time // of its trading day, by its midnight UTC

	Seen bool // a connection was open that it was sent to
}

// NewWeek makes a week. With overnight, trading days begin at 20:00 of the evening before, with an overnight session.
func NewWeek(t testing.TB, overnight bool) *Week {
	t.Helper()
	w := &Week{Calendar: calendar.DefaultConfig(), symbols: map[string][]*WeekTrade{}}
	w.Calendar.Early = []string{HalfDay.Format(time.DateOnly) + " 13:00"}
	if overnight {
		w.Calendar.USRoll, w.Calendar.USOvernight = "20:00", "20:00"
	}
	var err error
	if w.All, err = calendar.New(w.Calendar); err != nil {
		t.Fatal(err)
	}
	w.Hours, _ = w.All.Market("us")
	for i, stock := range []struct {
		symbol string
		cents  int64
	}{{Steady, 18_950}, {Seldom, 4_210}, {Divided, 61_240}, {Before, 8_875}} {
		g := generator{w: w, r: rand.New(rand.NewPCG(19, uint64(i))), symbol: stock.symbol, cents: stock.cents}
		for _, date := range sessions {
			g.session(date, overnight)
		}
	}
	slices.SortStableFunc(w.Trades, func(a, b *WeekTrade) int { return a.At.Compare(b.At) })
	for i, k := range w.Trades {
		k.Number = i + 1
		w.symbols[k.Symbol] = append(w.symbols[k.Symbol], k)
	}
	return w
}

// Whole is the week, from the midst of the session on Friday to the session of the Friday after.
func (w *Week) Whole() (from, to time.Time) {
	return w.Clock(Friday, 9, 40, 30), w.Clock(LastDay, 10, 5, 0)
}

// Nights is the part of the week from the evening of the holiday to the session of the half day.
func (w *Week) Nights() (from, to time.Time) {
	return w.Clock(Holiday, 19, 30, 30), w.Clock(HalfDay, 10, 5, 0)
}

// restarts are when a program is stopped and started anew: on Saturday, on the morning of the split, and on the evening of the
// day after it.
func (w *Week) restarts() [][2]time.Time {
	return [][2]time.Time{
		{w.Clock(Friday.AddDate(0, 0, 1), 10, 55, 30), w.Clock(Friday.AddDate(0, 0, 1), 11, 0, 30)},
		{w.Clock(SplitDate, 7, 40, 30), w.Clock(SplitDate, 7, 42, 10)},
		{w.Clock(RenameDate, 17, 20, 30), w.Clock(RenameDate, 17, 22, 10)},
	}
}

// outages are when the vendor cannot be reached: within the session on Friday, and while the half day ends.
func (w *Week) outages() [][2]time.Time {
	return [][2]time.Time{
		{w.Clock(Friday, 11, 20, 30), w.Clock(Friday, 11, 24, 30)},
		{w.Clock(HalfDay, 12, 58, 30), w.Clock(HalfDay, 13, 4, 30)},
	}
}

// generator makes the trades of one stock.
type generator struct {
	w      *Week
	r      *rand.Rand
	symbol string
	cents  int64 // the newest price
}

// Clock is a time of day in New York, on a date.
func (w *Week) Clock(date time.Time, hour, minute, second int) time.Time {
	y, m, d := date.Date()
	return time.Date(y, m, d, hour, minute, second, 0, w.Hours.Zone())
}

// session makes the trades of one date. None is in the first four seconds of a minute, which checks have to themselves.
func (g *generator) session(date time.Time, overnight bool) {
	if g.symbol == Divided && date.Equal(SplitDate) {
		g.cents /= SplitNew
	}
	if g.symbol == Before && date.Equal(RenameDate) {
		g.symbol = After
	}
	w, shut := g.w, 16
	if date.Equal(HalfDay) {
		shut = 13
	}
	opens, closes := w.Clock(date, 9, 30, 5), w.Clock(date, shut, 0, 5)
	if g.symbol == Seldom {
		g.every(opens.Add(70*time.Minute), closes.Add(-10*time.Minute), 20*time.Minute, 35*time.Minute, func() Sale { return Ordinary })
		return
	}
	outside := func() Sale {
		if g.r.IntN(5) == 0 {
			return OddLot
		}
		return Outside
	}
	if overnight {
		y, m, d := date.Date()
		evening := time.Date(y, m, d-1, 20, 0, 30, 0, w.Hours.Zone())
		g.every(evening, w.Clock(date, 3, 57, 0), 25*time.Minute, 50*time.Minute, outside)
	}
	g.every(w.Clock(date, 4, 0, 30), w.Clock(date, 9, 28, 0), // before anybody has asked for the figures of the day
		12*time.Minute, 24*time.Minute, outside)
	if g.symbol == Steady {
		for _, restart := range w.restarts()[1:] {
			if y, m, d := restart[1].Date(); date.Equal(time.Date(y, m, d, 0, 0, 0, 0, time.UTC)) {
				g.every(restart[1].Add(-10*time.Second), restart[1].Add(20*time.Second), 50*time.Millisecond, 150*time.Millisecond, outside)
			}
		}
	}
	g.add(opens, OpeningPrint, 5_000)
	g.add(opens.Add(time.Second), OfficialOpen, 5_000)
	g.add(opens.Add(10*time.Second), Ordinary, 300).Own = true // before anybody asks for the figures once more
	g.every(opens.Add(20*time.Second), closes.Add(-20*time.Second), 60*time.Second, 150*time.Second, func() Sale {
		switch g.r.IntN(20) {
		case 0, 1:
			return OddLot
		case 2:
			return Prior
		default:
			return Ordinary
		}
	})
	g.add(closes, ClosingPrint, 20_000)
	g.add(closes.Add(time.Second), OfficialClose, 20_000)
	g.add(closes.Add(10*time.Minute), OfficialClose, 20_000)
	g.every(closes.Add(3*time.Minute), closes.Add(3*time.Hour+55*time.Minute), 15*time.Minute, 35*time.Minute, outside)
	if overnight { // until its day is over, no later
		return
	}
	g.add(closes.Add(4*time.Hour-30*time.Second), Outside, 100)
}

// every makes trades from one time to another, with gaps between two lengths.
func (g *generator) every(from, to time.Time, least, most time.Duration, sale func() Sale) {
	for at := from; at.Before(to); at = at.Add(least + time.Duration(g.r.Int64N(int64(most-least)))) {
		at = at.Truncate(time.Millisecond)
		if at.Second() < 5 {
			at = at.Add(5 * time.Second)
		}
		g.add(at, sale(), 100*(1+g.r.Int64N(9)))
	}
}

// add makes one trade. Prices go a little up and down; one that repeats a price, or refers to an old one, leaves the newest as it is.
func (g *generator) add(at time.Time, sale Sale, size int64) *WeekTrade {
	cents := g.cents
	switch sale {
	case OfficialOpen, OfficialClose:
	case OddLot:
		cents, size = cents+g.r.Int64N(61)-30, 1+g.r.Int64N(99)
	case Prior:
		cents += g.r.Int64N(121) - 60
	default:
		cents += g.r.Int64N(41) - 20
		g.cents = cents
	}
	own := g.r.IntN(2) == 0 && sale < OpeningPrint && g.w.Hours.Phase(at) != calendar.Overnight // auctions and nights are elsewhere
	k := &WeekTrade{Symbol: g.symbol, Price: market.Price(cents) * market.Scale / 100, Size: size, At: at, Sale: sale, Own: own,
		Date: g.w.Hours.Date(at)}
	g.w.Trades = append(g.w.Trades, k)
	return k
}

// Of are the trades of a symbol up to a time. With mapped, the present name of a stock has the trades under its name of before,
// too, and that name has none.
func (w *Week) Of(symbol string, now time.Time, mapped bool) []*WeekTrade {
	all := w.symbols[symbol]
	if mapped && !now.Before(w.Hours.Begins(RenameDate)) {
		switch symbol {
		case Before:
			return nil
		case After:
			all = slices.Concat(w.symbols[Before], all)
		}
	}
	n, _ := slices.BinarySearchFunc(all, now, func(k *WeekTrade, now time.Time) int {
		return cmp.Or(k.At.Compare(now), -1) // those of now, too
	})
	return all[:n]
}

// Own are those of some trades that were made on the one exchange.
func Own(trades []*WeekTrade) (own []*WeekTrade) {
	for _, k := range trades {
		if k.Own {
			own = append(own, k)
		}
	}
	return own
}

// WeekBar is what the trades of one day add up to. Prices are 0 where no trade has set them.
type WeekBar struct {
	Date                   time.Time
	Open, High, Low, Close market.Price
	Extended               market.Price // the last price outside the session, if it is the newest; else 0
	Volume                 int64
	Count                  int
	VWAP                   market.Price
	Closed                 time.Time // when Close was traded
	Newest                 *WeekTrade
}

// Bars are the days of some trades, the oldest first.
func Bars(trades []*WeekTrade) (days []WeekBar) {
	var turnover market.Turnover
	for _, k := range trades {
		if n := len(days); n == 0 || !days[n-1].Date.Equal(k.Date) {
			days, turnover = append(days, WeekBar{Date: k.Date}), market.Turnover{}
		}
		b := &days[len(days)-1]
		b.Newest = k
		if k.Sale.Counts() {
			size := market.Units(uint64(k.Size))
			cost, _ := size.Times(k.Price)
			turnover, _ = turnover.Add(cost)
			b.Volume, b.Count = b.Volume+k.Size, b.Count+1
			b.VWAP = turnover.Over(market.Units(uint64(b.Volume)))
		}
		if k.Sale.Range() {
			b.High = max(b.High, k.Price)
			if b.Low == 0 || k.Price < b.Low {
				b.Low = k.Price
			}
		}
		switch {
		case k.Sale.Last(), k.Sale == Prior && b.Close == 0:
			if b.Open == 0 {
				b.Open = k.Price
			}
			b.Close, b.Closed, b.Extended = k.Price, k.At, 0
		case k.Sale == Outside:
			b.Extended = k.Price
		}
	}
	return days
}

// Comparable is a price of a symbol and date as it compares with those of another date: divided by the split between them.
func Comparable(symbol string, p market.Price, of, with time.Time) market.Price {
	if symbol == Divided && of.Before(SplitDate) && !with.Before(SplitDate) {
		return market.Adjustment{New: SplitNew, Old: 1}.Price(p)
	}
	return p
}
