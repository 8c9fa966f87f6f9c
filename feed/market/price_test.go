package market

import (
	"errors"
	"math"
	"math/big"
	"strings"
	"testing"
)

func TestParsePrice(t *testing.T) {
	for text, want := range map[string]Price{
		"189.30":                               189_300_000_000,
		"-0.00001234":                          -12_340,
		"0":                                    0,
		"-0":                                   0,
		"007":                                  7_000_000_000,
		"0.000000001":                          1,
		"1.0000000000000000000000000000000000": 1_000_000_000,
		"9223372036.854775807":                 math.MaxInt64,
		"-9223372036.854775807":                -math.MaxInt64,
	} {
		if got, err := ParsePrice(text); err != nil || got != want {
			t.Errorf("ParsePrice(%q) is %d, %v, want %d", text, got, err, want)
		}
		if got, err := ParsePrice([]byte(text)); err != nil || got != want {
			t.Errorf("ParsePrice of the bytes %q is %d, %v, want %d", text, got, err, want)
		}
	}
}

func TestParsePriceRefusesWhatItWouldHaveToGuess(t *testing.T) {
	for _, text := range []string{
		"", "-", ".", "-.", "5.", ".5", "--1", "+1", "1e3", " 1", "1 ", "1,5", "1.2.3", "0x10", "٣", "NaN",
		"0.0000000001", "9223372036.854775808", "-9223372036.854775808", strings.Repeat("9", 1000),
	} {
		got, err := ParsePrice(text)
		if !errors.Is(err, ErrDecimal) || got != 0 {
			t.Errorf("ParsePrice(%q) is %v, %v, want 0 and %v", text, got, err, ErrDecimal)
		}
		if err != nil && len(err.Error()) > 200 {
			t.Errorf("an error of %d bytes", len(err.Error()))
		}
	}
}

func TestPriceIsWrittenExactly(t *testing.T) {
	for price, want := range map[Price]string{
		0:                 "0",
		1:                 "0.000000001",
		-12_340:           "-0.00001234",
		189_300_000_000:   "189.3",
		5_000_000_000_000: "5000",
		math.MaxInt64:     "9223372036.854775807",
		math.MinInt64:     "-9223372036.854775808", // no price, but text all the same
	} {
		if got := price.String(); got != want {
			t.Errorf("%d is written %s, want %s", int64(price), got, want)
		}
		if got := string(price.AppendTo([]byte("x"))); got != "x"+want {
			t.Errorf("%d appended to x is %s, want x%s", int64(price), got, want)
		}
		_, behind, _ := strings.Cut(want, ".")
		if got := price.Decimals(); got != len(behind) {
			t.Errorf("%s has %d decimals, want %d", want, got, len(behind))
		}
	}
}

func TestPriceTextDoesNotAllocate(t *testing.T) {
	text, buffer := []byte("12345.678901234"), make([]byte, 0, 32)
	if n := testing.AllocsPerRun(100, func() {
		p, err := ParsePrice(text)
		if err != nil {
			t.Fatal(err)
		}
		buffer = p.AppendTo(buffer[:0])
	}); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

func FuzzParsePrice(f *testing.F) {
	for _, text := range decimalVectors {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := ParsePrice(text)
		if err != nil && !errors.Is(err, ErrDecimal) {
			t.Errorf("%q: %v does not wrap ErrDecimal", text, err)
		}
		if again, err2 := ParsePrice([]byte(text)); again != got || (err == nil) != (err2 == nil) {
			t.Errorf("%q: %v, %v as a string and %v, %v as bytes", text, got, err, again, err2)
		}
		magnitude, negative := strings.CutPrefix(text, "-")
		want := units(magnitude)
		if want == nil || want.Cmp(big.NewInt(math.MaxInt64)) > 0 {
			if err == nil {
				t.Errorf("%q is %v, want an error", text, got)
			}
			return
		}
		if negative {
			want.Neg(want)
		}
		if err != nil || int64(got) != want.Int64() {
			t.Fatalf("%q is %d, %v, want %v", text, int64(got), err, want)
		}
		if s := got.String(); s != decimal(want) {
			t.Errorf("%q is written %s, want %s", text, s, decimal(want))
		}
		if again, err := ParsePrice(got.String()); err != nil || again != got {
			t.Errorf("%q comes back as %v, %v", text, again, err)
		}
	})
}

func FuzzPriceRoundTrip(f *testing.F) {
	for _, n := range []int64{0, 1, -1, 10, 1e9, 123456789, math.MaxInt64, -math.MaxInt64} {
		f.Add(n)
	}
	f.Fuzz(func(t *testing.T, n int64) {
		if n == math.MinInt64 {
			t.Skip("no price")
		}
		p := Price(n)
		got, err := ParsePrice(p.String())
		if err != nil || got != p {
			t.Errorf("%d written as %v comes back as %d, %v", n, p, int64(got), err)
		}
		_, behind, _ := strings.Cut(p.String(), ".")
		if p.Decimals() != len(behind) || strings.HasSuffix(behind, "0") {
			t.Errorf("%v has %d decimals", p, p.Decimals())
		}
	})
}

// What has more than nine decimals is rounded, half away from zero, and never to zero.
func TestDecimalsAreRoundedWhereThatIsAllowed(t *testing.T) {
	for text, c := range map[string]struct {
		price   string // "": refused
		size    string
		rounded bool
	}{
		"1.5":                                 {"1.5", "1.5", false},
		"1.5000000000000":                     {"1.5", "1.5", false},
		"1.0000000004999":                     {"1", "1", true},
		"1.0000000005":                        {"1.000000001", "1.000000001", true},
		"0.9999999995":                        {"1", "1", true},
		"0.0000000004":                        {"", "0.000000001", true},
		"0.0000000005":                        {"0.000000001", "0.000000001", true},
		"0." + strings.Repeat("0", 500):       {"0", "0", false},
		"0." + strings.Repeat("0", 500) + "1": {"", "0.000000001", true},
		"9223372036.8547758074":               {"9223372036.854775807", "9223372036.854775807", true},
		"9223372036.8547758075":               {"", "9223372036.854775808", true},
		"1.00000000x":                         {"", "", false},
		"1.0000000001x":                       {"", "", false},
		"1.0000000001.":                       {"", "", false},
	} {
		p, rounded, err := RoundPrice(text)
		if (err == nil) != (c.price != "") || err == nil && (p.String() != c.price || rounded != c.rounded) ||
			err != nil && !errors.Is(err, ErrDecimal) {
			t.Errorf("price %.40s is %v, rounded %t, %v; want %q", text, p, rounded, err, c.price)
		}
		if m, _, bad := RoundPrice("-" + text); (bad == nil) != (err == nil) || m != -p {
			t.Errorf("price -%.40s is %v, %v, and without the sign %v", text, m, bad, p)
		}
		q, rounded, err := RoundQuantity([]byte(text))
		if (err == nil) != (c.size != "") || err == nil && (q.String() != c.size || rounded != c.rounded) ||
			err != nil && !errors.Is(err, ErrDecimal) {
			t.Errorf("size %.40s is %v, rounded %t, %v; want %q", text, q, rounded, err, c.size)
		}
	}
	if q, _, err := RoundQuantity("340282366920938463463374607431.7682114555"); err == nil {
		t.Errorf("more than the largest quantity is rounded to %v", q)
	}
}
