package broadcast

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"tickertape/broadcast/history"
	"tickertape/feed/market"
)

// ask is what a request wants of bars: those of some symbols, by name.
type ask struct {
	names    []string
	interval history.Interval
	limit    int // of the history; 0 is all that are kept
}

// maxLimit is the most bars that can be asked for.
const maxLimit = history.MostBars

func checkLimit(limit int) error {
	if limit < 1 || limit > maxLimit {
		return &fault{badRequest, fmt.Sprintf("limit: %d is not between 1 and %d", limit, maxLimit)}
	}
	return nil
}

// kept is the interval of a name, when the server keeps bars of it.
func (c *Config) kept(name string) (history.Interval, error) {
	k, err := parseInterval(name)
	if err == nil && c.Bars[k] == 0 {
		err = &fault{badRequest, fmt.Sprintf("interval: bars of %s are not kept here", k)}
	}
	return k, err
}

// parseInterval reads an interval's name; "" is "1m".
func parseInterval(name string) (history.Interval, error) {
	k, err := history.ParseInterval(name)
	if err != nil {
		return 0, &fault{badRequest, err.Error()}
	}
	return k, nil
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
	if len(bars) > cfg.MaxSeries {
		return nil, tooMany("bars", len(bars), cfg.MaxSeries)
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

// namesOf are the names of lists with commas, each once. More than most, however often they stand there, are an
// error that names the key.
func namesOf(key string, lists []string, most int) ([]string, error) {
	n := 0
	for _, list := range lists {
		n += strings.Count(list, ",") + 1
	}
	if n > 2*most { // so many are not split, even if most of them are empty or stand there twice
		return nil, tooMany(key, n, most)
	}
	var names []string
	for _, list := range lists {
		names = append(names, splitNames(list)...)
	}
	if names = distinct(names); len(names) > most {
		return nil, tooMany(key, len(names), most)
	}
	return names, nil
}

// distinct are the names, each once, in the room of names.
func distinct(names []string) []string {
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

// wish is what a request comes to of bars and trades: series, and what the answer says of them.
type wish struct {
	series   []series
	bars     []string // as the feed spells them
	interval string
	trades   []string
	unknown  []string
}

// resolveSeries finds the series that are asked for, each once, to be told from a position on.
func (b *Board) resolveSeries(asks []ask, trades []string, since Seq, resumed bool) (wish, error) {
	var w wish
	known := map[seriesKey]int{}
	most := b.cfg.MaxSeries
	one := func(key string, names []string, kind history.Interval, limit int) (spelled []string, err error) {
		if slices.Contains(names, "*") {
			return nil, &fault{badRequest, key + `: "*" is not for bars and trades; name symbols or "#watchlist"`}
		}
		named, err := b.resolve("bars and trades", names, most)
		if err != nil {
			return nil, err
		}
		if named.list.all {
			return nil, &fault{badRequest, key + ": the list has all symbols; name fewer"}
		}
		w.unknown = append(w.unknown, named.unknown...)
		for _, id := range named.named {
			spelled = append(spelled, b.dir.Symbol(id).Symbol)
			r := series{id, history.Reader{Interval: kind, Limit: limit, Fresh: !resumed, Resumed: resumed, After: since}}
			if i, twice := known[r.key()]; twice {
				w.series[i] = r
				continue
			}
			known[r.key()] = len(w.series)
			w.series = append(w.series, r)
		}
		if len(w.series) > most {
			return nil, tooMany("bars and trades", len(w.series), most)
		}
		return spelled, nil
	}
	for _, a := range asks {
		spelled, err := one("bars", a.names, a.interval, a.limit)
		if err != nil {
			return wish{}, err
		}
		w.bars, w.interval = append(w.bars, spelled...), a.interval.String()
	}
	spelled, err := one("trades", trades, history.Trades, 0)
	if err != nil {
		return wish{}, err
	}
	w.trades = spelled
	return w, nil
}

// tooMany is the fault of a request that names too many; n is how many were found before it was given up.
func tooMany(key string, n, most int) error {
	return &fault{tooManySymbols, fmt.Sprintf("%s: %d would be followed, more than the %d allowed", key, n, most)}
}

// wouldFollow is how many series the subscriber would follow with these.
func (s *subscriber) wouldFollow(more []series) int {
	n := len(more)
	if s.followed == nil {
		return n
	}
	n += len(s.followed.series)
	for i := range more {
		if s.followed.find(more[i].key()) >= 0 {
			n--
		}
	}
	return n
}

// unfollowing is what a message says of bars and trades that are to be followed no more.
type unfollowing struct {
	bars, trades resolved
	kind         history.Interval
	every        bool // interval
}

// resolveUnfollow finds what a message names.
func (b *Board) resolveUnfollow(r *request) (u unfollowing, err error) {
	if u.every = r.Interval == ""; !u.every {
		if u.kind, err = parseInterval(r.Interval); err != nil {
			return u, err
		}
	}
	if u.bars, err = b.resolve("bars", r.Bars, b.cfg.MaxSymbols); err != nil {
		return u, err
	}
	u.trades, err = b.resolve("trades", r.Trades, b.cfg.MaxSymbols)
	return u, err
}

// unfollowNamed stops following series.
func (s *subscriber) unfollowNamed(u *unfollowing) {
	gone := func(named *resolved, id market.SymbolID) bool {
		_, found := slices.BinarySearch(named.list.ids, id)
		return found || named.list.all
	}
	s.unfollow(func(x *series) bool {
		if x.Interval == history.Trades {
			return gone(&u.trades, x.id)
		}
		return (u.every || x.Interval == u.kind) && gone(&u.bars, x.id)
	})
}
