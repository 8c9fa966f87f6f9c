package sim

import "tickertape/feed/market"

// book is the top of the book. Both sides are set once the first quote is made.
type book struct {
	bid, ask         market.Price
	bidLots, askLots uint64
}

// instrument is the present state of one symbol. Its value is the price before rounding and spread.
type instrument struct {
	// static
	id     market.SymbolID
	leader int32 // whose other share class it is; -1 for none
	sector int32
	base   market.Price // value stays within a third and three times of it
	tick   market.Price
	beta   int64 // part of the market's move, in 2^-16
	own    int64 // volatility of its own factor, see perStep
	spread int64 // in ticks, when all is calm
	lot    uint64
	depth  uint64 // lots on a side of a quote, roughly

	// owned by the exchange
	book
	value         market.Price
	storm         int64        // logarithm of its own volatility, in 2^-16
	last          market.Price // of the trades that may set it; 0 before any
	previousClose market.Price
	opened        bool // had its opening trade
	halted        bool
	swept         bool // the last trade took a whole side: a quote is next
}

func newInstrument(l listing, id market.SymbolID) instrument {
	h := mix(l.weight ^ mix(uint64(l.price)) ^ mix(uint64(l.symbol[0])<<8|uint64(len(l.symbol))))
	sector := sectors[l.sector]
	in := instrument{
		id:            id,
		leader:        int32(l.leader),
		sector:        int32(l.sector),
		base:          l.price,
		tick:          tickSize(l.price),
		beta:          sector.beta * int64(80+h%41) * (1 << 16) / 10_000,
		own:           perStep(sector.own * int64(75+h>>8%76) / 100),
		value:         l.close,
		previousClose: l.close,
	}
	if l.weight < 48 { // a small company
		in.own = in.own * 3 / 2
	}
	switch { // round lots of 17 CFR 242.600(b)(93)
	case l.price <= 250*market.Scale:
		in.lot = 100
	case l.price <= 1000*market.Scale:
		in.lot = 40
	default:
		in.lot = 10
	}
	// a third of a basis point for the busiest members, seven for the quietest
	in.spread = int64(l.price/in.tick) * 42 / 10_000 / int64(root(l.weight))
	in.spread = min(max(in.spread, 1), 2000)
	in.depth = 4 + root(l.weight)/8
	if l.price < 30*market.Scale {
		in.depth *= 6
	}
	return in
}

// root is the square root, rounded down.
func root(n uint64) uint64 {
	r := uint64(1)
	for (r+1)*(r+1) <= n {
		r++
	}
	return r
}

// shift moves the value by a return, given in 2^-30.
func (in *instrument) shift(r int64) {
	v := in.value + market.Price(int64(in.value>>10)*r+1<<19)>>20
	in.value = min(max(v, in.base/3), in.base*3)
}

// quote sets a new top of the book around the value, by the random bits u, with a spread of so many times the calm one.
func (in *instrument) quote(u uint64, wide int64, t *market.Tick, now market.Time) {
	spread := in.spread * wide
	if more := u >> 8 & 15; more < 4 {
		spread += 1 + spread*int64(more)/8
	}
	in.bid = max(in.value/in.tick-market.Price(spread/2), 1) * in.tick
	in.ask = in.bid + market.Price(spread)*in.tick
	a, b, c := u>>26&0xff, u>>34&0xff, u>>16&0xff
	in.bidLots = 1 + a*b*in.depth>>15
	in.askLots = 1 + c*b*in.depth>>15
	in.swept = false
	*t = market.Tick{
		Symbol: in.id, Kind: market.KindQuote, Flags: market.BothSides,
		Bid: in.bid, BidSize: market.Units(in.bidLots * in.lot),
		Ask: in.ask, AskSize: market.Units(in.askLots * in.lot),
		Time: now, Received: now,
	}
}

// trade makes a trade at the bid or the ask, by the random bits u.
func (in *instrument) trade(u uint64, t *market.Tick, now market.Time) {
	lean := uint64(96) // of 256 are buyers, more where the value has run ahead of the quote
	if 2*in.value > in.bid+in.ask {
		lean = 160
	}
	price, lots := in.bid, in.bidLots
	if u>>8&0xff < lean {
		price, lots = in.ask, in.askLots
	}
	a, b := u>>26&0xff, u>>34&0xff
	var size uint64
	switch kind := u >> 16 & 0x3ff; {
	case kind < 440:
		size = 1 + a*b*(in.lot-1)>>16 // odd
	case kind < 780:
		size = in.lot
	case kind < 940:
		size = in.lot * (1 + a*b>>11)
	case kind < 1023:
		size = in.lot + a*b>>7 // mixed
	default:
		size = in.lot * (100 + a*b>>7) // a block
	}
	flags, conditions := market.Regular, ""
	if size < in.lot {
		flags, conditions = market.SetsVolume, oddLot
	} else {
		in.last = price
	}
	in.swept = size >= lots*in.lot
	in.print(price, size, flags, conditions, t, now)
}

// cross makes an auction: one round-lot trade at the value, within the quote, by the random bits u.
func (in *instrument) cross(u uint64, t *market.Tick, now market.Time) {
	price := (in.value + in.tick/2) / in.tick * in.tick
	in.last = min(max(price, in.bid), in.ask)
	in.opened, in.swept = true, true
	in.print(in.last, in.lot*in.depth*(4+u>>26&0xff), market.Regular, opened, t, now)
}

// Sale conditions as the consolidated tape has them.
const (
	oddLot = "I"
	opened = "O"
)

func (in *instrument) print(price market.Price, size uint64, flags market.Flags, conditions string, t *market.Tick, now market.Time) {
	*t = market.Tick{
		Symbol: in.id, Kind: market.KindTrade, Flags: flags,
		Price: price, Size: market.Units(size), Conditions: conditions,
		Time: now, Received: now,
	}
}

// jump moves the value by so many thousandths. A share class that follows a leader does not jump on its own.
func (in *instrument) jump(thousandths int64) {
	if in.leader < 0 {
		in.shift(thousandths << 30 / 1000)
	}
}

// setState changes the state of trading.
func (in *instrument) setState(state market.State, t *market.Tick, now market.Time) {
	in.halted = state == market.Halted
	*t = market.Tick{Symbol: in.id, Kind: market.KindState, State: state, Time: now, Received: now}
}

// close ends the session at the last price and begins the next.
func (in *instrument) close(t *market.Tick, now market.Time) {
	if in.last != 0 {
		in.previousClose = in.last
	}
	in.last, in.opened = 0, false
	in.beginSession(t, now)
}

// beginSession begins the session of the present previous close.
func (in *instrument) beginSession(t *market.Tick, now market.Time) {
	*t = market.Tick{Symbol: in.id, Kind: market.KindSession, Price: in.previousClose, Time: now, Received: now}
}

// image is the state of the symbol before its first trade.
func (in *instrument) image(now market.Time) market.Quote {
	return market.Quote{
		Symbol: in.id,
		Set: market.FieldBid | market.FieldBidSize | market.FieldAsk | market.FieldAskSize |
			market.FieldPreviousClose | market.FieldTime | market.FieldState,
		Bid: in.bid, BidSize: market.Units(in.bidLots * in.lot),
		Ask: in.ask, AskSize: market.Units(in.askLots * in.lot),
		PreviousClose: in.previousClose,
		Time:          now,
		State:         market.Live,
	}
}
