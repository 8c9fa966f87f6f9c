package alpaca

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tickertape/feed"
	"tickertape/feed/market"
	"tickertape/feed/vendors"
	"tickertape/feed/vendors/alpaca/alpacatest"
	"tickertape/feed/vendors/vendortest"
)

// market is the vendor with a feed's surroundings.
type venue struct {
	*alpacatest.Server
	*vendortest.Notes
	t   *testing.T
	env vendors.Env
}

func newMarket(t *testing.T) *venue {
	m := &venue{Server: alpacatest.New(t), t: t}
	m.env = m.Env(t)
	m.Notes = vendortest.TakeNotes(&m.env)
	return m
}

func keys(t *testing.T) {
	t.Setenv("APCA_API_KEY_ID", alpacatest.Key)
	t.Setenv("APCA_API_SECRET_KEY", alpacatest.Secret)
}

func (m *venue) open(symbols ...string) []feed.Source {
	m.t.Helper()
	cfg := DefaultConfig()
	cfg.Symbols = symbols
	return vendortest.Open(m.t, cfg, m.env, Open)
}

func TestStocksLiveThroughAllMisbehaviour(t *testing.T) {
	keys(t)
	vendortest.Misbehave(t, vendortest.Vendor{Symbol: "AAPL", Start: func(t *testing.T) vendortest.Rig {
		m := newMarket(t)
		m.Snapshot("AAPL", shot(time.Now(), "100", "99"))
		return vendortest.Rig{Server: m.Server.Server, Env: m.env, Sources: m.open("AAPL"),
			Trade: func(price string, at time.Time) { m.Trade("AAPL", price, at) }}
	}})
}

func TestCoinsLiveThroughAllMisbehaviour(t *testing.T) {
	keys(t)
	vendortest.Misbehave(t, vendortest.Vendor{Symbol: "BTC/USD", Start: func(t *testing.T) vendortest.Rig {
		m := newMarket(t)
		return vendortest.Rig{Server: m.Server.Server, Env: m.env, Sources: m.open("BTC/USD"),
			Trade: func(price string, at time.Time) { m.Trade("BTC/USD", price, at) }}
	}})
}

// silence is the configuration of tests that are not about it.
var silence = feed.Config{Source: []string{name}, Silence: time.Hour}

// inSession runs a test in a bubble, on Wednesday, 18 November 2026, from 11:00 in New York.
func inSession(t *testing.T, test func(t *testing.T, m *venue)) {
	t.Helper()
	keys(t)
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(now.Std()))
		test(t, newMarket(t))
	})
}

// shot is a snapshot of a stock that has traded until the minute before an instant, on the day of now.
func shot(at time.Time, last, previous string) string {
	t := func(at time.Time) string { return at.UTC().Format(time.RFC3339Nano) }
	y, m, d := at.UTC().Date()
	midnight := time.Date(y, m, d, 5, 0, 0, 0, time.UTC)
	return fmt.Sprintf(`{"latestTrade":{"t":%q,"x":"V","p":%s,"s":10,"c":["@"],"i":1,"z":"C"},"latestQuote":null,
		"minuteBar":{"t":%q,"o":99,"h":101,"l":98,"c":%s,"v":10,"n":2,"vw":99.5},
		"dailyBar":{"t":%q,"o":95,"h":105,"l":90,"c":%s,"v":1000,"n":20,"vw":99.1234567891},
		"prevDailyBar":{"t":%q,"o":1,"h":1,"l":1,"c":%s,"v":1,"n":1,"vw":1}}`,
		t(at.Add(-time.Second)), last, t(at.Truncate(time.Minute).Add(-time.Minute)), last, t(midnight), last,
		t(midnight.Add(-24*time.Hour)), previous)
}

func TestFiguresAndTradesAddUp(t *testing.T) {
	inSession(t, func(t *testing.T, m *venue) {
		m.Snapshot("AAPL", shot(time.Now(), "100", "99"))
		w := vendortest.Watch(t, m.env, m.open("AAPL"), silence)
		vendortest.Wait(2 * time.Second)
		q := w.Quote("AAPL")
		if q.Price.String() != "100" || q.PreviousClose.String() != "99" || q.Open.String() != "95" || q.High.String() != "105" ||
			q.Volume.String() != "1000" || q.Count != 20 {
			t.Errorf("at first: %+v", q)
		}
		m.Trade("AAPL", "106", time.Now())
		vendortest.Wait(10 * time.Second)
		if q := w.Quote("AAPL"); q.Price.String() != "106" || q.High.String() != "106" || q.Low.String() != "90" || q.Volume.String() != "1001" ||
			q.Count != 21 || q.State != market.Live {
			t.Errorf("with a trade: %+v", q)
		}
		vendortest.Wait(60 * time.Second) // a minute later, the figures hold what was missed and the trade
		m.Trade("AAPL", "104", time.Now())
		m.Snapshot("AAPL", strings.Replace(shot(time.Now().Truncate(time.Minute), "106", "99"), `"v":1000,"n":20`, `"v":1051,"n":30`, 1))
		vendortest.Wait(60 * time.Second)
		if q := w.Quote("AAPL"); q.Price.String() != "104" || q.Volume.String() != "1052" || q.Count != 31 || q.High.String() != "105" {
			t.Errorf("asked again: %+v", q)
		}
	})
}

