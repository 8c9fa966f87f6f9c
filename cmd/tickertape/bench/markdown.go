package bench

import (
	"bytes"
	"fmt"
	"io"
	"strings"
)

// Markdown writes the reports of a standard set as two tables, with the notes below.
func Markdown(w io.Writer, reports []*Report) error {
	var b bytes.Buffer
	b.WriteString("| scenario | subscribers | frames/s | quotes/s | tick → receipt p50 / p99 | CPU µs/frame | cores | KiB/subscriber |\n")
	b.WriteString("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n")
	flushes := "| a subscriber and flush | flushes/s | CPU µs | messages | writes | bytes |\n| --- | ---: | ---: | ---: | ---: | ---: |\n"
	var notes []string
	for _, r := range reports {
		latency := unknown
		switch {
		case r.Tick != nil:
			latency = span(r.Tick.P50) + " / " + span(r.Tick.P99)
		case r.All.Quotes == 0:
			latency = "–" // there was none
		}
		frame, cores, memory := unknown, unknown, unknown
		if s := r.Server; s != nil {
			frame, cores, memory = fixed(s.CPUFrame, 1, 1), fixed(&s.Cores, 1, 2), fixed(s.RSSPerSubscriber, 1<<10, 1)
		}
		cells := []string{r.Scenario, grouped(r.Crowd.Connected), whole(r.All.FramesPerS), whole(r.All.QuotesPerS), latency, frame, cores, memory}
		b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
		if s := r.Server; s != nil && s.Flush != nil {
			flushes += "| " + r.Scenario + " | " + strings.Join(s.Flush.cells(), " | ") + " |\n"
		}
		for _, n := range r.Notes {
			notes = append(notes, fmt.Sprintf("- %s: %s", r.Scenario, n))
		}
	}
	b.WriteString("\n" + flushes)
	if len(notes) > 0 {
		b.WriteString("\n" + strings.Join(notes, "\n") + "\n")
	}
	_, err := w.Write(b.Bytes())
	return err
}
