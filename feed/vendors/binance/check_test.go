package binance

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tickertape/feed"
	"tickertape/feed/vendors"
	"tickertape/feed/vendors/vendortest"
)

// checked runs a test in a bubble with an exchange of two symbols, and a check that is ready to run.
func checked(t *testing.T, test func(*testing.T, *exchange, *vendortest.Checked)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		vendortest.Wednesday(15)
		x := newExchange(t, "BTCUSDT", "ETHUSDT")
		c := &vendortest.Checked{Server: x.Server, Feed: name, Symbols: []string{"BTCUSDT", "ETHUSDT"}}
		c.Open = func(env vendors.Env) ([]feed.Source, error) {
			cfg := DefaultConfig()
			cfg.Symbols = c.Symbols
			return Open(cfg, env)
		}
		c.Each = func() {
			x.trade("BTCUSDT", "50000", time.Now(), false)
			x.trade("ETHUSDT", "3000", time.Now(), false)
			x.tell("btcusdt@bookTicker", `{"u":1,"s":"BTCUSDT","b":"49999","B":"1","a":"50001","A":"1"}`)
		}
		test(t, x, c)
	})
}

func TestCheckOfAGoodDay(t *testing.T) {
	checked(t, func(t *testing.T, _ *exchange, c *vendortest.Checked) {
		vendortest.Says(t, vendortest.Check(t, *c), true, map[string]string{
			"connection": "wss://data-stream.binance.vision/stream: open after", "key": "none is needed", "symbols": "BTCUSDT live; ETHUSDT live",
			"trades": "BTCUSDT 60", "quotes": "BTCUSDT 60", "verdict": "binance works",
		})
	})
}

func TestCheckOfAnUnknownSymbol(t *testing.T) {
	checked(t, func(t *testing.T, _ *exchange, c *vendortest.Checked) {
		c.Symbols = []string{"BTCUSDT", "NOPEUSDT"}
		vendortest.Says(t, vendortest.Check(t, *c), true, map[string]string{
			"symbols": "!NOPEUSDT", "trades": "BTCUSDT 60", "requests": "!400 Bad Request", "verdict": "see symbols",
		})
	})
}

func TestCheckOfAPlaceThatIsBarred(t *testing.T) {
	for status, text := range map[int]string{http.StatusUnavailableForLegalReasons: "!451 Unavailable For Legal Reasons",
		http.StatusForbidden: "!403 Forbidden"} {
		checked(t, func(t *testing.T, x *exchange, c *vendortest.Checked) {
			x.Refuse(status, nil)
			r := vendortest.Check(t, *c)
			vendortest.Says(t, r, false, map[string]string{
				"connection": text, "breaks": "!refused after", "trades": "none: see connection", "verdict": "see connection",
			})
			for _, l := range r.Lines {
				if l.Label == "connection" && !strings.HasPrefix(l.Do, "The vendor bars this machine") {
					t.Errorf("%d: what to do: %s", status, l.Do)
				}
			}
		})
	}
}
