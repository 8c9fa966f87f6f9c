package market

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// model sums up trades the long way.
func model(trades []Tick, previousClose Price) Quote {
	y := NewTally(0, previousClose, NewLedgers(1000))
	for i := range trades {
		if trades[i].Flags != 0 {
			k := trades[i]
			k.ID = 0
			y.Apply(&k)
		}
	}
	return y.Quote()
}

// TestCorrectedTradesAreAsIfTheyHadBeenRight takes back or changes some of the newest trades, and compares with
// a tally that was told the truth from the start.
func TestCorrectedTradesAreAsIfTheyHadBeenRight(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		price := rapid.Int64Range(95, 105)
		flags := rapid.SampledFrom([]Flags{Regular, Regular, Regular, SetsVolume, SetsHighLow | SetsVolume, SetsLast | SetsVolume})
		trades := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Tick {
			return Tick{Flags: flags.Draw(t, "flags"), Price: Price(price.Draw(t, "price")) * Scale,
				Size: Units(rapid.Uint64Range(1, 9).Draw(t, "size"))}
		}), 1, 20).Draw(t, "trades")
		y := NewTally(0, 100*Scale, NewLedgers(1000))
		for i := range trades {
			trades[i].ID, trades[i].Time = uint64(i+1), Time(i+1)
			if r := y.Apply(&trades[i]); r != Accepted {
				t.Fatal(r)
			}
		}
		newest := max(0, len(trades)-4)
		for n := range rapid.IntRange(1, 3).Draw(t, "corrections") {
			k := &trades[rapid.IntRange(newest, len(trades)-1).Draw(t, "which")]
			if k.Flags == 0 {
				continue // is cancelled
			}
			c := Correction{ID: k.ID, Old: Print{k.Price, k.Size, k.Flags}, Time: Time(100 + n)}
			if rapid.Bool().Draw(t, "changed") {
				c.New = Print{Price(price.Draw(t, "new price")) * Scale, k.Size, k.Flags}
			}
			k.Price, k.Flags = c.New.Price, c.New.Flags
			if _, r := y.Correct(&c); r != Accepted {
				t.Fatal(r)
			}
		}
		got, want := y.Quote(), model(trades, 100*Scale)
		if got.Volume != want.Volume || got.Count != want.Count || got.VWAP != want.VWAP {
			t.Errorf("volume %v, count %d, vwap %v; want %v, %d, %v", got.Volume, got.Count, got.VWAP, want.Volume, want.Count, want.VWAP)
		}
		if want.Set&FieldPrice != 0 && (got.Price != want.Price || got.Size != want.Size) {
			t.Errorf("last %v × %v, want %v × %v", got.Price, got.Size, want.Price, want.Size)
		}
		if want.Set&FieldHigh != 0 && (got.High != want.High || got.Low != want.Low) {
			t.Errorf("high %v, low %v; want %v, %v", got.High, got.Low, want.High, want.Low)
		}
	})
}

func TestHighThatTheUpstreamSummedUpStaysWhenATradeIsTakenBack(t *testing.T) {
	y := NewTally(0, 0, NewLedgers(1000))
	y.Image(&Quote{Set: FieldHigh | FieldLow | FieldVolume | FieldVWAP, High: 200, Low: 50, Volume: Units(1000), VWAP: 100})
	y.Apply(&Tick{Flags: Regular, Price: 250, Size: Units(1), ID: 1})
	y.Correct(&Correction{ID: 1, Old: Print{250, Units(1), Regular}})
	if q := y.Quote(); q.High != 200 || q.Low != 50 || q.Volume != Units(1000) || q.VWAP != 100 {
		t.Errorf("high %v, low %v, volume %v, vwap %v; want 200, 50, 1000, 100 (units of 1e-9)", q.High, q.Low, q.Volume, q.VWAP)
	}
}

