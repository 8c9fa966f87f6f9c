package massive

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tickertape/feed"
	"tickertape/feed/market"
	"tickertape/feed/vendors"
	"tickertape/feed/vendors/vendortest"
)

// bubble runs a test at 10:00 in New York, on the last Wednesday of 2025. Nothing in it sets the environment.
func bubble(t *testing.T, test func(t *testing.T, v *vendor)) {
	t.Setenv("MASSIVE_API_KEY", key)
	synctest.Test(t, func(t *testing.T) {
		vendortest.Wednesday(15)
		test(t, newVendor(t))
	})
}

// follow makes a feed with the key of the environment.
func follow(t *testing.T, env vendors.Env, symbols ...string) []feed.Source {
	t.Helper()
	cfg := DefaultConfig()
	cfg.Symbols = symbols
	return vendortest.Open(t, cfg, env, Open)
}

func TestLivesThroughAllMisbehaviour(t *testing.T) {
	t.Setenv("MASSIVE_API_KEY", key)
	vendortest.Misbehave(t, vendortest.Vendor{Symbol: "AAPL", Start: func(t *testing.T) vendortest.Rig {
		v := newVendor(t)
		for _, s := range []string{"AAPL", "MSFT"} {
			v.snapshots[s] = fmt.Sprintf(`{"ticker":%q,"updated":0,"day":{"v":0},"prevDay":{"c":99.5}}`, s)
		}
		env := v.Env(t)
		return vendortest.Rig{Server: v.Server, Env: env, Sources: follow(t, env, "AAPL", "MSFT"),
			Trade: func(price string, at time.Time) { v.trade("AAPL", price, at) }}
	}})
}

const shot = `{"ticker":"AAPL","updated":%d,"day":{"o":101,"h":120,"l":90,"c":110,"v":1000,"vw":105.5},"prevDay":{"o":1,"h":1,"l":1,"c":99.5,"v":1,"vw":1},"lastTrade":{"c":[14],"i":"1","p":110.25,"s":1,"t":%d,"x":4}}`

func TestDayIsWholeThoughItIsJoinedInTheMidst(t *testing.T) {
	bubble(t, func(t *testing.T, v *vendor) {
		now := time.Now()
		v.snapshots["AAPL"] = fmt.Sprintf(shot, now.Add(300*time.Millisecond).UnixNano(), now.Add(-time.Second).UnixNano())
		env := v.Env(t)
		w := vendortest.Watch(t, env, follow(t, env, "AAPL"), feed.DefaultConfig())
		vendortest.Within(t, 2*time.Second, "the snapshot", func() bool { return w.Quote("AAPL").PreviousClose.String() == "99.5" })
		if got := strings.Join(slices.Sorted(slices.Values(v.Follows())), " "); got != "LULD.AAPL Q.AAPL T.AAPL" {
			t.Errorf("subscribed to %s", got)
		}
		time.Sleep(time.Second)
		v.trade("AAPL", "121", time.Now())
		vendortest.Within(t, time.Second, "the trade", func() bool { return w.Quote("AAPL").Price.String() == "121" })
		q := w.Quote("AAPL")
		if got := fmt.Sprint(q.Open, q.High, q.Low, q.Volume); got != "101 121 90 1001" {
			t.Errorf("open, high, low, volume: %s", got)
		}
	})
}

func TestANewDayIsAskedFor(t *testing.T) {
	bubble(t, func(t *testing.T, v *vendor) {
		now := time.Now()
		v.snapshots["AAPL"] = fmt.Sprintf(shot, now.UnixNano(), now.UnixNano())
		env := v.Env(t)
		w := vendortest.Watch(t, env, follow(t, env, "AAPL"), feed.DefaultConfig())
		vendortest.Within(t, 2*time.Second, "the snapshot", func() bool { return w.Quote("AAPL").PreviousClose.String() == "99.5" })
		before := len(v.Requests())
		v.set(func() {
			v.snapshots["AAPL"] = `{"ticker":"AAPL","updated":0,"day":{"o":0,"h":0,"l":0,"c":0,"v":0,"vw":0},"prevDay":{"c":111}}`
		})
		time.Sleep(18*time.Hour + 6*time.Minute) // 04:06 on New Year's Day
		synctest.Wait()
		if q := w.Quote("AAPL"); q.Set&market.FieldVolume == 0 {
			t.Error("a holiday is a trading day")
		}
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		if q := w.Quote("AAPL"); len(v.Requests()) <= before || q.PreviousClose.String() != "111" || q.Set&market.FieldVolume != 0 {
			t.Errorf("%d requests, previous close %v, volume %v", len(v.Requests())-before, q.PreviousClose, q.Volume)
		}
	})
}

