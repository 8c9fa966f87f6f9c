package check

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tickertape/feed"
	"tickertape/feed/calendar"
	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

func TestClockIsBoundByEachDate(t *testing.T) {
	date := time.Date(2026, time.December, 1, 15, 0, 0, 0, time.UTC)
	at := func(ms int) time.Time { return date.Add(time.Duration(ms) * time.Millisecond) }
	for name, c := range map[string]struct {
		answers      [][3]int // the date, and when it was asked for and received, in ms by this clock
		lead, within int      // ms
		known        bool
	}{
		"no answer":              {},
		"a slow answer":          {[][3]int{{0, 200, 800}}, 0, 800, true},
		"two answers":            {[][3]int{{0, 100, 200}, {1000, 1900, 1950}}, 50, 150, true},
		"a clock that is ahead":  {[][3]int{{0, 7200, 7300}, {1000, 8700, 8800}}, 7000, 300, true},
		"a clock that is behind": {[][3]int{{10_000, 3000, 3100}}, -7450, 550, true},
		"a contradiction":        {[][3]int{{0, 100, 200}, {1000, 9000, 9100}}, 0, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			var k clock
			for _, a := range c.answers {
				k.note(at(a[0]), at(a[1]), at(a[2]))
			}
			lead, within, known := k.lead()
			if lead.Milliseconds() != int64(c.lead) || within.Milliseconds() != int64(c.within) || known != c.known {
				t.Errorf("lead %v, within %v, known %t; want %d ms, %d ms, %t", lead, within, known, c.lead, c.within, c.known)
			}
		})
	}
}

// TestTopicsOfRefusals has the vendors' own words, as their servers send them or our packages put them.
func TestTopicsOfRefusals(t *testing.T) {
	for words, want := range map[string]topic{
		`alpaca refuses: 402 "auth failed": the key or the secret is wrong`:                 aboutKey,
		`alpaca refuses: 409 "insufficient subscription": the plan does not have this feed`: aboutPlan,
		`alpaca refuses: 411 "insufficient scope": the key is not for market data`:          aboutKey,
		`alpaca refuses: 406 "connection limit exceeded": another program uses the key`:     aboutUse,
		`405 symbol limit exceeded`:                                      aboutPlan,
		`log in at wss://x: the key is refused: "Authentication failed"`: aboutKey,
		`not authorized: Q.AAPL`:                                         aboutPlan,
		`log in at wss://x: another program uses the key: "Maximum number of websocket connections exceeded"`: aboutUse,
		`Subscribing to too many symbols`:                                          aboutPlan,
		`connections end within 2s, as they do while another program uses the key`: aboutUse,
		`dial wss://x: 403 Forbidden: the key or the plan does not allow it`:       keyOrPlan,
		`dial wss://x: 401 Unauthorized: the key or the plan does not allow it`:    keyOrPlan,
		`kraken says that it is in maintenance`:                                    unclear,
		`wss://x closed the connection: 1006 ""`:                                   unclear,
	} {
		if got := topicOf(0, words); got != want {
			t.Errorf("%s: topic %d, want %d", words, got, want)
		}
	}
	for _, c := range []struct {
		status int
		words  string
		want   topic
	}{
		{http.StatusUnauthorized, `{"status":"ERROR","error":"Unknown API Key"}`, aboutKey},
		{http.StatusForbidden, `{"message":"subscription does not permit querying recent SIP data"}`, aboutPlan},
		{http.StatusForbidden, `{"error":"You don't have access to this resource."}`, aboutPlan},
		{http.StatusForbidden, `{"status":"NOT_AUTHORIZED","message":"You are not entitled to this data. Please upgrade your plan"}`, aboutPlan},
		{http.StatusForbidden, `{"message":"forbidden."}`, keyOrPlan},
		{http.StatusTooManyRequests, `{"error":"API limit reached."}`, aboutRate},
		{http.StatusTeapot, "", aboutRate},
		{http.StatusUnavailableForLegalReasons, "", aboutPlace},
		{http.StatusNotFound, "", aboutName},
		{http.StatusBadGateway, "<html>", aboutThem},
		{http.StatusBadRequest, `{"code":-1121,"msg":"Invalid symbol."}`, unclear},
	} {
		if got := topicOf(c.status, c.words); got != c.want {
			t.Errorf("%d %s: topic %d, want %d", c.status, c.words, got, c.want)
		}
	}
	for about := unclear; about <= aboutThem; about++ {
		if about.advice("alpaca") == "" {
			t.Errorf("there is no advice on topic %d", about)
		}
	}
}

func TestWhatIsKeptIsBounded(t *testing.T) {
	traffic, journal, tape := newTraffic(), &journal{}, newTape()
	for i := range 20_000 {
		traffic.note(false, fmt.Sprintf("https://x.example/%d", i), func(e *exchanges) { e.failed++ })
		journal.write(note{text: "x"})
		journal.failed(0, errors.New("x"))
		tape.add(&market.Batch{Ticks: []market.Tick{{Kind: market.KindTrade, Time: market.Time(i)}}}, feed.Info{})
	}
	asked := traffic.each(traffic.requests)
	if len(asked) != mostAddresses+1 || sum(asked).count != 20_000 || len(journal.notes) != mostNotes || len(journal.breaks) != mostBreaks ||
		journal.broken != 20_000 || len(tape.prints) > mostPrints {
		t.Errorf("%d addresses, %d requests, %d notes, %d breaks of %d, %d prints", len(asked), sum(asked).count, len(journal.notes),
			len(journal.breaks), journal.broken, len(tape.prints))
	}
	if trades, _ := tape.counts(); trades != 20_000 {
		t.Errorf("%d trades", trades)
	}
}

