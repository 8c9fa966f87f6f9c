package replay

import (
	"maps"
	"slices"

	"tickertape/feed/calendar"
	"tickertape/feed/market"
)

// days begins the trading days of a raw recording by the times in it: vendors do not send them, and the consolidated feed
// begins them by today's clock.
type days struct {
	markets []marketDay
	regular map[market.SymbolID]market.Price // the session's last price, 0 unknown, of all symbols so far
}

// marketDay is a market and when its next trading day begins.
type marketDay struct {
	name  string
	hours *calendar.Market
	next  market.Time // when its next day begins; 0: there was no message yet
}

// newDays makes the days of all markets; of none where hours is nil.
func newDays(hours *calendar.Calendar) *days {
	d := &days{regular: map[market.SymbolID]market.Price{}}
	if hours == nil {
		return d
	}
	for _, name := range calendar.Names() {
		if m, known := hours.Market(name); known && m != nil {
			d.markets = append(d.markets, marketDay{name: name, hours: m})
		}
	}
	return d
}

// advance sets the time of the recording, and returns the sessions that begin by then.
func (d *days) advance(now market.Time, dir *market.Directory) (sessions []market.Tick) {
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

// tick notes a tick that is played.
func (d *days) tick(t *market.Tick) {
	if t.Kind == market.KindTrade && t.Flags&market.SetsLast != 0 {
		d.regular[t.Symbol] = t.Price
	} else if _, known := d.regular[t.Symbol]; !known {
		d.regular[t.Symbol] = 0
	}
}

// image notes an image that is played.
func (d *days) image(im *market.Quote) {
	if im.Set&market.FieldPrice != 0 {
		d.regular[im.Symbol] = im.Price
	}
}
