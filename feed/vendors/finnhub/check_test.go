package finnhub

import (
	"net/http"
	"testing"
	"time"

	"tickertape/feed"
	"tickertape/feed/vendors"
	"tickertape/feed/vendors/vendortest"
)

// checked runs a test in a bubble, in a regular session, with a check of two symbols that is ready to run.
func checked(t *testing.T, test func(*testing.T, *vendor, *vendortest.Checked)) {
	t.Helper()
	inSession(t, func(t *testing.T, v *vendor) {
		c := &vendortest.Checked{Server: v.Server, Feed: name, Symbols: []string{"AAPL", "MSFT"}, TradesOnly: true, Secrets: []string{canary}}
		c.Open = func(env vendors.Env) ([]feed.Source, error) {
			cfg := DefaultConfig()
			cfg.Symbols = c.Symbols
			return Open(cfg, env)
		}
		v.set(func() {
			for _, symbol := range c.Symbols {
				v.figures[symbol] = day("100", "99", time.Now().Add(-time.Second))
			}
		})
		c.Each = func() {
			v.trade("AAPL", "101", 5, time.Now())
			v.trade("MSFT", "102", 5, time.Now())
		}
		test(t, v, c)
	})
}

func TestCheckOfAGoodDay(t *testing.T) {
	checked(t, func(t *testing.T, _ *vendor, c *vendortest.Checked) {
		vendortest.Says(t, vendortest.Check(t, *c), true, map[string]string{
			"connection": "wss://ws.finnhub.io: open after", "key": "accepted", "symbols": "AAPL live; MSFT live", "trades": "MSFT 60",
			"quotes": "none: finnhub has trades only", "figures": "of the day: AAPL previous close, open, high, low", "requests": "2 over REST: all",
			"verdict": "finnhub works",
		})
	})
}

func TestCheckOfAWrongKey(t *testing.T) {
	checked(t, func(t *testing.T, v *vendor, c *vendortest.Checked) {
		v.Refuse(http.StatusUnauthorized, nil)
		vendortest.Says(t, vendortest.Check(t, *c), false, map[string]string{
			"connection": "!401 Unauthorized", "key": "!refused: ", "breaks": "!refused after", "trades": "none: see key", "symbols": "AAPL",
			"verdict": "finnhub does not work: see connection, key",
		})
	})
}

func TestCheckOfAPlanWithTooFewSymbolsAndNoFigures(t *testing.T) {
	checked(t, func(t *testing.T, v *vendor, c *vendortest.Checked) {
		v.set(func() {
			v.limit = 1
			v.refused = func(string) (int, string) {
				return http.StatusForbidden, `{"error":"You don't have access to this resource."}`
			}
		})
		vendortest.Says(t, vendortest.Check(t, *c), true, map[string]string{
			"key": "accepted", "plan": "!does not have all that was asked for", "requests": "!403 Forbidden", "trades": "AAPL 60",
			"symbols": "!MSFT refused", "verdict": "finnhub works, but not all of it: see plan",
		})
	})
}

func TestCheckOfAnUnknownSymbol(t *testing.T) {
	checked(t, func(t *testing.T, v *vendor, c *vendortest.Checked) {
		v.set(func() { delete(v.figures, "MSFT") })
		c.Each = func() { v.trade("AAPL", "101", 5, time.Now()) }
		vendortest.Says(t, vendortest.Check(t, *c), true, map[string]string{
			"symbols": "!AAPL live; MSFT unknown to the vendor", "verdict": "see symbols",
		})
	})
}

func TestCheckOfAKeyThatIsInUse(t *testing.T) {
	checked(t, func(t *testing.T, v *vendor, c *vendortest.Checked) {
		v.set(func() { v.taken = true })
		vendortest.Says(t, vendortest.Check(t, *c), false, map[string]string{
			"key": "!another program uses the key", "breaks": "!taken", "verdict": "see key",
		})
	})
}

func TestCheckOnASaturday(t *testing.T) {
	checked(t, func(t *testing.T, _ *vendor, c *vendortest.Checked) {
		time.Sleep(72 * time.Hour)
		c.Each = nil
		vendortest.Says(t, vendortest.Check(t, *c), true, map[string]string{
			"market": "us: closed, so no trades are expected", "key": "accepted", "trades": "none, and none are expected",
			"verdict": "finnhub works",
		})
	})
}
