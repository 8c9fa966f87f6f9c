package market

import (
	"math"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestAdjustmentsAreTheirText(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "split 10:1": "split 10:1", "split 1:10": "split 1:10", "split 6:4": "split 3:2", "dividend 1.25": "dividend 1.25",
		"dividend 0.000000001, split 3:2": "dividend 0.000000001, split 3:2", "split 1046:1000": "split 523:500",
	} {
		a, err := ParseAdjustment(text)
		if err != nil || a.String() != want {
			t.Errorf("%q is read as %q, %v; want %q", text, a, err, want)
		}
		if again, err := ParseAdjustment(a.String()); err != nil || again != a {
			t.Errorf("%q comes back as %+v, %v", a, again, err)
		}
		if text != "" && CheckText(a.String()) != nil {
			t.Errorf("%q cannot stand in a quote", a)
		}
	}
	for _, text := range []string{"split", "split ", "split 10", "split 10:", "split :1", "split 0:1", "split 1:1", "split 5:5", "split -1:2",
		"split 1.5:1", "split 10:1 ", "split +2:1", "split 02:1", "split 2:1:1", "split 1000000000001:1", "dividend 0", "dividend -1",
		"dividend 1, ", "dividend 1, split", "split 2:1, dividend 1", "merger", "split 99999999999999999999:1"} {
		if a, err := ParseAdjustment(text); err == nil {
			t.Errorf("%q is read as %+v", text, a)
		} else if !strings.Contains(err.Error(), "market: bad") {
			t.Errorf("%q: the error is %v", text, err)
		}
	}
}

// ratio is n/d rounded half up.
func ratio(n, d *big.Int) *big.Int {
	n = new(big.Int).Lsh(n, 1)
	return n.Add(n, d).Quo(n, new(big.Int).Lsh(d, 1))
}

func TestAdjustingIsExactAndRoundedHalfUp(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	shares := func() uint64 { return random.Uint64N(1<<(1+random.UintN(39))) + 1 }
	most := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 128), big.NewInt(1))
	for range 100_000 {
		a, err := Split(shares(), shares())
		if err != nil {
			continue
		}
		if random.UintN(2) == 0 {
			a.Dividend = Price(random.Int64N(1<<(1+random.UintN(62))) + 1)
		}
		p := Price(random.Int64N(1<<(1+random.UintN(62))) + 1)
		was := p
		if a.Dividend < p {
			was -= a.Dividend
		}
		want := ratio(new(big.Int).Mul(big.NewInt(int64(was)), new(big.Int).SetUint64(a.Old)), new(big.Int).SetUint64(a.New))
		switch {
		case !want.IsInt64():
			want = big.NewInt(math.MaxInt64)
		case want.Sign() == 0:
			want = big.NewInt(1)
		}
		if got := a.Price(p); int64(got) != want.Int64() {
			t.Fatalf("%v after %v is %v, want %v", p, a, int64(got), want)
		}
		v := Quantity{random.Uint64() >> random.UintN(64), random.Uint64()}
		if random.UintN(2) == 0 {
			v.hi = 0
		}
		size := ratio(new(big.Int).Mul(v.big(), new(big.Int).SetUint64(a.New)), new(big.Int).SetUint64(a.Old))
		if size.Cmp(most) > 0 {
			size = most
		}
		if got := a.Quantity(v); got.big().Cmp(size) != 0 {
			t.Fatalf("%v shares after %v are %v, want %v units", v, a, got, size)
		}
	}
	ten := Adjustment{New: 10, Old: 1}
	if got := ten.Price(1_000_000_000_005); got != 100_000_000_001 {
		t.Errorf("half of a unit is not rounded up: %d", got)
	}
}

func TestSplitsInARowAreOne(t *testing.T) {
	two, threeForTwo := Adjustment{New: 2, Old: 1}, Adjustment{New: 3, Old: 2}
	if got, ok := two.Then(threeForTwo); !ok || got != (Adjustment{New: 3, Old: 1}) {
		t.Errorf("2:1 and then 3:2 are %v, %v", got, ok)
	}
	if got, ok := two.Then(Adjustment{New: 1, Old: 2}); !ok || got != (Adjustment{}) {
		t.Errorf("2:1 and then 1:2 are %v, %v", got, ok)
	}
	large := Adjustment{New: mostShares, Old: 1}
	if got, ok := large.Then(large); ok {
		t.Errorf("%v twice is %v", large, got)
	}
}

const adjustDay = Time(1_780_000_000_000_000)

// adjustTick is what happened before a day.
func adjustTick(day Time, text string) *Tick {
	return &Tick{Kind: KindAdjust, Time: day, Conditions: text}
}

func mustApply(t *testing.T, y *Tally, k *Tick) {
	t.Helper()
	if r := y.Apply(k); r != Accepted {
		t.Fatalf("%v %v is refused: %v", k.Kind, k.Conditions, r)
	}
}

func tradeAt(at Time, price Price) *Tick {
	return &Tick{Kind: KindTrade, Flags: Regular, Price: price * Scale, Size: Units(1), Time: at}
}

