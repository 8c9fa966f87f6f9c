package massive

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"tickertape/feed"
	"tickertape/feed/vendors"
	"tickertape/feed/vendors/vendortest"
)

// checked runs a test in a bubble, in a regular session, with a check of two stocks that is ready to run.
func checked(t *testing.T, test func(*testing.T, *vendor, *vendortest.Checked)) {
	t.Helper()
	bubble(t, func(t *testing.T, v *vendor) {
		c := &vendortest.Checked{Server: v.Server, Feed: name, Symbols: []string{"AAPL", "MSFT"}, Secrets: []string{key}}
		c.Open = func(env vendors.Env) ([]feed.Source, error) {
			cfg := DefaultConfig()
			cfg.Symbols = c.Symbols
			return Open(cfg, env)
		}
		v.set(func() {
			for _, s := range c.Symbols {
				v.snapshots[s] = fmt.Sprintf(`{"ticker":%q,"updated":%d,"day":{"o":95,"h":105,"l":90,"c":100,"v":1000,"vw":99},"prevDay":{"c":99.5}}`,
					s, time.Now().UnixMicro()*1000)
			}
		})
		number := 0
		c.Each = func() {
			number++
			v.trade("AAPL", "101", time.Now())
			v.trade("MSFT", "102", time.Now())
			v.tell("Q.AAPL", fmt.Sprintf(`{"ev":"Q","sym":"AAPL","bx":4,"bp":100,"bs":1,"ax":7,"ap":101,"as":1,"t":%d,"q":%d}`,
				time.Now().UnixMilli(), number))
		}
		test(t, v, c)
	})
}

func TestCheckOfAGoodDay(t *testing.T) {
	checked(t, func(t *testing.T, _ *vendor, c *vendortest.Checked) {
		vendortest.Says(t, vendortest.Check(t, *c), true, map[string]string{
			"connection": "wss://socket.massive.com/stocks: open after", "key": "accepted", "symbols": "AAPL live; MSFT live", "trades": "MSFT 60",
			"quotes": "AAPL 60", "figures": "of the day: AAPL previous close", "verdict": "massive works",
		})
	})
}

func TestCheckOfAWrongKey(t *testing.T) {
	checked(t, func(t *testing.T, v *vendor, c *vendortest.Checked) {
		v.set(func() { v.revoked = true })
		vendortest.Says(t, vendortest.Check(t, *c), false, map[string]string{
			"key": "!the key is refused", "breaks": "!final", "trades": "none: see key", "verdict": "massive does not work: see key",
		})
	})
}

func TestCheckOfAPlanWithoutQuotes(t *testing.T) {
	checked(t, func(t *testing.T, v *vendor, c *vendortest.Checked) {
		v.set(func() { v.quotes = false })
		vendortest.Says(t, vendortest.Check(t, *c), true, map[string]string{
			"key": "accepted", "plan": "!not authorized: Q.AAPL", "trades": "AAPL 60", "quotes": "!none, the vendor refuses them",
			"verdict": "see plan, quotes",
		})
	})
}

func TestCheckOfAPlanWithoutRESTShowsNoKey(t *testing.T) {
	checked(t, func(t *testing.T, v *vendor, c *vendortest.Checked) {
		v.set(func() { v.status = http.StatusForbidden })
		vendortest.Says(t, vendortest.Check(t, *c), true, map[string]string{
			"key": "accepted", "plan": "!NOT_AUTHORIZED", "requests": `!not with ***`, "trades": "AAPL 60", "verdict": "see plan",
		})
	})
}

func TestCheckOfAVendorThatDoesNotAnswerTheKey(t *testing.T) {
	checked(t, func(t *testing.T, v *vendor, c *vendortest.Checked) {
		v.set(func() { v.mute = true })
		vendortest.Says(t, vendortest.Check(t, *c), false, map[string]string{
			"connection": "open after", "key": "!not known: the vendor has said nothing to it", "breaks": "!no answer within", "verdict": "see key",
		})
	})
}

func TestCheckOnASaturday(t *testing.T) {
	checked(t, func(t *testing.T, _ *vendor, c *vendortest.Checked) {
		time.Sleep(72 * time.Hour)
		c.Each = nil
		vendortest.Says(t, vendortest.Check(t, *c), true, map[string]string{
			"market": "us: closed, so no trades are expected", "key": "accepted", "trades": "none, and none are expected",
			"verdict": "massive works",
		})
	})
}
