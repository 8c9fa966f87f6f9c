package broadcast

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"tickertape/broadcast/admission"
	"tickertape/feed/market"
)

// query is what a request asks for in its URL, the same on every transport.
type query struct {
	symbols []string // as named; nil when the query names none
	rate    float64  // updates a second; 0 when not asked for
	fields  market.Fields
	asks    []ask    // bars
	trades  []string // as named
	since   string   // a position, or what the client took for one
	wait    time.Duration
}

// minRate is the lowest rate that can be asked for, in updates a second. Above what the flushes
// allow, any is as good as none.
const minRate = 0.01

// parseQuery reads a query. Its faults name the key and the value.
func parseQuery(v url.Values, cfg Config) (q query, err error) {
	q = query{fields: market.AllFields, since: v.Get("since")}
	if q.symbols, err = namesOf("symbols", v["symbols"], cfg.MaxSymbols); err != nil {
		return q, err
	}
	if q.trades, err = namesOf("trades", v["trades"], cfg.MaxSymbols); err != nil {
		return q, err
	}
	if q.asks, err = parseAsks(v["bars"], v["interval"], v.Get("limit"), &cfg); err != nil {
		return q, err
	}
	if v.Has("rate") {
		rate, err := strconv.ParseFloat(v.Get("rate"), 64)
		if err != nil {
			return q, &fault{badRate, fmt.Sprintf("rate: %.40q is not a number", v.Get("rate"))}
		}
		if err := checkRate(rate); err != nil {
			return q, err
		}
		q.rate = rate
	}
	if v.Has("fields") {
		fields, err := parseFields(strings.Split(v.Get("fields"), ","))
		if err != nil {
			return q, err
		}
		q.fields = fields
	}
	if v.Has("wait") {
		wait, err := time.ParseDuration(v.Get("wait"))
		if err != nil {
			return q, &fault{badRequest, fmt.Sprintf("wait: %.40q is not a duration such as 25s", v.Get("wait"))}
		}
		if wait < 0 || wait > cfg.MaxWait {
			return q, &fault{badRequest, fmt.Sprintf("wait: %v is not between 0s and %v", wait, cfg.MaxWait)}
		}
		q.wait = wait
	}
	return q, nil
}

// queryOf reads the query of a request.
func (b *Board) queryOf(r *http.Request) (q query, err error) {
	b.door.Slice(context.WithoutCancel(r.Context()), func() { // a stream goes on when its request has ended
		var v url.Values
		if v, err = values(r); err == nil {
			q, err = parseQuery(v, b.cfg)
		}
	})
	b.noteTooMany(b.door.Visitor(r), err)
	return q, err
}

// noteTooMany counts a request that named too many symbols.
func (b *Board) noteTooMany(visitor admission.Visitor, err error) {
	var f *fault
	if errors.As(err, &f) && f.code == tooManySymbols {
		b.door.Journal.Refused(admission.ReasonSymbols, visitor.Addr)
	}
}

// values is a query's; text that is none is no reason to guess.
func values(r *http.Request) (url.Values, error) {
	v, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, &fault{badRequest, fmt.Sprintf("query: %.100q: %v", r.URL.RawQuery, err)}
	}
	return v, nil
}

// plainQuery reads what a request that is no WebSocket asks for. One that cannot be served has been
// answered when it returns false.
func (b *Board) plainQuery(w http.ResponseWriter, r *http.Request) (query, bool) {
	q, err := b.queryOf(r)
	if err == nil && !q.names() {
		err = &fault{badRequest, `symbols: missing; name symbols, "*" or "#watchlist", or bars or trades`}
	}
	if err != nil {
		badQuery(err).Write(w)
		return query{}, false
	}
	return q, true
}

// names tells whether anything is asked for.
func (q *query) names() bool { return len(q.symbols)+len(q.asks)+len(q.trades) > 0 }

func checkRate(rate float64) error {
	if math.IsNaN(rate) || math.IsInf(rate, 0) || rate < minRate {
		return &fault{badRate, fmt.Sprintf("rate: %v is not a number of updates a second from %v up", rate, minRate)}
	}
	return nil
}

// parseFields reads wire keys; none at all are all of them. "s" is always sent and may be named.
func parseFields(names []string) (market.Fields, error) {
	var fields market.Fields
	named := false
	for _, name := range names {
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		named = true
		if name == "s" {
			continue
		}
		f, ok := market.FieldOf(name)
		if !ok {
			return 0, &fault{badRequest, fmt.Sprintf("fields: %.40q is not one of s, %s", name, strings.Join(market.FieldKeys(), ", "))}
		}
		fields |= f.Bit
	}
	if !named {
		return market.AllFields, nil
	}
	return fields, nil
}

// since is the seq that a client has been told whole: 0, so everything, unless the position is of
// this run of the server.
func (b *Board) since(position string) (Seq, bool) {
	p, err := ParsePosition(position)
	if err != nil || p.Epoch != b.store.epoch || p.Seq > b.store.now() {
		return 0, false
	}
	return p.Seq, true
}
