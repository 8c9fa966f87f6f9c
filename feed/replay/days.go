package replay

import (
	"maps"
	"slices"

	"tickertape/feed/calendar"
	"tickertape/feed/market"
)

// days begins the trading days of a raw recording when its own clock does: a vendor says nothing of them,
// and who takes in a replay goes by today's.
type days struct {
	markets []venue
	regular map[market.SymbolID]market.Price // the session's last price, 0 unknown, of symbols that were told of
}

// market is whose hours some symbols keep.
type venue struct {
	name  string
	hours *calendar.Market
	next  market.Time // when its next day begins; 0: no message has come yet
}

// newDays has no days at all where hours is nil.
func newDays(hours *calendar.Calendar) *days {
	d := &days{regular: map[market.SymbolID]market.Price{}}
	if hours == nil {
		return d
	}
	for _, name := range calendar.Names() {
		if m, known := hours.Market(name); known && m != nil {
			d.markets = append(d.markets, venue{name: name, hours: m})
		}
	}
	return d
}

// pass lets the recording's time pass, and returns the sessions that begin by it.
func (d *days) pass(now market.Time, dir *market.Directory) (sessions []market.Tick) {
	for i := range d.markets {
		m := &d.markets[i]
		if now < m.next {
			continue
		}
		first := m.next == 0
		m.next = market.TimeOf(m.hours.NextRoll(now.Std()))
		if first {
			continue
		}
		rolled := market.TimeOf(m.hours.Rolled(now.Std()))
		for _, id := range slices.Sorted(maps.Keys(d.regular)) {
			if dir.Symbol(id).Market == m.name {
				sessions = append(sessions, market.Tick{Symbol: id, Kind: market.KindSession, Price: d.regular[id], Time: rolled, Received: now})
			}
		}
	}
	return sessions
}

func (d *days) tick(t *market.Tick) {
	if t.Kind == market.KindTrade && t.Flags&market.SetsLast != 0 {
		d.regular[t.Symbol] = t.Price
	} else if _, known := d.regular[t.Symbol]; !known {
		d.regular[t.Symbol] = 0
	}
}

func (d *days) image(im *market.Quote) {
	if im.Set&market.FieldPrice != 0 {
		d.regular[im.Symbol] = im.Price
	}
}
