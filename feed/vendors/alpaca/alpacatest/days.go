package alpacatest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	_ "time/tzdata" // New York, where the machine has no zones
)

// days are the daily bars that REST knows.
type days struct {
	bars    []day
	page    int    // how many one answer has at most; 0: as many as are asked for
	refusal *Error // what a request for them is answered with; its code is the status
}

// day is one daily bar.
type day struct {
	feed, symbol, date string
	close              float64
}

// recent is how old bars of all exchanges have to be for a plan that is free.
const recent = 15 * time.Minute

// Day is a daily bar that REST knows of a feed's stock from now on, with its date and its close as it was traded.
func (s *Server) Day(feed, symbol, date string, close float64) {
	s.set(func() { s.days.bars = append(s.days.bars, day{feed, symbol, date, close}) })
}

// PageDays has an answer hold so many daily bars at most.
func (s *Server) PageDays(most int) { s.set(func() { s.days.page = most }) }

// RefuseDays answers requests for daily bars with a status and a message; nil ends that.
func (s *Server) RefuseDays(e *Error) { s.set(func() { s.days.refusal = e }) }

// dailyBars answers with those of some stocks from one time to another, sorted by stock and then by time; the caller holds mu.
func (s *Server) dailyBars(w http.ResponseWriter, symbols []string, q url.Values, fail func(int, string)) {
	zone, _ := time.LoadLocation("America/New_York") // it is embedded
	midnight := func(date string) time.Time {
		at, _ := time.ParseInLocation(time.DateOnly, date, zone)
		return at
	}
	end, err := time.Parse(time.RFC3339, q.Get("end"))
	start, _, _ := strings.Cut(q.Get("start"), "T")
	limit, bad := strconv.Atoi(cmp.Or(q.Get("limit"), "1000"))
	offset, _ := strconv.Atoi(q.Get("page_token")) // none is the beginning
	switch {
	case s.days.refusal != nil:
		fail(s.days.refusal.Code, s.days.refusal.Text)
		return
	case err != nil || bad != nil || limit < 1 || limit > 10_000 || q.Get("timeframe") != "1Day":
		fail(http.StatusBadRequest, "invalid end, limit or timeframe")
		return
	case !slices.Contains([]string{"", "raw", "split"}, q.Get("adjustment")):
		fail(http.StatusBadRequest, "invalid adjustment: "+q.Get("adjustment"))
		return
	case q.Get("feed") == "sip" && time.Since(end) < recent:
		fail(http.StatusForbidden, "subscription does not permit querying recent SIP data")
		return
	}
	var found []day
	for _, d := range s.days.bars {
		if at := midnight(d.date); d.feed == q.Get("feed") && slices.Contains(symbols, d.symbol) && d.date >= start && !at.After(end) {
			found = append(found, d)
		}
	}
	slices.SortStableFunc(found, func(a, b day) int { return strings.Compare(a.symbol+a.date, b.symbol+b.date) })
	if s.days.page > 0 {
		limit = min(limit, s.days.page)
	}
	found = found[min(offset, len(found)):]
	var token any
	if len(found) > limit {
		found, token = found[:limit], strconv.Itoa(offset+limit)
	}
	bars := map[string][]json.RawMessage{}
	for _, d := range found {
		c := d.close
		if q.Get("adjustment") == "split" {
			c /= s.splitsSince(d)
		}
		c = math.Round(c*1e4) / 1e4
		text := fmt.Sprintf(`{"t":%q,"o":%v,"h":%[2]v,"l":%[2]v,"c":%[2]v,"v":5000,"n":50,"vw":%[2]v}`,
			midnight(d.date).UTC().Format(time.RFC3339), c)
		bars[d.symbol] = append(bars[d.symbol], json.RawMessage(text))
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]any{"bars": bars, "next_page_token": token})
}

// splitsSince is how many shares one share of a day is now.
func (s *Server) splitsSince(d day) float64 {
	shares := 1.0
	for _, a := range s.actions {
		var split struct {
			New float64 `json:"new_rate"`
			Old float64 `json:"old_rate"`
			Ex  string  `json:"ex_date"`
		}
		if json.Unmarshal([]byte(a.text), &split) == nil && a.symbol == d.symbol && split.New > 0 && split.Ex > d.date &&
			split.Ex <= time.Now().UTC().Format(time.DateOnly) {
			shares *= split.New / split.Old
		}
	}
	return shares
}
