package check

import (
	"fmt"
	"strings"
	"time"
	"unicode"
)

// Report is what a check has found. There is no key in it.
type Report struct {
	// Works says that the essential things worked: a connection, the key, one symbol, and prices where its market is open.
	Works bool
	Lines []Line
	// Verdict is the last line in short, such as "alpaca does not work: see key".
	Verdict string
}

// Line is what is known of one thing.
type Line struct {
	Label string // such as "key"
	Text  string
	Do    string // what to do where it did not work; "": it did
}

const (
	labelWidth = 12
	mostText   = 1000 // bytes of a line
)

// String is the report as text, a line or two for each [Line].
func (r *Report) String() string {
	var b strings.Builder
	for _, l := range r.Lines {
		fmt.Fprintf(&b, "%-*s%s\n", labelWidth, l.Label, l.Text)
		if l.Do != "" {
			fmt.Fprintf(&b, "%*swhat to do: %s\n", labelWidth, "", l.Do)
		}
	}
	return b.String()
}

// plain is a text for strangers: without keys, in one line, of graphic characters, and cut.
func (c *check) plain(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsGraphic(r) || r == unicode.ReplacementChar:
			return '?'
		}
		return r
	}, c.faults.Clean(text))
	return short(text, mostText)
}

// short is a text of at most so many bytes, with an ellipsis where it was longer.
func short(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + " ..."
}

// seconds is a duration as a person reads it.
func seconds(d time.Duration) string {
	switch size := d.Abs(); {
	case size >= 90*time.Second:
		if d = d.Round(time.Second); d%time.Minute == 0 {
			return fmt.Sprintf("%d min", d/time.Minute)
		}
		return d.String()
	case size >= 10*time.Second || size >= time.Second && d == d.Round(time.Second):
		return fmt.Sprintf("%.0f s", d.Seconds())
	case size >= time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case size >= time.Millisecond:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return "less than 1 ms"
}

// report judges what was seen, and puts it into words.
func (c *check) report() *Report {
	j := newJudge(c)
	lines := []Line{c.program(), c.when(), {Label: "feed", Text: c.Feed + ", symbols " + strings.Join(limited(c.Symbols), ", ")}}
	lines = append(lines, j.market())
	lines = append(lines, j.connections()...)
	lines = append(lines, j.key(), j.plan(), j.status(), j.symbols())
	lines = append(lines, j.prices()...)
	lines = append(lines, j.figures(), j.history(), j.requests(), j.clock(), j.messages(), j.breaks())
	r := &Report{Works: j.works()}
	var see []string
	for i := range lines {
		l := &lines[i]
		l.Text, l.Do = c.plain(l.Text), c.plain(l.Do)
		if l.Do != "" && (len(see) == 0 || see[len(see)-1] != l.Label) {
			see = append(see, l.Label)
		}
	}
	what := "works"
	if !r.Works {
		what = "does not work"
	}
	switch {
	case len(see) == 0:
		r.Verdict = c.Feed + " " + what
	case r.Works:
		r.Verdict = c.Feed + " works, but not all of it: see " + strings.Join(see, ", ")
	default:
		r.Verdict = c.Feed + " does not work: see " + strings.Join(see, ", ")
	}
	r.Lines = append(lines, Line{Label: "verdict", Text: r.Verdict})
	return r
}

func (c *check) program() Line { return Line{Label: "tickertape", Text: c.Version} }

// when is the time of the check, and how long it took.
func (c *check) when() Line {
	text := fmt.Sprintf("%s, for %s", c.began.Format("Monday 2006-01-02 15:04:05 MST (-07:00)"), seconds(c.For))
	switch took := c.ended.Sub(c.began); {
	case c.interrupted:
		text += fmt.Sprintf("; interrupted after %s", seconds(took))
	case c.futile:
		text += fmt.Sprintf("; ended after %s, since no connection would have been tried again within the time", seconds(took))
	}
	return Line{Label: "date", Text: text}
}

// mostListed is how many things are named one by one.
const mostListed = 5

// limited are the first items of a list, and how many more there are.
func limited(list []string) []string {
	if len(list) <= mostListed {
		return list
	}
	return append(list[:mostListed:mostListed], fmt.Sprintf("and %d more", len(list)-mostListed))
}
