package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"

	"tickertape/feed/market"
)

// steppedDesk is a server with a stepped clock, and an exchange whose clock is right.
type steppedDesk struct {
	*server
	*exchange
	*steppedClock
	knew bool // its clock was right when it began
}

// startSteppedDesk starts both.
func startSteppedDesk(t *testing.T, right time.Time, ahead time.Duration) *steppedDesk {
	t.Helper()
	s := &steppedDesk{knew: ahead == 0, exchange: openExchange(t, right.Add(-time.Hour)), steppedClock: newSteppedClock(t, right, ahead)}
	s.server = s.launch(t, s.environ()...)
	eventually(t, "connected to the exchange", func() error {
		if s.connections() == 0 {
			return errors.New("it is not")
		}
		return nil
	})
	eventually(t, "told of what was traded before", func() error {
		var answer struct{ Quotes []toldQuote }
		getJSON(t, s.url+"/api/quotes?symbols=*", &answer)
		for _, q := range answer.Quotes {
			if q.V == "" {
				return fmt.Errorf("%+v", q)
			}
		}
		if len(answer.Quotes) != len(coins) {
			return fmt.Errorf("%d quotes", len(answer.Quotes))
		}
		return nil
	})
	return s
}

// startBefore starts them so long before a time that there are some seconds left when they are ready.
func startBefore(t *testing.T, at time.Time, ahead time.Duration) *steppedDesk {
	t.Helper()
	for early := 8 * time.Second; ; early *= 2 {
		if s := startSteppedDesk(t, at.Add(-early), ahead); at.Sub(s.now()) > early/2 {
			return s
		}
	}
}

// exchange tells of trades as Coinbase Exchange does.
type exchange struct {
	host string

	mu     sync.Mutex
	conn   net.Conn        // guarded by mu: the last one, nil before that
	conns  int             // guarded by mu: how many there were
	ids    map[string]int  // guarded by mu: of the newest trade of each coin
	traded []recordedTrade // guarded by mu: what counts
}

// openExchange opens one where 1 of each coin was traded at 1000, in the hour of a time.
func openExchange(t *testing.T, before time.Time) *exchange {
	x := &exchange{ids: map[string]int{}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") == "" {
			fmt.Fprintf(w, "[[%d, 1000, 1000, 1000, 1000, 1]]", before.Unix()/3600*3600) // its start, low, high, open, close, volume
			return
		}
		conn, _, _, err := ws.UpgradeHTTP(r, w)
		if err != nil {
			return
		}
		defer conn.Close()
		x.mu.Lock()
		x.conn, x.conns = conn, x.conns+1
		x.mu.Unlock()
		for err == nil {
			if _, err = wsutil.ReadClientText(conn); err == nil {
				err = x.confirm()
			}
		}
	}))
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	x.host = server.Listener.Addr().String()
	return x
}

// confirm says that all is subscribed to.
func (x *exchange) confirm() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	var channels []string
	for _, name := range []string{"matches", "ticker", "heartbeat", "status"} {
		channels = append(channels, fmt.Sprintf(`{"name":%q,"product_ids":["%s"]}`, name, strings.Join(coins, `","`)))
	}
	return wsutil.WriteServerText(x.conn, []byte(`{"type":"subscriptions","channels":[`+strings.Join(channels, ",")+`]}`))
}

func (x *exchange) environ() []string {
	return []string{"TICKERTAPE_FEED_SOURCE=coinbase", "TICKERTAPE_FEED_COINBASE_API=exchange", "TICKERTAPE_FEED_COINBASE_SYMBOLS=" +
		strings.Join(coins, ","), "TICKERTAPE_FEED_COINBASE_URL=ws://" + x.host, "TICKERTAPE_FEED_COINBASE_REST=http://" + x.host}
}

func (x *exchange) connections() int {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.conns
}

func (x *exchange) trade(t *testing.T, at time.Time, symbol, price string) {
	t.Helper()
	x.mu.Lock()
	defer x.mu.Unlock()
	at = at.Truncate(time.Microsecond)
	x.ids[symbol]++
	x.traded = append(x.traded, recordedTrade{symbol, market.TimeOf(at), mustPrice(t, price), mustQuantity(t, "0.5")})
	if err := wsutil.WriteServerText(x.conn, fmt.Appendf(nil,
		`{"type":"match","product_id":%q,"trade_id":%d,"price":%q,"size":"0.5","time":%q}`, symbol, x.ids[symbol], price,
		at.UTC().Format(time.RFC3339Nano))); err != nil {
		t.Fatal(err)
	}
}

