package broadcast

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// ask is what a request wants of bars: those of some symbols, by name.
type ask struct {
	names    []string
	interval interval
	limit    int // of the history; 0 is all that are kept
}

// maxLimit is the most bars that can be asked for.
const maxLimit = mostBars

func checkLimit(limit int) error {
	if limit < 1 || limit > maxLimit {
		return &fault{badRequest, fmt.Sprintf("limit: %d is not between 1 and %d", limit, maxLimit)}
	}
	return nil
}

// kept is the interval of a name, when the server keeps bars of it.
func (c *Config) kept(name string) (interval, error) {
	k, err := parseInterval(name)
	if err == nil && c.Bars.keep(k) == 0 {
		err = &fault{badRequest, fmt.Sprintf("interval: bars of %s are not kept here", k)}
	}
	return k, err
}

// bars is what a message asks for of bars.
func (r *request) bars(cfg *Config) ([]ask, error) {
	if len(r.Bars) == 0 {
		if r.Interval != "" || r.Limit != nil {
			return nil, &fault{badRequest, "bars: missing; interval and limit are those of bars"}
		}
		return nil, nil
	}
	k, err := cfg.kept(r.Interval)
	if err != nil {
		return nil, err
	}
	a := ask{names: r.Bars, interval: k}
	if r.Limit != nil {
		if err := checkLimit(*r.Limit); err != nil {
			return nil, err
		}
		a.limit = *r.Limit
	}
	return []ask{a}, nil
}

// parseAsks reads a query's bars with their intervals, the first for the first and so on; the last holds for those
// that have none of their own.
func parseAsks(bars, intervals []string, limit string, cfg *Config) ([]ask, error) {
	var asks []ask
	switch {
	case len(bars) == 0 && (len(intervals) > 0 || limit != ""):
		return nil, &fault{badRequest, "bars: missing; interval and limit are those of bars"}
	case len(intervals) > max(1, len(bars)):
		return nil, &fault{badRequest, fmt.Sprintf("interval: %.40q has no bars; there are %d bars and %d intervals", intervals[len(bars)], len(bars), len(intervals))}
	}
	for i, list := range bars {
		a := ask{names: splitNames(list)}
		if len(a.names) == 0 {
			continue
		}
		name := ""
		if n := len(intervals); n > 0 {
			name = intervals[min(i, n-1)]
		}
		var err error
		if a.interval, err = cfg.kept(name); err != nil {
			return nil, err
		}
		if limit != "" {
			if a.limit, err = strconv.Atoi(limit); err != nil {
				return nil, &fault{badRequest, fmt.Sprintf("limit: %.40q is not between 1 and %d", limit, maxLimit)}
			}
			if err := checkLimit(a.limit); err != nil {
				return nil, err
			}
		}
		asks = append(asks, a)
	}
	return asks, nil
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

// wish is what a request comes to: series, and what the answer says of them.
type wish struct {
	series   []series
	bars     []string // as the feed spells them
	interval string
	trades   []string
	unknown  []string
}

// resolveSeries finds the series that are asked for, to be told from a position on.
func (b *Board) resolveSeries(asks []ask, trades []string, since Seq, resumed bool) (wish, error) {
	var w wish
	one := func(key string, names []string, kind interval, limit int) ([]string, error) {
		if slices.Contains(names, "*") {
			return nil, &fault{badRequest, key + `: "*" is not for bars and trades; name symbols or "#watchlist"`}
		}
		named := b.resolve(names)
		if named.list.all {
			return nil, &fault{badRequest, key + ": the list has all symbols; name fewer"}
		}
		w.unknown = append(w.unknown, named.unknown...)
		for _, id := range named.list.ids {
			w.series = append(w.series, series{id: id, kind: kind, limit: limit, fresh: !resumed, resumed: resumed, sent: since})
		}
		return named.spelled, nil
	}
	for _, a := range asks {
		spelled, err := one("bars", a.names, a.interval, a.limit)
		if err != nil {
			return wish{}, err
		}
		w.bars, w.interval = append(w.bars, spelled...), a.interval.String()
	}
	spelled, err := one("trades", trades, ofTrades, 0)
	if err != nil {
		return wish{}, err
	}
	w.trades = spelled
	if most := b.cfg.MaxSeries; len(w.series) > most {
		return wish{}, tooManySeries(len(w.series), most)
	}
	return w, nil
}

func tooManySeries(n, most int) error {
	return &fault{tooManySymbols, fmt.Sprintf("bars and trades: %d would be followed, more than the %d allowed", n, most)}
}

// wouldFollow is how many series the subscriber would follow with these.
func (s *subscriber) wouldFollow(more []series) int {
	n := len(more)
	if s.followed == nil {
		return n
	}
	for i := range s.followed.series {
		r := &s.followed.series[i]
		if !slices.ContainsFunc(more, func(m series) bool { return m.id == r.id && m.kind == r.kind }) {
			n++
		}
	}
	return n
}

// answerUnfollow stops following what a message names of bars and trades.
func (s *subscriber) answerUnfollow(r *request) (answer subscribedMessage, err error) {
	kind, every := interval(0), r.Interval == ""
	if !every {
		if kind, err = parseInterval(r.Interval); err != nil {
			return answer, err
		}
	}
	b := s.shard.board
	drop := func(names []string, of func(interval) bool) (spelled, unknown []string) {
		named := b.resolve(names)
		s.unfollow(func(x *series) bool {
			_, found := slices.BinarySearch(named.list.ids, x.id)
			return of(x.kind) && (found || named.list.all)
		})
		return named.spelled, named.unknown
	}
	var unknown []string
	answer.Interval = r.Interval
	answer.Bars, unknown = drop(r.Bars, func(k interval) bool { return k != ofTrades && (every || k == kind) })
	answer.Unknown = append(answer.Unknown, unknown...)
	answer.Trades, unknown = drop(r.Trades, func(k interval) bool { return k == ofTrades })
	answer.Unknown = append(answer.Unknown, unknown...)
	return answer, nil
}
