package alpaca

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tickertape/feed"
	"tickertape/feed/calendar"
	"tickertape/feed/market"
	"tickertape/feed/vendors"
	"tickertape/feed/vendors/alpaca/alpacatest"
	"tickertape/feed/vendors/vendortest"
)

// weekVendor is the vendor in a week, with one stream: what it sends and what it answers over REST follows from what has been traded.
type weekVendor struct {
	*vendortest.Server
	t    *testing.T
	w    *vendortest.Week
	feed string
}

// weekCodes are the conditions of each kind of trade, on tape C.
var weekCodes = map[vendortest.Sale]string{vendortest.Ordinary: `"@"`, vendortest.OddLot: `"@","I"`, vendortest.Outside: `"@","T"`,
	vendortest.Prior: `"@","P"`, vendortest.OpeningPrint: `"@","O"`, vendortest.ClosingPrint: `"@","6"`, vendortest.OfficialOpen: `"@","Q"`,
	vendortest.OfficialClose: `"@","M"`}

// socket has one connection.
func (v *weekVendor) socket(s *vendortest.Socket) {
	s.Send(`[{"T":"success","msg":"connected"}]`)
	before, answer := "", "" // the newest subscription
	for {
		text, err := s.Read()
		if err != nil {
			return
		}
		if text == before { // a sign of life is asked for
			s.Send(answer)
			continue
		}
		var m struct {
			Action, Key, Secret      string
			Trades, Quotes, Statuses []string
		}
		if err := json.Unmarshal([]byte(text), &m); err != nil {
			v.t.Errorf("%q: %v", text, err)
		}
		switch m.Action {
		case "auth":
			if m.Key != alpacatest.Key || m.Secret != alpacatest.Secret {
				v.t.Error("a wrong key")
			}
			s.Send(`[{"T":"success","msg":"authenticated"}]`)
		case "subscribe":
			for _, symbol := range m.Trades {
				if !slices.Contains(s.Follows(), symbol) {
					s.Follow(symbol)
				}
			}
			trades, _ := json.Marshal(s.Follows())
			before, answer = text, fmt.Sprintf(`[{"T":"subscription","trades":%s,"quotes":%s,"bars":[],"updatedBars":[],"dailyBars":[],
				"statuses":%s,"lulds":[],"corrections":%s,"cancelErrors":%s}]`, trades, trades, trades, trades, trades)
			s.Send(answer)
		default:
			v.t.Errorf("%q was sent", text)
		}
	}
}

// trade is a trade as the stream and REST have it, without braces.
func (v *weekVendor) trade(k *vendortest.WeekTrade) string {
	codes := weekCodes[k.Sale]
	if k.Sale == vendortest.OddLot && v.w.Hours.Phase(k.At) != calendar.Regular {
		codes = `"@","T","I"`
	}
	return fmt.Sprintf(`"t":%q,"x":"V","p":%v,"s":%d,"c":[%s],"i":%d,"z":"C"`, k.At.UTC().Format(time.RFC3339Nano), k.Price, k.Size, codes,
		k.Number)
}

// tellTrade sends a trade, together with the quote that it was made between.
func (v *weekVendor) tellTrade(k *vendortest.WeekTrade) bool {
	if !slices.Contains(v.Follows(), k.Symbol) {
		return false
	}
	v.Tell(k.Symbol, fmt.Sprintf(
		`[{"T":"q","S":%q,"bx":"V","bp":%v,"bs":100,"ax":"V","ap":%v,"as":200,"c":["R"],"z":"C","t":%q},{"T":"t","S":%q,%s}]`,
		k.Symbol, k.Price-market.Scale/20, k.Price+market.Scale/20, k.At.UTC().Format(time.RFC3339Nano), k.Symbol, v.trade(k)))
	return true
}

// bar is a daily bar as it compares with another date. Its time is the midnight of New York.
func (v *weekVendor) bar(symbol string, b *vendortest.WeekBar, with time.Time) string {
	if b.Close == 0 {
		return "null"
	}
	return fmt.Sprintf(`{"t":%q,"o":%v,"h":%v,"l":%v,"c":%v,"v":%d,"n":%d,"vw":%v}`,
		v.w.Clock(b.Date, 0, 0, 0).UTC().Format(time.RFC3339), vendortest.Comparable(symbol, b.Open, b.Date, with),
		vendortest.Comparable(symbol, b.High, b.Date, with), vendortest.Comparable(symbol, b.Low, b.Date, with),
		vendortest.Comparable(symbol, b.Close, b.Date, with), b.Volume, b.Count, b.VWAP)
}

