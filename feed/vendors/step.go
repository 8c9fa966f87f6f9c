package vendors

import (
	"bytes"
	"strings"
)

// mostDecimals is the most decimals that a price can have here.
const mostDecimals = 9

// Step reads the step between two prices, such as 0.01, and returns how many decimals prices have: at most nine. Those with more
// are rounded. A step of zero has none.
func (v Value) Step(key string) (decimals int, rounded bool, err error) {
	t, ok := v.text()
	if !ok || len(t) == 0 || len(t) > 64 {
		return 0, false, wrong(BadNumber, key, v, "a step of prices")
	}
	text := string(t)
	if bytes.ContainsAny(t, "eE") {
		if text, ok = expand(t); !ok {
			return 0, false, wrong(BadNumber, key, v, "a step of prices")
		}
	}
	whole, part, _ := strings.Cut(text, ".")
	if whole+part == "" || strings.Trim(whole, "0123456789")+strings.Trim(part, "0123456789") != "" {
		return 0, false, wrong(BadNumber, key, v, "a step of prices")
	}
	n := len(strings.TrimRight(part, "0"))
	return min(n, mostDecimals), n > mostDecimals, nil
}
