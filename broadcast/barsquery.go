package broadcast

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"tickertape/broadcast/history"
)

// barsQuery is what GET /api/bars asks for.
type barsQuery struct {
	symbol  string   // of one
	symbols []string // of several
	bars    history.Range
}

func parseBarsQuery(v url.Values, cfg *Config) (q barsQuery, err error) {
	r := &q.bars
	q.symbol, r.To = v.Get("symbol"), 1<<32-1
	if q.symbols, err = namesOf("symbols", v["symbols"], cfg.MaxSymbols); err != nil {
		return q, err
	}
	switch {
	case q.symbol == "" && len(q.symbols) == 0:
		return q, &fault{badRequest, "symbol: missing; name one, or several with symbols"}
	case q.symbol != "" && len(q.symbols) > 0:
		return q, &fault{badRequest, "symbol and symbols: one of them is enough"}
	}
	if r.Interval, err = cfg.kept(v.Get("interval")); err != nil {
		return q, err
	}
	if r.Today = v.Get("from") == "day"; !r.Today {
		if r.From, err = parseBound("from", v.Get("from"), 0, ", nor day"); err != nil {
			return q, err
		}
	}
	if r.To, err = parseBound("to", v.Get("to"), r.To, ""); err != nil {
		return q, err
	}
	if r.From > r.To {
		return q, &fault{badRequest, fmt.Sprintf("from: %.40q is after to, %.40q", v.Get("from"), v.Get("to"))}
	}
	if text := v.Get("limit"); text != "" {
		if r.Limit, err = strconv.Atoi(text); err != nil {
			return q, &fault{badRequest, fmt.Sprintf("limit: %.40q is not between 1 and %d", text, maxLimit)}
		}
		if err = checkLimit(r.Limit); err != nil {
			return q, err
		}
	}
	r.Fields, err = parseBarFields(splitNames(strings.Join(v["fields"], ",")))
	return q, err
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
			return 0, &fault{badRequest, fmt.Sprintf("%s: %.40q is neither microseconds since 1970 nor an instant such as 2026-11-23T14:30:00Z%s", key, text, nor)}
		}
		at = t.UnixMicro()
	}
	if at < 0 {
		return 0, nil
	}
	return uint32(min(at/1e6+min(at%1e6, 1), 1<<32-1)), nil
}

// LongAccept is how many bytes a client may say of the forms and codings that it takes. Of more none is looked at: to
// parse them would cost more than the answer.
const LongAccept = 1 << 10

// acceptsGzip tells whether an answer may be compressed (RFC 9110, section 12.5.3).
func acceptsGzip(headers []string) bool {
	all := strings.Join(headers, ",")
	return len(all) <= LongAccept && slices.ContainsFunc(strings.Split(all, ","), func(offer string) bool {
		coding, q, _ := strings.Cut(strings.ReplaceAll(offer, " ", ""), ";")
		return strings.EqualFold(coding, "gzip") && strings.Trim(strings.TrimPrefix(q, "q="), "0.") != "" || strings.EqualFold(coding, "gzip") && q == ""
	})
}
