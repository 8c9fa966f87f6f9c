package market

import (
	"errors"
	"math"
	"math/big"
	"testing"
)

const largest = "340282366920938463463374607431.768211455" // 2^128-1 units

func quantity(t testing.TB, text string) Quantity {
	t.Helper()
	q, err := ParseQuantity(text)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func TestQuantityIsReadAndWrittenExactly(t *testing.T) {
	for text, want := range map[string]string{
		"0":                      "0",
		"100":                    "100",
		"0.02000000":             "0.02",
		"0.000000001":            "0.000000001",
		"18446744073.709551615":  "18446744073.709551615", // the last of 64 bits
		"18446744073.709551616":  "18446744073.709551616",
		"18446744073709551615":   "18446744073709551615",
		"18446744073709551616.5": "18446744073709551616.5",
		"100000000000000000000":  "100000000000000000000",
		largest:                  largest,
	} {
		if got := quantity(t, text).String(); got != want {
			t.Errorf("%s is written %s", text, got)
		}
		if got := string(quantity(t, text).AppendTo([]byte("x"))); got != "x"+want {
			t.Errorf("%s appended to x is %s", text, got)
		}
	}
	if got := Units(math.MaxUint64).String(); got != "18446744073709551615" {
		t.Errorf("Units(2^64-1) is %s", got)
	}
	if Units(0) != (Quantity{}) || !Units(0).IsZero() || Units(1).IsZero() {
		t.Error("zero is not none")
	}
}

func TestParseQuantityRefusesWhatItWouldHaveToGuess(t *testing.T) {
	for _, text := range []string{
		"", "-1", "-0", "+1", ".", "5.", ".5", "1e3", "1.2.3", "0.0000000001",
		"340282366920938463463374607431.768211456", "999999999999999999999999999999999999999999",
	} {
		if got, err := ParseQuantity(text); !errors.Is(err, ErrDecimal) || !got.IsZero() {
			t.Errorf("ParseQuantity(%q) is %v, %v, want none and %v", text, got, err, ErrDecimal)
		}
	}
}

func TestQuantityTextDoesNotAllocate(t *testing.T) {
	text, buffer := []byte("98765432109876.5"), make([]byte, 0, 32)
	if n := testing.AllocsPerRun(100, func() {
		q, err := ParseQuantity(text)
		if err != nil {
			t.Fatal(err)
		}
		buffer = q.AppendTo(buffer[:0])
	}); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

func TestOver(t *testing.T) {
	for name, c := range map[string]struct {
		turnover Turnover // of 1e-18
		volume   string
		want     Price
	}{
		"no volume":                {Turnover{0, 5}, "0", 0},
		"exact":                    {Turnover{0, 3e18}, "2", 1_500_000_000},
		"4 decimals":               {Turnover{0, 4e18}, "3", 1_333_300_000},
		"4 decimals, up":           {Turnover{0, 5e18}, "3", 1_666_700_000},
		"6 decimals":               {Turnover{0, 1e18}, "3", 333_333_000},
		"9 decimals":               {Turnover{0, 2e15}, "3", 666_667},
		"9 decimals, half up":      {Turnover{0, 1}, "0.000000002", 1},
		"half up":                  {Turnover{0, 1_000_050_000_000_000_000}, "1", 1_000_100_000},
		"just below half":          {Turnover{0, 1_000_049_999_999_999_999}, "1", 1_000_000_000},
		"a volume beyond 64 bits":  {Turnover{2_000_000_000, 0}, "36893488147.419103232", 1_000_000_000},
		"just below half, of many": {Turnover{1_000_049_999, math.MaxUint64}, "18446744073.709551616", 1_000_000_000},
		"a price beyond the range": {Turnover{math.MaxUint64, 0}, "0.000000001", math.MaxInt64},
		"the highest price":        {Turnover{0, math.MaxInt64}, "0.000000001", math.MaxInt64},
	} {
		t.Run(name, func(t *testing.T) {
			if got := c.turnover.Over(quantity(t, c.volume)); got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

// over is Over in big numbers: the exact quotient rounded once, half up.
func over(turnover, volume *big.Int) *big.Int {
	if volume.Sign() == 0 {
		return new(big.Int)
	}
	floor := new(big.Int).Quo(turnover, volume)
	coarse := big.NewInt(1)
	switch {
	case floor.Cmp(big.NewInt(Scale)) >= 0:
		coarse.SetInt64(100_000)
	case floor.Cmp(big.NewInt(Scale/100)) >= 0:
		coarse.SetInt64(1_000)
	}
	d := new(big.Int).Mul(volume, coarse)
	n := new(big.Int).Lsh(turnover, 1)
	n.Add(n, d).Quo(n, d.Lsh(d, 1)).Mul(n, coarse)
	if n.Cmp(big.NewInt(math.MaxInt64)) > 0 {
		n.SetInt64(math.MaxInt64)
	}
	return n
}

func FuzzOver(f *testing.F) {
	for _, c := range [][4]uint64{
		{0, 0, 0, 0}, {0, 1, 0, 2}, {0, 3e18, 0, 2e9}, {1, 0, 0, 1}, {2_000_000_000, 0, 2, 0},
		{math.MaxUint64, math.MaxUint64, 0, 1}, {math.MaxUint64, math.MaxUint64, math.MaxUint64, math.MaxUint64},
		{0, 1_000_049_999_999_999_999, 0, 1e9}, {0, math.MaxInt64, 0, 1}, {5, 7, 1, 1 << 63},
		{1_000_049_999, 1 << 63, 1, 0}, {1_000_049_999, 1<<64 - 1, 1, 0}, {10_000_499, 1 << 63, 1, 0},
	} {
		f.Add(c[0], c[1], c[2], c[3])
	}
	f.Fuzz(func(t *testing.T, thi, tlo, vhi, vlo uint64) {
		turnover, volume := Turnover{thi, tlo}, Quantity{vhi, vlo}
		got := turnover.Over(volume)
		want := over(Quantity(turnover).big(), volume.big())
		if big.NewInt(int64(got)).Cmp(want) != 0 {
			t.Errorf("%v over %v is %d, want %d", Quantity(turnover).big(), volume.big(), int64(got), want)
		}
	})
}

func FuzzParseQuantity(f *testing.F) {
	for _, text := range decimalVectors {
		f.Add(text)
	}
	limit := new(big.Int).Lsh(big.NewInt(1), 128)
	f.Fuzz(func(t *testing.T, text string) {
		got, err := ParseQuantity(text)
		if err != nil && !errors.Is(err, ErrDecimal) {
			t.Errorf("%q: %v does not wrap ErrDecimal", text, err)
		}
		want := units(text)
		if want == nil || want.Cmp(limit) >= 0 {
			if err == nil {
				t.Errorf("%q is %v, want an error", text, got)
			}
			return
		}
		if err != nil || got.big().Cmp(want) != 0 {
			t.Fatalf("%q is %v, %v, want %v units", text, got, err, want)
		}
		if s := got.String(); s != decimal(want) {
			t.Errorf("%q is written %s, want %s", text, s, decimal(want))
		}
		if again, err := ParseQuantity(got.String()); err != nil || again != got {
			t.Errorf("%q comes back as %v, %v", text, again, err)
		}
	})
}

func FuzzQuantityArithmetic(f *testing.F) {
	f.Add(uint64(0), uint64(1), uint64(0), uint64(2), int64(3))
	f.Add(uint64(1), uint64(0), uint64(0), uint64(1), int64(-1))
	f.Add(uint64(math.MaxUint64), uint64(math.MaxUint64), uint64(0), uint64(1), int64(math.MaxInt64))
	limit := new(big.Int).Lsh(big.NewInt(1), 128)
	f.Fuzz(func(t *testing.T, ahi, alo, bhi, blo uint64, price int64) {
		a, b := Quantity{ahi, alo}, Quantity{bhi, blo}
		if got, want := a.Compare(b), a.big().Cmp(b.big()); got != want {
			t.Errorf("%v compared to %v is %d, want %d", a, b, got, want)
		}
		sum := new(big.Int).Add(a.big(), b.big())
		if got, ok := a.Add(b); ok != (sum.Cmp(limit) < 0) || ok && got.big().Cmp(sum) != 0 {
			t.Errorf("%v + %v is %v, %t", a, b, got, ok)
		}
		if got, ok := Turnover(a).Add(Turnover(b)); ok != (sum.Cmp(limit) < 0) || ok && Quantity(got).big().Cmp(sum) != 0 {
			t.Errorf("turnover %v + %v is %v, %t", a, b, got, ok)
		}
		difference := new(big.Int).Sub(a.big(), b.big())
		if got, ok := a.Sub(b); ok != (difference.Sign() >= 0) || ok && got.big().Cmp(difference) != 0 {
			t.Errorf("%v - %v is %v, %t", a, b, got, ok)
		}
		product := new(big.Int).Mul(a.big(), big.NewInt(price))
		got, ok := a.Times(Price(price))
		if ok != (price >= 0 && product.Cmp(limit) < 0) || ok && Quantity(got).big().Cmp(product) != 0 {
			t.Errorf("%v times %v is %v, %t", a, Price(price), got, ok)
		}
	})
}
