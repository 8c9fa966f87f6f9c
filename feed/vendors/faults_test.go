package vendors

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

func TestFaultsAreCountedAndTheFirstOfEachKindIsLogged(t *testing.T) {
	reg := prometheus.NewRegistry()
	var log bytes.Buffer
	f := NewFaults(slog.New(slog.NewTextHandler(&log, nil)), reg)
	_, bad := value(`"x"`).Price("p")
	for range 3 {
		f.Note("coins", bad)
		f.Note("stocks", bad)
		f.Note("coins", errors.New("no JSON at all"))
		f.Count("coins", BadSymbol, errors.New(`symbol "X" was not asked for`))
	}
	if err := testutil.GatherAndCompare(reg, strings.NewReader(`
# HELP tickertape_feed_bad_messages_total What a source sent that could not be used, by kind: json, number, time, symbol, value, unknown or request; or was used after it had been rounded: rounded.
# TYPE tickertape_feed_bad_messages_total counter
tickertape_feed_bad_messages_total{kind="json",source="coins"} 3
tickertape_feed_bad_messages_total{kind="number",source="coins"} 3
tickertape_feed_bad_messages_total{kind="number",source="stocks"} 3
tickertape_feed_bad_messages_total{kind="symbol",source="coins"} 3
`)); err != nil {
		t.Error(err)
	}
	if n := strings.Count(log.String(), "\n"); n != 4 || !strings.Contains(log.String(), `p: market: bad decimal \"x\"`) {
		t.Errorf("%d lines logged:\n%s", n, &log)
	}
	if problems, err := testutil.GatherAndLint(reg); err != nil || len(problems) > 0 {
		t.Errorf("lint: %v %v", problems, err)
	}
}
