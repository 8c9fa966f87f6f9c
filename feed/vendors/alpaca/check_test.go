package alpaca

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"tickertape/feed"
	"tickertape/feed/vendors"
	"tickertape/feed/vendors/alpaca/alpacatest"
	"tickertape/feed/vendors/vendortest"
)

// checked runs a test in a bubble, on Wednesday at 10:00 in New York or so many days later, with a check that is ready to run. Its
// symbols trade once a second, and are quoted.
func checked(t *testing.T, later int, test func(*testing.T, *alpacatest.Server, *vendortest.Checked)) {
	t.Helper()
	t.Setenv("APCA_API_KEY_ID", alpacatest.Key)
	t.Setenv("APCA_API_SECRET_KEY", alpacatest.Secret)
	synctest.Test(t, func(t *testing.T) {
		vendortest.Wednesday(15 + 24*later)
		s := alpacatest.New(t)
		c := &vendortest.Checked{Server: s.Server, Feed: name, Symbols: []string{"AAPL", "MSFT"},
			Secrets: []string{alpacatest.Key, alpacatest.Secret}}
		c.Open = func(env vendors.Env) ([]feed.Source, error) {
			cfg := DefaultConfig()
			cfg.Symbols = c.Symbols
			return Open(cfg, env)
		}
		for _, symbol := range c.Symbols {
			s.Snapshot(symbol, `{"dailyBar":{"t":"2025-12-31T05:00:00Z","o":95,"h":105,"l":90,"c":100,"v":1000,"n":20,"vw":99},
				"prevDailyBar":{"t":"2025-12-30T05:00:00Z","o":9,"h":9,"l":9,"c":99,"v":9}}`)
		}
		c.Each = func() { trades(s, 0) }
		test(t, s, c)
	})
}

// trades has both symbols traded and one quoted, by a clock that is ahead.
func trades(s *alpacatest.Server, ahead time.Duration) {
	at := time.Now().Add(ahead)
	s.Trade("AAPL", "100.5", at)
	s.Trade("MSFT", "400.5", at)
	s.Send("quotes", "AAPL", fmt.Sprintf(`{"T":"q","S":"AAPL","bx":"V","bp":100,"bs":1,"ax":"V","ap":101,"as":1,"c":["R"],"z":"C","t":%q}`,
		at.UTC().Format(time.RFC3339Nano)))
}

func TestCheckOfAGoodDay(t *testing.T) {
	checked(t, 0, func(t *testing.T, _ *alpacatest.Server, c *vendortest.Checked) {
		vendortest.Says(t, vendortest.Check(t, *c), true, map[string]string{
			"market": "us: open, in its regular session", "connection": "wss://stream.data.alpaca.markets/v2/iex: open after",
			"key": "accepted", "plan": "has all that was asked for", "symbols": "AAPL live; MSFT live",
			"trades": "AAPL 60 from 15:00:00.500 to 15:00:59.500",
			"quotes": "AAPL 60 from", "figures": "of the day: AAPL previous close", "clock": "right, to about", "breaks": "none",
			"verdict": "alpaca works",
		})
	})
}

func TestCheckOfAWrongKey(t *testing.T) {
	checked(t, 0, func(t *testing.T, s *alpacatest.Server, c *vendortest.Checked) {
		s.Fail(&alpacatest.Error{Code: 402, Text: "auth failed for " + alpacatest.Key + ":" + alpacatest.Secret})
		s.RefuseREST(&alpacatest.Error{Code: 403, Text: "forbidden."})
		began := time.Now()
		vendortest.Says(t, vendortest.Check(t, *c), false, map[string]string{
			"key": "!refused: alpaca refuses: 402", "connection": "open after", "trades": "none: see key", "breaks": "!final after",
			"verdict": "alpaca does not work: see key",
		})
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("it took %v to say so", took)
		}
	})
}

func TestCheckOfAPlanWithoutTheFeed(t *testing.T) {
	checked(t, 0, func(t *testing.T, s *alpacatest.Server, c *vendortest.Checked) {
		s.Fail(&alpacatest.Subscription)
		vendortest.Says(t, vendortest.Check(t, *c), false, map[string]string{
			"key": "accepted", "plan": "!insufficient subscription", "breaks": "!final", "trades": "none: see plan", "verdict": "see plan",
		})
	})
}

