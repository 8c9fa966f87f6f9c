package market

import (
	"math/big"
	"regexp"
	"strings"
)

// plain is what a decimal may look like; a point has digits on both sides.
var plain = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?$`)

// units is the exact count of 1e-9 units of a plain decimal, nil where that is not an integer or
// the text is something else.
func units(text string) *big.Int {
	if !plain.MatchString(text) {
		return nil
	}
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		return nil
	}
	if r.Mul(r, new(big.Rat).SetInt64(Scale)); !r.IsInt() {
		return nil
	}
	return r.Num()
}

// decimal is the text of a count of 1e-9 units, made from the longest one.
func decimal(n *big.Int) string {
	text := new(big.Rat).SetFrac(n, big.NewInt(Scale)).FloatString(decimals)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}

// decimalVectors are the seeds of all fuzz targets of decimals: good, bad, and at the limits.
var decimalVectors = []string{
	"", "0", "-0", "00", "0.0", "-", ".", "-.", "5.", ".5", "-.5", "--1", "+1", "1e3", "1E-2", " 1", "1 ", "1_0",
	"1,5", "1.2.3", "0x10", "٣", "1.0\x00", "NaN", "Inf", "189.30", "-0.00001234", "100", "0.02000000",
	"0.000000001", "0.0000000001", "0.0000000010", "0.123456789", "0.1234567890000", "0.1234567891",
	"0000000000000000000000000000000000000000000000001.5",
	"1.50000000000000000000000000000000000000000000000000",
	"9223372036.854775807", "9223372036.854775808", "-9223372036.854775807", "-9223372036.854775808",
	"18446744073.709551615", "18446744073.709551616", "99999999999999999999",
	"340282366920938463463374607431.768211455", "340282366920938463463374607431.768211456",
	"340282366920938463463374607432", "99999999999999999999999999999999999999999999",
}
