package replay

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

// A trade with too many decimals plays, rounded, whatever the format of the recording, and is counted where it plays.
func TestTradesWithTooManyDecimalsPlayRounded(t *testing.T) {
	for name, c := range map[string]struct {
		text  string
		setup func(*Config)
	}{
		"ticks": {`{"format":"tickertape.ticks","version":1,"source":"x"}
{"k":"trade","s":"A","p":100.0123456785,"z":"1.00000000049","t":1700000000000000}
{"k":"trade","s":"A","p":0.0000000001,"z":1,"t":1700000000000001}
`, func(*Config) {}},
		"CSV": {`symbol,time,price,size
A,1700000000000000,100.0123456785,1.00000000049
A,1700000000000001,0.0000000001,1
`, func(c *Config) {
			c.CSV.Symbol, c.CSV.Time, c.CSV.TimeFormat, c.CSV.Price, c.CSV.Size = "symbol", []string{"time"}, "unix_us", "price", "size"
		}},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := DefaultConfig()
			cfg.File, cfg.Speed = filepath.Join(t.TempDir(), "day"), 0
			c.setup(&cfg)
			if err := os.WriteFile(cfg.File, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			reg := prometheus.NewRegistry()
			env := vendors.Env{Dir: market.NewDirectory(), Log: quiet, Faults: vendors.NewFaults(quiet, reg)}
			s, err := Open(cfg, env, nil, prometheus.NewRegistry())
			if err != nil {
				t.Fatal(err)
			}
			var got []market.Tick
			if err := s.Run(t.Context(), func(b market.Batch) { got = append(got, b.Ticks...) }); err != nil {
				t.Fatal(err)
			}
			if len(got) != 1 || got[0].Price != 100_012_345_679 || got[0].Size != market.Units(1) {
				t.Errorf("played %+v, want one trade of 1 at 100.012345679", got)
			}
			if n := roundings(t, reg); n != 2 {
				t.Errorf("%v roundings were counted, want those of price and size", n)
			}
			if n := s.found.bad["price"]; n != 1 {
				t.Errorf("%d bad prices, want the one that is rounded to zero", n)
			}
		})
	}
}

// roundings is how many were counted of the replay.
func roundings(t *testing.T, reg *prometheus.Registry) (n float64) {
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			labels := map[string]string{}
			for _, l := range m.GetLabel() {
				labels[l.GetName()] = l.GetValue()
			}
			if labels["source"] == "replay" && labels["kind"] == string(vendors.Rounded) {
				n += m.GetCounter().GetValue()
			}
		}
	}
	return n
}
