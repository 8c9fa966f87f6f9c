package replay

import (
	"slices"

	"tickertape/feed/calendar"
	"tickertape/feed/market"
)

// days begins the trading days of a recording that has none, raw or CSV, by the times in it: the consolidated feed begins them by
// today's clock.
type days struct {
	hours   *calendar.Calendar // static; nil: no market has days
	others  *calendar.Market   // static: whose days the symbols have that name no market; nil: they have none
	symbols []symbolDay        // in the order in which they first came
	places  map[market.SymbolID]int
	visited market.Time          // when the symbols were last visited, by the recorder's clock
	known   calendar.Adjustments // what vendors said of splits and dividends
}

// symbolDay is the trading day of one symbol.
type symbolDay struct {
	id     market.SymbolID
	market *calendar.Market // nil: it has no days
	clock  *calendar.ExchangeClock
	day    calendar.SymbolDay
}

// visitEvery is how often silent symbols are visited, by the recorder's clock.
const visitEvery = market.Time(250_000)

func newDays(hours *calendar.Calendar) *days {
	return &days{hours: hours, places: map[market.SymbolID]int{}}
}

// advance sets the recorder's clock, and calls emit with the ticks of the days that begin by it.
func (d *days) advance(now market.Time, emit func(market.Tick)) {
	if now < d.visited+visitEvery && now >= d.visited {
		return
	}
	d.visited = now
	for i := range d.symbols {
		d.begin(&d.symbols[i], now, emit)
	}
}

// begin has a day begin by the clock alone, when it shows now.
func (d *days) begin(s *symbolDay, now market.Time, emit func(market.Tick)) {
	if s.market == nil {
		return
	}
	d.turn(s, s.day.Clock(s.market, s.clock.Time(now)), now, emit)
}

// turn emits a day that has begun, and what adjusts its previous close.
func (d *days) turn(s *symbolDay, turn calendar.Turn, now market.Time, emit func(market.Tick)) {
	if turn == calendar.Goes {
		return
	}
	emit(s.day.Tick(turn, s.id, now))
	d.known.Retell(s.id, s.day.Began())
	d.tell(s, now, emit)
}

// tell calls emit with what is known of the days of a symbol that have begun, as far as it was not played.
func (d *days) tell(s *symbolDay, now market.Time, emit func(market.Tick)) {
	for _, by := range d.known.Untold(s.id, s.day.Began()) {
		emit(market.Tick{Symbol: s.id, Kind: market.KindAdjust, Time: by.Start, Conditions: by.String(), Received: now})
	}
}

// actions notes what a vendor said of splits and dividends, and calls emit with what it changes of the days that have begun.
func (d *days) actions(all *market.Actions, clock *calendar.ExchangeClock, dir *market.Directory, now market.Time, emit func(market.Tick)) {
	hours := func(id market.SymbolID) *calendar.Market { return d.symbols[d.places[id]].market }
	said := *all
	said.Symbols, said.All = nil, nil
	for _, id := range all.Symbols {
		if d.of(id, clock, dir).market != nil {
			said.Symbols = append(said.Symbols, id)
		}
	}
	for _, a := range all.All {
		if slices.Contains(said.Symbols, a.Symbol) {
			said.All = append(said.All, a)
		}
	}
	d.known.Say(0, &said, hours)
	d.known.Changed(func(id market.SymbolID) {
		if s := &d.symbols[d.places[id]]; s.day.Began() != 0 {
			d.tell(s, now, emit)
		}
	})
}

// tick notes a tick that is played, of a source with this clock, and calls emit with what comes before it.
func (d *days) tick(t *market.Tick, clock *calendar.ExchangeClock, dir *market.Directory, now market.Time, emit func(market.Tick)) {
	s := d.of(t.Symbol, clock, dir)
	if t.Kind != market.KindTrade && t.Kind != market.KindQuote {
		return
	}
	if t.Time != 0 {
		clock.Note(t.Time, now)
	}
	if t.Kind != market.KindTrade || s.market == nil {
		return
	}
	d.turn(s, s.day.Trade(s.market, t.When(), clock.Time(now)), now, emit)
}

// image notes an image that is played, and calls emit with what comes before it.
func (d *days) image(im *market.Quote, clock *calendar.ExchangeClock, dir *market.Directory, now market.Time, emit func(market.Tick)) {
	if s := d.of(im.Symbol, clock, dir); s.day.Began() == 0 {
		d.begin(s, now, emit)
	}
}

func (d *days) of(id market.SymbolID, clock *calendar.ExchangeClock, dir *market.Directory) *symbolDay {
	place, known := d.places[id]
	if !known {
		place = len(d.symbols)
		d.places[id] = place
		s := symbolDay{id: id}
		if d.hours != nil {
			s.market, _ = d.hours.Market(dir.Symbol(id).Market)
		}
		if s.market == nil {
			s.market = d.others
		}
		d.symbols = append(d.symbols, s)
	}
	s := &d.symbols[place]
	s.clock = clock
	return s
}
