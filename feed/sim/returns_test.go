package sim

import (
	"math"
	"testing"
	"time"

	"tickertape/feed/market"
)

// returns are the moves of n symbols over each interval of half a day, in the logarithm of value.
func returns(t *testing.T, n int, interval time.Duration) (*exchange, [][]float64) {
	cfg := opening()
	cfg.Symbols, cfg.Rate, cfg.HaltEvery = n, 10, 0
	m := testMarket(t, cfg)
	r := make([][]float64, n)
	before := make([]float64, n)
	for at := 10 * time.Minute; at < 3*time.Hour; at += interval { // past the opening
		each(m, at, func(market.Tick) {})
		for i := range m.instruments {
			now := math.Log(float64(m.instruments[i].value))
			if before[i] != 0 {
				r[i] = append(r[i], now-before[i])
			}
			before[i] = now
		}
	}
	return m, r
}

func correlation(a, b []float64) float64 {
	var ma, mb, ab, aa, bb float64
	for i := range a {
		ma, mb = ma+a[i]/float64(len(a)), mb+b[i]/float64(len(a))
	}
	for i := range a {
		x, y := a[i]-ma, b[i]-mb
		ab, aa, bb = ab+x*y, aa+x*x, bb+y*y
	}
	return ab / math.Sqrt(aa*bb)
}

func TestSectorsMoveTogetherAndLessSoDoesTheMarket(t *testing.T) {
	m, r := returns(t, 60, 10*time.Second)
	var same, other, sames, others float64
	for i := range r {
		for j := range i {
			if m.instruments[i].leader >= 0 || m.instruments[j].leader >= 0 {
				continue
			}
			if c := correlation(r[i], r[j]); m.instruments[i].sector == m.instruments[j].sector {
				same, sames = same+c, sames+1
			} else {
				other, others = other+c, others+1
			}
		}
	}
	same, other = same/sames, other/others
	t.Logf("correlation within a sector %.2f, across %.2f", same, other)
	if other < .1 || same < other+.05 || same > .8 {
		t.Errorf("correlation within a sector %.2f, across %.2f", same, other)
	}
}

func TestVolatilityClustersAndReturnsDoNot(t *testing.T) {
	_, r := returns(t, 60, 10*time.Second)
	var squares, plain, kurtosis float64
	for _, x := range r {
		sq := make([]float64, len(x))
		var m2, m4 float64
		for i, v := range x {
			sq[i] = v * v
			m2, m4 = m2+v*v/float64(len(x)), m4+v*v*v*v/float64(len(x))
		}
		n := float64(len(r))
		squares += correlation(sq[1:], sq[:len(sq)-1]) / n
		plain += correlation(x[1:], x[:len(x)-1]) / n
		kurtosis += m4 / m2 / m2 / n
	}
	t.Logf("autocorrelation of squared returns %.3f, of returns %.3f; kurtosis %.1f", squares, plain, kurtosis)
	if squares < .05 {
		t.Errorf("squared returns have autocorrelation %.3f", squares)
	}
	if math.Abs(plain) > .05 {
		t.Errorf("returns have autocorrelation %.3f", plain)
	}
	if kurtosis < 3.3 {
		t.Errorf("kurtosis %.1f: no fatter tails than a normal distribution", kurtosis)
	}
}

func TestADayMovesLikeADay(t *testing.T) {
	cfg := opening()
	cfg.Symbols, cfg.Rate, cfg.HaltEvery, cfg.Session = 30, 10, 0, time.Hour
	m := testMarket(t, cfg)
	var days, sum float64
	before := make([]float64, cfg.Symbols)
	for day := time.Duration(0); day < 8; day++ {
		each(m, day*cfg.Session+10*time.Minute, func(market.Tick) {}) // past the gap and the opening
		for i := range before {
			before[i] = float64(m.instruments[i].value)
		}
		each(m, day*cfg.Session+50*time.Minute, func(market.Tick) {})
		for i := range before {
			sum += math.Pow(math.Log(float64(m.instruments[i].value)/before[i]), 2)
			days += 40. / 390
		}
	}
	daily := 100 * math.Sqrt(sum/days)
	t.Logf("a share moves by %.2f %% a day", daily)
	if daily < 1 || daily > 3.5 {
		t.Errorf("a share moves by %.2f %% a day", daily)
	}
}
