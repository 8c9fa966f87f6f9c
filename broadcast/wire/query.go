package wire

import (
	"maps"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"tickertape/broadcast/history"
	"tickertape/feed/market"
)

// Parameters are those that the query of a path may have: how often each.
type Parameters map[string]occurs

type occurs bool

const (
	once  occurs = false
	often occurs = true // a list, which may be in several parts
)

// The parameters of each path: of streams and of GET /api/quotes, of the other paths of REST, and of paths that have none.
var (
	requestParameters = Parameters{"symbols": often, "rate": once, "fields": often, "bars": often, "interval": often, "limit": once,
		"trades": often, "since": once, "wait": once}
	barsParameters = Parameters{"symbol": once, "symbols": often, "interval": once, "from": once, "to": once, "limit": once,
		"fields": often, "adjusted": once}
	SymbolsParameters = Parameters{"symbols": often, "query": once, "limit": once}
	NoParameters      = Parameters{}
)

// ParseValues reads the text of a query. Text that is none is a fault, and no reason to guess.
func ParseValues(raw string) (url.Values, error) {
	v, err := url.ParseQuery(raw)
	if err != nil {
		return nil, faultf(BadRequest, "query: %.100q: %v", raw, err)
	}
	return v, nil
}

// Check returns a fault that names a parameter which there is not, or which is there several times and must not be: a misspelt
// one would change what is asked for.
func (p Parameters) Check(v url.Values) error {
	bad := "" // the first in alphabetical order
	for name, values := range v {
		if allowed, known := p[name]; (!known || allowed == once && len(values) > 1) && (bad == "" || name < bad) {
			bad = name
		}
		if name == "" {
			return faultf(BadRequest, "query: it has a parameter without a name")
		}
	}
	switch _, known := p[bad]; {
	case bad == "":
		return nil
	case known:
		return faultf(BadRequest, "%s: %.40q and %.40q; it may be there once", bad, v[bad][0], v[bad][1])
	case len(p) == 0:
		return faultf(BadRequest, "%.40q is no parameter; there are none here", bad)
	}
	return faultf(BadRequest, "%.40q is no parameter; there are %s", bad, strings.Join(slices.Sorted(maps.Keys(p)), ", "))
}

// ParseQuery reads what a request asks for in its query, the same on every transport: a subscribe. Its faults name the
// key and the value.
func ParseQuery(v url.Values, limits *Limits) (r Request, err error) {
	r = Request{Type: Subscribe, Since: v.Get("since"), Fields: market.AllFields}
	if err = requestParameters.Check(v); err != nil {
		return r, err
	}
	if r.Symbols, err = ParseNames("symbols", v["symbols"], limits.Symbols); err != nil {
		return r, err
	}
	if r.Trades, err = ParseNames("trades", v["trades"], limits.Symbols); err != nil {
		return r, err
	}
	if r.Bars, err = parseBars(v["bars"], v["interval"], v.Get("limit"), limits); err != nil {
		return r, err
	}
	if v.Has("rate") {
		rate, err := strconv.ParseFloat(v.Get("rate"), 64)
		if err != nil {
			return r, faultf(BadRate, "rate: %.40q is not a number", v.Get("rate"))
		}
		if err := checkRate(rate); err != nil {
			return r, err
		}
		r.Rate = rate
	}
	if v.Has("fields") {
		if r.Fields, err = ParseFields(strings.Split(strings.Join(v["fields"], ","), ",")); err != nil {
			return r, err
		}
	}
	if v.Has("wait") {
		if r.Wait, err = parseWait(v.Get("wait"), limits.Wait); err != nil {
			return r, err
		}
	}
	return r, nil
}

// Names reports whether a request names anybody.
func (r *Request) Names() bool { return len(r.Symbols)+len(r.Bars)+len(r.Trades) > 0 }

// Split is a request as those of a stream, whose answers each name one interval of bars. There are none where it asks
// for nothing that a stream does not do anyway.
func (r *Request) Split() []Request {
	if !r.Names() && r.Rate == 0 && r.Fields == market.AllFields {
		return nil
	}
	first := *r
	first.Bars = r.Bars[:min(1, len(r.Bars))]
	all := []Request{first}
	for i := 1; i < len(r.Bars); i++ {
		all = append(all, Request{Type: Subscribe, Since: r.Since, Fields: r.Fields, Bars: r.Bars[i : i+1]})
	}
	return all
}

func parseWait(text string, most time.Duration) (time.Duration, error) {
	wait, err := time.ParseDuration(text)
	if err != nil {
		return 0, faultf(BadRequest, "wait: %.40q is not a duration such as 25s", text)
	}
	if wait < 0 || wait > most {
		return 0, faultf(BadRequest, "wait: %v is not between 0s and %v", wait, most)
	}
	return wait, nil
}

// parseBars reads a query's bars with their intervals, the first for the first and so on; the last holds for those
// that have none of their own.
func parseBars(lists, intervals []string, limit string, limits *Limits) ([]Bars, error) {
	switch {
	case len(lists) == 0 && (len(intervals) > 0 || limit != ""):
		return nil, faultf(BadRequest, "bars: missing; interval and limit are those of bars")
	case len(intervals) > max(1, len(lists)):
		return nil, faultf(BadRequest, "interval: %.40q has no bars; there are %d bars and %d intervals",
			intervals[len(lists)], len(lists), len(intervals))
	case len(lists) > limits.Series:
		return nil, TooMany("bars", len(lists), limits.Series)
	}
	var all []Bars
	for i, list := range lists {
		bars := Bars{Names: splitNames(list)}
		if len(bars.Names) == 0 {
			continue
		}
		name := ""
		if n := len(intervals); n > 0 {
			name = intervals[min(i, n-1)]
		}
		var err error
		if bars.Interval, err = limits.interval(name); err != nil {
			return nil, err
		}
		if bars.Limit, err = parseLimit(limit); err != nil {
			return nil, err
		}
		all = append(all, bars)
	}
	return all, nil
}