func TestStocksAndCoinsAreTwoConnections(t *testing.T) {
	inSession(t, func(t *testing.T, m *venue) {
		m.Snapshot("AAPL", shot(time.Now(), "100", "99"))
		bar := func(h int, o, hi, l, c string, v string) string {
			return fmt.Sprintf(`{"t":"2026-11-%02dT%02d:00:00Z","o":%s,"h":%s,"l":%s,"c":%s,"v":%s,"n":2,"vw":%s}`, 17+h/24, h%24, o, hi, l, c, v, c)
		}
		m.Bars("BTC/USD", "["+strings.Join([]string{bar(23, "1", "9", "1", "50", "4"), bar(24, "50", "70", "40", "60", "0"),
			bar(25, "61", "66", "55", "62", "1.5"), bar(26, "62", "64", "54", "63", "0.5")}, ",")+"]")
		sources := m.open("AAPL", "BTC/USD")
		if len(sources) != 2 || sources[0].Info().Market != "us" || sources[1].Info().Market != "crypto" {
			t.Fatalf("%d sources", len(sources))
		}
		w := vendortest.Watch(t, m.env, sources, silence)
		vendortest.Wait(5 * time.Second)
		m.Trade("AAPL", "101", time.Now())
		m.Trade("BTC/USD", "64", time.Now())
		vendortest.Wait(time.Second)
		if q := w.Quote("AAPL"); q.Price.String() != "101" || q.State != market.Live {
			t.Errorf("stock: %+v", q)
		}
		q := w.Quote("BTC/USD")
		if q.Price.String() != "64" || q.PreviousClose.String() != "50" || q.Open.String() != "61" || q.High.String() != "66" ||
			q.Low.String() != "54" || q.Volume.String() != "3" || q.Count != 5 {
			t.Errorf("coin: %+v", q)
		}
		if got := subscriptions(m, "/v2/iex"); !slices.Equal(got[:3], []string{`"trades":["AAPL"]`, `"quotes":["AAPL"]`, `"statuses":["AAPL"]`}) {
			t.Errorf("stocks: %q", got)
		}
		if got := subscriptions(m, "/v1beta3/crypto/us"); !slices.Equal(got[:2], []string{`"trades":["BTC/USD"]`, `"quotes":["BTC/USD"]`}) {
			t.Errorf("coins: %q", got)
		}
	})
}

// Shares of the feed that is late are so by contract; coins never are.
func TestTheDelayedFeedSaysSo(t *testing.T) {
	inSession(t, func(t *testing.T, m *venue) {
		for feedName, late := range map[string]time.Duration{"iex": 0, "sip": 0, "delayed_sip": 15 * time.Minute} {
			cfg := DefaultConfig()
			cfg.Feed, cfg.Symbols = feedName, []string{"AAPL", "BTC/USD"}
			sources := vendortest.Open(m.t, cfg, m.env, Open)
			if shares, coins := sources[0].Info().Delay, sources[1].Info().Delay; shares != late || coins != 0 {
				t.Errorf("%s: shares are %v late, coins %v; want %v and 0s", feedName, shares, coins, late)
			}
		}
	})
}

