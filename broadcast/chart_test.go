package broadcast

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tickertape/feed/market"
)

// The charts against a plain model that keeps every trade and sums them up anew for each bar.

type modelTrade struct {
	trade
	order int
}

// modelBar sums up trades as PROTOCOL.md says.
func modelBar(k interval, start int64, trades []modelTrade) string {
	priced := func(t *modelTrade) bool {
		return t.flags&(market.SetsLast|market.SetsHighLow|market.SetsExtended|market.Late) != 0
	}
	regular := slices.ContainsFunc(trades, func(t modelTrade) bool { return priced(&t) && !t.outside() })
	var prices []modelTrade // in the order of their times
	extended := false
	for _, t := range trades {
		if !priced(&t) || t.outside() && (regular || k == oneDay) {
			continue
		}
		extended = extended || t.outside()
		prices = append(prices, t)
	}
	slices.SortStableFunc(prices, func(a, b modelTrade) int { return cmp.Compare(a.time, b.time) })
	var volume market.Quantity
	var turnover market.Turnover
	count := 0
	for _, t := range trades {
		if t.flags&market.SetsVolume != 0 {
			cost, _ := t.size.Times(t.price)
			volume, _ = volume.Add(t.size)
			turnover, _ = turnover.Add(cost)
			count++
		}
	}
	if len(prices) == 0 && count == 0 {
		return ""
	}
	text := fmt.Sprintf(`{"t":%d`, start*1e6)
	if len(prices) > 0 {
		high, low := prices[0].price, prices[0].price
		for _, t := range prices {
			high, low = max(high, t.price), min(low, t.price)
		}
		text += fmt.Sprintf(`,"o":%v,"h":%v,"l":%v,"c":%v`, prices[0].price, high, low, prices[len(prices)-1].price)
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

func modelBars(k interval, trades []modelTrade) []string {
	byStart := map[int64][]modelTrade{}
	for _, t := range trades {
		if t.flags != 0 {
			second := int64(t.time) / 1e6
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

func (c *chart) texts(k interval) []string {
	var all []string
	for i := range c.bars[k].n {
		if b := c.bars[k].at(i); !b.empty() {
			all = append(all, string(b.appendTo(nil, allBarFields)))
		}
	}
	return all
}

const morning = market.Time(1_795_012_200_000_000)

func TestBarsAreTheirTradesHoweverThoseCome(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Trades = 1000
	rapid.Check(t, func(t *rapid.T) {
		var c chart
		var trades []modelTrade
		now := morning
		for i := range rapid.IntRange(1, 60).Draw(t, "events") {
			if len(trades) > 0 && rapid.IntRange(0, 5).Draw(t, "correct") == 0 {
				m := &trades[rapid.IntRange(0, len(trades)-1).Draw(t, "which")]
				if m.flags == 0 || m.flags == market.Late {
					continue // a correction of the latter would be as good as a cancellation
				}
				k := market.Correction{ID: m.id, Old: market.Print{Price: m.price, Size: m.size, Flags: m.flags}}
				if rapid.Bool().Draw(t, "cancel") {
					m.flags = 0
				} else {
					m.price = drawPrice(t)
					k.New = market.Print{Price: m.price, Size: m.size, Flags: m.flags &^ market.Late}
				}
				if !c.correct(&k, Seq(i+1), &cfg) {
					t.Fatalf("trade %d is kept no more", m.id)
				}
				continue
			}
			now += market.Time(rapid.OneOf(rapid.Int64Range(0, 900_000), rapid.Int64Range(0, 4*3600e6)).Draw(t, "later"))
			m := modelTrade{order: i, trade: trade{id: uint64(i + 1), price: drawPrice(t), time: now,
				size:  market.Units(rapid.Uint64Range(1, 300).Draw(t, "size")),
				flags: rapid.SampledFrom([]market.Flags{market.Regular, market.Regular, market.SetsVolume, market.SetsExtended | market.SetsVolume, market.SetsExtended, 0}).Draw(t, "flags")}}
			if len(trades) > 0 && rapid.IntRange(0, 4).Draw(t, "late") == 0 {
				m.time -= market.Time(rapid.OneOf(rapid.Int64Range(0, 3e6), rapid.Int64Range(0, 3600e6)).Draw(t, "how late"))
				m.flags = m.flags.Belated()
			}
			trades = append(trades, m)
			m.time -= m.time % 32 // what a day's bar can tell apart
			trades[len(trades)-1] = m
			given := m.trade
			c.trade(&given, Seq(i+1), &cfg)
		}
		for k := range interval(numIntervals) {
			got, want := c.texts(k), modelBars(k, trades)
			if !slices.Equal(got, want) {
				t.Errorf("bars of %s\n got %s\nwant %s", k, strings.Join(got, "\n     "), strings.Join(want, "\n     "))
			}
		}
	})
}

func drawPrice(t *rapid.T) market.Price {
	return market.Price(rapid.Int64Range(1, 40).Draw(t, "price")) * market.Scale / 4
}

// Of a trade that is not kept with all of its bar, shorter bars tell what the longer one was without it.
func TestCorrectionsMendBarsOfManyTrades(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Trades = 100
	var c chart
	seq := Seq(1)
	say := func(id uint64, at market.Time, price int64) {
		c.trade(&trade{id: id, price: market.Price(price) * market.Scale, size: market.Units(1), time: at, flags: market.Regular}, seq, &cfg)
		seq++
	}
	for i := range 500 { // a quarter of an hour begins
		say(uint64(i+1), morning+market.Time(i)*500_000, int64(100+i%7))
	}
	say(1000, morning+250e6, 999) // bad
	if got := c.bars[4].at(c.bars[4].n - 1).high; got != 999*market.Scale {
		t.Fatalf("high %v", got)
	}
	if !c.correct(&market.Correction{ID: 1000, Old: market.Print{Price: 999 * market.Scale, Size: market.Units(1), Flags: market.Regular}}, seq, &cfg) {
		t.Fatal("not found")
	}
	for k := range interval(numIntervals) {
		s := &c.bars[k]
		for i := range s.n {
			if b := s.at(i); b.high > 106*market.Scale {
				t.Errorf("a bar of %s still has the bad price: %s", k, b.appendTo(nil, allBarFields))
			}
		}
	}
	day := c.bars[oneDay].at(0)
	if day.count() != 500 || day.open != 100*market.Scale || day.close != market.Price(100+499%7)*market.Scale || day.low != 100*market.Scale {
		t.Errorf("day %s", day.appendTo(nil, allBarFields))
	}
	if c.correct(&market.Correction{ID: 3, Old: market.Print{Price: 102 * market.Scale, Size: market.Units(1), Flags: market.Regular}}, seq, &cfg) {
		t.Error("a trade that is kept no more was found")
	}
}

// Of a bar whose other trades are kept no more, a correction mends what can be known.
func TestCorrectionsMendWhatCameLate(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Trades = 100
	var c chart
	id := uint64(0)
	say := func(at market.Time, price market.Price, flags market.Flags) uint64 {
		id++
		c.trade(&trade{id: id, price: price * market.Scale, size: market.Units(1), time: at, flags: flags}, 1, &cfg)
		return id
	}
	correct := func(id uint64, old, next market.Price, flags market.Flags) {
		k := market.Correction{ID: id, Old: market.Print{Price: old * market.Scale, Size: market.Units(1), Flags: flags}}
		if next != 0 {
			k.New = market.Print{Price: next * market.Scale, Size: market.Units(1), Flags: flags}
		}
		if !c.correct(&k, 2, &cfg) {
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
	correct(say(at(3000), 30, market.Regular.Belated()), 30, 31, market.Regular) // alone in its second
	correct(say(at(4000), 30, market.Regular.Belated()), 30, 0, market.Regular)
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
	cfg.Bars.Second, cfg.Bars.FiveSeconds = 0, 0
	var c chart
	id := uint64(0)
	session := func(at market.Time, trades int) {
		c.session(at, 1)
		for i := range trades {
			id++
			c.trade(&trade{id: id, price: market.Scale, size: market.Units(1), time: at + market.Time(i)*1e6, flags: market.Regular}, 1, &cfg)
		}
	}
	session(morning+30e6, 300)
	session(morning+30e6+6*3600e6, 50)
	strike := func(id uint64) {
		if !c.correct(&market.Correction{ID: id, Old: market.Print{Price: market.Scale, Size: market.Units(1), Flags: market.Regular}}, 2, &cfg) {
			t.Fatalf("trade %d not found", id)
		}
	}
	strike(290) // in the same minutes as others that are kept no more
	strike(340)
	if s := &c.bars[oneDay]; s.n != 2 || s.at(0).count() != 299 || s.at(1).count() != 49 {
		t.Errorf("%d days of %d and %d trades, want 299 and 49", s.n, s.at(0).count(), s.at(1).count())
	}
}

// What sets no price counts all the same: a bar of nothing else has the sums alone, and the volumes add up.
func TestBarsOfNoPriceTellTheirVolume(t *testing.T) {
	cfg := DefaultConfig()
	var c chart
	say := func(id uint64, second int, flags market.Flags) {
		c.trade(&trade{id: id, price: 2 * market.Scale, size: market.Units(3), time: morning + market.Time(second)*1e6, flags: flags}, 1, &cfg)
	}
	say(1, 0, market.Regular)
	say(2, 1, market.SetsVolume)
	say(3, 2, 0)
	say(4, 3, market.SetsVolume)
	c.correct(&market.Correction{ID: 4, Old: market.Print{Price: 2 * market.Scale, Size: market.Units(3), Flags: market.SetsVolume}}, 2, &cfg)
	var got []string
	for i := range c.bars[0].n {
		got = append(got, string(c.bars[0].at(i).appendTo(nil, allBarFields)))
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
			if b.start != start {
				t.Fatalf("put %d, got %d", start, b.start)
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
			if b.start <= last || !want[b.start] {
				t.Fatalf("bar %d after %d, want %v", b.start, last, want)
			}
			last = b.start
		}
		if s.n != len(want) || s.n > keep || len(s.ring) > keep {
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
	say := func(c *chart, at market.Time) {
		c.trade(&trade{price: market.Scale, size: market.Units(1), time: at, flags: market.Regular}, 1, &cfg)
	}
	starts := func(c *chart) (all []market.Time) {
		for i := range c.bars[oneDay].n {
			all = append(all, market.Time(c.bars[oneDay].at(i).start)*1e6)
		}
		return all
	}
	for name, c := range map[string]struct {
		chart chart
		say   func(c *chart)
		want  []market.Time
	}{
		"UTC's":        {chart{}, func(c *chart) { say(c, day(100)-1); say(c, day(100)) }, []market.Time{day(99), day(100)}},
		"the market's": {chart{days: venue}, func(c *chart) { say(c, day(100)+roll-1); say(c, day(100)+roll); say(c, day(101)) }, []market.Time{day(99) + roll, day(100) + roll}},
		"the session's": {chart{}, func(c *chart) {
			say(c, day(100))
			c.session(day(100)+5e6, 2)
			say(c, day(101)+5e6)
			say(c, day(100)+1e6)
		}, []market.Time{day(100), day(100) + 5e6}},
	} {
		t.Run(name, func(t *testing.T) {
			x := c.chart
			c.say(&x)
			if got := starts(&x); !slices.Equal(got, c.want) {
				t.Errorf("days begin at %v, want %v", got, c.want)
			}
			newest := c.want[len(c.want)-1]
			if got := market.Time(x.today(2)) * 1e6; got != newest {
				t.Errorf("today began at %v, want %v", got, newest)
			}
			x.bars[oneDay] = bars{} // as where none are kept
			if got := market.Time(x.today(2)) * 1e6; got != newest {
				t.Errorf("without bars of days today began at %v, want %v", got, newest)
			}
		})
	}
}

func TestRecordingThatBeginsAnewDoesNotCountTwice(t *testing.T) {
	cfg := DefaultConfig()
	var c chart
	for round := range 3 {
		c.session(morning, Seq(10*round+1))
		for i := range 5 {
			c.trade(&trade{price: market.Scale, size: market.Units(1), time: morning + market.Time(i)*1e6, flags: market.Regular}, Seq(10*round+2), &cfg)
		}
	}
	if day := c.bars[oneDay]; day.n != 1 || day.at(0).count() != 5 {
		t.Errorf("%d days, the first with %d trades; want one with 5", day.n, day.at(0).count())
	}
	if c.tape.n != 5 || c.tape.total != 15 || c.cleared != 21 {
		t.Errorf("%d trades of %d, cleared at %d", c.tape.n, c.tape.total, c.cleared)
	}
}

func TestTradesHaveADirectionAndConditions(t *testing.T) {
	cfg := DefaultConfig()
	var c chart
	for i, price := range []int64{5, 5, 6, 6, 4} {
		c.trade(&trade{price: market.Price(price) * market.Scale, time: morning, flags: market.Regular, conditions: []string{"", "@,I", "", "", ""}[i]}, 1, &cfg)
	}
	var got []string
	for i := range c.tape.n {
		var told struct {
			I, D int
			C    []string
		}
		text := c.tape.appendTo(nil, i)
		if err := json.Unmarshal(text, &told); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		got = append(got, fmt.Sprint(told.I, told.D, told.C))
	}
	if want := "1 0 [] 2 0 [@ I] 3 1 [] 4 1 [] 5 -1 []"; strings.Join(got, " ") != want {
		t.Errorf("got %v, want %v", got, want)
	}
}
