package replay

import (
	"maps"
	"slices"

	"tickertape/feed"
	"tickertape/feed/calendar"
)

// days begins the trading days of a raw recording when its own clock does: a vendor says nothing of them,
// and who takes in a replay goes by today's.
type days struct {
	markets []market
	regular map[feed.SymbolID]feed.Price // the session's last price, 0 unknown, of symbols that were told of
}

// market is whose hours some symbols keep.
type market struct {
	name  string
	hours *calendar.Market
	next  feed.Time // when its next day begins; 0: no message has come yet
}

// newDays has no days at all where hours is nil.
func newDays(hours *calendar.Calendar) *days {
	d := &days{regular: map[feed.SymbolID]feed.Price{}}
	if hours == nil {
		return d
	}
	for _, name := range calendar.Names() {
		if m, known := hours.Market(name); known && m != nil {
			d.markets = append(d.markets, market{name: name, hours: m})
		}
	}
	return d
}

// pass lets the recording's time pass, and returns the sessions that begin by it.
func (d *days) pass(now feed.Time, dir *feed.Directory) (sessions []feed.Tick) {
	for i := range d.markets {
		m := &d.markets[i]
		if now < m.next {
			continue
		}
		first := m.next == 0
		m.next = feed.TimeOf(m.hours.NextRoll(now.Std()))
		if first {
			continue
		}
		rolled := feed.TimeOf(m.hours.Rolled(now.Std()))
		for _, id := range slices.Sorted(maps.Keys(d.regular)) {
			if dir.Symbol(id).Market == m.name {
				sessions = append(sessions, feed.Tick{Symbol: id, Kind: feed.KindSession, Price: d.regular[id], Time: rolled, Received: now})
			}
		}
	}
	return sessions
}

func (d *days) tick(t *feed.Tick) {
	if t.Kind == feed.KindTrade && t.Flags&feed.SetsLast != 0 {
		d.regular[t.Symbol] = t.Price
	} else if _, known := d.regular[t.Symbol]; !known {
		d.regular[t.Symbol] = 0
	}
}

func (d *days) image(im *feed.Quote) {
	if im.Set&feed.FieldPrice != 0 {
		d.regular[im.Symbol] = im.Price
	}
}
