package main

import (
	"bufio"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tickertape/broadcast/board"
	"tickertape/broadcast/history"
	"tickertape/feed/market"
)

// recordedTrade is a trade as a file has it.
type recordedTrade struct {
	symbol string
	at     market.Time
	price  market.Price
	size   market.Quantity
}

// sharedRecording is where a recording of real data lies. Without it, the test is skipped.
func sharedRecording(t *testing.T, name string) string {
	path, err := filepath.Abs(filepath.Join("../../../shared/data", name))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		t.Skipf("%s: no recording there", path)
	}
	return path
}

var exchangeTimes = regexp.MustCompile(`"(?:E|T)":\d+`)

// spotRecording is a raw recording of Binance's trades and best prices over the last six minutes of a day in UTC, by a recorder
// whose clock was 1.27 s behind: the newest trades are of the day after. All times are moved by a while, and those of the
// recorder by skew more. Best prices are most of it, and left out unless books is true. It returns the trades in the order of their
// coming.
func spotRecording(t *testing.T, path string, moved, skew time.Duration, books bool) []recordedTrade {
	type line struct {
		received int64 // microseconds
		text     string
	}
	var lines []line
	for _, file := range []string{"btcusdt_20240808.gz", "ethusdt_20240808.gz"} {
		f, err := os.Open(sharedRecording(t, "binance-spot-2024/"+file))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		z, err := gzip.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		for scan := bufio.NewScanner(z); scan.Scan(); {
			at, text, _ := strings.Cut(scan.Text(), " ")
			ns, err := strconv.ParseInt(at, 10, 64)
			if err != nil {
				t.Fatalf("line %.60q", scan.Text())
			}
			if strings.Contains(text, "@trade") || books && strings.Contains(text, "@bookTicker") {
				lines = append(lines, line{ns/1000 + (moved + skew).Microseconds(), exchangeTimes.ReplaceAllStringFunc(text, func(key string) string {
					ms, _ := strconv.ParseInt(key[4:], 10, 64)
					return key[:4] + strconv.FormatInt(ms+moved.Milliseconds(), 10)
				})})
			}
		}
	}
	slices.SortStableFunc(lines, func(a, b line) int { return int(a.received - b.received) })
	var trades []recordedTrade
	out := []byte(`{"format":"tickertape.raw","version":1,"since":1,"recorded":1,"sources":[{"name":"binance","numbered":true,` +
		`"symbols":["BTCUSDT","ETHUSDT"]}]}` + "\n")
	for _, l := range lines {
		var message struct {
			Data map[string]json.RawMessage `json:"data"` // a struct would take "E" for "e"
		}
		if err := json.Unmarshal([]byte(l.text), &message); err != nil {
			t.Fatal(err)
		}
		value := func(key string) string { return strings.Trim(string(message.Data[key]), `"`) }
		conn := 1
		if strings.Contains(l.text, "ETHUSDT") {
			conn = 2
		}
		if value("e") == "trade" {
			ms, _ := strconv.ParseInt(value("T"), 10, 64)
			trades = append(trades, recordedTrade{value("s"), market.Time(ms * 1000), mustPrice(t, value("p")), mustQuantity(t, value("q"))})
		}
		out = fmt.Appendf(out, `{"k":"frame","source":"binance","conn":%d,"r":%d,"d":%q}`+"\n", conn, l.received, l.text)
	}
	if err := os.WriteFile(path, out, 0o600); err != nil {
		t.Fatal(err)
	}
	return trades
}