// wantAdjusted compares last price, previous close and what adjusts it.
func wantAdjusted(t *testing.T, when string, y *Tally, last, before Price, by string) {
	t.Helper()
	q := y.Quote()
	if q.Price != last*Scale || q.PreviousClose != before*Scale || q.Adjusted != by || (q.Set&FieldAdjusted != 0) != (by != "") {
		t.Errorf("%s: p %v, pc %v, adj %q; want %d, %d, %q", when, q.Price, q.PreviousClose, q.Adjusted, last, before, by)
	}
}

func TestASplitAdjustsThePreviousCloseOnItsDayAlone(t *testing.T) {
	const day = Time(24 * 3600e6)
	y := NewTally(0, 0, NewLedgers(100))
	mustApply(t, &y, &Tick{Kind: KindRoll, Time: adjustDay})
	mustApply(t, &y, tradeAt(adjustDay+1, 1000))
	mustApply(t, &y, adjustTick(adjustDay+day, "split 10:1")) // too early: the consolidated feed sends it after the roll
	wantAdjusted(t, "the day before", &y, 1000, 0, "")
	mustApply(t, &y, &Tick{Kind: KindRoll, Time: adjustDay + day})
	wantAdjusted(t, "after the roll", &y, 1000, 1000, "")
	for range 2 { // saying so twice adjusts once
		mustApply(t, &y, adjustTick(adjustDay+day, "split 10:1"))
		wantAdjusted(t, "before the first trade, the last price is of before, too", &y, 100, 100, "split 10:1")
	}
	mustApply(t, &y, tradeAt(adjustDay+2, 990)) // late, of the day before
	wantAdjusted(t, "after a late trade", &y, 99, 99, "split 10:1")
	mustApply(t, &y, tradeAt(adjustDay+day+1, 101))
	wantAdjusted(t, "after a trade", &y, 101, 99, "split 10:1")
	mustApply(t, &y, adjustTick(adjustDay+day, "dividend 90, split 9:1"))
	wantAdjusted(t, "when it was another", &y, 101, 100, "dividend 90, split 9:1")
	mustApply(t, &y, adjustTick(adjustDay+day, ""))
	wantAdjusted(t, "when nothing happened after all", &y, 101, 990, "")
	mustApply(t, &y, adjustTick(adjustDay+day, "split 10:1"))
	image := Quote{Set: FieldPreviousClose, PreviousClose: 1000 * Scale}
	y.Image(&image)
	wantAdjusted(t, "when the source says what the close was", &y, 101, 100, "split 10:1")
	mustApply(t, &y, &Tick{Kind: KindRoll, Time: adjustDay + 2*day})
	wantAdjusted(t, "on the next day", &y, 101, 101, "")
	mustApply(t, &y, adjustTick(adjustDay+2*day, "split 2:1"))
	mustApply(t, &y, &Tick{Kind: KindReopen, Time: adjustDay + day})
	wantAdjusted(t, "when that had begun too early", &y, 101, 100, "split 10:1")
}

func TestAPreviousCloseStaysAdjustedWhileItIsOfBefore(t *testing.T) {
	const day = Time(24 * 3600e6)
	y := NewTally(0, 0, nil)
	mustApply(t, &y, tradeAt(adjustDay, 1000))
	mustApply(t, &y, &Tick{Kind: KindRoll, Time: adjustDay + day})
	mustApply(t, &y, adjustTick(adjustDay+day, "split 10:1"))
	mustApply(t, &y, &Tick{Kind: KindRoll, Time: adjustDay + 2*day}) // nothing was traded
	wantAdjusted(t, "a day without trades later", &y, 100, 100, "")
	mustApply(t, &y, adjustTick(adjustDay+2*day, "split 2:1"))
	wantAdjusted(t, "after another split", &y, 50, 50, "split 2:1")
	if q := y.AsTraded(); q.Price != 100*Scale || q.PreviousClose != 100*Scale || q.Set&FieldAdjusted != 0 {
		t.Errorf("before today's split it is %v after %v, %q", q.Price, q.PreviousClose, q.Adjusted)
	}
	mustApply(t, &y, &Tick{Kind: KindReopen, Time: adjustDay + day})
	wantAdjusted(t, "when the day had begun too early", &y, 100, 100, "split 10:1")
	mustApply(t, &y, tradeAt(adjustDay+3*day, 51))
	mustApply(t, &y, &Tick{Kind: KindRoll, Time: adjustDay + 4*day})
	wantAdjusted(t, "after a day with trades", &y, 51, 51, "")
}

func TestAnImageWithAnAdjustedCloseIsNotAdjustedAgain(t *testing.T) {
	y := NewTally(0, 0, nil)
	mustApply(t, &y, &Tick{Kind: KindRoll, Time: adjustDay})
	mustApply(t, &y, adjustTick(adjustDay, "split 10:1"))
	image := Quote{Replaces: true, Set: FieldPrice | FieldPreviousClose | FieldAdjusted, Price: 101 * Scale, PreviousClose: 100 * Scale,
		Adjusted: "split 10:1"}
	y.Image(&image)
	wantAdjusted(t, "of a relay", &y, 101, 100, "split 10:1")
	mustApply(t, &y, &Tick{Kind: KindRoll, Time: adjustDay + 1e12})
	wantAdjusted(t, "on the next day", &y, 101, 101, "")
}
