package kraken

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"tickertape/feed"
	"tickertape/feed/vendors"
	"tickertape/feed/vendors/vendortest"
)

// checked runs a test in a bubble with an exchange of two pairs, and a check that is ready to run.
func checked(t *testing.T, test func(*testing.T, *exchange, *vendortest.Checked)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		vendortest.Wednesday(15)
		x := newExchange(t, "BTC/USD", "ETH/USD")
		c := &vendortest.Checked{Server: x.Server, Feed: name, Symbols: []string{"BTC/USD", "ETH/USD"}}
		c.Open = func(env vendors.Env) ([]feed.Source, error) {
			cfg := DefaultConfig()
			cfg.Symbols = c.Symbols
			return Open(cfg, env)
		}
		c.Each = func() {
			x.trade("BTC/USD", "50000", time.Now(), false)
			x.trade("ETH/USD", "3000", time.Now(), false)
			x.Tell("ticker BTC/USD", fmt.Sprintf(`{"channel":"ticker","type":"update","data":[{"symbol":"BTC/USD","bid":49999,"bid_qty":1,`+
				`"ask":50001,"ask_qty":1,"last":50000,"volume":5,"vwap":50000,"low":49000,"high":51000,"change":0,"change_pct":0,"timestamp":%q}]}`,
				time.Now().UTC().Format("2006-01-02T15:04:05.000000Z")))
		}
		test(t, x, c)
	})
}

func TestCheckOfAGoodDay(t *testing.T) {
	checked(t, func(t *testing.T, _ *exchange, c *vendortest.Checked) {
		vendortest.Says(t, vendortest.Check(t, *c), true, map[string]string{
			"market": "crypto: always open", "connection": "wss://ws.kraken.com/v2: open after", "key": "none is needed", "plan": "none is needed",
			"symbols": "BTC/USD live; ETH/USD live", "trades": "BTC/USD 60", "quotes": "BTC/USD ", "status": "says nothing of a halt",
			"requests": "over REST: all",
			"breaks":   "none", "verdict": "kraken works",
		})
	})
}

func TestCheckOfAnUnknownPair(t *testing.T) {
	checked(t, func(t *testing.T, _ *exchange, c *vendortest.Checked) {
		c.Symbols = []string{"BTC/USD", "NOPE/USD"}
		vendortest.Says(t, vendortest.Check(t, *c), true, map[string]string{
			"symbols": "!NOPE/USD refused", "trades": "BTC/USD 60", "verdict": "see symbols",
		})
	})
}

func TestCheckOfAnExchangeInMaintenance(t *testing.T) {
	checked(t, func(t *testing.T, x *exchange, c *vendortest.Checked) {
		x.is("maintenance")
		c.Each = nil
		r := vendortest.Check(t, *c)
		vendortest.Says(t, r, false, map[string]string{
			"connection": "open after", "status": "!maintenance", "trades": "none: see status", "verdict": "kraken does not work: see status",
		})
	})
}

func TestCheckOfMaintenanceThatEnds(t *testing.T) {
	checked(t, func(t *testing.T, x *exchange, c *vendortest.Checked) {
		x.is("maintenance")
		trade, n := c.Each, 0
		c.Each = func() {
			if n++; n == 10 {
				x.is("online")
			} else if n > 15 {
				trade()
			}
		}
		vendortest.Says(t, vendortest.Check(t, *c), true, map[string]string{
			"status": "maintenance; but that is over", "trades": "BTC/USD 45", "verdict": "kraken works",
		})
	})
}

func TestCheckOfAVendorThatIsSilent(t *testing.T) {
	checked(t, func(t *testing.T, x *exchange, c *vendortest.Checked) {
		n := 0
		c.Each = func() {
			if n++; n == 2 {
				for _, s := range x.Sockets() {
					s.Freeze()
				}
				x.Vanish()
			}
		}
		vendortest.Says(t, vendortest.Check(t, *c), false, map[string]string{
			"connection": "open after", "breaks": "!silent after", "trades": "none: see breaks", "verdict": "see breaks",
		})
	})
}