func TestSecondsAreReadable(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "less than 1 ms", 212_400 * time.Microsecond: "212 ms", 1234 * time.Millisecond: "1.2 s", 2 * time.Second: "2 s",
		57_777 * time.Millisecond: "58 s", 90 * time.Second: "1m30s", 15 * time.Minute: "15 min", -7 * time.Second: "-7 s",
	} {
		if got := seconds(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
}

func TestTextsAreCutAtACharacter(t *testing.T) {
	if got := short(strings.Repeat("é", 10), 5); got != "éé ..." {
		t.Errorf("%q", got)
	}
	if got := limited(make([]string, 12)); len(got) != mostListed+1 || got[mostListed] != "and 7 more" {
		t.Errorf("%q", got)
	}
}

// judged is a check that is over, of a feed of US shares that began at an instant and lasted for a minute.
func judged(t *testing.T, began time.Time, info feed.Info) *check {
	t.Helper()
	hours, err := calendar.New(calendar.DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	info.Market = "us"
	reg := prometheus.NewRegistry()
	return &check{Plan: Plan{Feed: "acme", For: time.Minute, Hours: hours}, began: began, ended: began.Add(time.Minute), reg: reg,
		dir: market.NewDirectory(), faults: vendors.NewFaults(slog.New(slog.DiscardHandler), reg), traffic: newTraffic(), tape: newTape(),
		journal: &journal{}, infos: []feed.Info{info}}
}

// add adds a symbol, and a connection to ask for it on.
func (c *check) add(t *testing.T, symbol string) market.SymbolID {
	t.Helper()
	id, err := c.dir.Add(market.Symbol{Symbol: symbol, Market: "us"})
	if err != nil {
		t.Fatal(err)
	}
	c.traffic.note(true, "wss://acme.example", func(e *exchanges) { e.good++ })
	return id
}

// line is the one with a label.
func (r *Report) line(label string) Line {
	for _, l := range r.Lines {
		if l.Label == label {
			return l
		}
	}
	return Line{}
}

func TestMaintenanceIsNobodysFault(t *testing.T) {
	c := judged(t, time.Date(2026, time.December, 1, 15, 0, 0, 0, time.UTC), feed.Info{})
	c.add(t, "ACME")
	futile := false
	log := slog.New(&breaks{Handler: slog.DiscardHandler, journal: c.journal, began: c.began, deadline: time.Now(),
		futile: func() { futile = true }})
	log.Warn("feed lost", "cause", "maintenance", "message", "acme is under maintenance", "retry_in", "20s")
	r := c.report()
	status, trades, breaks := r.line("status"), r.line("trades"), r.line("breaks")
	if r.Works || !futile || status.Text != "under maintenance: acme is under maintenance" || !strings.Contains(status.Do, "status page") ||
		trades.Text != "none: see status" || trades.Do != "" || breaks.Do != "See status." {
		t.Errorf("futile %t\n%s", futile, r)
	}
}

func TestPricesAreExpectedByTheHours(t *testing.T) {
	for name, c := range map[string]struct {
		hour, minute int // UTC, on a Tuesday; New York is five hours behind
		delay        time.Duration
		works        bool
		market, text string
	}{
		"the regular session":             {15, 0, 0, false, "us: open, in its regular session", "none in 60 s, though the market is open"},
		"before it":                       {13, 0, 0, true, "us: open, but not in its regular session (pre); few", "none; few are expected"},
		"the last minute before it":       {14, 29, 0, true, "(pre)", "none; few are expected"},
		"its first minutes, of late data": {14, 35, 15 * time.Minute, true, "(pre)", "none; few are expected"},
		"the night": {7, 0, 0, true, "us: closed, so no trades are expected; the next regular session begins Tuesday 2026-12-01 09:30 EST",
			"none, and none are expected"},
	} {
		t.Run(name, func(t *testing.T) {
			k := judged(t, time.Date(2026, time.December, 1, c.hour, c.minute, 0, 0, time.UTC), feed.Info{Delay: c.delay})
			k.add(t, "ACME")
			r := k.report()
			if trades := r.line("trades"); r.Works != c.works || (trades.Do == "") != c.works || !strings.HasPrefix(trades.Text, c.text) ||
				!strings.Contains(r.line("market").Text, c.market) {
				t.Errorf("works %t\n%s", r.Works, r)
			}
			if late := strings.Contains(r.line("plan").Text, "prices are 15 min late by contract"); late != (c.delay > 0) {
				t.Errorf("plan %q", r.line("plan").Text)
			}
		})
	}
}

// TestClockIsJudgedByPricesWithoutDates has no answer with a date, and prices of the future.
func TestClockIsJudgedByPricesWithoutDates(t *testing.T) {
	c := judged(t, time.Date(2026, time.December, 1, 15, 0, 0, 0, time.UTC), feed.Info{})
	id, now := c.add(t, "ACME"), market.TimeOf(c.began)
	c.tape.add(&market.Batch{Ticks: []market.Tick{{Symbol: id, Kind: market.KindTrade, Time: now + 7_000_000, Received: now}}}, feed.Info{})
	if l := c.report().line("clock"); l.Text != "at least 7 s behind the vendor's, by the times of its prices" || l.Do == "" {
		t.Errorf("%+v", l)
	}
}

func TestTradesThatComeTwiceForTheSumsCountOnce(t *testing.T) {
	tape, k := newTape(), market.Tick{Kind: market.KindTrade, Price: market.Scale, Time: 5, Received: 6, Flags: market.SetsLast}
	again := k
	again.Flags = market.SetsVolume
	other := again
	other.Time++
	tape.add(&market.Batch{Ticks: []market.Tick{k, k, again, other}}, feed.Info{})
	if trades, _ := tape.counts(); trades != 3 {
		t.Errorf("%d trades, want 3", trades)
	}
}