func TestCorrectionOfATradeThatIsNotRememberedMendsTheSumsOnly(t *testing.T) {
	y := NewTally(0, 0, NewLedgers(1000))
	for i := range uint64(50) {
		y.Apply(&Tick{Flags: Regular, Price: Price(100 + i), Size: Units(2), ID: i + 1, Time: Time(i + 1)})
	}
	y.Correct(&Correction{ID: 1, Old: Print{100, Units(2), Regular}})
	if q := y.Quote(); q.Volume != Units(98) || q.Count != 49 || q.Price != 149 || q.High != 149 {
		t.Errorf("volume %v, count %d, last %v, high %v; want 98, 49, 149, 149", q.Volume, q.Count, q.Price, q.High)
	}
}

func TestWhatCannotBeIsNotTakenIn(t *testing.T) {
	huge := Quantity{}
	if q, err := ParseQuantity("340282366920938463463374607431"); err == nil {
		huge = q
	}
	for name, tc := range map[string]struct {
		tick Tick
		want Reject
	}{
		"price of zero":      {Tick{Flags: Regular, Size: Units(1)}, RejectPrice},
		"negative price":     {Tick{Flags: Regular, Price: -1, Size: Units(1)}, RejectPrice},
		"negative bid":       {Tick{Kind: KindQuote, Flags: HasBid, Bid: -1}, RejectPrice},
		"ask of zero":        {Tick{Kind: KindQuote, Flags: BothSides, Bid: 1}, RejectPrice},
		"negative close":     {Tick{Kind: KindSession, Price: -1}, RejectPrice},
		"unknown kind":       {Tick{Kind: 99}, RejectKind},
		"more than can be":   {Tick{Flags: Regular, Price: math.MaxInt64, Size: huge}, RejectOverflow},
		"an ordinary trade":  {Tick{Flags: Regular, Price: 2, Size: Units(1)}, Accepted},
		"a bid alone":        {Tick{Kind: KindQuote, Flags: HasBid, Bid: 1}, Accepted},
		"nothing on a side":  {Tick{Kind: KindQuote}, Accepted},
		"an unknown close":   {Tick{Kind: KindSession}, Accepted},
		"a state":            {Tick{Kind: KindState, State: Halted}, Accepted},
		"nothing has passed": {Tick{Kind: KindAlive}, Accepted},
	} {
		t.Run(name, func(t *testing.T) {
			y := NewTally(0, 100, NewLedgers(1000))
			before := y.Quote()
			if got := y.Apply(&tc.tick); got != tc.want {
				t.Errorf("%q, want %q", got, tc.want)
			}
			if got := y.Quote(); tc.want != Accepted && got != before {
				t.Errorf("it left %+v", got)
			}
		})
	}
}

func TestExtendedHoursStandApartFromTheClose(t *testing.T) {
	y := NewTally(0, 100, NewLedgers(1000))
	y.Apply(&Tick{Flags: SetsExtended | SetsVolume, Price: 90, Size: Units(1), Time: 1})
	if q := y.Quote(); q.Set&FieldPrice != 0 || q.Extended != 90 || q.ExtendedTime != 1 || q.Volume != Units(1) || q.Set&FieldHigh != 0 {
		t.Errorf("before the session: %+v", q)
	}
	y.Apply(&Tick{Flags: Regular, Price: 101, Size: Units(1), Time: 2})
	if q := y.Quote(); q.Price != 101 || q.Open != 101 || q.Set&FieldExtended != 0 || q.Low != 101 {
		t.Errorf("in the session: %+v", q)
	}
	y.Apply(&Tick{Flags: SetsExtended | SetsVolume, Price: 105, Size: Units(1), Time: 3})
	if q := y.Quote(); q.Price != 101 || q.Extended != 105 || q.High != 101 || q.Volume != Units(3) {
		t.Errorf("after the session: %+v", q)
	}
	y.Correct(&Correction{Old: Print{105, Units(1), SetsExtended | SetsVolume}, New: Print{104, Units(1), SetsExtended | SetsVolume}, Time: 4})
	if q := y.Quote(); q.Extended != 104 || q.Price != 101 {
		t.Errorf("corrected: %+v", q)
	}
	y.Apply(&Tick{Kind: KindSession, Price: 101, Time: 5})
	if q := y.Quote(); q.PreviousClose != 101 || q.Set&(FieldExtended|FieldOpen|FieldHigh|FieldVolume) != 0 || q.Price != 101 {
		t.Errorf("next day: %+v", q)
	}
}

