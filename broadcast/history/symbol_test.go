package history

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tickertape/feed/market"
)

// The history against a plain model that keeps every trade and sums them up anew for each bar.

type modelTrade struct {
	Trade
	order int
}

// modelBar sums up trades as PROTOCOL.md says.
func modelBar(k Interval, start int64, trades []modelTrade) string {
	priced := func(t *modelTrade) bool {
		return t.Flags&(market.SetsHighLow|market.SetsExtended|market.OutOfOrder) != 0
	}
	regular := slices.ContainsFunc(trades, func(t modelTrade) bool { return priced(&t) && !t.Outside() })
	var prices []modelTrade // in the order of their times
	extended := false
	for _, t := range trades {
		if !priced(&t) || t.Outside() && (regular || k == Day) {
			continue
		}
		extended = extended || t.Outside()
		prices = append(prices, t)
	}
	slices.SortStableFunc(prices, func(a, b modelTrade) int { return cmp.Compare(a.Time, b.Time) })
	var volume market.Quantity
	var turnover market.Turnover
	count := 0
	for _, t := range trades {
		if t.Flags&market.SetsVolume != 0 {
			cost, _ := t.Size.Times(t.Price)
			volume, _ = volume.Add(t.Size)
			turnover, _ = turnover.Add(cost)
			count++
		}
	}
	if len(prices) == 0 && count == 0 {
		return ""
	}
	text := fmt.Sprintf(`{"t":%d`, start*1e6)
	if len(prices) > 0 {
		high, low := prices[0].Price, prices[0].Price
		for _, t := range prices {
			high, low = max(high, t.Price), min(low, t.Price)
		}
		text += fmt.Sprintf(`,"o":%v,"h":%v,"l":%v,"c":%v`, prices[0].Price, high, low, prices[len(prices)-1].Price)
	}
	text += fmt.Sprintf(`,"v":%v,"n":%d`, volume, count)
	if !volume.IsZero() {
		text += fmt.Sprintf(`,"vw":%v`, turnover.Over(volume))
	}
	if extended {
		text += `,"x":true`
	}
	return text + "}"
}

func modelBars(k Interval, trades []modelTrade) []string {
	byStart := map[int64][]modelTrade{}
	for _, t := range trades {
		if t.Flags != 0 {
			second := int64(t.Time) / 1e6
			start := second - second%int64(intervals[k].seconds)
			byStart[start] = append(byStart[start], t)
		}
	}
	starts := make([]int64, 0, len(byStart))
	for start := range byStart {
		starts = append(starts, start)
	}
	slices.Sort(starts)
	var all []string
	for _, start := range starts {
		if text := modelBar(k, start, byStart[start]); text != "" {
			all = append(all, text)
		}
	}
	return all
}

func (c *Symbol) texts(k Interval) []string {
	var all []string
	for i := range c.bars[k].n {
		if b := c.bars[k].at(i); !b.Empty() {
			all = append(all, text(b))
		}
	}
	return all
}

// text is a bar as PROTOCOL.md writes it.
func text(b *Bar) string {
	out := fmt.Sprintf(`{"t":%d`, int64(b.Start)*1e6)
	if b.Empty() {
		return out + `,"n":0}`
	}
	if b.Priced() {
		out += fmt.Sprintf(`,"o":%v,"h":%v,"l":%v,"c":%v`, b.Open, b.High, b.Low, b.Close)
	}
	out += fmt.Sprintf(`,"v":%v,"n":%d`, b.Volume, b.Count())
	if !b.Volume.IsZero() {
		out += fmt.Sprintf(`,"vw":%v`, b.Turnover.Over(b.Volume))
	}
	if b.Extended() {
		out += `,"x":true`
	}
	return out + "}"
}

// traded is a symbol and the quote that knows its trades.
type traded struct {
	Symbol
	quote market.Tally
}

// newTraded is one of which up to so many trades are kept for their corrections.
func newTraded(ledger int) *traded {
	if ledger == 0 {
		return &traded{quote: market.NewTally(0, 0, nil)}
	}
	return &traded{quote: market.NewTally(0, 0, market.NewLedgers(ledger))}
}