// Trades that come while the new day's figures are on their way count on top of those.
func TestTradesBehindTheFiguresOfANewDayCount(t *testing.T) {
	bubble(t, func(t *testing.T, v *vendor) {
		time.Sleep(41*time.Hour + 50*time.Minute) // 03:50 on 2 January
		v.snapshots["AAPL"] = `{"ticker":"AAPL","updated":0,"day":{"v":0},"prevDay":{"c":99.5}}`
		env := v.Env(t)
		w := vendortest.Watch(t, env, follow(t, env, "AAPL"), feed.Config{Source: []string{name}, Silence: time.Hour})
		time.Sleep(11 * time.Minute)
		v.set(func() {
			v.snapshots["AAPL"] = fmt.Sprintf(`{"ticker":"AAPL","updated":%d,"day":{"o":1,"h":1,"l":1,"c":1,"v":5,"vw":1},"prevDay":{"c":99.5}}`,
				time.Now().UnixNano())
		})
		v.Delay(5 * time.Second)
		before := v.count(pathSnapshots)
		vendortest.Within(t, 6*time.Minute, "it asks", func() bool { return v.count(pathSnapshots) > before })
		v.trade("AAPL", "100", time.Now())
		time.Sleep(6 * time.Second)
		synctest.Wait()
		if got := w.Quote("AAPL").Volume.String(); got != "6" {
			t.Errorf("volume %s, want 6", got)
		}
	})
}

func TestEveningStandsApartFromTheClose(t *testing.T) {
	bubble(t, func(t *testing.T, v *vendor) {
		env := v.Env(t)
		w := vendortest.Watch(t, env, follow(t, env, "AAPL"), feed.DefaultConfig())
		vendortest.Within(t, 3*time.Second, "a price", func() bool {
			v.trade("AAPL", "100", time.Now())
			return w.Quote("AAPL").Price.String() == "100"
		})
		time.Sleep(7 * time.Hour) // 17:00
		vendortest.Within(t, time.Minute, "a price of the evening", func() bool {
			v.trade("AAPL", "103", time.Now())
			return w.Quote("AAPL").Extended.String() == "103"
		})
		if q := w.Quote("AAPL"); q.Price.String() != "100" || q.High.String() != "100" || q.State != market.Live {
			t.Errorf("close %v, high %v, %v", q.Price, q.High, q.State)
		}
	})
}

// The cluster that is a quarter of an hour late tells the end of the session after it.
func TestDelayedTradesBelongToWhenTheyWereMade(t *testing.T) {
	bubble(t, func(t *testing.T, v *vendor) {
		const late = 15 * time.Minute
		env := v.Env(t)
		cfg := DefaultConfig()
		cfg.URL, cfg.Symbols = "wss://delayed.massive.com/stocks", []string{"AAPL"}
		sources := vendortest.Open(t, cfg, env, Open)
		w := vendortest.Watch(t, env, sources, feed.DefaultConfig())
		time.Sleep(6*time.Hour + 5*time.Minute) // 16:05
		vendortest.Within(t, time.Second, "a trade of 15:50", func() bool {
			v.trade("AAPL", "100", time.Now().Add(-late))
			q := w.Quote("AAPL")
			return q.Price.String() == "100" && q.Set&market.FieldExtended == 0 && q.State == market.Live
		})
		time.Sleep(15 * time.Minute)
		vendortest.Within(t, time.Second, "a trade of 16:05", func() bool {
			v.trade("AAPL", "101", time.Now().Add(-late))
			q := w.Quote("AAPL")
			return q.Price.String() == "100" && q.Extended.String() == "101" && q.State == market.Live
		})
		time.Sleep(time.Second)
		if got := w.Metric("tickertape_feed_clock_skew_seconds"); got < -10 || got > 10 {
			t.Errorf("skew %v s, want none: the delay is one by contract", got)
		}
		if s := w.Status(); s.Delay != late {
			t.Errorf("status %+v, want it to be %v late", s, late)
		}
	})
}

