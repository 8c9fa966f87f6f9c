package sdktest

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/alpacahq/alpaca-trade-api-go/v3/marketdata"
	"github.com/alpacahq/alpaca-trade-api-go/v3/marketdata/stream"

	"tickertape/feed/vendors/alpaca/alpacatest"
)

// timeLimit is how long anything may take on a busy machine.
const timeLimit = 30 * time.Second

func start(t *testing.T) (*alpacatest.Server, string) {
	s := alpacatest.New(t)
	return s, s.Listen(t)
}

// receive waits for what a handler was called with.
func receive[T any](t *testing.T, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(timeLimit):
		t.Fatalf("no %T within %v", *new(T), timeLimit)
		panic("unreachable")
	}
}

var at = time.Date(2023, time.April, 6, 15, 54, 26, 838232225, time.UTC)

func same[T any](t *testing.T, got, want T) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestStocks(t *testing.T) {
	s, host := start(t)
	ctx, cancel := context.WithCancel(t.Context())
	trades, quotes, bars := make(chan stream.Trade, 1), make(chan stream.Quote, 1), make(chan stream.Bar, 1)
	statuses, lulds := make(chan stream.TradingStatus, 1), make(chan stream.LULD, 1)
	corrections, cancels := make(chan stream.TradeCorrection, 1), make(chan stream.TradeCancelError, 1)
	c := stream.NewStocksClient(marketdata.IEX, stream.WithBaseURL("http://"+host+"/v2"),
		stream.WithCredentials(alpacatest.Key, alpacatest.Secret),
		stream.WithLogger(silent{}),
		stream.WithTrades(func(v stream.Trade) { trades <- v }, "AAPL"), stream.WithQuotes(func(v stream.Quote) { quotes <- v }, "AAPL"),
		stream.WithDailyBars(func(v stream.Bar) { bars <- v }, "AAPL"), stream.WithStatuses(func(v stream.TradingStatus) { statuses <- v }, "*"),
		stream.WithLULDs(func(v stream.LULD) { lulds <- v }, "AAPL"),
		stream.WithCorrections(func(v stream.TradeCorrection) { corrections <- v }),
		stream.WithCancelErrors(func(v stream.TradeCancelError) { cancels <- v }))
	if err := c.Connect(ctx); err != nil {
		t.Fatal(err)
	}

	s.Send("trades", "AAPL",
		`{"T":"t","S":"AAPL","i":71697353758036,"x":"K","p":162.92,"s":3,"c":["@","F","T","I"],"z":"C","t":"2023-04-06T15:54:26.838232225Z"}`)
	got := receive(t, trades)
	got.Timestamp = got.Timestamp.UTC()
	same(t, got, stream.Trade{ID: 71697353758036, Symbol: "AAPL", Exchange: "K", Price: 162.92, Size: 3, Timestamp: at,
		Conditions: []string{"@", "F", "T", "I"}, Tape: "C"})

	s.Send("quotes", "AAPL",
		`{"T":"q","S":"AAPL","bx":"O","bp":133.85,"bs":4,"ax":"R","ap":135.77,"as":5,"c":["R"],"z":"A","t":"2023-04-06T15:54:26.838232225Z"}`)
	quote := receive(t, quotes)
	quote.Timestamp = quote.Timestamp.UTC()
	same(t, quote, stream.Quote{Symbol: "AAPL", BidExchange: "O", BidPrice: 133.85, BidSize: 4, AskExchange: "R", AskPrice: 135.77, AskSize: 5,
		Timestamp: at, Conditions: []string{"R"}, Tape: "A"})

	s.Send("dailyBars", "AAPL",
		`{"T":"d","S":"AAPL","o":127.82,"h":128.32,"l":126,"c":126.9,"v":72015712,"n":462915,"vw":127.07392,"t":"2023-04-06T15:54:26.838232225Z"}`)
	bar := receive(t, bars)
	bar.Timestamp = bar.Timestamp.UTC()
	same(t, bar, stream.Bar{Symbol: "AAPL", Open: 127.82, High: 128.32, Low: 126, Close: 126.9, Volume: 72015712, TradeCount: 462915,
		VWAP: 127.07392, Timestamp: at})

	s.Send("statuses", "AAPL",
		`{"T":"s","S":"AAPL","sc":"H","sm":"Trading Halt","rc":"T12","rm":"Trading Halted; For information requested by NASDAQ","z":"C","t":"2023-04-06T15:54:26.838232225Z"}`)
	status := receive(t, statuses)
	status.Timestamp = status.Timestamp.UTC()
	same(t, status, stream.TradingStatus{Symbol: "AAPL", StatusCode: "H", StatusMsg: "Trading Halt", ReasonCode: "T12",
		ReasonMsg: "Trading Halted; For information requested by NASDAQ", Timestamp: at, Tape: "C"})

	s.Send("lulds", "AAPL", `{"T":"l","S":"AAPL","u":180,"d":150.5,"i":"B","z":"C","t":"2023-04-06T15:54:26.838232225Z"}`)
	luld := receive(t, lulds)
	luld.Timestamp = luld.Timestamp.UTC()
	same(t, luld, stream.LULD{Symbol: "AAPL", LimitUpPrice: 180, LimitDownPrice: 150.5, Indicator: "B", Timestamp: at, Tape: "C"})

	s.Send("corrections", "AAPL",
		`{"T":"c","S":"AAPL","x":"V","oi":1,"op":100,"os":200,"oc":["@"],"ci":4,"cp":99.5,"cs":150,"cc":["@","I"],"z":"C","t":"2023-04-06T15:54:26.838232225Z"}`)
	correction := receive(t, corrections)
	correction.Timestamp = correction.Timestamp.UTC()
	same(t, correction, stream.TradeCorrection{Symbol: "AAPL", Exchange: "V", OriginalID: 1, OriginalPrice: 100, OriginalSize: 200,
		OriginalConditions: []string{"@"},
		CorrectedID:        4, CorrectedPrice: 99.5, CorrectedSize: 150, CorrectedConditions: []string{"@", "I"}, Tape: "C", Timestamp: at})

	s.Send("cancelErrors", "AAPL", `{"T":"x","S":"AAPL","i":4,"x":"V","p":99.5,"s":150,"a":"C","z":"C","t":"2023-04-06T15:54:26.838232225Z"}`)
	cancelled := receive(t, cancels)
	cancelled.Timestamp = cancelled.Timestamp.UTC()
	same(t, cancelled, stream.TradeCancelError{Symbol: "AAPL", ID: 4, Exchange: "V", Price: 99.5, Size: 150, CancelErrorAction: "C",
		Tape: "C", Timestamp: at})

	if err := c.UnsubscribeFromTrades("AAPL"); err != nil {
		t.Error(err)
	}
	cancel()
	if err := receive(t, c.Terminated()); err != nil {
		t.Error(err)
	}
}

