package sim

import (
	"math"
	"math/bits"
	"math/rand/v2"
)

// deviation is the standard deviation of [bell]: 2^16/√3.
const deviation = 37837

// bell draws a nearly normal integer of mean 0 between ±131070, the sum of four uniform ones. It uses no floating point, whose
// last bit may differ between platforms.
func bell(r *rand.PCG) int64 {
	u := r.Uint64()
	return int64(u&0xffff+u>>16&0xffff+u>>32&0xffff+u>>48) - 131070
}

// between draws an integer from lo to hi inclusive; the bias is below (hi-lo)/2^64.
func between(r *rand.PCG, lo, hi int64) int64 {
	n, _ := bits.Mul64(r.Uint64(), uint64(hi-lo+1))
	return lo + int64(n)
}

// mix spreads a number over 64 bits: the finalizer of SplitMix64.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// alias draws an index by its weight in constant time (Walker 1977, Vose 1991).
type alias []struct {
	keep  uint32 // how often this cell stands for its own index, of 2^32
	other uint32 // the index that it stands for otherwise
}

func newAlias(weights []uint64) alias {
	n := uint64(len(weights))
	total := uint64(0)
	for _, w := range weights {
		total += w
	}
	cells := make(alias, n)
	share := make([]uint64, n) // of total: what each cell holds
	var small, large []uint32
	for i, w := range weights {
		share[i] = w * n
		if share[i] < total {
			small = append(small, uint32(i))
		} else {
			large = append(large, uint32(i))
		}
	}
	for len(small) > 0 && len(large) > 0 {
		s, l := small[len(small)-1], large[len(large)-1]
		small = small[:len(small)-1]
		cells[s].keep, cells[s].other = uint32(share[s]<<32/total), l
		share[l] -= total - share[s]
		if share[l] < total {
			large, small = large[:len(large)-1], append(small, l)
		}
	}
	for _, i := range append(small, large...) {
		cells[i].keep, cells[i].other = math.MaxUint32, i
	}
	return cells
}

func (a alias) pick(u uint64) int {
	i, fraction := bits.Mul64(u, uint64(len(a)))
	if uint32(fraction>>32) < a[i].keep {
		return int(i)
	}
	return int(a[i].other)
}