func TestHaltsForVolatilityAreTold(t *testing.T) {
	bubble(t, func(t *testing.T, v *vendor) {
		env := v.Env(t)
		w := vendortest.Watch(t, env, follow(t, env, "AAPL"), feed.DefaultConfig())
		vendortest.Within(t, 3*time.Second, "a price", func() bool {
			v.trade("AAPL", "100", time.Now())
			return w.Quote("AAPL").State == market.Live && w.Quote("AAPL").Price.String() == "100"
		})
		v.tell("LULD.AAPL", fmt.Sprintf(`{"ev":"LULD","T":"AAPL","h":1,"l":1,"i":[17],"z":3,"t":%d,"q":1}`, time.Now().UnixNano()))
		vendortest.Within(t, time.Second, "it is halted", func() bool { return w.Quote("AAPL").State == market.Halted })
		v.tell("LULD.AAPL", fmt.Sprintf(`{"ev":"LULD","T":"AAPL","h":1,"l":1,"i":[18],"z":3,"t":%d,"q":2}`, time.Now().UnixNano()))
		vendortest.Within(t, time.Second, "it goes on", func() bool { return w.Quote("AAPL").State == market.Live })
	})
}

func TestRefusedKeyIsNeverTriedAgain(t *testing.T) {
	bubble(t, func(t *testing.T, v *vendor) {
		v.revoked = true
		env := v.Env(t)
		w := vendortest.Watch(t, env, follow(t, env, "AAPL"), feed.DefaultConfig())
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		if n := len(v.Connects()); n != 1 || w.Metric("tickertape_feed_breaks_total", "cause", "final") != 1 {
			t.Errorf("%d connections", n)
		}
		if s := w.Status(); s.State != market.Down || !strings.Contains(w.Why(), "the key is refused") || strings.Contains(w.Why(), "CANARY") {
			t.Errorf("told %v %q, logged %q", s.State, s.Message, w.Why())
		}
	})
}

func TestKeyThatAnotherProgramUsesIsTriedSeldom(t *testing.T) {
	bubble(t, func(t *testing.T, v *vendor) {
		v.taken = true
		env := v.Env(t)
		w := vendortest.Watch(t, env, follow(t, env, "AAPL"), feed.DefaultConfig())
		vendortest.Within(t, 5*time.Second, "it says why", func() bool {
			return strings.Contains(w.Status().Message, "another program uses the key")
		})
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		if n := len(v.Connects()); n < 2 || n > 10 {
			t.Errorf("%d connections in ten minutes", n)
		}
		v.set(func() { v.taken = false })
		vendortest.Within(t, 20*time.Minute, "it is free", func() bool {
			v.trade("AAPL", "100", time.Now())
			return w.Quote("AAPL").State == market.Live && w.Quote("AAPL").Price.String() == "100"
		})
	})
}

func TestLoginThatIsNotAnsweredIsGivenUp(t *testing.T) {
	bubble(t, func(t *testing.T, v *vendor) {
		v.mute = true
		env := v.Env(t)
		w := vendortest.Watch(t, env, follow(t, env, "AAPL"), feed.Config{Source: []string{name}, Silence: time.Hour})
		vendortest.Within(t, loginTime+time.Second, "it says so", func() bool { return strings.Contains(w.Why(), "no answer within") })
	})
}