func TestHaltsCorrectionsAndCancelsReachTheQuote(t *testing.T) {
	inSession(t, func(t *testing.T, m *venue) {
		m.Snapshot("AAPL", "{}")
		w := vendortest.Watch(t, m.env, m.open("AAPL"), silence)
		vendortest.Wait(2 * time.Second)
		at := func() string { return time.Now().UTC().Format(time.RFC3339Nano) }
		tell := func(channel, format string, args ...any) {
			m.Send(channel, "AAPL", fmt.Sprintf(format, args...))
			vendortest.Wait(time.Second)
		}
		tell("trades", `{"T":"t","S":"AAPL","i":1,"x":"V","p":100,"s":100,"c":["@"],"z":"C","t":%q}`, at())
		tell("trades", `{"T":"t","S":"AAPL","i":2,"x":"V","p":105,"s":100,"c":["@"],"z":"C","t":%q}`, at())
		tell("corrections", `{"T":"c","S":"AAPL","x":"V","oi":2,"op":105,"os":100,"oc":["@"],"ci":3,"cp":102,"cs":50,"cc":["@"],"z":"C","t":%q}`,
			at())
		if q := w.Quote("AAPL"); q.Price.String() != "102" || q.High.String() != "102" || q.Volume.String() != "150" {
			t.Errorf("corrected: %+v", q)
		}
		tell("trades", `{"T":"t","S":"AAPL","i":4,"x":"V","p":107,"s":100,"c":["@"],"z":"C","t":%q}`, at())
		tell("cancelErrors", `{"T":"x","S":"AAPL","i":4,"x":"V","p":107,"s":100,"a":"C","z":"C","t":%q}`, at())
		if q := w.Quote("AAPL"); q.Price.String() != "102" || q.High.String() != "102" || q.Volume.String() != "150" || q.Count != 2 {
			t.Errorf("cancelled: %+v", q)
		}
		tell("statuses", `{"T":"s","S":"AAPL","sc":"H","sm":"Trading Halt","rc":"T12","rm":"","t":%q,"z":"C"}`, at())
		if got := w.Quote("AAPL").State; got != market.Halted {
			t.Errorf("%v, want halted", got)
		}
		tell("statuses", `{"T":"s","S":"AAPL","sc":"T","sm":"Trading Resumption","rc":"","rm":"","t":%q,"z":"C"}`, at())
		tell("trades", `{"T":"t","S":"AAPL","i":5,"x":"V","p":103,"s":100,"c":["@"],"z":"C","t":%q}`, at())
		if got := w.Quote("AAPL").State; got != market.Live {
			t.Errorf("%v, want live", got)
		}
	})
}

// Exchange D is all of FINRA's reporting facilities, each of which numbers its trades by itself.
func TestTradesOfTwoReportingFacilitiesCanHaveOneID(t *testing.T) {
	inSession(t, func(t *testing.T, m *venue) {
		m.Snapshot("AAPL", "{}")
		w := vendortest.Watch(t, m.env, m.open("AAPL"), silence)
		vendortest.Wait(2 * time.Second)
		at := time.Now().UTC()
		trade := func(at time.Time, price, size, conditions string) string {
			return fmt.Sprintf(`{"T":"t","S":"AAPL","i":5,"x":"D","p":%s,"s":%s,"c":["@"%s],"z":"C","t":%q}`, price, size, conditions, at.Format(time.RFC3339Nano))
		}
		odd := trade(at.Add(time.Millisecond), "101", "7", `,"I"`)
		m.Send("trades", "AAPL", trade(at, "100", "100", ""), odd, odd)
		vendortest.Wait(time.Second)
		if q := w.Quote("AAPL"); q.Volume.String() != "107" || q.Count != 2 || q.Price.String() != "100" {
			t.Errorf("two trades, of which one was repeated: volume %v of %d, price %v", q.Volume, q.Count, q.Price)
		}
		m.Send("cancelErrors", "AAPL", fmt.Sprintf(`{"T":"x","S":"AAPL","i":5,"x":"D","p":101,"s":7,"a":"C","z":"C","t":%q}`, at.Format(time.RFC3339Nano)))
		vendortest.Wait(time.Second)
		if q := w.Quote("AAPL"); q.Volume.String() != "100" || q.Count != 1 || q.Price.String() != "100" || q.High.String() != "100" {
			t.Errorf("the odd lot is cancelled: volume %v of %d, price %v, high %v", q.Volume, q.Count, q.Price, q.High)
		}
		m.Send("corrections", "AAPL", fmt.Sprintf(
			`{"T":"c","S":"AAPL","x":"D","oi":5,"op":100,"os":100,"oc":["@"],"ci":5,"cp":99,"cs":50,"cc":["@"],"z":"C","t":%q}`, at.Format(time.RFC3339Nano)))
		vendortest.Wait(time.Second)
		if q := w.Quote("AAPL"); q.Volume.String() != "50" || q.Count != 1 || q.Price.String() != "99" || q.High.String() != "99" {
			t.Errorf("the other is corrected: volume %v of %d, price %v, high %v", q.Volume, q.Count, q.Price, q.High)
		}
	})
}

