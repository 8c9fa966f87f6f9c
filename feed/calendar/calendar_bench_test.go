package calendar

import (
	"testing"
	"time"
)

// The same day every time, as in operation.
func BenchmarkPhase(b *testing.B) {
	for _, name := range Names() {
		b.Run("market="+name, func(b *testing.B) {
			m, at := testMarket(b, DefaultConfig(), name), newYork(b, "2026-11-27 12:59")
			b.ReportAllocs()
			for b.Loop() {
				m.Phase(at)
			}
		})
	}
}

func BenchmarkNextRoll(b *testing.B) {
	m, at := testMarket(b, DefaultConfig(), "us"), newYork(b, "2026-11-27 12:59")
	b.ReportAllocs()
	for b.Loop() {
		m.NextRoll(at)
	}
}

// Another day every time.
func BenchmarkPhaseOfAnotherDay(b *testing.B) {
	m, at := testMarket(b, DefaultConfig(), "us"), newYork(b, "2026-11-27 12:59")
	b.ReportAllocs()
	for b.Loop() {
		at = at.Add(7 * 24 * time.Hour)
		m.Phase(at)
		if at.Year() > 2100 {
			at = newYork(b, "2026-11-27 12:59")
		}
	}
}
