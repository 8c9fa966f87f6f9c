package bench

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Table writes a report for people.
func (r *Report) Table(w io.Writer) error {
	var b bytes.Buffer
	b.WriteString(r.headline() + "\n\n")
	rows{
		{"", "p50", "p90", "p99", "p99.9", "max"},
		percentileRow("dial → handshake", r.Crowd.Handshake),
		percentileRow("dial → snapshot", r.Crowd.Snapshot),
		percentileRow("tick → receipt", r.Tick),
		percentileRow("send → receipt", r.Send),
	}.write(&b)
	b.WriteByte('\n')
	streams := rows{{"", "subscribers", "frames/s", "updates/s", "quotes/s", "MB/s"}, r.All.row("all")}
	if r.Slow.Subscribers > 0 {
		streams = append(streams, r.Prompt.row("prompt"), r.Slow.row("slow"))
	}
	streams.write(&b)
	b.WriteByte('\n')
	costs := rows{{"", "cores", "µs/frame", "µs/quote", "RSS MiB", "KiB/subscriber"}}
	if s := r.Server; s != nil {
		costs = append(costs, []string{"server", fixed(&s.Cores, 1, 2), fixed(s.CPUFrame, 1, 2), fixed(s.CPUQuote, 1, 3),
			mebibytes(s.RSSBytes), fixed(s.RSSPerSubscriber, 1<<10, 1)})
	} else {
		costs = append(costs, []string{"server", unknown, unknown, unknown, unknown, unknown})
	}
	costs = append(costs, []string{"generator", fixed(&r.Generator.Cores, 1, 2)})
	if r.Box != nil {
		costs = append(costs, []string{"others", fixed(&r.Box.Others, 1, 2)}, []string{"box", fixed(&r.Box.Busy, 1, 2)})
	}
	costs.write(&b)
	b.WriteByte('\n')
	if s := r.Server; s != nil && s.Flush != nil {
		rows{
			{"", "flushes/s", "µs", "messages", "writes", "bytes"},
			append([]string{"a subscriber and flush"}, s.Flush.cells()...),
		}.write(&b)
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, "connected %s of %s with %s dials; refused %s; lost %s; resumed %s\n", grouped(r.Crowd.Connected), grouped(r.Subscribers),
		grouped(r.Crowd.Dials), reasons(r.Crowd.Refused), reasons(r.Crowd.Lost), grouped(int(r.All.Resumed)))
	if r.Crowd.FirstError != "" {
		fmt.Fprintf(&b, "first: %s\n", r.Crowd.FirstError)
	}
	fmt.Fprintf(&b, "told that they are slow: %s; that it is over: %s\n", grouped(int(r.All.Slowed)), grouped(int(r.All.Recovered)))
	for _, n := range r.Notes {
		fmt.Fprintf(&b, "note: %s\n", n)
	}
	_, err := w.Write(b.Bytes())
	return err
}

// headline says what was run.
func (r *Report) headline() string {
	var b strings.Builder
	transport := map[string]string{WebSocket: "WebSocket", SSE: "server-sent events"}[r.Transport]
	symbols := fmt.Sprintf("%s %s symbols each", grouped(r.Symbols), r.Watchlist)
	if r.Symbols == 0 {
		symbols = "all symbols each"
	}
	if r.NoQuotes {
		symbols = "no quotes"
	}
	if r.Bars > 0 {
		symbols += fmt.Sprintf(", bars of %d", r.Bars)
	}
	if r.Trades > 0 {
		symbols += fmt.Sprintf(", trades of %d", r.Trades)
	}
	fmt.Fprintf(&b, "%s subscribers over %s, %s", grouped(r.Subscribers), transport, symbols)
	if r.SlowFraction > 0 {
		fmt.Fprintf(&b, ", %s %% slow", strconv.FormatFloat(100*r.SlowFraction, 'f', -1, 64))
	}
	if r.RateHz > 0 {
		fmt.Fprintf(&b, ", at most %v updates/s each", r.RateHz)
	}
	if len(r.Fields) > 0 {
		fmt.Fprintf(&b, ", fields %s", strings.Join(r.Fields, ","))
	}
	if r.Compress {
		b.WriteString(", compressed")
	}
	fmt.Fprintf(&b, "\n%s, measured for %.1f s", r.URL, r.MeasuredS)
	if m := r.Market; m != nil {
		fmt.Fprintf(&b, ": %s ticks/s of %s symbols, a flush every %v ms", grouped(m.TicksPerS), grouped(m.Symbols), m.IntervalMS)
	}
	return b.String()
}

func percentileRow(name string, p *Percentiles) []string {
	if p == nil {
		return []string{name, unknown, unknown, unknown, unknown, unknown}
	}
	return []string{name, span(p.P50), span(p.P90), span(p.P99), span(p.P999), span(p.Max)}
}

func (s Stream) row(name string) []string {
	mb := s.BytesPerS / 1e6
	return []string{name, grouped(s.Subscribers), whole(s.FramesPerS), whole(s.UpdatesPerS), whole(s.QuotesPerS), fixed(&mb, 1, 2)}
}

// cells are the flushes a second, and of one subscriber and flush CPU in µs, messages, writes and bytes.
func (f *Flush) cells() []string {
	return []string{fixed(&f.PerS, 1, 1), fixed(&f.CPU, 1, 1), fixed(f.Messages, 1, 2), fixed(f.Writes, 1, 2), fixed(f.Bytes, 1, 0)}
}

// unknown stands for what is not known.
const unknown = "unknown"

// span writes milliseconds with three digits that mean something.
func span(ms float64) string {
	switch {
	case ms >= 10_000:
		return fmt.Sprintf("%.1f s", ms/1e3)
	case ms >= 100:
		return fmt.Sprintf("%.0f ms", ms)
	case ms >= 10:
		return fmt.Sprintf("%.1f ms", ms)
	case ms >= 1:
		return fmt.Sprintf("%.2f ms", ms)
	}
	return fmt.Sprintf("%.0f µs", ms*1e3)
}

func fixed(v *float64, unit float64, decimals int) string {
	if v == nil {
		return unknown
	}
	return strconv.FormatFloat(*v/unit, 'f', decimals, 64)
}

func mebibytes(n int64) string { return strconv.FormatFloat(float64(n)/(1<<20), 'f', 1, 64) }

func whole(v float64) string { return grouped(int(v + 0.5)) }

// grouped writes a number with a comma for each thousand.
func grouped(n int) string {
	s := strconv.Itoa(n)
	sign := ""
	if n < 0 {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

// reasons writes counts by reason, the most frequent first.
func reasons(counts map[string]int) string {
	if len(counts) == 0 {
		return "0"
	}
	names := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		if counts[a] != counts[b] {
			return counts[b] - counts[a]
		}
		return strings.Compare(a, b)
	})
	for i, n := range names {
		names[i] = fmt.Sprintf("%s × %s", grouped(counts[n]), n)
	}
	return fmt.Sprintf("%s (%s)", grouped(sum(counts)), strings.Join(names, ", "))
}

// rows are a table: the first column to the left, the others to the right.
type rows [][]string

func (t rows) write(b *bytes.Buffer) {
	widths := make([]int, len(t[0]))
	for _, row := range t {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, row := range t {
		line := ""
		for i, cell := range row {
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if i == 0 {
				line = cell + pad
			} else {
				line += "  " + pad + cell
			}
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
}