func (c *traded) Trade(p *Trade, seq Seq, cfg *Config) {
	c.quote.Apply(&market.Tick{Kind: market.KindTrade, ID: p.ID, Price: p.Price, Size: p.Size, Flags: p.Flags, Time: p.Time})
	c.Symbol.Trade(p, seq, cfg)
}

func (c *traded) Session(at market.Time, seq Seq) {
	c.quote.Apply(&market.Tick{Kind: market.KindSession, Time: at})
	c.Symbol.Session(at, seq)
}

func (c *traded) Correct(k *market.Correction, seq Seq, cfg *Config) bool {
	was, r := c.quote.Correct(k)
	return r == market.Accepted && was.Applied && c.Symbol.Correct(k, &was, &c.quote, seq, cfg)
}

const morning = market.Time(1_795_012_200_000_000)

func TestBarsAreTheirTradesHoweverThoseCome(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Trades = 1000
	rapid.Check(t, func(t *rapid.T) {
		c := newTraded(1 << 20)
		var trades []modelTrade
		now := morning
		for i := range rapid.IntRange(1, 60).Draw(t, "events") {
			if len(trades) > 0 && rapid.IntRange(0, 5).Draw(t, "correct") == 0 {
				m := &trades[rapid.IntRange(0, len(trades)-1).Draw(t, "which")]
				if m.Flags == 0 {
					continue
				}
				k := market.Correction{ID: m.ID, Old: market.Print{Price: m.Price, Size: m.Size, Flags: m.Flags}}
				if rapid.Bool().Draw(t, "cancel") {
					m.Flags = 0
				} else {
					m.Price = drawPrice(t)
					k.New = market.Print{Price: m.Price, Size: m.Size, Flags: inOrder(m.Flags)}
				}
				if !c.Correct(&k, Seq(i+1), &cfg) {
					t.Fatalf("trade %d is kept no more", m.ID)
				}
				continue
			}
			now += market.Time(rapid.OneOf(rapid.Int64Range(0, 900_000), rapid.Int64Range(0, 4*3600e6)).Draw(t, "later"))
			m := modelTrade{order: i, Trade: Trade{ID: uint64(i + 1), Price: drawPrice(t), Time: now,
				Size: market.Units(rapid.Uint64Range(1, 300).Draw(t, "size")),
				Flags: rapid.SampledFrom([]market.Flags{market.Regular, market.Regular, market.SetsVolume, market.SetsExtended | market.SetsVolume,
					market.SetsExtended, 0}).Draw(t, "flags")}}
			if len(trades) > 0 && rapid.IntRange(0, 4).Draw(t, "late") == 0 {
				m.Time -= market.Time(rapid.OneOf(rapid.Int64Range(0, 3e6), rapid.Int64Range(0, 3600e6)).Draw(t, "how late"))
				m.Flags = m.Flags.AsOutOfOrder()
			}
			trades = append(trades, m)
			given := m.Trade
			c.Trade(&given, Seq(i+1), &cfg)
		}
		for k := range Interval(NumIntervals) {
			got, want := c.texts(k), modelBars(k, trades)
			if !slices.Equal(got, want) {
				t.Errorf("bars of %s\n got %s\nwant %s", k, strings.Join(got, "\n     "), strings.Join(want, "\n     "))
			}
		}
	})
}

// inOrder is what a trade with these flags would set had it not come late: a correction does not say that it did.
func inOrder(f market.Flags) market.Flags {
	switch {
	case f&market.OutOfOrder == 0:
		return f
	case f.Outside():
		return f&^market.OutOfOrder | market.SetsExtended
	default:
		return f&^market.OutOfOrder | market.SetsLast
	}
}

func drawPrice(t *rapid.T) market.Price {
	return market.Price(rapid.Int64Range(1, 40).Draw(t, "price")) * market.Scale / 4
}

