package massive

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tickertape/feed"
	"tickertape/feed/market"
	"tickertape/feed/vendors"
	"tickertape/feed/vendors/vendortest"
)

// weekVendor is the vendor in a week: what it answers over REST follows from what has been traded.
type weekVendor struct {
	*vendortest.Server
	t   *testing.T
	w   *vendortest.Week
	raw bool // the previous day of a snapshot is never adjusted; else it is from the morning of a split on: the vendor does not say
}

// socket has one connection.
func (v *weekVendor) socket(s *vendortest.Socket) {
	status(s, "connected", "Connected Successfully")
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
		var m struct{ Action, Params string }
		if err := json.Unmarshal([]byte(text), &m); err != nil {
			v.t.Errorf("%q: %v", text, err)
		}
		switch m.Action {
		case "auth":
			if m.Params != key {
				v.t.Error("a wrong key")
			}
			status(s, "auth_success", "authenticated")
		case "subscribe":
			var answers []string
			for channel := range strings.SplitSeq(m.Params, ",") {
				if !slices.Contains(s.Follows(), channel) {
					s.Follow(channel)
				}
				answers = append(answers, fmt.Sprintf(`{"ev":"status","status":"success","message":"subscribed to: %s"}`, channel))
			}
			before, answer = text, "["+strings.Join(answers, ",")+"]"
			s.Send(answer)
		default:
			v.t.Errorf("%q was sent", text)
		}
	}
}

// weekCodes are the conditions of each kind of trade.
var weekCodes = map[vendortest.Sale]string{vendortest.Ordinary: "14", vendortest.OddLot: "14,37", vendortest.Outside: "12",
	vendortest.Prior: "22", vendortest.OpeningPrint: "25", vendortest.ClosingPrint: "8", vendortest.OfficialOpen: "16",
	vendortest.OfficialClose: "15"}

func weekCodesOf(w *vendortest.Week, k *vendortest.WeekTrade) string {
	if k.Sale == vendortest.OddLot && w.Hours.Phase(k.At).String() != "regular" {
		return "12,37"
	}
	return weekCodes[k.Sale]
}

// tellTrade sends a trade, after the quotes that it was made between. Numbers leave out some.
func (v *weekVendor) tellTrade(k *vendortest.WeekTrade) bool {
	if !slices.Contains(v.Follows(), "T."+k.Symbol) {
		return false
	}
	if slices.Contains(v.Follows(), "Q."+k.Symbol) {
		v.Tell("Q."+k.Symbol, fmt.Sprintf(`[{"ev":"Q","sym":%q,"bx":4,"bp":%v,"bs":1,"ax":7,"ap":%v,"as":2,"c":0,"t":%d,"q":%d,"z":3}]`,
			k.Symbol, k.Price-market.Scale/20, k.Price+market.Scale/20, k.At.UnixMilli(), 7*k.Number))
	}
	v.Tell("T."+k.Symbol, fmt.Sprintf(`[{"ev":"T","sym":%q,"x":4,"i":"%d","z":3,"p":%v,"s":%d,"ds":"%d.0","c":[%s],"t":%d,"q":%d}]`,
		k.Symbol, k.Number, k.Price, k.Size, k.Size, weekCodesOf(v.w, k), k.At.UnixMilli(), 7*k.Number+1))
	return true
}

