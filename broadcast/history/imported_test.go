package history

import (
	"fmt"
	"testing"

	"tickertape/feed/market"
)

// hour is what imported bars begin with.
const hour = market.Time(1_795_010_400_000_000)

func bar(seconds int, price int64, count uint32) market.Bar {
	p := market.Price(price) * market.Scale
	b := market.Bar{Start: hour + market.Time(seconds)*1e6, Count: count, Volume: market.Units(uint64(count))}
	if count > 0 {
		b.Open, b.High, b.Low, b.Close, b.VWAP = p, p+market.Scale, p, p, p
	}
	return b
}

func numbered(number uint64, price int64) market.NumberedTrade {
	return market.NumberedTrade{Number: number, Price: market.Price(price) * market.Scale, Size: market.Units(1),
		Time: hour + market.Time(number)*1e6}
}

// shown is what there is of bars of a second and of trades.
func shown(s *Symbol) string {
	var bars [100]Bar
	n, _ := s.Newest(0, 0, 1<<40, 0, bars[:])
	text := ""
	for _, b := range bars[:n] {
		text += fmt.Sprintf("%d:%vx%d@%v ", b.Start-uint32(hour/1e6), b.Close, b.Count(), b.Turnover.Over(b.Volume))
	}
	var trades [2 * TradesAtOnce]NumberedTrade
	read := s.TradesSince(TradesQuery{At: 1 << 40, FromStart: true}, &trades)
	for _, k := range trades[:read.Trades] {
		text += fmt.Sprintf("#%d=%v ", k.Number, k.Price)
	}
	return text
}

func TestImportedBarsReplaceThoseOfTheirTime(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Bars[0] = 3
	s := NewSymbol(nil)
	steps := []struct {
		reset   bool
		bars    []market.Bar
		want    string
		changed bool
		cleared bool
	}{
		{true, []market.Bar{bar(1, 10, 2), bar(2, 11, 1)}, "1:10x2@10 2:11x1@11 ", true, false},
		{true, []market.Bar{bar(1, 10, 2), bar(2, 11, 1)}, "1:10x2@10 2:11x1@11 ", false, false}, // the same again
		{false, []market.Bar{bar(1, 12, 3), bar(4, 13, 1)}, "1:12x3@12 2:11x1@11 4:13x1@13 ", true, false},
		{false, []market.Bar{bar(0, 9, 1)}, "1:12x3@12 2:11x1@11 4:13x1@13 ", false, false}, // older than what is kept
		{false, []market.Bar{bar(3, 9, 1)}, "2:11x1@11 3:9x1@9 4:13x1@13 ", true, false},
		{false, []market.Bar{bar(3, 0, 0)}, "2:11x1@11 4:13x1@13 ", true, false},                 // its last trade was cancelled
		{true, []market.Bar{bar(2, 11, 1), bar(4, 13, 1)}, "2:11x1@11 4:13x1@13 ", false, false}, // it is gone there, too
		{true, []market.Bar{bar(4, 14, 1)}, "4:14x1@14 ", true, true},
		{true, nil, "", true, true},
	}
	for i, x := range steps {
		seq := Seq(i + 1)
		changed := ImportBars(s, &market.Bars{Interval: "1s", Reset: x.reset, Bars: x.bars}, seq, &cfg)
		if got := shown(s); got != x.want || changed != x.changed || s.Cleared(seq-1) != x.cleared || s.TradesChanged(seq-1) != x.changed {
			t.Errorf("step %d: %s, changed %t, cleared %t, %t; want %+v", i, got, changed, s.Cleared(seq-1), s.TradesChanged(seq-1), x)
		}
	}
	for _, interval := range []string{"2s", "1 s"} {
		if ImportBars(NewSymbol(nil), &market.Bars{Interval: interval, Bars: []market.Bar{bar(60, 1, 1)}}, 1, &cfg) {
			t.Errorf("bars of %q are kept", interval)
		}
	}
}

func TestReadersGetWhatWasImported(t *testing.T) {
	cfg := DefaultConfig()
	s := NewSymbol(nil)
	ImportBars(s, &market.Bars{Interval: "1s", Bars: []market.Bar{bar(1, 10, 1), bar(2, 10, 1), bar(3, 10, 1)}}, 1, &cfg)
	ImportBars(s, &market.Bars{Interval: "1s", Bars: []market.Bar{bar(1, 12, 2), bar(3, 10, 1)}}, 2, &cfg)
	var bars [10]Bar
	if n, _ := s.Changed(0, 1, 2, 0, bars[:]); n != 1 || bars[0].Close != 12*market.Scale {
		t.Errorf("%d bars changed: %+v", n, bars[:n])
	}
}

