package finnhub

import (
	"fmt"
	"testing"
	"time"

	"tickertape/feed/market"
)

// quoted writes an image as tests compare it.
func (n *bench) quoted(images []market.Quote) string {
	text := ""
	for _, q := range images {
		text += n.env.Dir.Symbol(q.Symbol).Symbol
		for _, f := range []struct {
			field market.Fields
			word  string
			value any
		}{
			{market.FieldPrice, "p", q.Price}, {market.FieldTime, "t", q.Time}, {market.FieldOpen, "o", q.Open}, {market.FieldHigh, "h", q.High},
			{market.FieldLow, "l", q.Low},
			{market.FieldPreviousClose, "pc", q.PreviousClose}, {market.FieldExtended, "x", q.Extended},
			{market.FieldExtendedTime, "xt", q.ExtendedTime},
		} {
			if q.Set&f.field != 0 {
				text += fmt.Sprintf(" %s=%v", f.word, f.value)
			}
		}
	}
	return text
}

func TestFiguresAreOfTheirDay(t *testing.T) {
	at := func(text string) int64 {
		t.Helper()
		when, err := time.ParseInLocation("2006-01-02 15:04:05", text, newYork(t))
		if err != nil {
			t.Fatal(err)
		}
		return when.Unix()
	}
	answer := func(traded string) string {
		return fmt.Sprintf(`{"c":189.5,"d":1.5,"dp":0.7979,"h":190,"l":187.25,"o":188.1,"pc":188,"t":%d}`, at(traded))
	}
	for name, test := range map[string]struct{ symbol, now, body, want string }{
		"in the session": {"AAPL", "2026-11-18 11:00:00", answer("2026-11-18 10:59:59"), "AAPL p=189.5 t=%d o=188.1 h=190 l=187.25 pc=188"},
		"after it":       {"AAPL", "2026-11-18 18:00:00", answer("2026-11-18 16:00:04"), "AAPL p=189.5 t=%d o=188.1 h=190 l=187.25 pc=188"},
		"at the weekend": {"AAPL", "2026-11-21 12:00:00", answer("2026-11-20 16:00:00"), "AAPL p=189.5 t=%d o=188.1 h=190 l=187.25 pc=188"},
		// the new day has begun: its previous close is the last price of the day before
		"before the session": {"AAPL", "2026-11-18 08:00:00", answer("2026-11-17 16:00:00"), "AAPL p=189.5 t=%d pc=189.5"},
		// should the vendor count what is traded before the session, this is not yet its open
		"traded before it": {"AAPL", "2026-11-18 08:00:00", answer("2026-11-18 07:59:00"), "AAPL pc=188 x=189.5 xt=%d"},
		"a coin": {"BINANCE:BTCUSDT", "2026-11-18 08:00:00", answer("2026-11-18 07:59:00"),
			"BINANCE:BTCUSDT p=189.5 t=%d o=188.1 h=190 l=187.25 pc=188"},
		// 00:00 UTC is 19:00
		"a coin of yesterday": {"BINANCE:BTCUSDT", "2026-11-18 20:00:00", answer("2026-11-18 18:59:59"), "BINANCE:BTCUSDT p=189.5 t=%d pc=189.5"},
		"a currency has no day": {"OANDA:EUR_USD", "2026-11-18 20:00:00", answer("2026-11-16 18:59:59"),
			"OANDA:EUR_USD p=189.5 t=%d o=188.1 h=190 l=187.25 pc=188"},
		"of an unknown time": {"AAPL", "2026-11-18 11:00:00", `{"c":189.5,"h":190,"l":187.25,"o":188.1,"pc":188,"t":0}`,
			"AAPL p=189.5 o=188.1 h=190 l=187.25 pc=188%.0d"},
		"rounded, where computed": {"AAPL", "2026-11-18 11:00:00",
			fmt.Sprintf(`{"c":1.00000000051,"h":0,"l":0,"o":0,"pc":2.5e1,"t":%d}`, at("2026-11-18 10:59:59")), "AAPL p=1.000000001 t=%d pc=25"},
	} {
		t.Run(name, func(t *testing.T) {
			n := newBench(t, test.symbol)
			received := market.TimeOf(time.Unix(at(test.now), 0))
			f, err := readFigures([]byte(test.body), received)
			if err != nil {
				t.Fatal(err)
			}
			if err := n.Response("/quote?symbol="+test.symbol, []byte(test.body), received, &n.b); err != nil {
				t.Fatal(err)
			}
			if got, want := n.quoted(n.b.Images), fmt.Sprintf(test.want, f.at); got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

func newYork(t testing.TB) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func TestAnswersThatCannotBeUsedAreCounted(t *testing.T) {
	for name, test := range map[string]struct{ path, body, fault string }{
		"another path":   {"/candle?symbol=AAPL", `{"c":1}`, "unknown"},
		"another symbol": {"/quote?symbol=IBM", `{"c":1}`, "unknown"},
		"no path":        {"%", `{"c":1}`, "unknown"},
		"no JSON":        {"/quote?symbol=AAPL", `<html>`, "json"},
		"no figures":     {"/quote?symbol=AAPL", `{"error":"sorry"}`, "value"},
		"a word":         {"/quote?symbol=AAPL", `{"c":"high"}`, "number"},
		"no time":        {"/quote?symbol=AAPL", `{"c":1,"t":-1}`, "time"},
	} {
		t.Run(name, func(t *testing.T) {
			n := newBench(t, "AAPL")
			if err := n.Response(test.path, []byte(test.body), now, &n.b); err != nil {
				t.Fatal(err)
			}
			if got := n.Faults(t); len(got) != 1 || got[test.fault] != 1 || len(n.b.Images) != 0 {
				t.Errorf("faults %v and %d images, want one of %s and none", got, len(n.b.Images), test.fault)
			}
		})
	}
}

// The prices of an answer are good, though this machine's clock is behind; its time would keep out the trades after it.
func TestFiguresFromTheFutureHaveNoTime(t *testing.T) {
	n := newBench(t, "AAPL")
	if err := n.Response("/quote?symbol=AAPL", []byte(`{"c":1,"pc":2,"t":1795104000}`), now, &n.b); err != nil {
		t.Fatal(err)
	}
	if got := n.quoted(n.b.Images); got != "AAPL p=1 pc=2" || n.Faults(t)["time"] != 1 {
		t.Errorf("%s, faults %v", got, n.Faults(t))
	}
}

func TestNothingIsKnownOfAnUnknownSymbol(t *testing.T) {
	const body = `{"c":0,"d":null,"dp":null,"h":0,"l":0,"o":0,"pc":0,"t":0}`
	f, err := readFigures([]byte(body), now)
	if err != nil || !f.none() {
		t.Errorf("%+v, %v", f, err)
	}
	n := newBench(t, "AAPL")
	if err := n.Response("/quote?symbol=AAPL", []byte(body), now, &n.b); err != nil || len(n.b.Images) != 0 {
		t.Errorf("%d images, %v", len(n.b.Images), err)
	}
}