func TestWhatIsFinalIsNotTriedAgain(t *testing.T) {
	for _, e := range []alpacatest.Error{alpacatest.AuthFailed, alpacatest.Subscription, alpacatest.Scope} {
		inSession(t, func(t *testing.T, m *venue) {
			m.Fail(&e)
			w := vendortest.Watch(t, m.env, m.open("AAPL"), silence)
			vendortest.Wait(time.Hour)
			if s := w.Status(); s.State != market.Down || !strings.Contains(w.Why(), fmt.Sprint(e.Code)) || !strings.Contains(w.Why(), e.Text) {
				t.Errorf("%d: status %+v", e.Code, s)
			}
			if n := len(m.Connects()); n != 1 {
				t.Errorf("%d: %d connections, want 1: %v", e.Code, n, w.Statuses())
			}
		})
	}
}

func TestAKeyInUseIsTriedSeldom(t *testing.T) {
	inSession(t, func(t *testing.T, m *venue) {
		m.Take(true)
		w := vendortest.Watch(t, m.env, m.open("AAPL"), silence)
		vendortest.Wait(10 * time.Minute)
		if s := w.Status(); s.State != market.Down || !strings.Contains(s.Message, "another program uses the key") {
			t.Errorf("status %+v", s)
		}
		if n := len(m.Connects()); n < 2 || n > 10 {
			t.Errorf("%d connections in ten minutes", n)
		}
		if got := w.Metric("tickertape_feed_breaks_total", "cause", "taken"); got < 1 {
			t.Error("it was not counted")
		}
		m.Take(false)
		vendortest.Wait(20 * time.Minute)
		if s := w.Status(); s.State != market.Live {
			t.Errorf("status %+v", s)
		}
	})
}

// The one before has ended, but the vendor sees it some seconds later.
func TestALoginIsRepeatedOnTheSameConnection(t *testing.T) {
	inSession(t, func(t *testing.T, m *venue) {
		m.Take(true)
		w := vendortest.Watch(t, m.env, m.open("AAPL"), silence)
		vendortest.Wait(3 * time.Second)
		m.Take(false)
		vendortest.Wait(3 * time.Second)
		if s := w.Status(); s.State != market.Live || len(m.Connects()) != 1 {
			t.Errorf("status %+v after %d connections", s, len(m.Connects()))
		}
	})
}

func TestSymbolsThatAreRefusedAreDown(t *testing.T) {
	inSession(t, func(t *testing.T, m *venue) {
		m.Limit(3)
		symbols := []string{"A", "B", "C?", "D", "E"}
		for _, s := range symbols {
			m.Snapshot(s, shot(time.Now(), "100", "99"))
		}
		w := vendortest.Watch(t, m.env, m.open(symbols...), silence)
		vendortest.Wait(10 * time.Second)
		for _, s := range symbols {
			m.Trade(s, "101", time.Now())
		}
		vendortest.Wait(time.Second)
		for s, want := range map[string]market.State{"A": market.Live, "B": market.Live, "C?": market.Down, "D": market.Live, "E": market.Down} {
			if got := w.Quote(s).State; got != want {
				t.Errorf("%s is %v, want %v", s, got, want)
			}
		}
		for _, s := range []string{"C?", "E"} {
			if n := strings.Count(m.Log.String(), `msg="symbol refused" source=alpaca symbol=`+s+" "); n != 1 {
				t.Errorf("%s was logged %d times", s, n)
			}
		}
	})
}

func TestAStockThatTheVendorDoesNotKnowIsDown(t *testing.T) {
	inSession(t, func(t *testing.T, m *venue) {
		m.Snapshot("AAPL", shot(time.Now(), "100", "99"))
		w := vendortest.Watch(t, m.env, m.open("AAPL", "NOSUCH"), silence)
		vendortest.Wait(5 * time.Second)
		m.Trade("AAPL", "101", time.Now())
		vendortest.Wait(time.Second)
		if a, no := w.Quote("AAPL").State, w.Quote("NOSUCH").State; a != market.Live || no != market.Down {
			t.Errorf("%v and %v", a, no)
		}
		m.Trade("NOSUCH", "5", time.Now()) // newly listed
		vendortest.Wait(time.Second)
		if got := w.Quote("NOSUCH"); got.State != market.Live || got.Volume.String() != "1" {
			t.Errorf("it trades, and is %v with a volume of %v", got.State, got.Volume)
		}
	})
}