func TestCheckOfAKeyThatIsInUse(t *testing.T) {
	checked(t, 0, func(t *testing.T, s *alpacatest.Server, c *vendortest.Checked) {
		s.Take(true)
		vendortest.Says(t, vendortest.Check(t, *c), false, map[string]string{
			"key": "!in use elsewhere: alpaca refuses: 406", "breaks": "!taken", "verdict": "see key",
		})
	})
}

func TestCheckOfSymbolsThatAreRefused(t *testing.T) {
	checked(t, 0, func(t *testing.T, s *alpacatest.Server, c *vendortest.Checked) {
		s.Limit(1)
		r := vendortest.Check(t, *c)
		vendortest.Says(t, r, true, map[string]string{
			"key": "accepted", "plan": "!405", "symbols": "!symbol limit exceeded", "trades": "AAPL 60",
			"quotes": "!the vendor refuses them", "verdict": "but not all of it: see plan",
		})
	})
}

func TestCheckOnASaturday(t *testing.T) {
	checked(t, 3, func(t *testing.T, s *alpacatest.Server, c *vendortest.Checked) {
		c.Each = nil
		vendortest.Says(t, vendortest.Check(t, *c), true, map[string]string{
			"market": "us: closed, so no trades are expected; the next regular session begins Monday 2026-01-05 09:30 EST", "key": "accepted",
			"trades": "none, and none are expected", "quotes": "none, and none are expected", "figures": "of the day: AAPL",
			"verdict": "alpaca works",
		})
	})
}

func TestCheckWithAClockThatIsOff(t *testing.T) {
	checked(t, 0, func(t *testing.T, s *alpacatest.Server, c *vendortest.Checked) {
		c.Ahead = 7 * time.Second
		c.Each = func() { trades(s, c.Ahead) }
		vendortest.Says(t, vendortest.Check(t, *c), true, map[string]string{"clock": "!behind the vendor's", "verdict": "see clock"})
		c.Ahead = -7 * time.Second
		vendortest.Says(t, vendortest.Check(t, *c), true, map[string]string{"clock": "!ahead of the vendor's", "verdict": "see clock"})
	})
}

func TestCheckOfAVendorThatSaysNothing(t *testing.T) {
	checked(t, 0, func(t *testing.T, s *alpacatest.Server, c *vendortest.Checked) {
		c.Each = nil
		vendortest.Says(t, vendortest.Check(t, *c), false, map[string]string{
			"trades": "!none in 60 s, though the market is open", "quotes": "!none in 60 s", "verdict": "see trades, quotes",
		})
	})
}

// TestCheckShowsNoKey has the vendor repeat the key wherever it can.
func TestCheckShowsNoKey(t *testing.T) {
	checked(t, 0, func(t *testing.T, s *alpacatest.Server, c *vendortest.Checked) {
		s.RefuseREST(&alpacatest.Error{Code: 403, Text: "no " + alpacatest.Key + "/" + alpacatest.Secret})
		sent := 0
		c.Each = func() {
			trades(s, 0)
			switch sent++; sent {
			case 1:
				s.Send("trades", "AAPL", fmt.Sprintf(`{"T":"t","S":%q,"i":7,"x":"V","p":1,"s":1,"c":["@"],"z":"C","t":"2025-12-31T15:00:00Z"}`,
					alpacatest.Secret), fmt.Sprintf(`{"T":"t","S":"AAPL","i":8,"x":"V","p":"%s","s":1,"c":["@"],"z":"C","t":"x"}`, alpacatest.Key))
			case 5:
				for _, socket := range s.Sockets() {
					go socket.Close(1011, "bye "+alpacatest.Key+" "+alpacatest.Secret)
				}
			case 20:
				s.Fail(&alpacatest.Error{Code: 402, Text: "no key " + alpacatest.Key + " with " + alpacatest.Secret})
				s.Break(alpacatest.Error{Code: 500, Text: alpacatest.Secret})
			}
		}
		r := vendortest.Check(t, *c)
		vendortest.Says(t, r, false, map[string]string{
			"key": "!no key *** with ***", "requests": `!"no ***/***"`, "breaks": `!"bye *** ***"`, "messages": "!***", "plan": "!",
			"verdict": "key",
		})
	})
}
