package attack

import (
	"fmt"
	"strings"
	"time"
)

// The bounds within which an attack has to stay.
const (
	MaxGap     = 130.0 // ms, p99; or MaxRatio times that beside honest clients instead, where it is more
	MaxRatio   = 1.3
	MaxRSS     = 300 << 20 // bytes
	MaxRefused = 5 * time.Second
)

// Row is the result of one attack.
type Row struct {
	Attack      Attack
	Connections int
	Alone       Gaps // of honest clients alone
	Beside      Gaps // beside as many more honest ones, within reason
	Under       Gaps // under attack
	Dropped     int  // honest streams
	Unanswered  int  // requests of honest readers, refused or failed
	Peak        int64
	Refused     time.Duration // to the first refusal
	Reasons     []string      // none where nobody was refused
}

// Failures are the bounds that were exceeded, none when the server has passed.
func (r Row) Failures() []string {
	var all []string
	if most := max(MaxGap, MaxRatio*r.Beside.P99); r.Under.P99 > most || r.Under.Samples == 0 {
		all = append(all, fmt.Sprintf("p99 %.0f > %.0f ms", r.Under.P99, most))
	}
	if r.Dropped > 0 {
		all = append(all, fmt.Sprintf("%d dropped", r.Dropped))
	}
	if r.Peak > MaxRSS {
		all = append(all, fmt.Sprintf("%d > %d MB", r.Peak>>20, MaxRSS>>20))
	}
	switch {
	case r.Attack.Absorbed:
	case len(r.Reasons) == 0:
		all = append(all, "not refused")
	case r.Refused > MaxRefused:
		all = append(all, fmt.Sprintf("refused after %.1f s", r.Refused.Seconds()))
	}
	return all
}

// Table is the rows as Markdown.
func Table(rows []Row) string {
	var b strings.Builder
	b.WriteString("| attack | is | connections | gap alone p50 / p99 / max ms | beside honest ones instead | under attack | " +
		"honest requests unanswered | max RSS MB | first refusal | reasons | verdict |\n" +
		"| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- | --- |\n")
	for _, r := range rows {
		verdict, first := "passed", "–"
		if failures := r.Failures(); len(failures) > 0 {
			verdict = "**" + strings.Join(failures, ", ") + "**"
		}
		if len(r.Reasons) > 0 {
			first = fmt.Sprintf("%.1f s", r.Refused.Seconds())
		}
		fmt.Fprintf(&b, "| %s | %s | %d | %v | %v | %v | %d | %d | %s | %s | %s |\n", r.Attack.Name, r.Attack.What, r.Connections,
			r.Alone, r.Beside, r.Under, r.Unanswered, r.Peak>>20, first, strings.Join(r.Reasons, ", "), verdict)
	}
	return b.String()
}

func (g Gaps) String() string { return fmt.Sprintf("%.0f / %.0f / %.0f", g.P50, g.P99, g.Max) }
