package check

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

// state says in a few words how a symbol is.
func (s *symbol) state() string {
	text := "no word of it"
	switch {
	case s.refused != "":
		text = s.refused
	case s.seen.stated && s.seen.state != market.Live:
		text = s.seen.state.String()
	case s.seen.trades.count+s.seen.quotes.count+s.seen.updates.count > 0:
		text = "live"
	case s.seen.figures != 0 || s.seen.stated:
		text = "known, but without a trade or quote"
	}
	if s.refused == "" && len(s.remarks) > 0 {
		text += " (" + strings.Join(s.remarks, "; ") + ")"
	}
	return s.name + " " + text
}

// symbols says which symbols are to be had.
func (j *judge) symbols() Line {
	l := Line{Label: "symbols"}
	if len(j.names) == 0 {
		l.Text = "none: see " + j.root()
		if j.root() == "symbols" {
			l.Text, l.Do = "the other side has named none", "Name some with --symbols, and see that the other side has any."
		}
		return l
	}
	var texts []string
	for i := range j.names {
		s := &j.names[i]
		texts = append(texts, s.state())
		if s.refused == "" {
			continue
		}
		l.Do = "Look up how the vendor spells it, and change symbols in the section feed." + j.Feed + ", or leave it out."
		if topicOf(0, s.refused) == aboutPlan {
			l.Do = aboutPlan.advice(j.Feed)
		}
	}
	l.Text = strings.Join(limited(texts), "; ")
	return l
}

// root is the label of the line that says why nothing could come; "symbols" where something could.
func (j *judge) root() string {
	_, wrong := j.refused(aboutKey)
	_, used := j.refused(aboutUse)
	_, planned := j.refused(aboutPlan)
	switch {
	case j.halted():
		return "status"
	case !j.connected && !(j.keyed && wrong):
		return "connection"
	case j.keyed && (!j.accepted || wrong || used):
		return "key"
	case j.keyed && j.futile && planned:
		return "plan"
	case j.futile:
		return "breaks"
	}
	return "symbols"
}

// prices says how many trades and quotes came of each symbol.
func (j *judge) prices() []Line {
	if slices.ContainsFunc(j.names, func(s symbol) bool { return s.seen.updates.count > 0 }) {
		return []Line{{Label: "updates", Text: j.list(func(s *seen) flow { return s.updates })}}
	}
	trades := Line{Label: "trades", Text: j.list(func(s *seen) flow { return s.trades })}
	quotes := Line{Label: "quotes", Text: j.list(func(s *seen) flow { return s.quotes })}
	t, q := j.tape.counts()
	words, refused := j.refusedQuotes()
	switch {
	case t > 0:
	case q > 0:
		trades.Text = "none, though quotes came: nothing was traded in " + seconds(j.ended.Sub(j.began))
	default:
		trades.Text, trades.Do = j.nothing()
	}
	switch {
	case q > 0:
	case j.TradesOnly:
		quotes.Text = "none: " + j.Feed + " has trades only"
	case refused:
		quotes.Text, quotes.Do = "none, the vendor refuses them: "+words, aboutPlan.advice(j.Feed)
	case t > 0:
		quotes.Text = "none, though trades came"
		if j.expected == regular {
			quotes.Do = "Look on the vendor's site whether the plan has quotes. tickertape goes on without them."
		}
	default:
		if quotes.Text, quotes.Do = j.nothing(); quotes.Do != "" {
			quotes.Do = "See trades."
		}
	}
	return []Line{trades, quotes}
}

// nothing says why nothing came, and what to do if something should have.
func (j *judge) nothing() (text, do string) {
	switch {
	case j.root() != "symbols":
		return "none: see " + j.root(), ""
	case !slices.ContainsFunc(j.names, func(s symbol) bool { return s.refused == "" }):
		return "none: see symbols", ""
	case j.expected == none:
		return "none, and none are expected: the market is closed", ""
	case j.expected == few:
		return "none; few are expected outside the regular session", ""
	}
	return "none in " + seconds(j.ended.Sub(j.began)) + ", though the market is open",
		"Try symbols that are traded often, with --symbols, and a longer --for. If it stays so, ask the vendor, with this report."
}

// refusedQuotes finds what the other side says against quotes.
func (j *judge) refusedQuotes() (words string, there bool) {
	for _, r := range j.refusals {
		if lower := strings.ToLower(r.words); strings.Contains(lower, "quote") || strings.Contains(r.words, ": Q.") {
			return r.words, true
		}
	}
	return "", false
}

// list says how many events came of each symbol, and of when they are.
func (j *judge) list(of func(*seen) flow) string {
	var texts []string
	for i := range j.names {
		s := &j.names[i]
		switch f := of(&s.seen); {
		case f.count == 0:
			texts = append(texts, s.name+" none")
		case f.count == 1 || f.last == 0:
			texts = append(texts, fmt.Sprintf("%s %d%s", s.name, f.count, at(" at ", f.last)))
		default:
			texts = append(texts, fmt.Sprintf("%s %d%s%s", s.name, f.count, at(" from ", f.first), at(" to ", f.last)))
		}
	}
	return fmt.Sprintf("%s in %s (times are the exchange's, in UTC)", strings.Join(limited(texts), ", "), seconds(j.ended.Sub(j.began)))
}

// at is a time of day after a word; "" where it is not known.
func at(word string, t market.Time) string {
	if t == 0 {
		return ""
	}
	return word + t.Std().Format("15:04:05.000")
}

// fieldNames are those of the day's figures, in order.
var fieldNames = []struct {
	bit  market.Fields
	name string
}{
	{market.FieldPreviousClose, "previous close"}, {market.FieldOpen, "open"}, {market.FieldHigh, "high"}, {market.FieldLow, "low"},
	{market.FieldVolume, "volume"}, {market.FieldVWAP, "VWAP"}, {market.FieldPrice, "last price"},
}

