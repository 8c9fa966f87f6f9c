package binance

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"tickertape/feed/vendors"
	"tickertape/feed/vendors/vendortest"
)

func TestBadConfigurationIsNamed(t *testing.T) {
	vendortest.CheckSettings(t, DefaultConfig, vendortest.Settings[Config]{
		"no address":       {func(c *Config) { c.URL = "" }, `url: "" is not an address such as wss://host/path`},
		"another scheme":   {func(c *Config) { c.URL = "https://x" }, `url: "https://x"`},
		"a query":          {func(c *Config) { c.REST = "https://x/?a=b" }, `rest: the address at "x" has more than a path`},
		"no symbols":       {func(c *Config) { c.Symbols = nil }, "symbols: 0 is not between 1 and 5000"},
		"in lower case":    {func(c *Config) { c.Symbols = []string{"btcusdt"} }, `symbols[0]: "btcusdt" is not a symbol such as BTCUSDT`},
		"with a slash":     {func(c *Config) { c.Symbols = []string{"BTC/USDT"} }, `symbols[0]: "BTC/USDT"`},
		"a space":          {func(c *Config) { c.Symbols = []string{"BTC USDT"} }, `symbols[0]: "BTC USDT" is not a symbol such as BTCUSDT: ' '`},
		"a no-break space": {func(c *Config) { c.Symbols = []string{"BTC\u00a0USDT"} }, `symbols[0]: "BTC\u00a0USDT" is not`},
		"a quotation mark": {func(c *Config) { c.Symbols = []string{`BTC"USDT`} }, `symbols[0]: "BTC\"USDT" is not`},
		"a control":        {func(c *Config) { c.Symbols = []string{"BTC\nUSDT"} }, `symbols[0]: "BTC\nUSDT" is not`},
		"a stream":         {func(c *Config) { c.Symbols = []string{"BTCUSDT@trade"} }, `symbols[0]: "BTCUSDT@trade" is not a symbol such as BTCUSDT: '@'`},
		"turned around":    {func(c *Config) { c.Symbols = []string{"BTC\u202eUSDT"} }, `symbols[0]: "BTC\u202eUSDT" is not`},
		"not UTF-8":        {func(c *Config) { c.Symbols = []string{"BTC\xffUSDT"} }, `symbols[0]: "BTC\xffUSDT" is not`},
		"too long": {func(c *Config) { c.Symbols = []string{"币安人生币安人生USDT测试"} },
			`symbols[0]: "币安人生币安人生USDT测试" is not a symbol such as BTCUSDT: want 1 to 32 bytes`},
		"nothing":          {func(c *Config) { c.Symbols = []string{""} }, `symbols[0]: "" is not`},
		"the same streams": {func(c *Config) { c.Symbols = []string{"ÄUSDT", "äUSDT"} }, `symbols[1]: "äUSDT" has the same streams as "ÄUSDT"`},
		"twice":            {func(c *Config) { c.Symbols = []string{"BTCUSDT", "BTCUSDT"} }, `symbols[1]: "BTCUSDT" is there twice`},
		"all at once":      {func(c *Config) { *c = Config{} }, "rest: "},
		"a password in it": {func(c *Config) { c.URL = "wss://me:secret@x" }, "url: "},
	})
}

func TestSymbolsOfAnyScriptAreTaken(t *testing.T) {
	for _, symbol := range []string{"币安人生USDT", "这是测试币456", "１２３４５６", "ÄUSDT", "ЮUSDT", "が\u3099USDT", "ABC-D.E_F", "1000CATUSDT"} {
		c := DefaultConfig()
		c.Symbols = []string{"BTCUSDT", symbol}
		if err := c.Validate(); err != nil {
			t.Error(err)
		}
	}
}

// No message is longer than the vendor reads, and together they have all streams, in order.
func TestSubscriptionsAreBoundedInBytes(t *testing.T) {
	const read = 4088
	for name, stream := range map[string]func(i int) string{
		"ASCII":    func(i int) string { return fmt.Sprintf("%032d@bookTicker", i) },
		"Chinese":  func(i int) string { return strings.Repeat("币", 9) + fmt.Sprintf("%05d@bookTicker", i) },
		"escaped":  func(i int) string { return strings.Repeat("\x01", 27) + fmt.Sprintf("%05d@bookTicker", i) },
		"short":    func(i int) string { return fmt.Sprint(i) },
		"too long": func(i int) string { return strings.Repeat("x", read) },
	} {
		var streams, got []string
		for i := range 3 * perConnection {
			streams = append(streams, stream(i))
		}
		texts, err := subscriptions(streams)
		if err != nil {
			t.Fatal(err)
		}
		for i, text := range texts {
			var r struct {
				Method string
				Params []string
				ID     int
			}
			if err := json.Unmarshal(text, &r); err != nil || r.Method != "SUBSCRIBE" || r.ID != i+1 || len(r.Params) == 0 {
				t.Errorf("%s: %v, %.100s", name, err, text)
			}
			if len(text) > mostMessage && len(r.Params) > 1 {
				t.Errorf("%s: %d bytes", name, len(text))
			}
			got = append(got, r.Params...)
		}
		if !slices.Equal(got, streams) {
			t.Errorf("%s: %d streams of %d, or in another order", name, len(got), len(streams))
		}
		total := 0
		for _, text := range texts {
			total += len(text)
		}
		if full := total/(mostMessage-200) + 1; name != "too long" && len(texts) > full {
			t.Errorf("%s: %d messages for %d bytes, want %d", name, len(texts), total, full)
		}
	}
	if mostMessage > read {
		t.Errorf("a message may have %d bytes, of which the vendor reads %d", mostMessage, read)
	}
}

func TestListsOfSymbolsFitIntoAnAddress(t *testing.T) {
	for _, spelt := range []string{"%032d", "币安人生币安人生%07d", "A%d"} {
		var all, got []*symbol
		for i := range perConnection {
			all = append(all, &symbol{NumberedSymbol: vendors.NewNumberedSymbol(&vendors.Instrument{Symbol: fmt.Sprintf(spelt, i)})})
		}
		for _, part := range partsOf(all) {
			list, err := json.Marshal(names(part))
			if n := len(url.QueryEscape(string(list))); err != nil || n > mostQuery+10 || len(part) > perResponse || len(part) == 0 {
				t.Errorf(spelt+" and so on: %d symbols in %d bytes, %v", 0, len(part), n, err)
			}
			got = append(got, part...)
		}
		if !slices.Equal(got, all) {
			t.Errorf("%d symbols of %d", len(got), len(all))
		}
	}
}

func TestRecordSaysWhatASymbolIs(t *testing.T) {
	for symbol, want := range map[string]string{
		"BTCUSDT":  "Bitcoin, USDT",
		"ETHBTC":   "Ethereum, BTC",
		"BTCFDUSD": "Bitcoin, FDUSD",
		"BNBUSD":   "BNB, USD", // and not BN in BUSD
		"DOTUSD":   "Polkadot, USD",
		"WXYZUSDT": ", USDT",
		"USDT":     ", ",
		"WXYZ":     ", ",
	} {
		if r := record(symbol); r.Name+", "+r.Currency != want || r.Symbol != symbol || r.Market != "crypto" {
			t.Errorf("%s: %+v, want %s", symbol, r, want)
		}
	}
}