// Of a trade that is not kept with all of its bar, shorter bars tell what the longer one was without it.
func TestCorrectionsMendBarsOfManyTrades(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Trades = 100
	c := newTraded(1 << 20)
	seq := Seq(1)
	say := func(id uint64, at market.Time, price int64) {
		c.Trade(&Trade{ID: id, Price: market.Price(price) * market.Scale, Size: market.Units(1), Time: at, Flags: market.Regular}, seq, &cfg)
		seq++
	}
	for i := range 500 { // a quarter of an hour begins
		say(uint64(i+1), morning+market.Time(i)*500_000, int64(100+i%7))
	}
	say(1000, morning+250e6, 999) // bad
	if got := c.bars[4].at(c.bars[4].n - 1).High; got != 999*market.Scale {
		t.Fatalf("high %v", got)
	}
	if !c.Correct(&market.Correction{ID: 1000,
		Old: market.Print{Price: 999 * market.Scale, Size: market.Units(1), Flags: market.Regular}}, seq, &cfg) {
		t.Fatal("not found")
	}
	for k := range Interval(NumIntervals) {
		s := &c.bars[k]
		for i := range s.n {
			if b := s.at(i); b.High > 106*market.Scale {
				t.Errorf("a bar of %s still has the bad Price: %s", k, text(b))
			}
		}
	}
	day := c.bars[Day].at(0)
	if day.Count() != 500 || day.Open != 100*market.Scale || day.Close != market.Price(100+499%7)*market.Scale || day.Low != 100*market.Scale {
		t.Errorf("day %s", text(day))
	}
	if !c.Correct(&market.Correction{ID: 3, Old: market.Print{Price: 102 * market.Scale, Size: market.Units(1),
		Flags: market.Regular}}, seq, &cfg) {
		t.Error("a trade that has left the tape was not found")
	}
	if day := c.bars[Day].at(0); day.Count() != 499 {
		t.Errorf("day %s, want 499 trades", text(day))
	}
}

// Of a bar whose other trades are kept no more, a correction mends what can be known.
func TestCorrectionsMendWhatCameLate(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Trades = 100
	c := newTraded(0)
	id := uint64(0)
	say := func(at market.Time, price market.Price, flags market.Flags) uint64 {
		id++
		c.Trade(&Trade{ID: id, Price: price * market.Scale, Size: market.Units(1), Time: at, Flags: flags}, 1, &cfg)
		return id
	}
	correct := func(id uint64, old, next market.Price, flags market.Flags) {
		k := market.Correction{ID: id, Old: market.Print{Price: old * market.Scale, Size: market.Units(1), Flags: flags}}
		if next != 0 {
			k.New = market.Print{Price: next * market.Scale, Size: market.Units(1), Flags: flags}
		}
		if !c.Correct(&k, 2, &cfg) {
			t.Fatalf("trade %d not found", id)
		}
	}
	const outside = market.SetsExtended | market.SetsVolume
	at := func(ms int) market.Time { return morning + market.Time(ms)*1000 }
	for i := range 150 {
		say(at(i), 10, market.Regular)
	}
	last := say(at(151), 11, market.Regular)
	correct(last, 11, 8, market.Regular) // closes the second
	for i := range 150 {
		say(at(2000+i), 20, outside)
	}
	correct(say(at(2500), 21, outside), 21, 25, outside)
	for i := range 150 {
		say(at(5000+i), 10, market.Regular)
	}
	correct(say(at(3000), 30, market.Regular.AsOutOfOrder()), 30, 31, market.Regular) // alone in its second
	correct(say(at(4000), 30, market.Regular.AsOutOfOrder()), 30, 0, market.Regular)
	want := []string{
		fmt.Sprintf(`{"t":%d,"o":10,"h":11,"l":8,"c":8,"v":151,"n":151,"vw":9.9868}`, at(0)),
		fmt.Sprintf(`{"t":%d,"o":20,"h":25,"l":20,"c":25,"v":151,"n":151,"vw":20.0331,"x":true}`, at(2000)),
		fmt.Sprintf(`{"t":%d,"o":31,"h":31,"l":31,"c":31,"v":1,"n":1,"vw":31}`, at(3000)),
		fmt.Sprintf(`{"t":%d,"o":10,"h":10,"l":10,"c":10,"v":150,"n":150,"vw":10}`, at(5000)),
	}
	if got := c.texts(0); !slices.Equal(got, want) {
		t.Errorf("got %s\nwant %s", strings.Join(got, "\n    "), strings.Join(want, "\n     "))
	}
}