func TestFiguresThatThePlanDoesNotHaveAreDoneWithout(t *testing.T) {
	for status, again := range map[int]bool{403: false, 500: true} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			bubble(t, func(t *testing.T, v *vendor) {
				v.status = status
				env := v.Env(t)
				w := vendortest.Watch(t, env, follow(t, env, "AAPL"), feed.DefaultConfig())
				vendortest.Within(t, 5*time.Second, "trades count", func() bool {
					v.trade("AAPL", "100", time.Now())
					return w.Quote("AAPL").Volume.Compare(market.Units(0)) > 0 && w.Quote("AAPL").High.String() == "100"
				})
				before := len(v.Requests())
				for range 60 {
					time.Sleep(5 * time.Second)
					v.trade("AAPL", "100", time.Now())
				}
				synctest.Wait()
				if n := len(v.Requests()) - before; (n > 2) != again {
					t.Errorf("%d requests in five minutes", n)
				}
				if least := v.fastest(5); least < time.Minute-time.Millisecond { // the limiter rounds
					t.Errorf("6 requests within %v", least)
				}
			})
		})
	}
}

func TestStockThatTheVendorDoesNotHaveIsDown(t *testing.T) {
	bubble(t, func(t *testing.T, v *vendor) {
		v.snapshots["AAPL"] = fmt.Sprintf(shot, 0, time.Now().UnixNano())
		env := v.Env(t)
		w := vendortest.Watch(t, env, follow(t, env, "AAPL", "NOPE"), feed.DefaultConfig())
		vendortest.Within(t, 30*time.Second, "one is down", func() bool {
			v.trade("AAPL", "110", time.Now())
			return w.Quote("NOPE").State == market.Down && w.Quote("AAPL").State == market.Live
		})
		vendortest.Within(t, time.Second, "it trades after all", func() bool {
			v.trade("NOPE", "5", time.Now())
			return w.Quote("NOPE").State == market.Live && w.Quote("NOPE").Price.String() == "5"
		})
	})
}

// Before its first trade of a day the vendor has no snapshot of a stock.
func TestStockThatHasNotBeenTradedYetIsNotDown(t *testing.T) {
	bubble(t, func(t *testing.T, v *vendor) {
		v.days["AAPL"] = `{"T":"AAPL","v":5.0,"o":98,"c":99.5,"h":100,"l":97,"t":1767128400000,"n":5}` // Tuesday, 16:00
		env := v.Env(t)
		w := vendortest.Watch(t, env, follow(t, env, "AAPL"), feed.DefaultConfig())
		vendortest.Within(t, 30*time.Second, "the previous close", func() bool { return w.Quote("AAPL").PreviousClose.String() == "99.5" })
		v.trade("AAPL", "101", time.Now())
		vendortest.Within(t, time.Second, "its first trade", func() bool {
			q := w.Quote("AAPL")
			return q.State == market.Live && q.Open.String() == "101" && q.Volume.String() == "1"
		})
	})
}

func TestNewlyListedStockIsNotDown(t *testing.T) {
	bubble(t, func(t *testing.T, v *vendor) {
		env := v.Env(t)
		w := vendortest.Watch(t, env, follow(t, env, "NEW"), feed.DefaultConfig())
		time.Sleep(time.Second)
		v.trade("NEW", "5", time.Now())
		vendortest.Within(t, time.Minute, "it asks for the day before", func() bool { return v.count(previousPath("NEW")) > 0 })
		time.Sleep(100 * time.Millisecond)
		synctest.Wait()
		if q := w.Quote("NEW"); q.State == market.Down || q.Price.String() != "5" {
			t.Errorf("%v at %v", q.State, q.Price)
		}
	})
}

// What the newest trade does not say, since it was of few shares, the day's close does.
func TestPriceIsThereThoughTheNewestTradeWasAnOddLot(t *testing.T) {
	bubble(t, func(t *testing.T, v *vendor) {
		now := time.Now().UnixNano()
		v.snapshots["AAPL"] = strings.Replace(fmt.Sprintf(shot, now, now), `"c":[14]`, `"c":[37]`, 1)
		env := v.Env(t)
		w := vendortest.Watch(t, env, follow(t, env, "AAPL"), feed.DefaultConfig())
		vendortest.Within(t, 3*time.Second, "the close so far", func() bool { return w.Quote("AAPL").Price.String() == "110" })
	})
}