// today is the date that the vendor's snapshots are of: each begins at 03:30, be there trading on it or not.
func (v *weekVendor) today() time.Time {
	y, m, d := time.Now().In(v.w.Hours.Zone()).Add(-clears).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// weekBar is a day of a snapshot or of the list of days, as it compares with another date.
func (v *weekVendor) weekBar(symbol string, b *vendortest.WeekBar, with time.Time) string {
	p := func(p fmt.Stringer) string { return p.String() }
	return fmt.Sprintf(`{"t":%d,"o":%s,"h":%s,"l":%s,"c":%s,"v":%d,"vw":%s,"n":%d}`, v.w.Clock(b.Date, 0, 0, 0).UnixMilli(),
		p(vendortest.Comparable(symbol, b.Open, b.Date, with)), p(vendortest.Comparable(symbol, b.High, b.Date, with)),
		p(vendortest.Comparable(symbol, b.Low, b.Date, with)), p(vendortest.Comparable(symbol, b.Close, b.Date, with)), b.Volume,
		p(b.VWAP), b.Count)
}

const noDay = `{"o":0,"h":0,"l":0,"c":0,"v":0,"vw":0}`

// snapshot is what a snapshot has of a stock; "" of one that the vendor does not know. Which of two sessions the previous day is of
// changes at 03:30.
func (v *weekVendor) snapshot(symbol string) string {
	now, today := time.Now(), v.today()
	renamed := !today.Before(vendortest.RenameDate)
	if symbol == vendortest.Before && renamed || symbol == vendortest.After && !renamed {
		return ""
	}
	day, before, last, updated := noDay, noDay, "", int64(0)
	for _, b := range vendortest.Bars(v.w.Of(symbol, now, false)) {
		switch {
		case b.Date.After(today): // an overnight session: it is not in there before 03:30
		case !b.Date.Equal(today):
			if before = v.weekBar(symbol, &b, today); v.raw {
				before = v.weekBar(symbol, &b, b.Date)
			}
		default:
			day, updated = v.weekBar(symbol, &b, today), b.Newest.At.UnixMicro()*1000
			last = fmt.Sprintf(`{"c":[%s],"i":"%d","p":%v,"s":%d,"t":%d,"x":4}`, weekCodesOf(v.w, b.Newest), b.Newest.Number,
				b.Newest.Price, b.Newest.Size, updated)
		}
	}
	if last == "" {
		last = `{"i":"","p":0,"s":0,"t":0,"x":0}`
	}
	return fmt.Sprintf(`{"ticker":%q,"todaysChangePerc":0,"todaysChange":0,"updated":%d,"day":%s,"lastTrade":%s,"prevDay":%s}`,
		symbol, updated, day, last, before)
}

// days are the whole days of a stock from one date to another, both included. Before 03:30, the day before is not among them.
func (v *weekVendor) days(symbol string, from, to time.Time, adjusted bool) (days []string) {
	today := v.today()
	for _, b := range vendortest.Bars(v.w.Of(symbol, time.Now(), false)) {
		if b.Date.Before(from) || b.Date.After(to) || !b.Date.Before(today) {
			continue
		}
		with := b.Date
		if adjusted {
			with = today
		}
		days = append(days, v.weekBar(symbol, &b, with))
	}
	return days
}

func (v *weekVendor) rest(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if got := r.Header.Get("Authorization"); got != "Bearer "+key {
		v.t.Errorf("%s: authorization %q", r.URL, got)
	}
	switch r.URL.Path {
	case pathConditions:
		fmt.Fprint(w, `{"results":[]}`)
	case pathDividends:
		fmt.Fprint(w, `{"status":"OK","results":[]}`)
	case pathSplits:
		date := vendors.Date(vendortest.SplitDate)
		results := ""
		if q.Get("execution_date.gte") <= date && date <= q.Get("execution_date.lte") {
			results = fmt.Sprintf(`{"ticker":%q,"execution_date":%q,"split_from":1,"split_to":%d}`, vendortest.Divided, date,
				vendortest.SplitNew)
		}
		fmt.Fprintf(w, `{"status":"OK","results":[%s]}`, results)
	case pathSnapshots:
		var all []string
		for symbol := range strings.SplitSeq(q.Get("tickers"), ",") {
			if text := v.snapshot(symbol); text != "" {
				all = append(all, text)
			}
		}
		fmt.Fprintf(w, `{"count":%d,"status":"OK","tickers":[%s]}`, len(all), strings.Join(all, ","))
	default:
		v.aggregates(w, r)
	}
}

// aggregates answers with days: the newest whole one, or those of a range.
func (v *weekVendor) aggregates(w http.ResponseWriter, r *http.Request) {
	parts := strings.Split(strings.TrimPrefix(r.URL.Path, pathDays), "/")
	adjusted := r.URL.Query().Get("adjusted") != "false"
	var days []string
	switch {
	case len(parts) == 2 && parts[1] == "prev":
		days = v.days(parts[0], time.Time{}, v.today(), adjusted)
		days = days[max(0, len(days)-1):]
	case len(parts) == 6 && parts[1] == "range" && parts[2] == "1" && parts[3] == "day":
		from, err := time.Parse(time.DateOnly, parts[4])
		to, bad := time.Parse(time.DateOnly, parts[5])
		if err != nil || bad != nil {
			v.t.Errorf("%s: no dates", r.URL)
		}
		days = v.days(parts[0], from, to, adjusted)
		if r.URL.Query().Get("sort") == "desc" {
			slices.Reverse(days)
		}
	default:
		v.t.Errorf("%s was asked for", r.URL)
		http.NotFound(w, r)
		return
	}
	fmt.Fprintf(w, `{"ticker":%q,"adjusted":%t,"resultsCount":%d,"results":[%s],"status":"OK"}`, parts[0], adjusted, len(days),
		strings.Join(days, ","))
}

// playWeek plays a week, or a part of it.
func playWeek(t *testing.T, overnight bool, stretch func(*vendortest.Week) (from, to time.Time)) {
	t.Setenv("MASSIVE_API_KEY", key)
	synctest.Test(t, func(t *testing.T) {
		v := &weekVendor{t: t, w: vendortest.NewWeek(t, overnight), raw: overnight}
		v.Server = vendortest.NewServer(t, v.socket, http.HandlerFunc(v.rest))
		from, to := stretch(v.w)
		vendortest.PlayWeek(t, v.w, from, to, vendortest.WeekVendor{Server: v.Server, Tell: v.tellTrade,
			Open: func(env vendors.Env) []feed.Source { return follow(t, env, vendortest.WeekStocks...) }})
	})
}

func TestAWeekIsRightAtEachHour(t *testing.T) {
	playWeek(t, false, (*vendortest.Week).Whole)
}

func TestAWeekOfNightsWithASessionIsRightAtEachHour(t *testing.T) {
	playWeek(t, true, (*vendortest.Week).Whole)
}
