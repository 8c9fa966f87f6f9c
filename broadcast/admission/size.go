package admission

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Size is a number of bytes, written with its unit: "512MiB", "100MB", "4KiB".
type Size int64

// units are how many bytes the ends of a size stand for, the largest first. "B" is last: all of them end with it.
var units = []struct {
	name  string
	bytes Size
}{{"GiB", 1 << 30}, {"GB", 1e9}, {"MiB", 1 << 20}, {"MB", 1e6}, {"KiB", 1 << 10}, {"KB", 1e3}, {"B", 1}}

// ParseSize reads a size, such as "100MB" or "1.5GiB"; "0" needs no unit.
func ParseSize(text string) (Size, error) {
	if text == "0" {
		return 0, nil
	}
	for _, u := range units {
		number, found := strings.CutSuffix(text, u.name)
		if !found {
			continue
		}
		if n, err := strconv.ParseInt(number, 10, 64); err == nil && n >= 0 && n < math.MaxInt64/2/int64(u.bytes) {
			return Size(n) * u.bytes, nil // a float holds no more than 53 bits of it
		}
		n, err := strconv.ParseFloat(number, 64)
		if err != nil || !(n >= 0 && n*float64(u.bytes) < math.MaxInt64/2) {
			break
		}
		return Size(n * float64(u.bytes)), nil
	}
	return 0, fmt.Errorf("%.40q is no size such as 100MB: a number and B, KB, MB, GB, KiB, MiB or GiB", text)
}

// String is the size as [ParseSize] reads it back, in the largest unit that has no remainder.
func (s Size) String() string {
	if s == 0 {
		return "0"
	}
	i := 0
	for s%units[i].bytes != 0 { // the last has no remainder
		i++
	}
	return strconv.FormatInt(int64(s/units[i].bytes), 10) + units[i].name
}