// A feed that is silent since nobody trades is not dialled again: the vendor would count both connections.
func TestQuietFeedIsAlive(t *testing.T) {
	bubble(t, func(t *testing.T, v *vendor) {
		v.snapshots["AAPL"] = fmt.Sprintf(shot, time.Now().UnixNano(), time.Now().UnixNano())
		env := v.Env(t)
		w := vendortest.Watch(t, env, follow(t, env, "AAPL"), feed.DefaultConfig())
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		if s := w.Status(); s.State != market.Live || len(v.Connects()) != 1 {
			t.Errorf("%v %q after %d connections", s.State, s.Message, len(v.Connects()))
		}
		if got := w.Quote("AAPL").State; got != market.Stale {
			t.Errorf("without a trade for ten minutes it is %v", got)
		}
	})
}

func TestPlanWithoutQuotesHasTrades(t *testing.T) {
	bubble(t, func(t *testing.T, v *vendor) {
		v.quotes = false
		env := v.Env(t)
		w := vendortest.Watch(t, env, follow(t, env, "AAPL"), feed.DefaultConfig())
		vendortest.Within(t, 5*time.Second, "a trade", func() bool {
			v.trade("AAPL", "100", time.Now())
			return w.Quote("AAPL").Price.String() == "100" && w.Status().State == market.Live
		})
	})
}

const advised = "if the plan has delayed data only, set feed.massive.url to wss://delayed.massive.com/stocks"

func TestPlanWithoutTradesIsToldAsTheReason(t *testing.T) {
	bubble(t, func(t *testing.T, v *vendor) {
		v.trades = false
		env := v.Env(t)
		w := vendortest.Watch(t, env, follow(t, env, "AAPL"), feed.DefaultConfig())
		vendortest.Within(t, 10*time.Second, "it says why", func() bool {
			return strings.Contains(w.Why(), "not authorized: ") && strings.HasSuffix(w.Why(), advised)
		})
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		if n := len(v.Connects()); n < 2 || n > 10 || w.Metric("tickertape_feed_breaks_total", "cause", "refused") < 1 {
			t.Errorf("%d connections in ten minutes", n)
		}
	})
}

// The vendor says of a plan whose data are delayed what it says of a wrong key. Its other host takes it.
func TestDelayedPlanIsToldWhereToGo(t *testing.T) {
	for host, refused := range map[string]bool{"socket": true, "delayed": false} {
		t.Run(host, func(t *testing.T) {
			bubble(t, func(t *testing.T, v *vendor) {
				v.delayed = true
				env := v.Env(t)
				cfg := DefaultConfig()
				cfg.URL, cfg.Symbols = "wss://"+host+".massive.com/stocks", []string{"AAPL"}
				w := vendortest.Watch(t, env, vendortest.Open(t, cfg, env, Open), feed.DefaultConfig())
				if refused {
					vendortest.Within(t, 5*time.Second, "it says what to do", func() bool {
						return strings.HasSuffix(w.Why(), "to upgrade.\"; "+advised) && w.Metric("tickertape_feed_breaks_total", "cause", "final") == 1
					})
					return
				}
				vendortest.Within(t, 5*time.Second, "a trade", func() bool {
					v.trade("AAPL", "100", time.Now().Add(-clusterDelay))
					return w.Quote("AAPL").Price.String() == "100" && w.Status().State == market.Live
				})
			})
		})
	}
}

func TestFiguresComeThoughTheRulesOfConditionsDoNot(t *testing.T) {
	bubble(t, func(t *testing.T, v *vendor) {
		now := time.Now().UnixNano()
		v.failing, v.snapshots["AAPL"] = pathConditions, fmt.Sprintf(shot, now, now)
		env := v.Env(t)
		w := vendortest.Watch(t, env, follow(t, env, "AAPL"), feed.DefaultConfig())
		vendortest.Within(t, 3*time.Second, "the snapshot", func() bool { return w.Quote("AAPL").Volume.String() == "1000" })
		time.Sleep(time.Minute)
		v.trade("AAPL", "100", time.Now())
		vendortest.Within(t, time.Second, "a trade counts once", func() bool { return w.Quote("AAPL").Volume.String() == "1001" })
	})
}