func TestOnlyATradeOfTheSessionOpensIt(t *testing.T) {
	y := NewTally(0, 0, NewLedgers(1000))
	y.Apply(&Tick{Flags: SetsLast, Price: 99, Time: 1}) // such as the first of a connection, before the day's figures are known
	if q := y.Quote(); q.Set&FieldOpen != 0 || q.Price != 99 {
		t.Errorf("open %v, last %v", q.Open, q.Price)
	}
	y.Apply(&Tick{Flags: Regular, Price: 100, Size: Units(1), Time: 2})
	if q := y.Quote(); q.Open != 100 {
		t.Errorf("open %v, want 100", q.Open)
	}
}

func BenchmarkApply(b *testing.B) {
	y := NewTally(0, 100, NewLedgers(1000))
	k := Tick{Flags: Regular, Size: Units(1)}
	for i := range b.N {
		k.ID, k.Price, k.Time = uint64(i+1), Price(1e9+i%1000), Time(i)
		y.Apply(&k)
	}
}

func TestCorrectionThatIsRefusedChangesNothing(t *testing.T) {
	y := NewTally(0, 0, NewLedgers(1000))
	y.Apply(&Tick{Kind: KindTrade, Flags: Regular, Price: Scale, Size: Units(5), ID: 1})
	before := y.Quote()
	huge := Print{Price: math.MaxInt64, Size: Quantity{math.MaxUint64, 0}, Flags: Regular}
	if _, r := y.Correct(&Correction{ID: 1, Old: Print{Price: Scale, Size: Units(5), Flags: Regular}, New: huge}); r != RejectOverflow {
		t.Fatalf("got %q, want an overflow", r)
	}
	if after := y.Quote(); after != before {
		t.Errorf("got %+v\nwant %+v", after, before)
	}
}

// What can be said of a tick or a correction without a tally is what an empty tally says of it.
func TestChecksAgreeWithTheTally(t *testing.T) {
	for kind := range Kind(NumKinds + 2) {
		for _, price := range []Price{-1, 0, 1} {
			for _, flags := range []Flags{0, HasBid, HasAsk, Regular} {
				tick := Tick{Kind: kind, Flags: flags, Price: price, Bid: price, Ask: price}
				var y Tally
				if got, want := tick.Check(), y.Apply(&tick); got != want {
					t.Errorf("%+v: %q, the tally says %q", tick, got, want)
				}
				c := Correction{Old: Print{Price: Scale}, New: Print{Price: price, Flags: flags}}
				var z Tally
				if _, got := z.Correct(&c); got != c.Check() {
					want := c.Check()
					t.Errorf("%+v: %q, the tally says %q", c, got, want)
				}
			}
		}
	}
}

// A source whose corrections do not say when the trade was takes one of outside the session for one of it.
func TestCorrectionOfATradeOutsideTheSessionStaysThere(t *testing.T) {
	y := NewTally(0, 0, NewLedgers(1000))
	y.Apply(&Tick{Flags: Regular, Price: 100, Size: Units(1), ID: 1, Time: 1})
	y.Apply(&Tick{Flags: SetsExtended | SetsVolume, Price: 105, Size: Units(1), ID: 2, Time: 2})
	y.Correct(&Correction{ID: 2, Old: Print{105, Units(1), Regular}, New: Print{104, Units(3), Regular}, Time: 3})
	if q := y.Quote(); q.Price != 100 || q.Extended != 104 || q.High != 100 || q.Volume != Units(4) {
		t.Errorf("got %+v", q)
	}
	y.Correct(&Correction{ID: 2, Old: Print{104, Units(3), SetsVolume}, Time: 4})
	if q := y.Quote(); q.Price != 100 || q.Set&FieldExtended != 0 || q.Volume != Units(1) {
		t.Errorf("cancelled: %+v", q)
	}
}
