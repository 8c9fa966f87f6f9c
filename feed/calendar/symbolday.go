package calendar

import "tickertape/feed/market"

// SymbolDay is the trading day of one symbol as one source has it. It begins with the symbol's own first trade of the day, by
// the exchange's time of that trade. Where there is none, it begins by the exchange's clock, after [Config.Grace]. The zero value
// is a symbol of which nothing has come.
type SymbolDay struct {
	from, to market.Time // to is when the next one begins; 0: none is known
	byClock  bool        // nothing was traded in it yet
}

// Began is when the day began; 0: none has.
func (d *SymbolDay) Began() market.Time { return d.from }

// Turn is what follows for the sums of a symbol.
type Turn uint8

const (
	Goes     Turn = iota // the day goes on
	Begins               // a day has begun: a tick of [market.KindRoll]
	Reopens              // the day that had begun has not yet: a tick of [market.KindReopen]
	numTurns = iota
)

// Trade notes the exchange's time of a trade, when the exchange's clock shows now. A trade of a day before changes nothing: it
// came late. But if it shows that the day had been begun too early, by a clock that was wrong, the day before goes on.
func (d *SymbolDay) Trade(m *Market, at, now market.Time) Turn {
	switch {
	case d.to == 0 || at >= d.to:
		d.begin(m, at)
		return Begins
	case at >= d.from:
		d.byClock = false
	case d.byClock && now < d.from:
		d.begin(m, at)
		return Reopens
	}
	return Goes
}

// Doubt notes that the trade by which the day has begun may have had a wrong time.
func (d *SymbolDay) Doubt() { d.byClock = true }

// Clock begins the day by the exchange's clock, which shows now.
func (d *SymbolDay) Clock(m *Market, now market.Time) Turn {
	if d.to != 0 && now < d.to+m.grace {
		return Goes
	}
	d.begin(m, now)
	d.byClock = true
	return Begins
}

// CatchUp begins the day of another source that has gone ahead, and reports whether that is a new one here.
func (d *SymbolDay) CatchUp(ahead *SymbolDay) Turn {
	if ahead.from <= d.from {
		return Goes
	}
	*d = SymbolDay{from: ahead.from, to: ahead.to, byClock: true}
	return Begins
}

func (d *SymbolDay) begin(m *Market, at market.Time) {
	d.from, d.to, d.byClock = market.TimeOf(m.Rolled(at.Std())), market.TimeOf(m.NextRoll(at.Std())), false
}

// Tick is the tick of a turn that is none of Goes, for the sums of a symbol.
func (d *SymbolDay) Tick(turn Turn, id market.SymbolID, received market.Time) market.Tick {
	kinds := [numTurns]market.Kind{Begins: market.KindRoll, Reopens: market.KindReopen}
	return market.Tick{Symbol: id, Kind: kinds[turn], Time: d.from, Received: received}
}
