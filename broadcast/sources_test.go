package broadcast

import (
	"context"
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tickertape/broadcast/wire"
	"tickertape/feed/market"
)

func TestEveryAccessTellsHowEachSourceStands(t *testing.T) {
	for name, w := range everyAccess {
		t.Run(name, func(t *testing.T) {
			s := serveOver(t, w.network, nil)
			tell := func(source string, state market.State, message string) {
				s.Apply(market.Batch{Status: &market.Status{Source: source, State: state, Since: 7, Message: message, Simulated: source == "sim"}})
			}
			tell("sim", market.Live, "")
			if hello := s.join(t, w, "?symbols=AAPL").next("hello"); hello.Source != "sim" || len(hello.Sources) != 1 ||
				hello.Sources[0].Source != "sim" {
				t.Errorf("of one source: %+v", hello)
			}
			tell("kraken", market.Down, `dial: "refused"`)
			s.trade("AAPL", "5")
			s.trade("AAPL", "6") // a flush begins when the one before has been told
			p := s.join(t, w, "?symbols=AAPL")
			hello := p.next("hello")
			if hello.Source != "sim,kraken" || hello.Status != "live" || !hello.Simulated {
				t.Errorf("hello %+v", hello)
			}
			want := []wire.Status{{Source: "sim", Status: "live", Since: 7, Simulated: true},
				{Source: "kraken", Status: "down", Since: 7, Message: `dial: "refused"`}}
			if got := hello.Sources; !reflect.DeepEqual(got, want) {
				t.Errorf("sources %+v, want %+v", got, want)
			}
			if st := p.next("snapshot").Quotes[0]["st"]; st != nil {
				t.Errorf("the price is %v while one source is live", st)
			}
			tell("kraken", market.Live, "")
			tell("sim", market.Stale, "no tick")
			for range 2 { // one status a source, in the order of their changes
				m := p.next("status")
				if want := map[string]string{"kraken": "live", "sim": "stale"}[m.Source]; m.Status != want || m.Simulated != (m.Source == "sim") {
					t.Errorf("status %+v", m)
				}
			}
			tell("kraken", market.Closed, "")
			if up := p.next("update"); up.Quotes[0]["st"] != "stale" {
				t.Errorf("%v, though no source is live", up.Quotes)
			}
		})
	}
}

// What the prices of a source are, and what is behind it, comes with hello and with each change.
func TestEveryAccessTellsWhatPricesAre(t *testing.T) {
	for name, w := range everyAccess {
		t.Run(name, func(t *testing.T) {
			s := serveOver(t, w.network, nil)
			status := market.Status{Source: "sim", Since: 7, Message: "via x", Replayed: true, Delay: 15 * time.Minute,
				Behind: []market.Status{{Source: "replay", Since: 8, Replayed: true}, {Source: "alpaca", Since: 9, Delay: 15 * time.Minute}}}
			s.Apply(market.Batch{Status: &status})
			s.trade("AAPL", "5")
			s.trade("AAPL", "6") // a flush begins when the one before has been told
			p := s.join(t, w, "?symbols=AAPL")
			want := wire.Status{Source: "sim", Status: "live", Since: 7, Message: "via x", Replayed: true, Delay: 900_000, Sources: []wire.Status{
				{Source: "replay", Status: "live", Since: 8, Replayed: true}, {Source: "alpaca", Status: "live", Since: 9, Delay: 900_000}}}
			if hello := p.next("hello"); !hello.Replayed || !reflect.DeepEqual(hello.Sources, []wire.Status{want}) {
				t.Errorf("hello %+v", hello)
			}
			p.next("snapshot")
			status.Quiet = true
			s.Apply(market.Batch{Status: &status})
			if m := p.next("status"); !m.Replayed || !m.Quiet || m.Delay != 900_000 || !reflect.DeepEqual(m.Sources, want.Sources) {
				t.Errorf("status %+v", m)
			}
		})
	}
}

func TestSourcesAreDownUntilTheySayOtherwise(t *testing.T) {
	h := NewHub(DefaultConfig(), nil, market.NewDirectory(), Source{Name: "coinbase,kraken"}, openDoor(DefaultConfig()),
		slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	h.Apply(market.Batch{Status: &market.Status{Source: "kraken", State: market.Live}})
	h.commit(context.Background(), &flush{})
	var told []string
	for _, f := range h.board.SourceStates().Sources {
		told = append(told, f.Status.Source+" "+f.State.String())
	}
	if got := strings.Join(told, ", "); got != "coinbase down, kraken live" {
		t.Errorf("told %s", got)
	}
}

func TestExtendedPriceAndSourceComeAndGo(t *testing.T) {
	s := serve(t, nil)
	id, _ := s.dir.ID("AAPL")
	apply := func(b market.Batch) { s.Apply(b) }
	apply(market.Batch{Images: []market.Quote{{Symbol: id, Set: market.FieldPrice | market.FieldSource, Price: 100 * market.Scale,
		Source: "kraken"}}})
	until(t, "it is published", s.board.Quoted)
	p := s.join(t, overWebSocket, "?symbols=AAPL")
	if q := p.next("snapshot").Quotes[0]; q["src"] != "kraken" || q["x"] != nil {
		t.Errorf("snapshot %v", q)
	}
	apply(market.Batch{Ticks: []market.Tick{{Symbol: id, Flags: market.SetsExtended | market.SetsVolume, Price: 105 * market.Scale,
		Size: market.Units(1), Time: 9}}})
	if q := p.next("update").Quotes[0]; q["x"] != 105.0 || q["xt"] != 9.0 || q["p"] != nil || q["v"] != 1.0 {
		t.Errorf("outside the session: %v", q)
	}
	apply(market.Batch{Ticks: []market.Tick{{Symbol: id, Flags: market.Regular, Price: 104 * market.Scale, Size: market.Units(1), Time: 10}}})
	q := p.next("update").Quotes[0]
	if x, told := q["x"]; !told || x != nil || q["p"] != 104.0 {
		t.Errorf("in the session: %v, want x to go away", q)
	}
	if xt, told := q["xt"]; !told || xt != nil {
		t.Errorf("in the session: %v, want xt to go away", q)
	}
}
