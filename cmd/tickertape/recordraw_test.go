package main

//lint:file-ignore SA1019 nhooyr.io/websocket is the library wanted by name; its successor is one import away

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"nhooyr.io/websocket"

	"tickertape/feed/consolidate"
	"tickertape/feed/market"
	"tickertape/feed/recording"
	"tickertape/feed/replay"
	"tickertape/feed/vendors"
	"tickertape/feed/vendors/coinbase"
)

// serveCoinbase sends three trades of BTC-USD on every connection, and answers nothing over REST.
func serveCoinbase(t *testing.T) (addr string) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") == "" {
			http.NotFound(w, r)
			return
		}
		c, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer c.CloseNow()
		for i := range 3 {
			c.Write(context.Background(), websocket.MessageText,
				fmt.Appendf(nil, `{"channel":"market_trades","timestamp":%q,"sequence_num":%d,"events":[{"type":"update","trades":`+
					`[{"product_id":"BTC-USD","trade_id":"%d","price":"86123.45","size":"0.5","time":%[1]q,"side":"BUY"}]}]}`,
					time.Now().UTC().Format(time.RFC3339Nano), i, i+1))
		}
		for err == nil {
			_, _, err = c.Read(context.Background())
		}
	}))
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

// TestARawRecordingOfAMarketPlays records a market whose symbol is called otherwise here.
func TestARawRecordingOfAMarketPlays(t *testing.T) {
	addr := serveCoinbase(t)
	cfg := DefaultConfig().Feed
	cfg.Sources.Source = []string{"coinbase"}
	cfg.Coinbase.URL, cfg.Coinbase.REST, cfg.Coinbase.Symbols = "ws://"+addr, "http://"+addr, []string{"ETH-USD"}
	cfg.Consolidate.Symbols = []consolidate.Route{{Symbol: "BTC", Sources: []string{"coinbase:BTC-USD"}}}
	plan := recordPlan{out: filepath.Join(t.TempDir(), "raw.ndjson"), raw: true}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- plan.recordRaw(ctx, cfg, quiet) }()
	eventually(t, "three messages recorded", func() error {
		text, err := os.ReadFile(plan.out)
		if n := strings.Count(string(text), "market_trades"); err == nil && n < 3 {
			err = fmt.Errorf("%d messages", n)
		}
		return err
	})
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}

	stream, err := recording.OpenFile(plan.out)
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	r, err := recording.NewRawReader(recording.NewLineReader(stream))
	if err != nil {
		t.Fatal(err)
	}
	if h := r.Header(); len(h.Sources) != 1 || h.Sources[0].Name != "coinbase" || !h.Sources[0].Numbered ||
		!slices.Equal(h.Sources[0].Symbols, []string{"ETH-USD", "BTC-USD"}) {
		t.Errorf("header %+v", h)
	}

	cfg = DefaultConfig().Feed // it says nothing of those symbols
	cfg.Coinbase = coinbase.DefaultConfig()
	cfg.Replay.File, cfg.Replay.Speed = plan.out, 0
	dir := market.NewDirectory()
	env := vendors.Env{Dir: dir, Log: quiet, Faults: vendors.NewFaults(quiet, prometheus.NewRegistry())}
	s, err := replay.Open(cfg.Replay, env, decoders(cfg), prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	var ids []uint64
	if err := s.Run(t.Context(), func(b market.Batch) {
		for _, k := range b.Ticks {
			if id, _ := dir.ID("BTC-USD"); k.Kind == market.KindTrade && k.Symbol == id && k.Price == 86_123_450_000_000 {
				ids = append(ids, k.ID)
			}
		}
	}); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(ids, []uint64{1, 2, 3}) {
		t.Errorf("it plays the trades %v, want 1 to 3", ids)
	}
}