// figures says which figures of the day came.
func (j *judge) figures() Line {
	l := Line{Label: "figures"}
	var texts []string
	came := false
	for i := range j.names {
		s := &j.names[i]
		var fields []string
		for _, f := range fieldNames {
			if s.seen.figures&f.bit != 0 {
				fields = append(fields, f.name)
			}
		}
		came = came || len(fields) > 0
		if len(fields) == 0 {
			fields = []string{"none"}
		}
		texts = append(texts, s.name+" "+strings.Join(fields, ", "))
	}
	switch {
	case came:
		l.Text = "of the day: " + strings.Join(limited(texts), "; ")
	case j.root() != "symbols":
		l.Text = "none: see " + j.root()
	case sum(j.asked).failed > 0:
		l.Text = "none: see requests"
	default:
		l.Text = "none of the day came"
	}
	return l
}

// history says whether bars and trades of before came.
func (j *judge) history() Line {
	bars, past := 0, 0
	for i := range j.names {
		bars += j.names[i].seen.bars
		past += j.names[i].seen.past
	}
	if bars+past == 0 {
		return Line{Label: "history", Text: "none: no bars or trades of the past came"}
	}
	return Line{Label: "history", Text: fmt.Sprintf("%d bars and %d trades of the past", bars, past)}
}

// tolerated is how far a clock may be off without anybody's noticing.
const tolerated = time.Second

// clock compares this machine's clock with the vendor's.
func (j *judge) clock() Line {
	const set = "Set this machine's clock: switch on its synchronisation (timedatectl set-ntp true). " +
		"Prices whose time seems to be in the future are refused (feed.max_clock_skew)."
	l := Line{Label: "clock"}
	j.tape.mu.Lock()
	late, timed := j.tape.late, j.tape.timed
	j.tape.mu.Unlock()
	j.traffic.mu.Lock()
	lead, within, known := j.traffic.clock.lead()
	answers := j.traffic.clock.answers
	j.traffic.mu.Unlock()
	switch {
	case known && lead-within > tolerated:
		l.Text, l.Do = "about "+seconds(lead)+" ahead of the vendor's", set
	case known && lead+within < -tolerated:
		l.Text, l.Do = "about "+seconds(-lead)+" behind the vendor's", set
	case known:
		l.Text = "right, to about " + seconds(max(lead.Abs(), within))
	case timed && late < -tolerated:
		return Line{Label: "clock", Text: "at least " + seconds(-late) + " behind the vendor's, by the times of its prices", Do: set}
	case timed:
		return Line{Label: "clock", Text: "seems right: prices come " + seconds(late) + " after the time that they carry, at the soonest"}
	default:
		return Line{Label: "clock", Text: "not known: no answer of the vendor has a time"}
	}
	l.Text += fmt.Sprintf(" (by the dates of %s, give or take %s)", counted(answers, "answer"), seconds(within))
	if timed {
		after := " after"
		if late < 0 {
			after = " before"
		}
		l.Text += "; prices come " + seconds(late.Abs()) + after + " the time that they carry, at the soonest"
	}
	return l
}

// kindNames are what could not be used, in words.
var kindNames = map[vendors.Fault]string{
	vendors.NoJSON: "no JSON", vendors.BadNumber: "bad number", vendors.BadTime: "bad time", vendors.BadSymbol: "bad symbol",
	vendors.BadValue: "bad value", vendors.Unknown: "unknown kind", vendors.Failed: "refused request", vendors.Rounded: "rounded number",
}

// minor are kinds that other lines tell of, or that do no harm.
var minor = []vendors.Fault{vendors.Failed, vendors.Rounded, vendors.BadSymbol}

// messages says how many messages came, and what of them could not be used.
func (j *judge) messages() Line {
	j.traffic.mu.Lock()
	count, first := j.traffic.messages, j.traffic.first
	j.traffic.mu.Unlock()
	l := Line{Label: "messages", Text: "none came"}
	if count > 0 {
		l.Text = fmt.Sprintf("%d came, the first after %s", count, seconds(first.Sub(j.began)))
	}
	texts := j.unused()
	for kind := range j.counts {
		if !slices.Contains(minor, vendors.Fault(kind)) {
			l.Do = "Report this check as it stands; tickertape record --raw keeps the messages themselves."
		}
	}
	switch {
	case len(texts) > 0:
		l.Text += "; troubles with what came: " + strings.Join(texts, ", ")
	case count > 0:
		l.Text += "; all could be used"
	}
	j.tape.mu.Lock()
	defer j.tape.mu.Unlock()
	if j.tape.lost > 0 {
		l.Text += fmt.Sprintf("; %d missing, by their numbers", j.tape.lost)
	}
	return l
}

// unused are what could not be used, each kind with its count and the first of it.
func (j *judge) unused() (texts []string) {
	_, refused := j.refused(aboutPlan)
	j.journal.mu.Lock()
	defer j.journal.mu.Unlock()
	for _, kind := range slices.Sorted(maps.Keys(j.counts)) {
		if vendors.Fault(kind) == vendors.Failed && (refused || sum(j.asked).failed > 0) {
			continue // told already
		}
		text := kindNames[vendors.Fault(kind)] + " " + counted(j.counts[kind], "time")
		for _, n := range j.journal.notes {
			if n.kind == kind {
				text += " (the first: " + short(n.reason, 200) + ")"
				break
			}
		}
		texts = append(texts, text)
	}
	return texts
}

// counted is a number of things.
func counted(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
