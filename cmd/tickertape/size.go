package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// units are how many bytes the ends of a size stand for, the longer first.
var units = []struct {
	name  string
	bytes float64
}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"B", 1}}

// parseSize reads a size in bytes, such as "100MB" or "1.5GiB".
func parseSize(text string) (int64, error) {
	for _, u := range units {
		number, found := strings.CutSuffix(text, u.name)
		if !found {
			continue
		}
		n, err := strconv.ParseFloat(number, 64)
		if err != nil || !(n >= 0 && n*u.bytes < math.MaxInt64/2) {
			break
		}
		return int64(n * u.bytes), nil
	}
	return 0, fmt.Errorf("%.40q is no size such as 100MB: a number and B, KB, MB, GB, KiB, MiB or GiB", text)
}
