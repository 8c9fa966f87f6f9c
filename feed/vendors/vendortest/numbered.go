package vendortest

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"tickertape/feed"
	"tickertape/feed/vendors"
)

// WatchJoined is like [Watch] with the default configuration, and waits until the one connection is there and so many requests
// were sent over REST.
func WatchJoined(t *testing.T, server *Server, env vendors.Env, sources []feed.Source, requests int) *Watcher {
	t.Helper()
	w := Watch(t, env, sources, feed.DefaultConfig())
	Within(t, 2*time.Second, "it subscribes", func() bool { return len(server.Sockets()) == 1 && len(server.Requests()) >= requests })
	return w
}

// Numbered is a feed of one symbol, whose trades have numbers.
type Numbered struct {
	Rig
	Symbol   string
	Size     float64                          // of each trade
	Requests int                              // that are sent over REST at first
	Lose     func(price string, at time.Time) // is like Trade, but the stream does not tell the trade
}

// LoseTrades has some trades get lost between two that do not, at noon. Their loss is counted, and they are made up for.
func LoseTrades(t *testing.T, lost int, start func(t *testing.T) Numbered) {
	synctest.Test(t, func(t *testing.T) {
		Wednesday(12)
		x := start(t)
		w := WatchJoined(t, x.Server, x.Env, x.Sources, x.Requests)
		x.Trade("100", time.Now())
		Within(t, time.Second, "the first trade", func() bool { return w.Quote(x.Symbol).Count == 1 })
		for range lost {
			x.Lose("105", time.Now())
		}
		time.Sleep(10 * time.Millisecond)
		x.Trade("101", time.Now())
		Within(t, time.Second, "the loss is counted", func() bool { return w.Metric("tickertape_feed_lost_messages_total") == float64(lost) })
		Within(t, 20*time.Second, "all trades count", func() bool {
			q := w.Quote(x.Symbol)
			return q.Count == uint64(lost+2) && q.High.String() == "105" && q.Price.String() == "101" &&
				q.Volume.String() == fmt.Sprint(float64(lost+2)*x.Size)
		})
	})
}

// JoinDay joins the day of a symbol at noon: it was last traded so long ago on the day before, and a few times since midnight.
// The figures have all of them, and a trade that comes after them.
func JoinDay(t *testing.T, x Numbered, before time.Duration) *Watcher {
	t.Helper()
	now := time.Now()
	for _, k := range []struct {
		ago   time.Duration
		price string
	}{{before, "95"}, {11 * time.Hour, "100"}, {5 * time.Hour, "120"}, {2 * time.Hour, "80"}, {time.Minute, "110"}} {
		x.Trade(k.price, now.Add(-k.ago))
	}
	w := WatchJoined(t, x.Server, x.Env, x.Sources, x.Requests)
	x.Trade("111", time.Now())
	Within(t, 2*time.Second, "the day's figures", func() bool { return w.Quote(x.Symbol).Count == 5 })
	q := w.Quote(x.Symbol)
	got := fmt.Sprint(q.PreviousClose, q.Open, q.High, q.Low, q.Price, q.Volume, q.VWAP)
	if want := fmt.Sprintf("95 100 120 80 111 %v 104.2", 5*x.Size); got != want {
		t.Errorf("previous close, open, high, low, last, volume, vwap: %s, want %s", got, want)
	}
	return w
}