var coins = []string{"BTC-USD", "ETH-USD", "SOL-USD"}

// days has the trades of a symbol by days, the newest last.
func (x *exchange) days(symbol string) (days [][]recordedTrade) {
	x.mu.Lock()
	defer x.mu.Unlock()
	before := market.Time(-1)
	for _, k := range x.traded {
		if k.symbol != symbol {
			continue
		}
		if midnight(k.at) != before {
			before = midnight(k.at)
			days = append(days, nil)
		}
		days[len(days)-1] = append(days[len(days)-1], k)
	}
	return days
}

// says asks until the server says of each coin what the exchange's trades add up to, day by day.
func (s *steppedDesk) says(t *testing.T, when string) {
	t.Helper()
	eventually(t, when+": right", func() error {
		var quotes struct {
			Status string
			Quotes []toldQuote
		}
		var bars struct {
			Series []struct {
				Symbol string
				Bars   []wireBar
			}
		}
		getJSON(t, s.url+"/api/quotes?symbols=*", &quotes)
		getJSON(t, s.url+"/api/bars?symbols=*&interval=1d", &bars)
		if quotes.Status != "live" || len(quotes.Quotes) != len(coins) {
			return fmt.Errorf("status %s, %d quotes", quotes.Status, len(quotes.Quotes))
		}
		for i := range quotes.Quotes {
			q, days := &quotes.Quotes[i], s.days(quotes.Quotes[i].S)
			silent := midnight(market.TimeOf(s.now())) > midnight(days[len(days)-1][0].at) // its day has begun without a trade
			got := fmt.Sprintf("p %s st %q", q.P, q.St)
			switch {
			case len(days) > 1 || silent:
				got += fmt.Sprintf(" o %s h %s l %s v %s n %s pc %s", q.O, q.H, q.L, q.V, q.N, q.PC)
			case s.knew:
				got += fmt.Sprintf(" o %s h %s l %s v %s", q.O, q.H, q.L, q.V)
			}
			for _, series := range bars.Series {
				for j := range series.Bars {
					if b := &series.Bars[j]; series.Symbol == q.S {
						got += fmt.Sprintf("; day %d o %s h %s l %s c %s v %s n %s", j+1, b.O, b.H, b.L, b.C, b.V, b.N)
					}
				}
			}
			if want := s.wanted(days, silent); got != want {
				return fmt.Errorf("of %s it says\n     %s\nwant %s", q.S, got, want)
			}
		}
		return nil
	})
}

// toldQuote is what the server says of a coin.
type toldQuote struct {
	S, St             string
	P, PC, O, H, L, V json.Number
	N                 json.Number
}

// wanted is what should be told of a coin, where its trades are these of each day. On the first one, 1 was traded at 1000 before: a
// server that did not know the day then cannot say so, and how many trades that were is unknown.
func (s *steppedDesk) wanted(days [][]recordedTrade, silent bool) string {
	bars, pc, last, today := "", "", "", ""
	for i, trades := range days {
		high, low, volume := trades[0].price, trades[0].price, market.Quantity{}
		for _, k := range trades {
			high, low = max(high, k.price), min(low, k.price)
			volume, _ = volume.Add(k.size)
		}
		pc, last = last, trades[len(trades)-1].price.String()
		bars += fmt.Sprintf("; day %d o %v h %v l %v c %s v %v n %d", i+1, trades[0].price, high, low, last, volume, len(trades))
		switch today = ""; {
		case i > 0:
			today = fmt.Sprintf(" o %v h %v l %v v %v n %d pc %s", trades[0].price, high, low, volume, len(trades), pc)
		case s.knew:
			volume, _ = volume.Add(market.Units(1))
			today = fmt.Sprintf(" o 1000 h %v l 1000 v %v", high, volume)
		}
	}
	if silent {
		today = " o  h  l  v  n  pc " + last
	}
	return fmt.Sprintf("p %s st \"\"%s%s", last, today, bars)
}