// A session may be shorter than 24 hours, and begin in the middle of a minute: its bar is made of that part of the
// others alone.
func TestCorrectionsMendADayOfItsOwnSession(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Trades = 100
	cfg.Bars[0], cfg.Bars[1] = 0, 0
	c := newTraded(1 << 20)
	id := uint64(0)
	session := func(at market.Time, trades int) {
		c.Session(at, 1)
		for i := range trades {
			id++
			c.Trade(&Trade{ID: id, Price: market.Scale, Size: market.Units(1), Time: at + market.Time(i)*1e6, Flags: market.Regular}, 1, &cfg)
		}
	}
	session(morning+30e6, 300)
	session(morning+30e6+6*3600e6, 50)
	strike := func(id uint64) {
		if !c.Correct(&market.Correction{ID: id, Old: market.Print{Price: market.Scale, Size: market.Units(1), Flags: market.Regular}}, 2, &cfg) {
			t.Fatalf("trade %d not found", id)
		}
	}
	strike(290) // in the same minutes as others that are kept no more
	strike(340)
	if s := &c.bars[Day]; s.n != 2 || s.at(0).Count() != 299 || s.at(1).Count() != 49 {
		t.Errorf("%d days of %d and %d trades, want 299 and 49", s.n, s.at(0).Count(), s.at(1).Count())
	}
}

// A source may use the same IDs each day.
func TestACorrectionStrikesTheTradeOfItsDay(t *testing.T) {
	cfg := DefaultConfig()
	c := newTraded(1 << 20)
	print := func(price market.Price) market.Print {
		return market.Print{Price: price, Size: market.Units(1), Flags: market.Regular}
	}
	for day, price := range []market.Price{5, 6} {
		at := morning + market.Time(day)*24*3600e6
		c.Session(at, 1)
		c.Trade(&Trade{ID: 7, Price: price, Size: market.Units(1), Time: at, Flags: market.Regular}, 1, &cfg)
	}
	c.Correct(&market.Correction{ID: 7, Old: print(5), New: print(4)}, 2, &cfg)
	if a, b := c.tape.at(0), c.tape.at(1); a.Price != 4 || !a.Corrected || b.Price != 6 || b.Corrected {
		t.Errorf("the trades are %v, %t and %v, %t", a.Price, a.Corrected, b.Price, b.Corrected)
	}
}

// What sets no price counts all the same: a bar of nothing else has the sums alone, and the volumes add up.
func TestBarsOfNoPriceTellTheirVolume(t *testing.T) {
	cfg := DefaultConfig()
	c := newTraded(1 << 20)
	say := func(id uint64, second int, flags market.Flags) {
		c.Trade(&Trade{ID: id, Price: 2 * market.Scale, Size: market.Units(3), Time: morning + market.Time(second)*1e6, Flags: flags}, 1, &cfg)
	}
	say(1, 0, market.Regular)
	say(2, 1, market.SetsVolume)
	say(3, 2, 0)
	say(4, 3, market.SetsVolume)
	c.Correct(&market.Correction{ID: 4, Old: market.Print{Price: 2 * market.Scale, Size: market.Units(3), Flags: market.SetsVolume}}, 2, &cfg)
	var got []string
	for i := range c.bars[0].n {
		got = append(got, text(c.bars[0].at(i)))
	}
	start := int64(morning)
	want := []string{
		fmt.Sprintf(`{"t":%d,"o":2,"h":2,"l":2,"c":2,"v":3,"n":1,"vw":2}`, start),
		fmt.Sprintf(`{"t":%d,"v":3,"n":1,"vw":2}`, start+1e6),
		fmt.Sprintf(`{"t":%d,"n":0}`, start+3e6), // of a trade that was struck out
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %s\nwant %s", strings.Join(got, "\n    "), strings.Join(want, "\n     "))
	}
}

