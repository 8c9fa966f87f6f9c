package attack

import (
	"slices"
	"testing"
)

const scraped = `# HELP tickertape_limits_refusals_total Refused.
go_goroutines 21
tickertape_broadcast_connects_total{transport="websocket",result="accepted"} 50
tickertape_broadcast_connects_total{transport="sse",result="full"} 2
tickertape_broadcast_disconnects_total{transport="websocket",reason="closed"} 9
tickertape_broadcast_disconnects_total{transport="websocket",reason="error"} 9
tickertape_broadcast_disconnects_total{transport="websocket",reason="flood"} 1
tickertape_limits_refusals_total{reason="work"} 1e+06
tickertape_feed_ticks_refused_total{reason="move"} 7
`

func TestRefusalsAreTheReasonsThatGrew(t *testing.T) {
	m := parseMetrics(scraped)
	if got, want := m.RefusedSince(Metrics{`tickertape_broadcast_connects_total{transport="poll",result="full"}`: 2}),
		[]string{"flood", "work"}; !slices.Equal(got, want) {
		t.Errorf("refused for %q, want %q", got, want)
	}
	if got := m.Refusals()["work"]; got != 1e6 {
		t.Errorf("work: %v, want 1e6", got)
	}
	if got := m.Goroutines(); got != 21 {
		t.Errorf("%d goroutines, want 21", got)
	}
}
