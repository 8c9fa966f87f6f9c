package admission

import (
	"math"
	"testing"
)

func TestDescriptorsAreDealtOut(t *testing.T) {
	for limit, want := range map[uint64]struct{ subscribers, others int }{
		0:              {1, 1},
		2:              {1, 1},
		16:             {8, 6},
		300:            {150, 113},
		512:            {256, 192},
		1024:           {768, 192},
		2048:           {1792, 192},
		4096:           {3584, 448},
		65536:          {57344, 8128},
		1 << 20:        {917504, 131008},
		math.MaxUint64: {917504, 131008},
	} {
		subscribers, others := Descriptors(limit)
		if subscribers != want.subscribers || others != want.others {
			t.Errorf("of %d: %d and %d, want %d and %d", limit, subscribers, others, want.subscribers, want.others)
		}
		if limit >= 8 && uint64(subscribers+others) >= limit {
			t.Errorf("of %d nothing is left for the feed and files", limit)
		}
	}
}