func TestCoins(t *testing.T) {
	s, host := start(t)
	ctx, cancel := context.WithCancel(t.Context())
	trades, quotes := make(chan stream.CryptoTrade, 1), make(chan stream.CryptoQuote, 1)
	c := stream.NewCryptoClient(marketdata.US, stream.WithBaseURL("http://"+host+"/v1beta3/crypto"),
		stream.WithCredentials(alpacatest.Key, alpacatest.Secret),
		stream.WithLogger(silent{}),
		stream.WithCryptoTrades(func(v stream.CryptoTrade) { trades <- v }, "BTC/USD"),
		stream.WithCryptoQuotes(func(v stream.CryptoQuote) { quotes <- v }, "BTC/USD"))
	if err := c.Connect(ctx); err != nil {
		t.Fatal(err)
	}
	s.Send("trades", "BTC/USD",
		`{"T":"t","S":"BTC/USD","i":1028100310,"p":60123.45,"s":0.00012,"tks":"S","t":"2023-04-06T15:54:26.838232225Z"}`)
	trade := receive(t, trades)
	trade.Timestamp = trade.Timestamp.UTC()
	same(t, trade, stream.CryptoTrade{ID: 1028100310, Symbol: "BTC/USD", Price: 60123.45, Size: 0.00012, Timestamp: at, TakerSide: "S"})
	s.Send("quotes", "BTC/USD", `{"T":"q","S":"BTC/USD","bp":60123,"bs":0.5,"ap":60124.5,"as":1,"t":"2023-04-06T15:54:26.838232225Z"}`)
	quote := receive(t, quotes)
	quote.Timestamp = quote.Timestamp.UTC()
	same(t, quote, stream.CryptoQuote{Symbol: "BTC/USD", BidPrice: 60123, BidSize: 0.5, AskPrice: 60124.5, AskSize: 1, Timestamp: at})
	cancel()
	if err := receive(t, c.Terminated()); err != nil {
		t.Error(err)
	}
}