func TestBarsAreBounded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		keep := rapid.IntRange(1, 9).Draw(t, "keep")
		var s bars
		want := map[uint32]bool{}
		gone := uint32(0)
		for range rapid.IntRange(1, 80).Draw(t, "puts") {
			start := uint32(rapid.IntRange(1, 40).Draw(t, "start"))
			b := s.put(start, keep)
			if b == nil {
				if start > gone && len(want) < keep {
					t.Fatalf("%d refused", start)
				}
				gone = max(gone, start)
				continue
			}
			if b.Start != start {
				t.Fatalf("put %d, got %d", start, b.Start)
			}
			if want[start] = true; len(want) > keep {
				oldest := slices.Min(slices.Collect(func(yield func(uint32) bool) {
					for k := range want {
						if !yield(k) {
							return
						}
					}
				}))
				delete(want, oldest)
				gone = max(gone, oldest)
			}
		}
		last := uint32(0)
		for i := range s.n {
			b := s.at(i)
			if b.Start <= last || !want[b.Start] {
				t.Fatalf("bar %d after %d, want %v", b.Start, last, want)
			}
			last = b.Start
		}
		if s.n != len(want) || s.n > keep || len(s.ring) >= max(keep, 1) {
			t.Fatalf("%d bars in a ring of %d, want %v", s.n, len(s.ring), want)
		}
	})
}

func TestDaysAreThoseOfTheMarket(t *testing.T) {
	cfg := DefaultConfig()
	const roll = market.Time(9 * 3600e6)
	day := func(n int64) market.Time { return market.Time(n * 86_400e6) }
	venue := func(at market.Time) (from, to market.Time) {
		from = (at-roll)/day(1)*day(1) + roll
		return from, from + day(1)
	}
	say := func(c *Symbol, at market.Time) {
		c.Trade(&Trade{Price: market.Scale, Size: market.Units(1), Time: at, Flags: market.Regular}, 1, &cfg)
	}
	starts := func(c *Symbol) (all []market.Time) {
		for i := range c.bars[Day].n {
			all = append(all, market.Time(c.bars[Day].at(i).Start)*1e6)
		}
		return all
	}
	for name, c := range map[string]struct {
		Symbol Symbol
		say    func(c *Symbol)
		want   []market.Time
	}{
		"UTC's": {Symbol{}, func(c *Symbol) { say(c, day(100)-1); say(c, day(100)) }, []market.Time{day(99), day(100)}},
		"the market's": {Symbol{days: venue}, func(c *Symbol) { say(c, day(100)+roll-1); say(c, day(100)+roll); say(c, day(101)) },
			[]market.Time{day(99) + roll, day(100) + roll}},
		"the session's": {Symbol{}, func(c *Symbol) {
			say(c, day(100))
			c.Session(day(100)+5e6, 2)
			say(c, day(101)+5e6)
			say(c, day(100)+1e6)
		}, []market.Time{day(100), day(100) + 5e6}},
	} {
		t.Run(name, func(t *testing.T) {
			x := c.Symbol
			c.say(&x)
			if got := starts(&x); !slices.Equal(got, c.want) {
				t.Errorf("days begin at %v, want %v", got, c.want)
			}
			newest := c.want[len(c.want)-1]
			if got := market.Time(x.today(2)) * 1e6; got != newest {
				t.Errorf("today began at %v, want %v", got, newest)
			}
			x.bars[Day] = bars{} // as where none are kept
			if got := market.Time(x.today(2)) * 1e6; got != newest {
				t.Errorf("without bars of days today began at %v, want %v", got, newest)
			}
		})
	}
}

func TestRecordingThatBeginsAnewDoesNotCountTwice(t *testing.T) {
	cfg := DefaultConfig()
	var c Symbol
	for round := range 3 {
		c.Session(morning, Seq(10*round+1))
		for i := range 5 {
			c.Trade(&Trade{Price: market.Scale, Size: market.Units(1), Time: morning + market.Time(i)*1e6, Flags: market.Regular},
				Seq(10*round+2), &cfg)
		}
	}
	if day := c.bars[Day]; day.n != 1 || day.at(0).Count() != 5 {
		t.Errorf("%d days, the first with %d trades; want one with 5", day.n, day.at(0).Count())
	}
	if c.tape.n != 5 || c.tape.total != 15 || c.cleared != 21 {
		t.Errorf("%d trades of %d, cleared at %d", c.tape.n, c.tape.total, c.cleared)
	}
}