// parseLimit reads how many bars are wanted; "" is all, which is 0.
func parseLimit(text string) (int, error) {
	if text == "" {
		return 0, nil
	}
	limit, err := strconv.Atoi(text)
	if err != nil {
		return 0, faultf(BadRequest, "limit: %.40q is not between 1 and %d", text, MaxLimit)
	}
	return limit, checkLimit(limit)
}

// ParseNames reads names from lists with commas, each name once. More than most, however often they stand there, are a
// fault that names the key.
func ParseNames(key string, lists []string, most int) ([]string, error) {
	names, n := SplitNames(lists, most)
	if n > most {
		return nil, TooMany(key, n, most)
	}
	return names, nil
}

// SplitNames splits lists of names at commas. It returns each name once, and how many there are. If there are more than
// most it returns no names, and the number of entries where it has not even split them.
func SplitNames(lists []string, most int) (names []string, n int) {
	for _, list := range lists {
		n += strings.Count(list, ",") + 1
	}
	if n > 2*most { // so many are not split, even if most of them are empty or stand there twice
		return nil, n
	}
	for _, list := range lists {
		names = append(names, splitNames(list)...)
	}
	if names = Distinct(names); len(names) > most {
		return nil, len(names)
	}
	return names, len(names)
}

// Distinct are the names, each once. They take the place of names.
func Distinct(names []string) []string {
	if len(names) < 2 {
		return names
	}
	seen := make(map[string]struct{}, len(names))
	kept := names[:0]
	for _, name := range names {
		if _, twice := seen[name]; !twice {
			seen[name] = struct{}{}
			kept = append(kept, name)
		}
	}
	return kept
}

func splitNames(list string) []string {
	var names []string
	for name := range strings.SplitSeq(list, ",") {
		if name = strings.TrimSpace(name); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// BarsQuery is what GET /api/bars asks for.
type BarsQuery struct {
	Symbol  string   // of one; "" where several are named
	Symbols []string // of several
	Range   history.Range
}

// ParseBarsQuery reads the query of GET /api/bars.
func ParseBarsQuery(v url.Values, limits *Limits) (q BarsQuery, err error) {
	q.Symbol, q.Range.To = v.Get("symbol"), math.MaxUint32
	if err = barsParameters.Check(v); err != nil {
		return q, err
	}
	if q.Symbols, err = ParseNames("symbols", v["symbols"], limits.Symbols); err != nil {
		return q, err
	}
	switch {
	case q.Symbol == "" && len(q.Symbols) == 0:
		return q, faultf(BadRequest, "symbol: missing; name one, or several with symbols")
	case q.Symbol != "" && len(q.Symbols) > 0:
		return q, faultf(BadRequest, "symbol and symbols: one of them is enough")
	}
	if q.Range.Interval, err = limits.interval(v.Get("interval")); err != nil {
		return q, err
	}
	if q.Range.Today = v.Get("from") == "day"; !q.Range.Today {
		if q.Range.From, err = parseBound("from", v.Get("from"), 0, ", nor day"); err != nil {
			return q, err
		}
	}
	if q.Range.To, err = parseBound("to", v.Get("to"), q.Range.To, ""); err != nil {
		return q, err
	}
	if q.Range.From > q.Range.To {
		return q, faultf(BadRequest, "from: %.40q is after to, %.40q", v.Get("from"), v.Get("to"))
	}
	if q.Range.Limit, err = parseLimit(v.Get("limit")); err != nil {
		return q, err
	}
	if q.Range.Adjusted, err = parseAdjusted(v); err != nil {
		return q, err
	}
	q.Range.Fields, err = parseBarFields(splitNames(strings.Join(v["fields"], ",")))
	return q, err
}

// parseAdjusted reads whether bars are to be adjusted for splits; without the parameter they are as traded.
func parseAdjusted(v url.Values) (bool, error) {
	if v.Has("adjusted") && v.Get("adjusted") != "split" {
		return false, faultf(BadRequest, "adjusted: %.40q is not split", v.Get("adjusted"))
	}
	return v.Has("adjusted"), nil
}

// parseBound reads microseconds since the Unix epoch or an RFC 3339 instant, as the first whole second that is not
// before it; nor is what else may stand there.
func parseBound(key, text string, otherwise uint32, nor string) (uint32, error) {
	if text == "" {
		return otherwise, nil
	}
	at, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		t, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return 0, faultf(BadRequest, "%s: %.40q is neither microseconds since 1970 nor an instant such as 2026-11-23T14:30:00Z%s",
				key, text, nor)
		}
		at = t.UnixMicro()
	}
	if at < 0 {
		return 0, nil
	}
	return uint32(min(at/1e6+min(at%1e6, 1), math.MaxUint32)), nil
}

// parseBarFields reads the keys of a bar; none at all are all of them.
func parseBarFields(names []string) (history.BarFields, error) {
	var fields history.BarFields
	for _, name := range names {
		if name == "" {
			continue
		}
		i := slices.Index(barKeys[:], name)
		if i < 0 {
			return 0, faultf(BadRequest, "fields: %s is not one of %s", strconv.Quote(clip(name)), strings.Join(barKeys[:], ", "))
		}
		fields |= 1 << i
	}
	if fields == 0 {
		return history.AllBarFields, nil
	}
	return fields, nil
}
