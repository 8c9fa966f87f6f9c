package calendar

import (
	"testing"
	"time"

	"tickertape/feed/market"
)

func date(text string) time.Time {
	at, err := time.Parse(dateLayout, text)
	if err != nil {
		panic(err)
	}
	return at
}

func TestADateBeginsWithItsTradingDayOrTheNext(t *testing.T) {
	hours, err := New(DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	for day, want := range map[string]string{
		"2026-12-01": "2026-12-01T09:00:00Z", // in winter
		"2026-06-01": "2026-06-01T08:00:00Z", // in summer
		"2026-11-28": "2026-11-30T09:00:00Z", // a Saturday
		"2026-11-26": "2026-11-27T09:00:00Z", // Thanksgiving
		"2026-03-08": "2026-03-09T08:00:00Z", // a Sunday on which clocks are set
	} {
		if got := hours.us.Begins(date(day)).UTC().Format(time.RFC3339); got != want {
			t.Errorf("%s begins at %s, want %s", day, got, want)
		}
		if got := hours.us.Begins(date(day)); !got.Equal(hours.us.Rolled(got)) || got.Equal(hours.us.Rolled(got.Add(-1))) {
			t.Errorf("%s begins at %v, which is no roll", day, got)
		}
	}
	if got := hours.crypto.Begins(date("2026-11-28")); !got.Equal(date("2026-11-28")) {
		t.Errorf("a day of coins begins at %v", got)
	}
	var none *Market
	if got := none.Begins(date("2026-11-28")); !got.IsZero() || none.Closes() || hours.crypto.Closes() || !hours.us.Closes() {
		t.Errorf("without a market it begins at %v", got)
	}
}

func TestWhatIsConfiguredHoldsAndThenWhatThePreferredSourceSays(t *testing.T) {
	hours, err := New(DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	var k Adjustments
	of := func(market.SymbolID) *Market { return hours.us }
	split := func(day string, new uint64) market.Action {
		return market.Action{Date: date(day), Adjustment: market.Adjustment{New: new, Old: 1}}
	}
	say := func(rank int, all ...market.Action) {
		k.Say(rank, &market.Actions{Symbols: []market.SymbolID{0}, From: date("2026-11-30"), To: date("2026-12-04"), All: all}, of)
	}
	start := func(day string) market.Time { return market.TimeOf(hours.us.Begins(date(day))) }
	want := func(when, day, text string, known bool) {
		t.Helper()
		if by, is := k.On(0, start(day)); by.String() != text || is != known {
			t.Errorf("%s, on %s: %q, %v; want %q, %v", when, day, by, is, text, known)
		}
	}
	want("at first", "2026-12-01", "", false)
	say(1, split("2026-12-01", 2), market.Action{Date: date("2026-12-01"), Adjustment: market.Adjustment{Dividend: market.Scale}})
	want("one says so", "2026-12-01", "dividend 1, split 2:1", true)
	say(0, split("2026-12-01", 3))
	want("a preferred one says otherwise", "2026-12-01", "split 3:1", true)
	say(0, split("2026-12-02", 3))
	want("it was put off", "2026-12-01", "dividend 1, split 2:1", true)
	want("it was put off", "2026-12-02", "split 3:1", true)
	k.Configure(hours.us, market.Action{Date: date("2026-12-02")})
	want("nothing happened", "2026-12-02", "", true)
	say(1)
	want("taken back", "2026-12-01", "", false)
	k.Say(0, &market.Actions{Symbols: []market.SymbolID{0}, From: date("2026-12-03"), To: date("2026-12-04")}, of)
	k.Configure(hours.us, split("2026-12-05", 9)) // a Saturday
	want("of a day without trading", "2026-12-07", "split 9:1", true)
	say(0, split("2027-12-01", 5))
	want("of a date that was not asked for", "2027-12-01", "", false)
	var changed []market.SymbolID
	k.Changed(func(id market.SymbolID) { changed = append(changed, id) })
	k.Changed(func(id market.SymbolID) { changed = append(changed, id) })
	if len(changed) != 1 {
		t.Errorf("changed %v", changed)
	}
}

func TestWhatHoldsIsToldOnce(t *testing.T) {
	hours, err := New(DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	var k Adjustments
	split := func(day string, new uint64) market.Action {
		return market.Action{Date: date(day), Adjustment: market.Adjustment{New: new, Old: 1}}
	}
	say := func(all ...market.Action) {
		k.Say(0, &market.Actions{Symbols: []market.SymbolID{0}, From: date("2026-11-30"), To: date("2026-12-04"), All: all},
			func(market.SymbolID) *Market { return hours.us })
	}
	want := func(when, until, text string) {
		t.Helper()
		got := ""
		for _, day := range k.Untold(0, market.TimeOf(hours.us.Begins(date(until)))) {
			got += day.Start.Std().UTC().Format(dateLayout) + " " + day.String() + "; "
		}
		if got != text {
			t.Errorf("%s: %q, want %q", when, got, text)
		}
	}
	say(split("2026-12-02", 3), split("2026-12-01", 2))
	want("before it begins", "2026-11-30", "")
	want("on the day", "2026-12-01", "2026-12-01 split 2:1; ")
	want("told", "2026-12-01", "")
	k.Retell(0, market.TimeOf(hours.us.Begins(date("2026-12-01"))))
	want("again, and the next", "2026-12-02", "2026-12-01 split 2:1; 2026-12-02 split 3:1; ")
	say(split("2026-12-02", 3))
	want("taken back", "2026-12-04", "2026-12-01 ; ")
	want("told", "2026-12-04", "")
}

// A source that says something of every day fills no memory; what the configuration says stays.
func TestDaysThatSourcesTellOfAreBounded(t *testing.T) {
	hours, err := New(DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	var k Adjustments
	day := date("2020-01-02")
	k.Configure(hours.crypto, market.Action{Date: day, Adjustment: market.Adjustment{New: 9, Old: 1}})
	for i := range 10 * MostAdjustedDays {
		on := day.AddDate(0, 0, 1+i)
		k.Say(0, &market.Actions{Symbols: []market.SymbolID{0}, From: on, To: on,
			All: []market.Action{{Date: on, Adjustment: market.Adjustment{New: 2, Old: 1}}}}, func(market.SymbolID) *Market { return hours.crypto })
	}
	last := day.AddDate(0, 0, 10*MostAdjustedDays)
	all := k.Untold(0, market.TimeOf(last))
	oldest := market.TimeOf(last.AddDate(0, 0, 1-MostAdjustedDays))
	if len(all) != 1+MostAdjustedDays || all[0].String() != "split 9:1" || all[1].Start != oldest {
		t.Errorf("%d days, the first %v %v, then %v", len(all), all[0].Start.Std(), all[0], all[1].Start.Std())
	}
}