func TestImportedTradesHaveTheirNumbers(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Trades = TradesAtOnce
	s := NewSymbol(nil)
	corrected := numbered(6, 66)
	corrected.Corrected = true
	steps := []struct {
		reset   bool
		trades  []market.NumberedTrade
		want    string
		cleared bool
	}{
		{true, []market.NumberedTrade{numbered(5, 50), numbered(6, 60)}, "#5=50 #6=60 ", false},
		{true, []market.NumberedTrade{numbered(5, 50), numbered(6, 60), numbered(7, 70)}, "#5=50 #6=60 #7=70 ", false},
		{false, []market.NumberedTrade{corrected, numbered(8, 80)}, "#5=50 #6=66 #7=70 #8=80 ", false},
		{false, []market.NumberedTrade{numbered(8, 80)}, "#5=50 #6=66 #7=70 #8=80 ", false},
		{false, []market.NumberedTrade{numbered(11, 1)}, "#11=1 ", false},                  // those between were left out
		{true, []market.NumberedTrade{numbered(12, 2)}, "#12=2 ", true},                    // the recording was begun anew
		{true, []market.NumberedTrade{numbered(1, 9), numbered(2, 8)}, "#1=9 #2=8 ", true}, // of another run
		{true, []market.NumberedTrade{numbered(1, 7), numbered(2, 8)}, "#1=7 #2=8 ", true}, // and another
		{true, nil, "", true},
	}
	for i, x := range steps {
		seq := Seq(i + 1)
		ImportTrades(s, &market.Trades{Reset: x.reset, Trades: x.trades}, seq, &cfg)
		if got := shown(s); got != x.want || s.Cleared(seq-1) != x.cleared {
			t.Errorf("step %d: %s, cleared %t; want %s, %t", i, got, s.Cleared(seq-1), x.want, x.cleared)
		}
	}
}

// After a flood of trades, readers need not begin anew: they are told how many were left out.
func TestImportedTradesSkipWhatWasTooMuch(t *testing.T) {
	cfg := DefaultConfig()
	s := NewSymbol(nil)
	ImportTrades(s, &market.Trades{Reset: true, Trades: []market.NumberedTrade{numbered(1, 10), numbered(2, 20)}}, 1, &cfg)
	var last []market.NumberedTrade
	for i := range uint64(TradesAtOnce) {
		last = append(last, numbered(1000+i, 5))
	}
	ImportTrades(s, &market.Trades{Reset: true, Trades: last}, 2, &cfg)
	var into [2 * TradesAtOnce]NumberedTrade
	read := s.TradesSince(TradesQuery{After: 1, At: 2, Newest: 2}, &into)
	if s.Cleared(1) || read.Trades != TradesAtOnce || read.Skipped != 997 || read.Reset || into[0].Number != 1000 {
		t.Errorf("cleared %t, read %+v", s.Cleared(1), read)
	}
}

// Where another source counted meanwhile, its trades have numbers that mean something else.
func TestImportedTradesDoNotMixWithThoseThatAreNumberedHere(t *testing.T) {
	cfg := DefaultConfig()
	s := NewSymbol(nil)
	ImportTrades(s, &market.Trades{Trades: []market.NumberedTrade{numbered(1, 10), numbered(2, 20)}}, 1, &cfg)
	s.Trade(&Trade{Price: 99 * market.Scale, Size: market.Units(1), Time: hour, Flags: market.Regular}, 2, &cfg)
	if got := shown(s)[len(shown(s))-len("#1=10 #2=20 #3=99 "):]; got != "#1=10 #2=20 #3=99 " {
		t.Errorf("with one of the other source: %s", got)
	}
	ImportTrades(s, &market.Trades{Trades: []market.NumberedTrade{numbered(3, 30)}}, 3, &cfg)
	if got := shown(s); got[len(got)-len("#3=30 "):] != "#3=30 " || !s.Cleared(2) {
		t.Errorf("back again: %s", got)
	}
}