// Whoever is told what was there before all began anew is told nothing more of it, and then all anew.
func TestReadersNoticeThatAllBeganAnew(t *testing.T) {
	cfg := DefaultConfig()
	var c Symbol
	trades := func(n int, seq Seq) {
		for i := range n {
			c.Trade(&Trade{Price: market.Scale, Size: market.Units(1), Time: morning + market.Time(i)*1e6, Flags: market.Regular}, seq, &cfg)
		}
	}
	trades(5, 3)
	var bars [2]Bar
	var told [2 * TradesAtOnce]NumberedTrade
	was := Reader{At: 3} // is told up to flush 3, in parts
	if n, more := c.ReadBars(&was, 3, bars[:]); n != 2 || !more {
		t.Fatalf("%d bars, more %t", n, more)
	}
	tape := Reader{Interval: Trades, After: 3, Newest: 5}
	c.Session(morning, 7)
	trades(3, 8)
	if n, more := c.ReadBars(&was, 8, bars[:]); n != 0 || more || was.At != 3 {
		t.Errorf("%d bars as of %d, more %t, after all began anew", n, was.At, more)
	}
	was.Done()
	then := tape
	then.At = 4
	if news := c.ReadTrades(&then, 8, &told); news.Any() || news.Newest != 5 {
		t.Errorf("trades as of 4: %+v", news)
	}
	for _, at := range []Seq{0, 7, 8} { // the flush that it began anew with, too
		again := was
		again.At = at
		for n, more := 0, true; more; {
			if n, more = c.ReadBars(&again, 8, bars[:]); !again.FromStart {
				t.Errorf("as of %d, %d bars are not told anew", at, n)
			}
		}
		then := tape
		then.At = at
		if news := c.ReadTrades(&then, 8, &told); !news.Reset {
			t.Errorf("as of %d, the trades are not told anew: %+v", at, news)
		}
	}
}

// Whoever knows newer trades than those of the flush that it was told is not told them again as if they were mended.
func TestTradesAreToldAgainOnlyWhenMended(t *testing.T) {
	cfg := DefaultConfig()
	c := newTraded(1 << 20)
	for i := range 4 {
		c.Trade(&Trade{ID: uint64(i + 1), Price: market.Scale, Time: morning, Flags: market.Regular}, Seq(i+1), &cfg)
	}
	c.Correct(&market.Correction{ID: 2, Old: market.Print{Price: market.Scale, Flags: market.Regular}}, 5, &cfg)
	var told [2 * TradesAtOnce]NumberedTrade
	news := c.ReadTrades(&Reader{Interval: Trades, After: 1, Newest: 3}, 5, &told)
	if news.Trades != 2 || told[0].Number != 2 || told[1].Number != 4 || news.Skipped != 0 {
		t.Errorf("%+v %v, want the mended one and the new one", news, told[:news.Trades])
	}
}

// A trade that was mended since is not told as it is now with a flush of before.
func TestTradesAreToldAsOfOneFlush(t *testing.T) {
	cfg := DefaultConfig()
	c := newTraded(1 << 20)
	for i := range 4 {
		c.Trade(&Trade{ID: uint64(i + 1), Price: market.Scale, Time: morning, Flags: market.Regular}, Seq(i+1), &cfg)
	}
	c.Correct(&market.Correction{ID: 2, Old: market.Print{Price: market.Scale, Flags: market.Regular}}, 5, &cfg)
	var told [2 * TradesAtOnce]NumberedTrade
	for name, tc := range map[string]struct {
		reader Reader
		at     Seq
		trades int
	}{
		"it is new":                      {Reader{After: 1, At: 3, Newest: 1}, 5, 3},
		"it is known, and left for then": {Reader{After: 2, At: 3, Newest: 2}, 3, 1},
		"it is told anew":                {Reader{FromStart: true, At: 3}, 5, 4},
	} {
		r := tc.reader
		r.Interval = Trades
		if news := c.ReadTrades(&r, 5, &told); r.At != tc.at || news.Trades != tc.trades {
			t.Errorf("%s: %d trades as of %d, want %d as of %d", name, news.Trades, r.At, tc.trades, tc.at)
		}
	}
}

func TestTradesHaveADirection(t *testing.T) {
	cfg := DefaultConfig()
	var c Symbol
	var got []int8
	for _, price := range []int64{5, 5, 6, 6, 4} {
		p := Trade{Price: market.Price(price) * market.Scale, Time: morning, Flags: market.Regular}
		c.Trade(&p, 1, &cfg)
		got = append(got, p.Direction)
	}
	if want := []int8{0, 0, 1, 1, -1}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