func mustPrice(t *testing.T, text string) market.Price {
	p, err := market.ParsePrice(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func mustQuantity(t *testing.T, text string) market.Quantity {
	q, err := market.ParseQuantity(text)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// summed is what ordinary trades add up to, in the order of their times: open, high, low, close, volume, count and VWAP.
func summed(trades []recordedTrade) string {
	trades = slices.Clone(trades)
	slices.SortStableFunc(trades, func(a, b recordedTrade) int { return int(a.at - b.at) })
	high, low := trades[0].price, trades[0].price
	var volume market.Quantity
	var turnover market.Turnover
	for i := range trades {
		k := &trades[i]
		high, low = max(high, k.price), min(low, k.price)
		cost, _ := k.size.Times(k.price)
		volume, _ = volume.Add(k.size)
		turnover, _ = turnover.Add(cost)
	}
	return fmt.Sprintf("o %v h %v l %v c %v v %v n %d vw %v", trades[0].price, high, low, trades[len(trades)-1].price, volume, len(trades),
		turnover.Over(volume))
}

// playedBoard is a board that a replay has been played to.
type playedBoard struct {
	*board.Board
	dir *market.Directory
}

// playToBoard plays a recording to its end. All the while, the quote of each symbol has to be its newest day's bar; that is looked
// at after every so many batches.
func playToBoard(t *testing.T, cfg FeedConfig, every int) *playedBoard {
	p := &playedBoard{dir: market.NewDirectory()}
	source, hours, err := newFeed(cfg, 0, p.dir, slog.New(slog.DiscardHandler), prometheus.NewRegistry(), nil)
	if err != nil {
		t.Fatal(err)
	}
	kept := history.DefaultConfig()
	p.Board = board.New(board.Config{History: kept, Directory: p.dir, Source: source.Info().Name})
	p.TradingDays(tradingDays(hours))
	batches := 0
	if err := source.Run(t.Context(), func(b market.Batch) {
		p.Gather(b)
		var changes board.Changes
		for r := p.Take(); r != nil; r = p.Take() {
			p.Commit(r, &changes)
		}
		if batches++; batches%every == 0 {
			p.checkDays(t)
		}
	}); err != nil {
		t.Fatal(err)
	}
	p.checkDays(t)
	return p
}

func (p *playedBoard) quote(id market.SymbolID) market.Quote {
	var v [1]board.Version
	p.Versions([]market.SymbolID{id}, v[:])
	return v[0].Quote
}

// bars are those of a symbol and interval, by their start.
func (p *playedBoard) bars(id market.SymbolID, k history.Interval) map[uint32]string {
	all := map[uint32]string{}
	r := history.Reader{Interval: k, FromStart: true}
	var bars [64]history.Bar
	for more := true; more; {
		var n int
		n, more = p.ReadBars(id, &r, bars[:])
		for _, b := range bars[:n] {
			all[b.Start] = fmt.Sprintf("o %v h %v l %v c %v v %v n %d vw %v", b.Open, b.High, b.Low, b.Close, b.Volume, b.Count(),
				b.Turnover.Over(b.Volume))
		}
	}
	return all
}

// checkDays compares the quote of each symbol with the bar of its newest day.
func (p *playedBoard) checkDays(t *testing.T) {
	t.Helper()
	for id := range market.SymbolID(p.Size()) {
		q := p.quote(id)
		if q.Set&market.FieldVolume == 0 {
			continue // not traded today
		}
		var newest uint32
		days := p.bars(id, history.Day)
		for start := range days {
			newest = max(newest, start)
		}
		got := fmt.Sprintf("o %v h %v l %v c %v v %v n %d vw %v", q.Open, q.High, q.Low, q.Price, q.Volume, q.Count, q.VWAP)
		if got != days[newest] {
			t.Fatalf("%s: the quote is not the bar of its day\n got %s\nwant %s", p.dir.Symbol(id).Symbol, got, days[newest])
		}
	}
}

// checkTrades compares quotes and bars of all intervals with the trades of a recording. days are the starts of trading days.
func (p *playedBoard) checkTrades(t *testing.T, trades []recordedTrade, day func(market.Time) market.Time) {
	t.Helper()
	bySymbol := map[string][]recordedTrade{}
	for _, k := range trades {
		bySymbol[k.symbol] = append(bySymbol[k.symbol], k)
	}
	for symbol, all := range bySymbol {
		id, known := p.dir.ID(symbol)
		if !known {
			t.Errorf("%s is unknown", symbol)
			continue
		}
		var days []market.Time
		for _, k := range all {
			days = append(days, day(k.at))
		}
		slices.Sort(days)
		days = slices.Compact(days)
		q := p.quote(id)
		if len(days) > 1 {
			before := slices.DeleteFunc(slices.Clone(all), func(k recordedTrade) bool { return day(k.at) != days[len(days)-2] })
			slices.SortStableFunc(before, func(a, b recordedTrade) int { return int(a.at - b.at) })
			if want := before[len(before)-1].price; q.PreviousClose != want {
				t.Errorf("%s: previous close %v, want %v", symbol, q.PreviousClose, want)
			}
		}
		for k, name := range history.Intervals() {
			byStart := map[uint32][]recordedTrade{}
			length, _ := time.ParseDuration(strings.Replace(name, "1d", "24h", 1))
			for _, x := range all {
				start := day(x.at)
				if name != "1d" {
					start = x.at / market.Time(length.Microseconds()) * market.Time(length.Microseconds())
				}
				byStart[uint32(start/1e6)] = append(byStart[uint32(start/1e6)], x)
			}
			got := p.bars(id, history.Interval(k))
			if len(got) != len(byStart) {
				t.Errorf("%s: %d bars of %s, want %d", symbol, len(got), name, len(byStart))
			}
			for start, in := range byStart {
				if want := summed(in); got[start] != want {
					t.Errorf("%s: bar %s of %v\n got %s\nwant %s", symbol, name, time.Unix(int64(start), 0).UTC(), got[start], want)
				}
			}
		}
	}
}

// midnight is when the day of a time began, in UTC.
func midnight(at market.Time) market.Time { return at / 86_400e6 * 86_400e6 }

// TestSharesOfAReplayAgreeInEveryInterval compares all shares of the NYSE with a sum of the file's trades of its own.
func TestSharesOfAReplayAgreeInEveryInterval(t *testing.T) {
	path := sharedRecording(t, "nyse-2005/TradesAndQuotes.csv.gz")
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(z).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var trades []recordedTrade
	symbols := map[string]bool{}
	for _, row := range rows[1:] { // columns are as the file's first line says
		if symbol, kind, price, size := row[0], row[4], row[6], row[7]; kind == "Trade" && price != "" {
			at, err := time.Parse("02-Jan-2006 15:04:05.000", row[1]+" "+row[2])
			if err != nil {
				t.Fatal(err)
			}
			trades = append(trades, recordedTrade{symbol, market.TimeOf(at), mustPrice(t, price), mustQuantity(t, size)})
			symbols[symbol] = true
		}
	}
	if len(trades) != 6571 || len(symbols) != 1583 {
		t.Fatalf("%d trades of %d shares, want 6571 of 1583", len(trades), len(symbols))
	}
	cfg, _, err := loadConfig(nyseSetup, nil)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Feed.Replay.File, cfg.Feed.Replay.Speed = path, 0
	playToBoard(t, cfg.Feed, 10).checkTrades(t, trades, midnight)
}

// TestDaysOfAReplayAreThoseOfItsTrades has midnight UTC in the last second of a recording, and in its middle.
func TestDaysOfAReplayAreThoseOfItsTrades(t *testing.T) {
	if testing.Short() {
		t.Skip("plays a recording eighteen times")
	}
	for _, moved := range []time.Duration{0, 3 * time.Minute} {
		for _, skew := range []time.Duration{-5 * time.Second, 0, 5 * time.Second} {
			path := filepath.Join(t.TempDir(), "spot.ndjson")
			trades := spotRecording(t, path, moved, skew, moved != 0 && skew == 0)
			for _, speed := range []float64{0, 1000, 10} {
				t.Run(fmt.Sprintf("moved by %v, skew %v, speed %v", moved, skew, speed), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						cfg := DefaultConfig().Feed
						cfg.Sources.Source = []string{"replay"}
						cfg.Replay.File, cfg.Replay.Speed, cfg.Replay.MaxGap = path, speed, 0
						playToBoard(t, cfg, 16).checkTrades(t, trades, midnight)
					})
				})
			}
		}
	}
}
