package finnhub

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"tickertape/feed"
	"tickertape/feed/calendar"
	"tickertape/feed/vendors"
	"tickertape/feed/vendors/vendortest"
)

// weekCodes are the conditions of each kind of trade.
var weekCodes = map[vendortest.Sale]string{vendortest.Ordinary: `"1"`, vendortest.OddLot: `"1","12"`, vendortest.Outside: `"1","24"`,
	vendortest.Prior: `"1","21"`, vendortest.OpeningPrint: `"1","19"`, vendortest.ClosingPrint: `"1","36"`, vendortest.OfficialOpen: `"20"`,
	vendortest.OfficialClose: `"16"`}

// weekVendor is the vendor in a week.
type weekVendor struct {
	*vendor
	w *vendortest.Week
}

func (v *weekVendor) tellTrade(k *vendortest.WeekTrade) bool {
	if !slices.Contains(v.Follows(), k.Symbol) {
		return false
	}
	codes := weekCodes[k.Sale]
	if k.Sale == vendortest.OddLot && v.w.Hours.Phase(k.At) != calendar.Regular {
		codes = `"1","24","12"`
	}
	v.Tell(k.Symbol, fmt.Sprintf(`{"data":[{"c":[%s],"p":%v,"s":%q,"t":%d,"v":%d}],"type":"trade"}`, codes, k.Price, k.Symbol,
		k.At.UnixMilli(), k.Size))
	return true
}

// weekQuote answers with the figures of the newest session: they stay until the first trade of the next one that sets a last price, and
// the time is that of the newest such trade.
func (v *weekVendor) weekQuote(w http.ResponseWriter, r *http.Request) {
	symbol, now := r.URL.Query().Get("symbol"), time.Now()
	var day, before vendortest.WeekBar
	if symbol != vendortest.Before || now.Before(v.w.Hours.Begins(vendortest.RenameDate)) {
		for _, b := range vendortest.Bars(v.w.Of(symbol, now, false)) {
			if b.Close != 0 {
				day, before = b, day
			}
		}
	}
	if day.Close == 0 {
		fmt.Fprint(w, `{"c":0,"d":null,"dp":null,"h":0,"l":0,"o":0,"pc":0,"t":0}`)
		return
	}
	fmt.Fprintf(w, `{"c":%v,"d":0,"dp":0,"h":%v,"l":%v,"o":%v,"pc":%v,"t":%d}`, day.Close, day.High, day.Low, day.Open, before.Close,
		day.Closed.Unix())
}

// playWeek plays a week, or a part of it. The vendor says nothing of splits, so the configuration does; and in quiet hours, nothing but a
// ping each minute says that it lives.
func playWeek(t *testing.T, overnight bool, stretch func(*vendortest.Week) (from, to time.Time)) {
	t.Setenv("FINNHUB_API_KEY", canary)
	synctest.Test(t, func(t *testing.T) {
		v := &weekVendor{newVendor(t), vendortest.NewWeek(t, overnight)}
		v.Server = vendortest.NewServer(t, v.socket, http.HandlerFunc(v.weekQuote))
		from, to := stretch(v.w)
		vendortest.PlayWeek(t, v.w, from, to, vendortest.WeekVendor{Server: v.Server, Tell: v.tellTrade, NoVolume: true, NoSplits: true,
			Silence: 3 * time.Minute,
			Open: func(env vendors.Env) []feed.Source {
				cfg := DefaultConfig()
				cfg.Symbols = vendortest.WeekStocks
				return vendortest.Open(t, cfg, env, Open)
			}})
	})
}

func TestAWeekIsRightAtEachHour(t *testing.T) {
	playWeek(t, false, (*vendortest.Week).Whole)
}

func TestAWeekOfNightsWithASessionIsRightAtEachHour(t *testing.T) {
	playWeek(t, true, (*vendortest.Week).Whole)
}