// TestClockStepsUnderTheRunningServer steps the clock of a server at noon and around the day's roll. It is right again with the next
// trade of each symbol, and goes on with the connections that it has. Where the clock is behind at first, that is found, or its
// trades wait.
func TestClockStepsUnderTheRunningServer(t *testing.T) {
	const day = 24 * time.Hour
	noon := time.Date(2026, time.June, 10, 12, 0, 0, 0, time.UTC)
	roll := time.Date(2026, time.June, 11, 0, 0, 0, 0, time.UTC)
	for name, rolls := range map[string]bool{"at noon": false, "around the roll": true} {
		for _, steps := range [][]time.Duration{ // how far it is ahead
			{0, time.Hour, 0}, {0, -time.Hour, 0}, {0, day, 0}, {0, -day, 0}, // it is right, and is stepped
			{time.Hour, 0}, {-10 * time.Second, 0}, {-time.Hour, 0}, {day, 0}, {-day, 0}, // it is wrong, and is mended
			{0, time.Hour, -day, day, -time.Hour, 0},
		} {
			t.Run(fmt.Sprintf("%s %v", name, steps), func(t *testing.T) {
				t.Parallel()
				var s *steppedDesk
				if rolls {
					s = startBefore(t, roll, steps[0])
				} else {
					s = startSteppedDesk(t, noon, steps[0])
				}
				events := openEvents(t, s.url+"/events?symbols=*")
				events.until(t, "hello")
				price := 1000
				trade := func(symbols ...string) {
					for _, symbol := range symbols {
						price++
						s.trade(t, s.now(), symbol, fmt.Sprint(price))
					}
				}
				waiting := steps[0] < -time.Minute // until the clock is right, or a minute or more has shown that it is not
				if steps[0] < 0 && !waiting {      // a second shows it
					trade(coins...)
					until := time.Now().Add(1100 * time.Millisecond)
					eventually(t, "traded for a second", func() error {
						if left := time.Until(until); left > 0 {
							return fmt.Errorf("it is in %v", left)
						}
						return nil
					})
				}
				for i, ahead := range steps {
					last := i == len(steps)-1
					if last && rolls {
						eventually(t, "past the roll", func() error {
							if left := roll.Sub(s.now()); left >= 0 {
								return fmt.Errorf("it is in %v", left)
							}
							return nil
						})
						if trade(coins[1:]...); !waiting {
							s.says(t, "a day has begun")
						}
					}
					if i > 0 {
						s.step(t, ahead)
						waiting = false
					}
					if trade(coins...); waiting {
						continue
					}
					s.says(t, fmt.Sprintf("stepped to %v", steps[:i+1]))
				}
				for last := fmt.Sprintf(`"p":%d`, price); !strings.Contains(events.until(t, "update").data, last); {
				}
				if n := s.connections(); n != 1 {
					t.Errorf("%d connections to the exchange, want the first", n)
				}
			})
		}
	}
}

// TestClockStepsLeaveARelayAlone has silences, of which a relay's connections die, measured by no clock that somebody sets.
func TestClockStepsLeaveARelayAlone(t *testing.T) {
	t.Parallel()
	upstream := startSteppedDesk(t, time.Now(), 0) // nothing comes from it but heartbeats
	clock := newSteppedClock(t, time.Now(), 0)
	relay := clock.launch(t, "TICKERTAPE_FEED_SOURCE=relay", "TICKERTAPE_FEED_RELAY_URL="+upstream.url)
	upstream.trade(t, upstream.now(), coins[0], "1001")
	eventually(t, "told of bars", func() error {
		_, body, err := fetch(relay.url + "/api/bars?interval=1d&symbol=" + coins[0])
		if err == nil && !strings.Contains(body, "1001") {
			err = errors.New(body)
		}
		return err
	})
	for _, ahead := range []time.Duration{time.Hour, -24 * time.Hour, 24 * time.Hour, 0} {
		clock.step(t, ahead)
		until := time.Now().Add(2200 * time.Millisecond) // the connection for bars is looked at each second
		eventually(t, "looked at", func() error {
			if left := time.Until(until); left > 0 {
				return fmt.Errorf("it is in %v", left)
			}
			return nil
		})
	}
	if log := relay.logged(); strings.Contains(log, "are interrupted") || strings.Contains(log, `"feed lost"`) {
		t.Error("a connection has ended")
	}
}
