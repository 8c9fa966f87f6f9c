package coinbase

import (
	"testing"
	"testing/synctest"
	"time"

	"tickertape/feed"
	"tickertape/feed/vendors"
	"tickertape/feed/vendors/vendortest"
)

// checked runs a test in a bubble with two products, and a check that is ready to run.
func checked(t *testing.T, test func(*testing.T, *vendor, *vendortest.Checked)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		vendortest.Wednesday(15)
		v := newVendor(t, "BTC-USD", "ETH-USD")
		c := &vendortest.Checked{Server: v.Server, Feed: name, Symbols: []string{"BTC-USD", "ETH-USD"}}
		c.Open = func(env vendors.Env) ([]feed.Source, error) {
			cfg := DefaultConfig()
			cfg.Symbols = c.Symbols
			return Open(cfg, env)
		}
		c.Each = func() {
			v.trade("BTC-USD", "50000", "1", time.Now())
			v.trade("ETH-USD", "3000", "1", time.Now())
		}
		test(t, v, c)
	})
}

func TestCheckOfAGoodDay(t *testing.T) {
	checked(t, func(t *testing.T, _ *vendor, c *vendortest.Checked) {
		vendortest.Says(t, vendortest.Check(t, *c), true, map[string]string{
			"connection": "wss://ws-feed.exchange.coinbase.com: open after", "key": "none is needed", "symbols": "BTC-USD live; ETH-USD live",
			"trades": "BTC-USD 60", "quotes": "BTC-USD", "figures": "of the day: BTC-USD previous close", "clock": "right, to about",
			"verdict": "coinbase works",
		})
	})
}

func TestCheckOfAnUnknownProduct(t *testing.T) {
	checked(t, func(t *testing.T, _ *vendor, c *vendortest.Checked) {
		c.Symbols = []string{"BTC-USD", "NOPE-USD"}
		vendortest.Says(t, vendortest.Check(t, *c), true, map[string]string{
			"symbols": "!NOPE-USD is not a valid product", "trades": "BTC-USD 60", "verdict": "see symbols",
		})
	})
}

func TestCheckOfAVendorWhoseRESTFails(t *testing.T) {
	checked(t, func(t *testing.T, v *vendor, c *vendortest.Checked) {
		v.set(func() { v.broken = true })
		vendortest.Says(t, vendortest.Check(t, *c), true, map[string]string{
			"requests": "!500 Internal Server Error", "trades": "BTC-USD 60", "verdict": "see requests",
		})
	})
}

func TestCheckOfAVendorWhoseClockIsAhead(t *testing.T) {
	checked(t, func(t *testing.T, v *vendor, c *vendortest.Checked) {
		c.Ahead = 7 * time.Second
		v.set(func() { v.ahead = 7 * time.Second })
		c.Each = func() { v.trade("BTC-USD", "50000", "1", time.Now().Add(7*time.Second)) }
		vendortest.Says(t, vendortest.Check(t, *c), true, map[string]string{
			"clock": "!behind the vendor's", "trades": "BTC-USD 60", "verdict": "see clock",
		})
	})
}