// Its end was told while the connection was broken.
func TestHaltWhoseEndWasMissedEndsWithATrade(t *testing.T) {
	bubble(t, func(t *testing.T, v *vendor) {
		env := v.Env(t)
		w := vendortest.Watch(t, env, follow(t, env, "AAPL"), feed.DefaultConfig())
		vendortest.Within(t, 3*time.Second, "a price", func() bool {
			v.trade("AAPL", "100", time.Now())
			return w.Quote("AAPL").Price.String() == "100"
		})
		v.tell("LULD.AAPL", fmt.Sprintf(`{"ev":"LULD","T":"AAPL","i":[17],"t":%d,"q":1}`, time.Now().UnixMicro()))
		v.trade("AAPL", "100", time.Now().Add(time.Millisecond)) // under way before
		vendortest.Within(t, time.Second, "it is halted", func() bool { return w.Quote("AAPL").State == market.Halted })
		for _, s := range v.Sockets() {
			s.Drop()
		}
		time.Sleep(5 * time.Minute)
		vendortest.Within(t, time.Second, "it goes on", func() bool {
			v.trade("AAPL", "100", time.Now())
			return w.Quote("AAPL").State == market.Live
		})
	})
}

// TestWhatTheVendorSaysOfTheConnection has each of its words come in place of an answer to the login.
func TestWhatTheVendorSaysOfTheConnection(t *testing.T) {
	for word, cause := range map[string]string{"auth_failed": "final", "auth_timeout": "lost", "max_connections": "taken",
		"error": "refused"} {
		t.Run(word, func(t *testing.T) {
			bubble(t, func(t *testing.T, v *vendor) {
				v.mute = true
				env := v.Env(t)
				w := vendortest.Watch(t, env, follow(t, env, "AAPL"), feed.DefaultConfig())
				vendortest.Within(t, 2*time.Second, "it connects", func() bool { return len(v.Sockets()) == 1 })
				status(v.Sockets()[0], word, "No authentication request received.")
				vendortest.Within(t, 2*time.Second, "it is told", func() bool {
					return w.Metric("tickertape_feed_breaks_total", "cause", cause) == 1 &&
						strings.Contains(w.Why(), "No authentication request received.") &&
						strings.HasSuffix(w.Why(), advised) == (word == "auth_failed")
				})
			})
		})
	}
}

// TestKeyShowsNowhere has the vendor say the key wherever it can.
func TestKeyShowsNowhere(t *testing.T) {
	var notes *vendortest.Notes
	t.Setenv("MASSIVE_API_KEY", other)
	synctest.Test(t, func(t *testing.T) {
		v := newVendor(t)
		env := v.Env(t)
		notes = vendortest.TakeNotes(&env)
		w := vendortest.Watch(t, env, follow(t, env, "AAPL"), feed.DefaultConfig())
		vendortest.Within(t, 5*time.Second, "it is refused", func() bool {
			return w.Metric("tickertape_feed_breaks_total", "cause", "final") == 1
		})
		for _, s := range w.Statuses() {
			fmt.Fprintln(&notes.Log, s)
		}
		fmt.Fprintln(&notes.Log, w.Whys())
	})
	if text := notes.Log.String(); strings.Contains(text, "CANARY") || !strings.Contains(text, "***") {
		t.Errorf("the key shows, or what the vendor says does not:\n%s", text)
	}
}

func TestMissingKeySaysWhereItIsWanted(t *testing.T) {
	t.Setenv("MASSIVE_API_KEY", "")
	t.Setenv("POLYGON_API_KEY", "")
	_, err := Open(DefaultConfig(), vendors.Env{Dir: market.NewDirectory()})
	if want := `feed.massive.key_file: "" names no file, and MASSIVE_API_KEY or POLYGON_API_KEY is not set: a key is needed`; err == nil ||
		err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}
