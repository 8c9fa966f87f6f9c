package vendortest

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"tickertape/feed"
	"tickertape/feed/check"
	"tickertape/feed/vendors"
)

// Checked is a feed that is checked against its server.
type Checked struct {
	Server  *Server
	Feed    string
	Symbols []string
	Open    func(vendors.Env) ([]feed.Source, error)
	// Each, where it is not nil, is called half a second after each second, from a goroutine of its own.
	Each       func()
	Ahead      time.Duration // of the clock by which the server dates its answers; its trades are the caller's business
	TradesOnly bool          // as in [check.Plan]
	Secrets    []string      // that the report must not have, in any spelling
}

// Check runs a check of a minute in a synctest bubble, and looks for secrets in the report.
func Check(t testing.TB, c Checked) *check.Report {
	t.Helper()
	client := *c.Server.Client()
	client.Transport = dated{client.Transport, c.Ahead}
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		time.Sleep(500 * time.Millisecond)
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			if c.Each != nil {
				c.Each()
			}
			select {
			case <-done:
				return
			case <-tick.C:
			}
		}
	}()
	report, err := check.Run(t.Context(), check.Plan{Feed: c.Feed, Symbols: c.Symbols, For: time.Minute, Version: "test",
		TradesOnly: c.TradesOnly, Silence: feed.DefaultConfig().Silence, Hours: Env(t).Hours, HTTP: &client, Open: c.Open})
	close(done)
	<-ended
	if err != nil {
		t.Fatal(err)
	}
	text := report.String()
	for _, s := range c.Secrets {
		for i := range len(s) - 7 {
			if part := s[i : i+8]; strings.Contains(strings.ToLower(text), strings.ToLower(part)) {
				t.Errorf("the report has %q of a key:\n%s", part, text)
				break
			}
		}
	}
	return report
}

// Says fails the test where a line of a report does not have some words, or says what to do though it must not, or the other
// way round. want has the words by label; a leading "!" is for a line that has to say what to do.
func Says(t testing.TB, r *check.Report, works bool, want map[string]string) {
	t.Helper()
	if r.Works != works {
		t.Errorf("works: %t, want %t", r.Works, works)
	}
	for label, words := range want {
		words, either := strings.CutPrefix(words, "?")
		words, faulty := strings.CutPrefix(words, "!")
		found := false
		for _, l := range r.Lines {
			found = found || l.Label == label && strings.Contains(l.Text, words) && (either || (l.Do != "") == faulty)
		}
		if !found {
			t.Errorf("no line %s with %q (with what to do: %t)", label, words, faulty)
		}
	}
	for _, l := range r.Lines {
		if _, expected := want[l.Label]; l.Do != "" && !expected {
			t.Errorf("the line %s tells of a fault: %s", l.Label, l.Text)
		}
	}
	if t.Failed() {
		t.Log("\n" + r.String())
	}
}

// dated changes the dates of answers.
type dated struct {
	http.RoundTripper
	ahead time.Duration
}

func (d dated) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := d.RoundTripper.RoundTrip(r)
	if err == nil {
		if at, err := http.ParseTime(response.Header.Get("Date")); err == nil {
			response.Header.Set("Date", at.Add(d.ahead).UTC().Format(http.TimeFormat))
		}
	}
	return response, err
}