func TestWithoutHaltsThereArePrices(t *testing.T) {
	inSession(t, func(t *testing.T, m *venue) {
		m.NoHalts()
		m.Snapshot("AAPL", shot(time.Now(), "100", "99"))
		w := vendortest.Watch(t, m.env, m.open("AAPL"), silence)
		vendortest.Wait(5 * time.Second)
		m.Trade("AAPL", "101", time.Now())
		vendortest.Wait(time.Second)
		if q := w.Quote("AAPL"); q.Price.String() != "101" || q.State != market.Live || q.Volume.String() != "1001" {
			t.Errorf("%+v", q)
		}
	})
}

func TestWithoutRESTTheTradesCount(t *testing.T) {
	for _, e := range []alpacatest.Error{{Code: http.StatusForbidden, Text: "subscription does not permit querying recent SIP data"},
		{Code: http.StatusTooManyRequests, Text: "too many requests."}} {
		inSession(t, func(t *testing.T, m *venue) {
			m.RefuseREST(&e)
			m.Snapshot("AAPL", shot(time.Now(), "100", "99"))
			w := vendortest.Watch(t, m.env, m.open("AAPL"), silence)
			vendortest.Wait(5 * time.Second)
			m.Trade("AAPL", "101", time.Now())
			vendortest.Wait(time.Second)
			if q := w.Quote("AAPL"); q.Price.String() != "101" || q.Volume.String() != "1" || q.State != market.Live {
				t.Errorf("%d: %+v", e.Code, q)
			}
			m.RefuseREST(nil)
			vendortest.Wait(3 * time.Minute)
			if q := w.Quote("AAPL"); q.PreviousClose.String() != "99" {
				t.Errorf("%d: previous close %v, want 99 after all", e.Code, q.PreviousClose)
			}
			if strings.Contains(m.Log.String(), alpacatest.Key) || strings.Contains(m.Log.String(), alpacatest.Secret) {
				t.Error("the log has a key")
			}
		})
	}
}

// The exchange may have nothing to say for long: whether the feed lives is found out by asking.
func TestAQuietFeedIsAlive(t *testing.T) {
	inSession(t, func(t *testing.T, m *venue) {
		m.Snapshot("AAPL", shot(time.Now(), "100", "99"))
		w := vendortest.Watch(t, m.env, m.open("AAPL"), feed.DefaultConfig())
		vendortest.Wait(10 * time.Minute)
		if s := w.Status(); s.State != market.Live || len(m.Connects()) != 1 {
			t.Errorf("status %+v after %d connections", s, len(m.Connects()))
		}
	})
}

func TestASlowReaderComesBack(t *testing.T) {
	inSession(t, func(t *testing.T, m *venue) {
		m.Snapshot("AAPL", shot(time.Now(), "100", "99"))
		w := vendortest.Watch(t, m.env, m.open("AAPL"), silence)
		vendortest.Wait(2 * time.Second)
		m.Break(alpacatest.SlowClient)
		vendortest.Wait(5 * time.Second)
		if s := w.Status(); s.State != market.Live || len(m.Connects()) != 2 {
			t.Errorf("status %+v after %d connections", s, len(m.Connects()))
		}
	})
}

// figuresAsked is how often the figures were asked for.
func figuresAsked(m *venue) (n int) {
	for _, path := range m.Requests() {
		if strings.HasPrefix(path, snapshotsPath) {
			n++
		}
	}
	return n
}

func TestANewDayIsAskedFor(t *testing.T) {
	inSession(t, func(t *testing.T, m *venue) {
		roll := time.Date(2026, time.November, 19, 9, 0, 0, 0, time.UTC) // 04:00 in New York
		time.Sleep(time.Until(roll.Add(-10 * time.Minute)))
		m.Snapshot("AAPL", shot(time.Date(2026, time.November, 18, 20, 59, 59, 0, time.UTC), "104", "99"))
		w := vendortest.Watch(t, m.env, m.open("AAPL"), silence)
		vendortest.Wait(3 * time.Minute)
		asked := figuresAsked(m)
		if q := w.Quote("AAPL"); asked != 2 || q.PreviousClose.String() != "99" || q.Open.String() != "95" {
			t.Errorf("%d requests, want 2: %+v", asked, q)
		}
		vendortest.Wait(time.Until(roll.Add(10 * time.Minute)))
		if q := w.Quote("AAPL"); q.PreviousClose.String() != "104" || q.Set&(market.FieldOpen|market.FieldHigh|market.FieldVolume) != 0 {
			t.Errorf("%+v", q)
		}
		if got := figuresAsked(m); got != asked+1 {
			t.Errorf("%d requests, want one more than %d", got, asked)
		}
	})
}
