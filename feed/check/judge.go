package check

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"tickertape/feed/calendar"
	"tickertape/feed/market"
)

// judge has what was seen, and decides what it means.
type judge struct {
	*check
	handshakes       []exchanges // each address
	asked            []exchanges
	refusals         []refusal
	names            []symbol
	counts           map[string]int // of what could not be used, by kind
	connected, keyed bool
	accepted         bool // the key
	expected         expectation
}

// refusal is a word of the other side against something.
type refusal struct {
	topic topic
	words string
}

// symbol is one of those that were asked for.
type symbol struct {
	name    string
	seen    seen
	refused string // why it is not to be had; "": it is
	remarks []string
}

// expectation is whether prices are expected, by the calendar.
type expectation uint8

const (
	few     expectation = iota // the market is open, but not its regular session all the time
	none                       // it is closed
	regular                    // they are
)

func newJudge(c *check) *judge {
	j := &judge{check: c, handshakes: c.traffic.each(c.traffic.handshakes), asked: c.traffic.each(c.traffic.requests),
		counts: c.faultCounts(), keyed: c.faults.HasKeys()}
	j.connected = sum(j.handshakes).good > 0
	j.refusals = j.gather()
	j.names = j.judgeSymbols()
	j.expected = j.expect()
	c.tape.mu.Lock()
	alive := c.tape.alive
	c.tape.mu.Unlock()
	_, planned := j.refused(aboutPlan)
	j.accepted = j.connected && alive || sum(j.asked).good > 0 || planned
	return j
}

// faultCounts are what could not be used, by kind.
func (c *check) faultCounts() map[string]int {
	counts := map[string]int{}
	families, err := c.reg.Gather()
	if err != nil {
		return counts // it has counters only
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				if l.GetName() == "kind" {
					counts[l.GetValue()] += int(m.GetCounter().GetValue())
				}
			}
		}
	}
	return counts
}

// gather collects what the other side has refused, the ends of connections first.
func (j *judge) gather() (all []refusal) {
	j.journal.mu.Lock()
	defer j.journal.mu.Unlock()
	for _, e := range j.journal.breaks {
		all = append(all, refusal{topicOf(0, e.why), e.why})
	}
	for _, e := range slices.Concat(j.handshakes, j.asked) {
		if e.failed > 0 && e.status != 0 {
			all = append(all, refusal{topicOf(e.status, e.words), e.failure()})
		}
	}
	for _, n := range j.journal.notes {
		words := n.reason
		if n.channel != "" {
			words = n.channel + ": " + words
		}
		all = append(all, refusal{topicOf(0, n.reason), words})
	}
	return all
}

// refused finds the first refusal of a topic.
func (j *judge) refused(about topic) (words string, there bool) {
	for _, r := range j.refusals {
		if r.topic == about {
			return r.words, true
		}
	}
	return "", false
}

// judgeSymbols are all symbols of the directory with what came of them, and what was logged of each.
func (j *judge) judgeSymbols() (all []symbol) {
	j.tape.mu.Lock()
	defer j.tape.mu.Unlock()
	j.journal.mu.Lock()
	defer j.journal.mu.Unlock()
	for id, record := range j.dir.All() {
		s := symbol{name: record.Symbol}
		if came := j.tape.symbols[market.SymbolID(id)]; came != nil {
			s.seen = *came
		}
		down := s.seen.stated && s.seen.state == market.Down
		if down {
			s.refused = "down, says the vendor"
		}
		for _, n := range j.journal.notes {
			switch {
			case n.symbol != s.name:
			case down && strings.HasPrefix(n.text, "symbol "): // refused, or unknown to the vendor
				s.refused = strings.TrimPrefix(n.text, "symbol ")
				if n.reason != "" {
					s.refused += ": " + n.reason
				}
			default:
				if remark := join(n.text, n.channel, n.reason); !slices.Contains(s.remarks, remark) {
					s.remarks = append(s.remarks, remark)
				}
			}
		}
		all = append(all, s)
	}
	return all
}

// join puts what there is of several texts together.
func join(texts ...string) string {
	return strings.Join(slices.DeleteFunc(texts, func(s string) bool { return s == "" }), ": ")
}

// markets are those of the symbols, by name.
func (j *judge) markets() map[string]*calendar.Market {
	all := map[string]*calendar.Market{}
	for _, r := range j.dir.All() {
		all[r.Market], _ = j.Hours.Market(r.Market)
	}
	if len(all) == 0 {
		for _, info := range j.infos {
			all[info.Market], _ = j.Hours.Market(info.Market)
		}
	}
	return all
}

// expect decides by the hours of the markets whether prices are expected.
func (j *judge) expect() expectation {
	closed := true
	for _, m := range j.markets() {
		before, after := m.Phase(j.began.Add(-j.delay())), m.Phase(j.ended.Add(-j.delay()))
		if before == calendar.Regular && after == calendar.Regular {
			return regular
		}
		closed = closed && before == calendar.Closed && after == calendar.Closed
	}
	if closed {
		return none
	}
	return few
}

// works reports whether the essential things worked.
func (j *judge) works() bool {
	_, wrong := j.refused(aboutKey)
	if !j.connected || j.keyed && (!j.accepted || wrong) || !slices.ContainsFunc(j.names, func(s symbol) bool { return s.refused == "" }) {
		return false
	}
	trades, quotes := j.tape.counts()
	return trades+quotes > 0 || j.expected != regular
}

// market says whether prices are expected.
func (j *judge) market() Line {
	all := j.markets()
	var texts []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		at, m := j.began.Add(-j.delay()), all[name]
		switch phase := m.Phase(at); {
		case !m.Closes():
			texts = append(texts, join(name, "always open"))
		case phase == calendar.Closed:
			texts = append(texts, name+": closed, so no trades are expected; the next regular session begins "+
				m.NextOpen(at).Add(j.delay()).Format("Monday 2006-01-02 15:04 MST"))
		case phase == calendar.Regular:
			texts = append(texts, name+": open, in its regular session")
		default:
			texts = append(texts, fmt.Sprintf("%s: open, but not in its regular session (%v); few trades are expected", name, phase))
		}
	}
	return Line{Label: "market", Text: strings.Join(texts, "; ")}
}
