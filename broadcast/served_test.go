package broadcast

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tickertape/feed"
)

// served is a running board behind a real HTTP server.
type served struct {
	*Board
	url string
	reg *prometheus.Registry
}

const patience = 10 * time.Second

func serve(t *testing.T, change func(*Config)) *served {
	t.Helper()
	cfg := DefaultConfig()
	cfg.Interval = 5 * time.Millisecond
	if change != nil {
		change(&cfg)
	}
	dir := feed.NewDirectory()
	for _, s := range []string{"AAPL", "MSFT", "QUIET"} {
		if _, err := dir.Add(feed.Symbol{Symbol: s, PreviousClose: 100 * feed.Scale}); err != nil {
			t.Fatal(err)
		}
	}
	reg := prometheus.NewRegistry()
	b := NewBoard(cfg, []Watchlist{{Name: "tech", Symbols: []string{"AAPL", "MSFT"}}}, dir, feed.Info{Name: "sim", Simulated: true}, slog.New(slog.DiscardHandler), reg)
	mux := http.NewServeMux()
	mux.Handle("/ws", b.WebSocket())
	mux.Handle("/events", b.CrossOrigin(b.Events()))
	mux.Handle("/api/quotes", b.CrossOrigin(b.Quotes()))
	server := httptest.NewUnstartedServer(mux)
	server.Listener = b.Listener(server.Listener)
	server.Config.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		c.(*patientConn).Conn.(*net.TCPConn).SetWriteBuffer(4 << 10) // a reader that stalls is felt at once
		return ctx
	}
	server.Start()
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		b.Run(ctx)
	}()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		b.Drain(ctx, 0)
		server.Close()
		stop()
		<-done
	})
	b.Apply(feed.Batch{Status: &feed.Status{State: feed.Live, Since: 1}})
	return &served{b, server.URL, reg}
}

// trade takes in a trade and returns when it has been published.
func (s *served) trade(symbol string, price string) {
	id, _ := s.dir.ID(symbol)
	p, err := feed.ParsePrice(price)
	if err != nil {
		panic(err)
	}
	s.Apply(feed.Batch{Ticks: []feed.Tick{stamped(feed.Tick{Symbol: id, Kind: feed.KindTrade, Flags: feed.Regular, Price: p, Size: feed.Units(100)})}})
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if _, _, v := s.store.copy(symbolList{ids: []feed.SymbolID{id}}, &delivery{kind: snapshot, fields: feed.AllFields}); len(v) == 1 && v[0].quote.Price == p {
			return
		}
	}
	panic("not published: " + symbol + " " + price)
}

// until polls for a condition.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}
