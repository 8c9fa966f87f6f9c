package vendors

import (
	"errors"
	"log/slog"
	"math/big"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"pgregory.net/rapid"

	"tickertape/feed/market"
)

// value is the first value of a text.
func value(text string) Value {
	var s Scanner
	s.Reset([]byte(text))
	v := s.Value()
	if s.Err() != nil {
		return Value{}
	}
	return v
}

func TestPricesAreExact(t *testing.T) {
	for text, want := range map[string]string{
		`"25.35190000"`: "25.3519", `25.35190000`: "25.3519", `"0.000000001"`: "0.000000001", `1e-9`: "0.000000001",
		`1.5E2`: "150", `"9.2e3"`: "9200", `12345.678900000000`: "12345.6789", `-0.5`: "-0.5", `0`: "0", `"0.1"`: "0.1", `5e-324`: "",
		`0.0000000001`: "", `6e-10`: "0.000000001", `1.0000000005`: "1.000000001", `"1.00000000049"`: "1", `12345e-10`: "0.000001235",
		`"1e999999999"`: "", `1e400`: "", `9300000000`: "", `"NaN"`: "", `"Infinity"`: "", `"1,5"`: "",
		`""`: "", `"0x10"`: "",
		`"1_000"`: "", `" 1"`: "", `true`: "", `null`: "", `{}`: "", `[1]`: "", `"\u0031.5"`: "1.5", `"１"`: "", `"1e"`: "", `"1/3"`: "",
	} {
		p, err := value(text).Price("p")
		if (err == nil) != (want != "") || err == nil && p.String() != want {
			t.Errorf("%s is %v (%v), want %q", text, p, err, want)
		}
		if err != nil && !strings.HasPrefix(err.Error(), "p: ") {
			t.Errorf("%s: %q does not name the key", text, err)
		}
		var bad *valueError
		if err != nil && (!errors.As(err, &bad) || bad.kind != BadNumber) {
			t.Errorf("%s: an error of kind %v", text, bad)
		}
	}
}

// TestPricesAgreeWithRationals reads decimals of all shapes, and compares with exact arithmetic.
func TestPricesAgreeWithRationals(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`-?(0|[1-9][0-9]{0,6})(\.[0-9]{1,12})?([eE][+-]?[0-3]?[0-9])?`).Draw(t, "text")
		if rapid.Bool().Draw(t, "quoted") {
			text = `"` + text + `"`
		}
		exact, ok := new(big.Rat).SetString(strings.Trim(text, `"`))
		if !ok {
			t.Skip()
		}
		exact.Mul(exact, big.NewRat(market.Scale, 1))
		rounded := !exact.IsInt()
		n := new(big.Int).Quo(exact.Num(), exact.Denom())
		if rest := new(big.Rat).Sub(exact, new(big.Rat).SetInt(n)); rest.Abs(rest).Cmp(big.NewRat(1, 2)) >= 0 {
			n.Add(n, big.NewInt(int64(exact.Sign()))) // half away from zero
		}
		counted := 0
		faults := NewFaults(slog.New(slog.DiscardHandler), prometheus.NewRegistry())
		s := faults.Scanner("x")
		s.Reset([]byte(text))
		p, err := s.Value().Price("p")
		if testutil.CollectAndCount(faults) > 0 {
			counted = int(testutil.ToFloat64(faults.total.WithLabelValues("x", string(Rounded))))
		}
		fits := n.IsInt64() && !(rounded && n.Sign() == 0)
		if fits != (err == nil) || fits && (int64(p) != n.Int64() || rounded != (counted == 1)) {
			t.Errorf("%s is %d (%v), rounded %d times, want %v", text, p, err, counted, exact)
		}
	})
}

// A size is never rounded to zero, which would be an unknown one.
func TestSizesAreRoundedAndNeverToZero(t *testing.T) {
	for text, want := range map[string]string{
		`1.0000000005`: "1.000000001", `"2.00000000049999"`: "2", `0.0000000001`: "0.000000001", `1e-20`: "0.000000001", `0.0000000000`: "0",
		`0e-12`: "0", `-1`: "", `1e99`: "", `"x"`: "",
	} {
		if q, err := value(text).Quantity("z"); (err == nil) != (want != "") || err == nil && q.String() != want {
			t.Errorf("%s is %v (%v), want %q", text, q, err, want)
		}
	}
}

func TestAveragesAreRounded(t *testing.T) {
	for text, want := range map[string]string{
		`1.23456789049`: "1.23456789", `"1.2345678905"`: "1.234567891", `2`: "2", `1e-10`: "0", `6e-10`: "0.000000001", `"x"`: "",
		`1e99`: "", `null`: "",
		`1.` + strings.Repeat("3", 200): "",
	} {
		if p, err := value(text).Average("vw"); (err == nil) != (want != "") || err == nil && p.String() != want {
			t.Errorf("%s is %v (%v), want %q", text, p, err, want)
		}
	}
}

