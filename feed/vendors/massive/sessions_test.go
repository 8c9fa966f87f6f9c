package massive

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// session is what was traded of a stock on a date, in and around the regular session. The vendor knows nothing of it before.
type session struct {
	date                   string
	open, high, low, close string
	volume                 int
}

// began is when the vendor hears of its first trade, at the opening.
func (s *session) began() time.Time { return newYork(s.date + " 09:30") }

// bar writes it as one of the vendor's bars, without its braces.
func (s *session) bar() string {
	return fmt.Sprintf(`"o":%s,"h":%s,"l":%s,"c":%s,"v":%d,"vw":%s`, s.open, s.high, s.low, s.close, s.volume, s.close)
}

var noSession = session{open: "0", high: "0", low: "0", close: "0"}

// newYork is an instant as clocks in New York show it.
func newYork(text string) time.Time {
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		panic(err)
	}
	at, err := time.ParseInLocation("2006-01-02 15:04", text, zone)
	if err != nil {
		panic(err)
	}
	return at
}

// snapshotOf is a stock's snapshot as the vendor documents it, and whether it has been traded on the vendor's day. From 03:30 on, be
// it a day with trading or not, the day and the newest trade are zero until the first trade, and the previous day is the session that
// has closed last.
func snapshotOf(symbol string, all []session, now time.Time) (text string, traded bool) {
	date := now.In(newYork("2000-01-01 00:00").Location()).Add(-3*time.Hour - 30*time.Minute).Format(time.DateOnly)
	day, before, at := noSession, noSession, int64(0)
	for _, s := range all {
		switch {
		case s.date < date:
			before = s
		case s.date == date && !s.began().After(now):
			end := newYork(s.date + " 15:59")
			if now.Before(end) {
				end = now
			}
			day, at = s, end.UnixNano()
		}
	}
	text = fmt.Sprintf(`{"ticker":%q,"todaysChange":0,"updated":%d,"day":{%s},"prevDay":{%s},"lastTrade":`+
		`{"c":null,"i":"","p":%s,"s":0,"t":%d,"x":0},"min":{"av":0,"t":0,"n":0}}`, symbol, at, day.bar(), before.bar(), day.close, at)
	return text, at != 0
}

// someDays answers with the days of one stock: the newest that is over, or those of some dates.
func (v *vendor) someDays(w http.ResponseWriter, r *http.Request) {
	symbol, what, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, pathDays), "/")
	from, to, isRange := strings.Cut(strings.TrimPrefix("/"+what, dayRange), "/")
	switch {
	case "/"+what != previousDay && !(strings.HasPrefix("/"+what, dayRange) && isRange) || symbol == v.gone:
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"status":"NOT_FOUND","message":"Data not found."}`)
		return
	case symbol == v.malformed:
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"status":"ERROR","error":"ticker: could not parse"}`)
		return
	}
	if r.URL.Query().Get("adjusted") != "false" {
		v.t.Errorf("asked for %s, which is adjusted", r.URL)
	}
	var days []string
	for _, s := range v.sessions[symbol] {
		text := fmt.Sprintf(`{"T":%q,%s,"t":%d,"n":5}`, symbol, s.bar(), newYork(s.date+" 00:00").UnixMilli())
		switch {
		case newYork(s.date + " 16:00").After(time.Now()): // it is not over
		case "/"+what == previousDay:
			days = []string{text}
		case from <= s.date && s.date <= to:
			days = append(days, text)
		}
	}
	if text := v.days[symbol]; text != "" {
		days = []string{text}
	}
	results := ""
	if len(days) > 0 {
		results = `,"results":[` + strings.Join(days, ",") + `]`
	}
	fmt.Fprintf(w, `{"ticker":%q,"adjusted":false,"resultsCount":%d%s,"status":"OK"}`, symbol, len(days), results)
}