func connect(t *testing.T, host, key string) error {
	ctx, cancel := context.WithTimeout(t.Context(), timeLimit)
	defer cancel()
	return stream.NewStocksClient(marketdata.IEX, stream.WithBaseURL("http://"+host+"/v2"), stream.WithCredentials(key, alpacatest.Secret),
		stream.WithLogger(silent{}), stream.WithReconnectSettings(1, 0), stream.WithTrades(func(stream.Trade) {}, "AAPL", "MSFT")).Connect(ctx)
}

func TestAWrongKeyIsRefused(t *testing.T) {
	_, host := start(t)
	if err := connect(t, host, "wrong"); !errors.Is(err, stream.ErrInvalidCredentials) {
		t.Errorf("got %v, want %v", err, stream.ErrInvalidCredentials)
	}
}

func TestPlansAreKnownByTheirErrors(t *testing.T) {
	for want, e := range map[error]alpacatest.Error{stream.ErrInsufficientSubscription: alpacatest.Subscription,
		stream.ErrInsufficientScope: alpacatest.Scope} {
		s, host := start(t)
		s.Fail(&e)
		if err := connect(t, host, alpacatest.Key); !errors.Is(err, want) {
			t.Errorf("got %v, want %v", err, want)
		}
	}
}

func TestTooManySymbols(t *testing.T) {
	s, host := start(t)
	s.Limit(1)
	if err := connect(t, host, alpacatest.Key); !errors.Is(err, stream.ErrSymbolLimitExceeded) {
		t.Errorf("got %v, want %v", err, stream.ErrSymbolLimitExceeded)
	}
}

// What the plan limits are pairs of a symbol and a channel: two symbols with trades and quotes are four.
func TestTooManyPairs(t *testing.T) {
	for limit, want := range map[int]error{3: stream.ErrSymbolLimitExceeded, 4: nil} {
		s, host := start(t)
		s.Limit(limit)
		ctx, cancel := context.WithTimeout(t.Context(), timeLimit)
		defer cancel()
		c := stream.NewStocksClient(marketdata.IEX, stream.WithBaseURL("http://"+host+"/v2"),
			stream.WithCredentials(alpacatest.Key, alpacatest.Secret), stream.WithLogger(silent{}), stream.WithTrades(func(stream.Trade) {}, "AAPL", "MSFT"))
		if err := c.Connect(ctx); err != nil {
			t.Fatal(err)
		}
		if err := c.SubscribeToQuotes(func(stream.Quote) {}, "AAPL", "MSFT"); !errors.Is(err, want) {
			t.Errorf("with room for %d: %v, want %v", limit, err, want)
		}
		cancel()
		receive(t, c.Terminated())
	}
}

// The client repeats its login while the key is in use, until the server has had enough of a connection that is
// not logged in; the log of the client has the error that it knows.
func TestAKeyInUse(t *testing.T) {
	s, host := start(t)
	s.Take(true)
	seen := make(heard, 64)
	ctx, cancel := context.WithTimeout(t.Context(), timeLimit)
	defer cancel()
	done := make(chan error, 1)
	go func() {
		done <- stream.NewStocksClient(marketdata.IEX, stream.WithBaseURL("http://"+host+"/v2"),
			stream.WithCredentials(alpacatest.Key, alpacatest.Secret),
			stream.WithLogger(seen), stream.WithReconnectSettings(1, 0), stream.WithTrades(func(stream.Trade) {}, "AAPL")).Connect(ctx)
	}()
	for {
		args := receive(t, seen)
		if slices.ContainsFunc(args, func(a any) bool {
			err, is := a.(error)
			return is && errors.Is(err, stream.ErrConnectionLimitExceeded)
		}) {
			break
		}
	}
	s.Take(false)
	if err := receive(t, done); err != nil {
		t.Errorf("the key is free, but %v", err)
	}
}

