package sim

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

func TestAliasDrawsByWeight(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		weights := rapid.SliceOfN(rapid.Uint64Range(1, 16_000), 1, 200).Draw(t, "weights")
		a := newAlias(weights)
		total, odds := 0., make([]float64, len(weights))
		for i, cell := range a { // the exact odds that the cells stand for
			keep := float64(cell.keep) / (1 << 32)
			odds[i] += keep
			odds[cell.other] += 1 - keep
			total += float64(weights[i])
		}
		for i, w := range weights {
			if got, want := odds[i]/float64(len(a)), float64(w)/total; math.Abs(got-want) > 1e-8 {
				t.Fatalf("%d has odds %g, want %g", i, got, want)
			}
		}
		if i := a.pick(rapid.Uint64().Draw(t, "u")); i < 0 || i >= len(a) {
			t.Fatalf("drew %d of %d", i, len(a))
		}
	})
}

func TestBellHasItsDeviation(t *testing.T) {
	r := rand.NewPCG(1, 1)
	var sum, squares float64
	const n = 200_000
	for range n {
		x := float64(bell(r))
		sum, squares = sum+x, squares+x*x
	}
	if mean, sd := sum/n, math.Sqrt(squares/n); math.Abs(mean) > 400 || math.Abs(sd/deviation-1) > .01 {
		t.Errorf("mean %.0f, deviation %.0f, want 0 and %d", mean, sd, deviation)
	}
}

func TestBetweenReachesBothEnds(t *testing.T) {
	r := rand.NewPCG(1, 1)
	seen := map[int64]bool{}
	for range 1000 {
		seen[between(r, -2, 2)] = true
	}
	if len(seen) != 5 || !seen[-2] || !seen[2] {
		t.Errorf("drew %v", seen)
	}
}