func TestTimes(t *testing.T) {
	const want = market.Time(1_672_515_782_136_000)
	for text, read := range map[string]func(Value) (market.Time, error){
		`1672515782136`:                    func(v Value) (market.Time, error) { return v.Unix("T", time.Millisecond) },
		`"1672515782136000"`:               func(v Value) (market.Time, error) { return v.Unix("T", time.Microsecond) },
		`1672515782136000999`:              func(v Value) (market.Time, error) { return v.Unix("T", time.Nanosecond) },
		`1672515782136001`:                 func(v Value) (market.Time, error) { at, err := v.UnixAny("T"); return at - 1, err },
		`"2022-12-31T19:43:02.136Z"`:       func(v Value) (market.Time, error) { return v.Time("T") },
		`"2022-12-31T19:43:02.136000123Z"`: func(v Value) (market.Time, error) { return v.Time("T") },
		`"2022-12-31T14:43:02.136-05:00"`:  func(v Value) (market.Time, error) { return v.Time("T") },
	} {
		if at, err := read(value(text)); err != nil || at != want {
			t.Errorf("%s is %v (%v)", text, at.Std(), err)
		}
	}
	for _, text := range []string{`"2022-02-30T00:00:00Z"`, `"2022-13-01T00:00:00Z"`, `"1969-12-31T23:59:59Z"`, `"2022-12-31"`,
		`"2022-12-31T24:00:00Z"`, `1`, `""`, `null`,
		`"2022-12-31T19:43:02.Z"`, `"2022-12-31T19:43:02.1x6Z"`, `"99999-12-31T19:43:02Z"`} {
		if at, err := value(text).Time("T"); err == nil {
			t.Errorf("%s is %v", text, at.Std())
		}
	}
	for _, text := range []string{`-1`, `1.5`, `1e12`, `99999999999999999999`, `18446744073709551616`, `"x"`, `null`, `9000000000000000`} {
		if at, err := value(text).Unix("T", time.Millisecond); err == nil {
			t.Errorf("%s is %v", text, at.Std())
		}
	}
	if at, err := value(`18446744073709551615`).UnixAny("T"); err == nil && at.Std().Year() > 9999 {
		t.Errorf("%v", at.Std())
	}
}

// TestUTCAgreesWithTheLibrary compares the quick way of reading an instant with the usual one.
func TestUTCAgreesWithTheLibrary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`(19[67]|20[0-3])[0-9]-(0[0-9]|1[0-3])-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-6][0-9](\.[0-9]{1,9})?Z`).Draw(t,
			"text")
		want, err := time.Parse(time.RFC3339Nano, text)
		at, ok := utc([]byte(text))
		if good := err == nil && want.Unix() >= 0; ok != good || ok && at != market.TimeOf(want) {
			t.Errorf("%s is %v %v, want %v %v", text, at.Std(), ok, want, err)
		}
	})
}

func TestWholeNumbersAgreeWithTheLibrary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[0-9]{1,22}`).Draw(t, "text")
		want, err := strconv.ParseUint(text, 10, 64)
		if got, bad := parseUint([]byte(text)); (bad == nil) != (err == nil && len(text) <= 20) || bad == nil && got != want {
			t.Errorf("%s is %d (%v), want %d (%v)", text, got, bad, want, err)
		}
	})
}

func TestScannerSaysWhatIsNoJSON(t *testing.T) {
	for _, text := range []string{"", " ", "{", "[1", `{"a"}`, `{"a":1,}`, "[1 2]", `"a`, "{} {}", "nul", "\xff", `{"a":1}]`,
		strings.Repeat("[", 20_000)} {
		var s Scanner
		s.Reset([]byte(text))
		s.Skip()
		if err := s.End(); err == nil {
			t.Errorf("%.20q is JSON", text)
		}
	}
	var s Scanner
	s.Reset([]byte(`{"a":[1,"x"],"b":{"c":null},"\u0064":true}`)) // after the errors, as good as new
	var seen []string
	for s.Object(); s.More(); {
		key := string(s.Key())
		seen = append(seen, key+"="+string(s.Value().Raw()))
	}
	if err := s.End(); err != nil || strings.Join(seen, " ") != `a=[1,"x"] b={"c":null} d=true` {
		t.Errorf("read %q, %v", seen, err)
	}
}

func TestScannerAllocatesNothing(t *testing.T) {
	text := []byte(`{"e":"trade","s":"BNBBTC","t":12345,"p":"0.001","q":"100","T":1672515782136,"m":true,"x":[1,2,{"y":null}]}`)
	var s Scanner
	var p market.Price
	read := func() {
		s.Reset(text)
		for s.Object(); s.More(); {
			switch string(s.Key()) {
			case "p":
				p, _ = s.Value().Price("p")
			default:
				s.Skip()
			}
		}
		if s.End() != nil {
			t.Fatal(s.Err())
		}
	}
	if n := testing.AllocsPerRun(100, read); n != 0 || p.String() != "0.001" {
		t.Errorf("%v allocations, price %v", n, p)
	}
}
