package vendors

import "testing"

func TestStepSaysHowManyDecimalsPricesHave(t *testing.T) {
	for text, want := range map[string]struct {
		decimals int
		rounded  bool
		bad      bool
	}{
		`"0.01000000"`: {decimals: 2}, `0.5`: {decimals: 1}, `"1"`: {}, `10`: {}, `"0"`: {}, `"0.000"`: {}, `1e-8`: {decimals: 8},
		`"0.000000001"`: {decimals: 9}, `"0.0000000001"`: {9, true, false}, `1e-10`: {9, true, false}, `"0.00000000010000"`: {9, true, false},
		`"-0.01"`: {bad: true}, `"1.2.3"`: {bad: true}, `""`: {bad: true}, `"."`: {bad: true}, `"x"`: {bad: true}, `null`: {bad: true},
		`"1e-999999999"`: {bad: true}, `"NaN"`: {bad: true},
	} {
		decimals, rounded, err := Value{raw: []byte(text)}.Step("tickSize")
		if decimals != want.decimals || rounded != want.rounded || (err != nil) != want.bad {
			t.Errorf("%s: %d %t %v, want %+v", text, decimals, rounded, err, want)
		}
	}
}
