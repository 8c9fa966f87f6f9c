package broadcast

import (
	"time"

	"tickertape/feed/market"
)

// delivery is a snapshot or an update on its way, cut into parts that are built one by one, each
// when the one before has been written. Between two parts the board may move on: a quote
// that has changed after the delivery's seq is left to the next delivery, so that every value sent
// is the board's at that seq. The next one begins where the first was left out, and what it begins
// with is never left out, so all come round.
type delivery struct {
	kind    kind
	list    symbolList
	fields  market.Fields
	from    Seq  // only what changed after it
	whole   bool // whole quotes, not just the changed keys
	resumed bool // a snapshot of what changed after from; keys that went away are null
	start   int  // place in list to begin with

	begun bool
	at    Seq // the board's seq that it tells; set by the first part
	total int // length of list; set by the first part
	done  int // places looked at
	told  int // quotes told
	owed  bool
	first int // place of the first one left out, when owed
}

const (
	batch = 16      // versions copied at a time, so that the lock is held for microseconds
	sweep = 8 * 256 // places looked at meanwhile
)

// part makes p the delivery's next part. Its field more tells whether another follows.
func (s *store) part(p *part, d *delivery, now time.Time) {
	var (
		copied [batch]version
		fields [batch]market.Fields
	)
	for headed := false; ; {
		n := 0
		s.mu.RLock()
		if !d.begun {
			d.begun, d.at, d.total = true, s.seq, d.list.len(len(s.versions))
		}
		for stop := min(d.total, d.done+sweep); d.done < stop && n < batch; d.done++ {
			place := (d.start + d.done) % d.total
			id := int(d.list.at(place))
			if id >= len(s.versions) || s.versions[id].last <= d.from {
				continue
			}
			v := &s.versions[id]
			if v.last > d.at {
				if !d.owed {
					d.owed, d.first = true, place
				}
				continue
			}
			if f, tell := d.pick(v); tell {
				copied[n], fields[n] = *v, f
				n++
			}
		}
		s.mu.RUnlock()

		if !headed {
			headed = true
			p.beginQuotes(d.kind, d.at, now, d.resumed)
		}
		for i := range n {
			v := &copied[i]
			p.separate(v.received)
			p.data = appendQuote(p.data, v.symbol, &v.quote, fields[i])
			d.told++
		}
		if d.done == d.total {
			p.endQuotes(-1)
			return
		}
		if len(p.data) > partLimit-batch*512 {
			p.endQuotes(d.done)
			return
		}
	}
}

// pick are the fields of v that the delivery tells, and whether it tells v at all.
func (d *delivery) pick(v *version) (market.Fields, bool) {
	wanted := d.fields | market.FieldState // an old price must never look live, whatever was asked for
	news := v.since(d.from) & wanted
	switch {
	case d.kind == update && d.whole:
		return wanted, news != 0
	case d.kind == update:
		return news, news != 0
	case d.resumed:
		return v.quote.Set&wanted | news, news != 0
	default:
		return v.quote.Set & wanted, true
	}
}