// snapshot is what a snapshot has of a stock. Bars are as of the newest whole minute. The daily bar is of the newest session in which
// a trade has set a last price: those outside the session set none, but count into the volume of the bar once there is one. Nothing is
// adjusted.
func (v *weekVendor) snapshot(symbol string) string {
	now := time.Now()
	all, whole := v.w.Of(symbol, now, true), v.w.Of(symbol, now.Truncate(time.Minute).Add(-1), true)
	if v.feed == "iex" {
		all, whole = vendortest.Own(all), vendortest.Own(whole)
	}
	if len(all) == 0 {
		return "null"
	}
	var day, before vendortest.WeekBar
	for _, b := range vendortest.Bars(whole) {
		if b.Close != 0 {
			day, before = b, day
		}
	}
	minuteBar := "null"
	if n := len(whole); n > 0 {
		k := whole[n-1]
		minuteBar = fmt.Sprintf(`{"t":%q,"o":%v,"h":%v,"l":%v,"c":%v,"v":%d,"n":1,"vw":%v}`,
			k.At.Truncate(time.Minute).UTC().Format(time.RFC3339), k.Price, k.Price, k.Price, k.Price, k.Size, k.Price)
	}
	return fmt.Sprintf(`{"latestTrade":{%s},"latestQuote":null,"minuteBar":%s,"dailyBar":%s,"prevDailyBar":%s}`, v.trade(all[len(all)-1]),
		minuteBar, v.bar(symbol, &day, day.Date), v.bar(symbol, &before, before.Date))
}

// days are the daily bars of a stock in a range, as a list; "" where there are none.
func (v *weekVendor) days(symbol string, q url.Values) string {
	now := time.Now()
	from, err := time.Parse(time.DateOnly, q.Get("start"))
	to, bad := time.Parse(time.RFC3339, q.Get("end"))
	if err != nil || bad != nil || q.Get("timeframe") != "1Day" {
		v.t.Errorf("bars: %v", q)
	}
	var days []string
	all := v.w.Of(symbol, now, true)
	if q.Get("feed") == "iex" {
		all = vendortest.Own(all)
	}
	for _, b := range vendortest.Bars(all) {
		if b.Close == 0 || b.Date.Before(from) || v.w.Clock(b.Date, 0, 0, 0).After(to) {
			continue
		}
		with := b.Date
		if adjustment := q.Get("adjustment"); adjustment == "split" || adjustment == "all" {
			with = v.w.Hours.Date(now)
		}
		days = append(days, v.bar(symbol, &b, with))
	}
	if len(days) == 0 {
		return ""
	}
	return "[" + strings.Join(days, ",") + "]"
}

func (v *weekVendor) rest(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if r.Header.Get("Apca-Api-Key-Id") != alpacatest.Key || r.Header.Get("Apca-Api-Secret-Key") != alpacatest.Secret {
		v.t.Errorf("%s: a wrong key", r.URL)
	}
	symbols := strings.Split(q.Get("symbols"), ",")
	var all []string
	switch r.URL.Path {
	case snapshotsPath:
		if q.Get("feed") != v.feed {
			v.t.Errorf("%s: want the feed %s", r.URL, v.feed)
		}
		for _, symbol := range symbols {
			all = append(all, fmt.Sprintf("%q:%s", symbol, v.snapshot(symbol)))
		}
		fmt.Fprintf(w, "{%s}", strings.Join(all, ","))
	case "/v2/stocks/bars":
		for _, symbol := range symbols {
			if days := v.days(symbol, q); days != "" {
				all = append(all, fmt.Sprintf("%q:%s", symbol, days))
			}
		}
		fmt.Fprintf(w, `{"bars":{%s},"next_page_token":null}`, strings.Join(all, ","))
	case actionsPath:
		date, splits := vendors.Date(vendortest.SplitDate), ""
		if slices.Contains(symbols, vendortest.Divided) && q.Get("start") <= date && date <= q.Get("end") {
			splits = fmt.Sprintf(`"forward_splits":[{"symbol":%q,"new_rate":%d,"old_rate":1,"ex_date":%q,"process_date":%q}]`,
				vendortest.Divided, vendortest.SplitNew, date, date)
		}
		fmt.Fprintf(w, `{"corporate_actions":{%s},"next_page_token":null}`, splits)
	default:
		v.t.Errorf("%s was asked for", r.URL)
		http.NotFound(w, r)
	}
}

// playWeek plays a week, or a part of it, of one of the vendor's feeds.
func playWeek(t *testing.T, feedName string, overnight bool, stretch func(*vendortest.Week) (from, to time.Time)) {
	keys(t)
	synctest.Test(t, func(t *testing.T) {
		v := &weekVendor{t: t, w: vendortest.NewWeek(t, overnight), feed: feedName}
		v.Server = vendortest.NewServer(t, v.socket, http.HandlerFunc(v.rest))
		from, to := stretch(v.w)
		vendortest.PlayWeek(t, v.w, from, to, vendortest.WeekVendor{Server: v.Server, Tell: v.tellTrade, NoEarly: true, Own: feedName == "iex",
			Open: func(env vendors.Env) []feed.Source {
				cfg := DefaultConfig()
				cfg.Feed, cfg.Symbols = feedName, vendortest.WeekStocks
				return vendortest.Open(t, cfg, env, Open)
			}})
	})
}

func TestAWeekIsRightAtEachHour(t *testing.T) {
	playWeek(t, "sip", false, (*vendortest.Week).Whole)
}

func TestNightsWithASessionAreRightAtEachHour(t *testing.T) {
	playWeek(t, "sip", true, (*vendortest.Week).Nights)
}

// The feed of one exchange has the closes of all, and nothing of the nights, which belong to the day after them all the same.
func TestAWeekOfOneExchangeWhoseDaysBeginInTheEveningIsRightAtEachHour(t *testing.T) {
	playWeek(t, "iex", true, (*vendortest.Week).Whole)
}