func TestSnapshots(t *testing.T) {
	s, host := start(t)
	s.Snapshot("AAPL", `{"latestTrade":{"t":"2021-05-03T14:48:06.563Z","x":"D","p":133.4201,"s":145,"c":["@"],"i":62700,"z":"C"},
		"dailyBar":{"t":"2021-05-03T04:00:00Z","o":132.04,"h":134.07,"l":131.83,"c":133.42,"v":25846800,"n":254678,"vw":132.568},
		"prevDailyBar":{"t":"2021-04-30T04:00:00Z","o":131.82,"h":133.56,"l":131.065,"c":131.46,"v":109506363,"n":1012323,"vw":132.025},"minuteBar":null,"latestQuote":null}`)
	c := marketdata.NewClient(marketdata.ClientOpts{APIKey: alpacatest.Key, APISecret: alpacatest.Secret, BaseURL: "http://" +
		host, RetryLimit: -1})
	got, err := c.GetSnapshots([]string{"AAPL", "INVALID"}, marketdata.GetSnapshotRequest{Feed: marketdata.IEX})
	if err != nil {
		t.Fatal(err)
	}
	if got["INVALID"] != nil || got["AAPL"] == nil || got["AAPL"].MinuteBar != nil {
		t.Fatalf("got %+v", got)
	}
	a := got["AAPL"]
	if a.PrevDailyBar.Close != 131.46 || a.DailyBar.Volume != 25846800 || a.LatestTrade.ID != 62700 || a.LatestTrade.Price != 133.4201 {
		t.Errorf("got %+v", a)
	}
	wrong := marketdata.NewClient(marketdata.ClientOpts{APIKey: "wrong", APISecret: alpacatest.Secret, BaseURL: "http://" +
		host, RetryLimit: -1})
	if _, err := wrong.GetSnapshots([]string{"AAPL"}, marketdata.GetSnapshotRequest{}); err == nil {
		t.Error("a wrong key was let in")
	}
}

func TestDailyBars(t *testing.T) {
	s, host := start(t)
	s.Day("sip", "AAPL", "2023-11-17", 1000)
	s.Day("sip", "AAPL", "2023-11-18", 101)
	s.Day("sip", "MSFT", "2023-11-17", 500)
	s.Action("AAPL", "forward_splits", "2023-11-18", `{"symbol":"AAPL","new_rate":10,"old_rate":1,"ex_date":"2023-11-18"}`)
	s.PageDays(1)
	c := marketdata.NewClient(marketdata.ClientOpts{APIKey: alpacatest.Key, APISecret: alpacatest.Secret, BaseURL: "http://" +
		host, RetryLimit: -1})
	ask := func(adjustment marketdata.Adjustment, end time.Time, symbols ...string) (map[string][]marketdata.Bar, error) {
		return c.GetMultiBars(symbols, marketdata.GetBarsRequest{TimeFrame: marketdata.OneDay, Adjustment: adjustment, Feed: marketdata.SIP,
			Start: time.Date(2023, time.November, 16, 0, 0, 0, 0, time.UTC), End: end})
	}
	end := time.Date(2023, time.November, 18, 12, 0, 0, 0, time.UTC)
	for adjustment, want := range map[marketdata.Adjustment]float64{marketdata.Raw: 1000, marketdata.Split: 100} {
		got, err := ask(adjustment, end, "AAPL", "MSFT")
		if err != nil || len(got["AAPL"]) != 2 || len(got["MSFT"]) != 1 || got["AAPL"][0].Close != want || got["AAPL"][1].Close != 101 {
			t.Errorf("%v: %+v, %v", adjustment, got, err)
		}
	}
	if _, err := ask(marketdata.Raw, time.Now(), "AAPL"); err == nil {
		t.Error("what is recent was answered")
	}
	if _, err := ask(marketdata.Raw, end, "AAPL", "BRK-B"); err == nil {
		t.Error("a symbol that cannot be was answered")
	}
}

func TestBarsOfCoins(t *testing.T) {
	s, host := start(t)
	s.Bars("BTC/USD",
		`[{"t":"2022-02-25T12:00:00Z","o":38899.6,"h":39300,"l":38892.2,"c":39278.88,"v":74.02830613,"n":1086,"vw":39140.0960796263}]`)
	c := marketdata.NewClient(marketdata.ClientOpts{APIKey: alpacatest.Key, APISecret: alpacatest.Secret, BaseURL: "http://" +
		host, RetryLimit: -1})
	got, err := c.GetCryptoMultiBars([]string{"BTC/USD"}, marketdata.GetCryptoBarsRequest{TimeFrame: marketdata.OneHour})
	if err != nil {
		t.Fatal(err)
	}
	if bars := got["BTC/USD"]; len(bars) != 1 || bars[0].Close != 39278.88 || bars[0].Volume != 74.02830613 || bars[0].TradeCount != 1086 {
		t.Errorf("got %+v", got)
	}
}

// silent is a log that nobody reads.
type silent struct{}

func (silent) Infof(string, ...any)  {}
func (silent) Warnf(string, ...any)  {}
func (silent) Errorf(string, ...any) {}

// heard is a log whose values are read.
type heard chan []any

func (h heard) note(args []any) {
	select {
	case h <- args:
	default:
	}
}

func (h heard) Infof(_ string, args ...any)  { h.note(args) }
func (h heard) Warnf(_ string, args ...any)  { h.note(args) }
func (h heard) Errorf(_ string, args ...any) { h.note(args) }
