package market

import "slices"

// Ledgers bounds what the ledgers of all symbols keep. Once it is full, each new trade has the oldest ones forgotten, whichever
// symbol they are of. One goroutine at a time uses it and its ledgers.
type Ledgers struct {
	limit  int      // static: the most room, in trades
	kept   int      // trades
	used   int      // room: of the trades, and of their chunks
	chunks []*chunk // in order of their beginning, from head on; some are empty, because their session is over
	head   int
	empty  int      // how many of them
	spare  []*chunk // were forgotten; the next ones take their memory
}

// NewLedgers keeps up to limit trades, at some 40 bytes each; fewer where they are of many symbols with few trades.
func NewLedgers(limit int) *Ledgers { return &Ledgers{limit: limit} }

// Kept is how many trades are kept.
func (p *Ledgers) Kept() int { return p.kept }

const (
	// chunkTrades is how many trades one chunk holds at most.
	chunkTrades = 256
	// chunkRoom is as how many trades a chunk counts beside those that it holds.
	chunkRoom = 8
)

// mostSpare is how many forgotten chunks keep their memory for the next ones, at most.
const mostSpare = 64

// chunk is some trades of one ledger, in the order of their coming.
type chunk struct {
	ledger *ledger
	trades []ledgerTrade
	base   Time // what the times of its trades are counted from

	// of all its trades
	from, to        Time
	leastID, mostID uint64
	prices
}

// prices are those of some trades of a session.
type prices struct {
	regular, outside Prices
	last             lastPrice // of the regular session; zero: none
}

// add adds a trade that came after those before.
func (p *prices) add(price Price, size Quantity, at Time, f Flags) {
	if f.SetsPrice() {
		of := &p.regular
		if f.Outside() {
			of = &p.outside
		}
		of.Add(price, at, f.Ordered())
	}
	if f.SetsLastByTime() && at >= p.last.at {
		p.last = lastPrice{price, size, at}
	}
}

// join adds those of trades that came after those before.
func (p *prices) join(o *prices) {
	p.regular.Join(&o.regular)
	p.outside.Join(&o.outside)
	if o.last.price != 0 && o.last.at >= p.last.at {
		p.last = o.last
	}
}

// ledgerTrade is a trade in 32 bytes.
type ledgerTrade struct {
	price  Price
	amount uint64 // the size is this, times ten to the power of exponent
	id     uint64
	packed uint64 // the time since the chunk's base (48 bits, signed), exponent and flags (8 bits each)
}

const (
	mostExponent = 19  // ten to the power of this fits 64 bits
	sizeUnknown  = 255 // an exponent: the size has too many digits
)

func packTrade(price Price, size Quantity, id uint64, since Time, flags Flags) ledgerTrade {
	exponent := uint64(0)
	for size.hi != 0 && exponent < mostExponent {
		tenth, ok := size.tenth()
		if !ok {
			break
		}
		size = tenth
		exponent++
	}
	if size.hi != 0 {
		size, exponent = Quantity{}, sizeUnknown
	}
	return ledgerTrade{price, size.lo, id, uint64(since)<<16 | exponent<<8 | uint64(flags)}
}

func (t *ledgerTrade) flags() Flags { return Flags(t.packed) }
func (t *ledgerTrade) since() Time  { return Time(int64(t.packed) >> 16) }

// size returns false where it has too many digits to be kept.
func (t *ledgerTrade) size() (Quantity, bool) {
	exponent := t.packed >> 8 & 0xff
	if exponent == sizeUnknown {
		return Quantity{}, false
	}
	q := Quantity{lo: t.amount}
	for range exponent {
		q = q.Scaled(10)
	}
	return q, true
}

// mostSince is how far from its chunk's base a trade can be, in microseconds: some four years.
const mostSince = Time(1) << 46

// sum adds a trade to what the chunk has of all.
func (c *chunk) sum(t *ledgerTrade) {
	at, f := c.base+t.since(), t.flags()
	if c.to == 0 {
		c.from, c.to, c.leastID, c.mostID = at, at, t.id, t.id
	}
	c.from, c.to = min(c.from, at), max(c.to, at)
	c.leastID, c.mostID = min(c.leastID, t.id), max(c.mostID, t.id)
	size, _ := t.size()
	c.add(t.price, size, at, f)
}

// mend puts a trade in the place of another, and sums up all of them anew.
func (c *chunk) mend(i int, t ledgerTrade) {
	c.trades[i] = t
	c.from, c.to, c.leastID, c.mostID, c.prices = 0, 0, 0, 0, prices{}
	for j := range c.trades {
		c.sum(&c.trades[j])
	}
}

// ledger is the trades of one symbol's session, kept so that they can be corrected. A nil ledger keeps none.
type ledger struct {
	pool   *Ledgers // static
	chunks []*chunk

	// those that were forgotten
	forgotten bool
	from, to  Time
	prices    prices // since the newest image of the session's prices
	older     int    // chunks

	imaged int // how many chunks, from the first one ever, came before that image
}

func (p *Ledgers) ledger() *ledger {
	if p == nil {
		return nil
	}
	return &ledger{pool: p}
}

// add adds a trade.
func (l *ledger) add(price Price, size Quantity, id uint64, at Time, flags Flags) {
	if l == nil {
		return
	}
	c := l.newest()
	if c == nil || len(c.trades) == chunkTrades || at-c.base > mostSince || c.base-at > mostSince {
		c = l.pool.begin()
		c.ledger, c.base = l, at
		l.chunks = append(l.chunks, c)
	}
	c.trades = append(c.trades, packTrade(price, size, id, at-c.base, flags))
	c.sum(&c.trades[len(c.trades)-1])
	l.pool.kept++
	l.pool.used++
	for l.pool.used > l.pool.limit && l.pool.forgetOldest() {
	}
}

// newest is the chunk that the next trade belongs to; nil where it begins one.
func (l *ledger) newest() *chunk {
	if n := len(l.chunks); n > 0 && l.older+n > l.imaged {
		return l.chunks[n-1]
	}
	return nil
}

// begin returns a new chunk. It leaves out those that are empty where they are more than the others.
func (p *Ledgers) begin() *chunk {
	if p.empty > 64 && 2*p.empty > len(p.chunks)-p.head {
		p.chunks = slices.DeleteFunc(p.chunks[p.head:], func(c *chunk) bool { return c.ledger == nil })
		p.head, p.empty = 0, 0
	}
	var c *chunk
	if n := len(p.spare); n > 0 {
		c, p.spare = p.spare[n-1], p.spare[:n-1]
	} else {
		c = &chunk{}
	}
	p.chunks = append(p.chunks, c)
	p.used += chunkRoom
	return c
}

// release gives back the room of a chunk.
func (p *Ledgers) release(c *chunk) {
	p.kept -= len(c.trades)
	p.used -= len(c.trades) + chunkRoom
}

// forgetOldest forgets the oldest chunk of a ledger, and reports whether there was one.
func (p *Ledgers) forgetOldest() (any bool) {
	for p.head < len(p.chunks) {
		c := p.chunks[p.head]
		p.chunks[p.head] = nil
		p.head++
		if c.ledger == nil {
			p.empty--
			continue
		}
		p.release(c)
		c.ledger.forget(c)
		*c = chunk{trades: c.trades[:0]}
		if len(p.spare) < mostSpare {
			p.spare = append(p.spare, c)
		}
		any = true
		break
	}
	if p.head > len(p.chunks)/2 {
		p.chunks, p.head = slices.Delete(p.chunks, 0, p.head), 0
	}
	return any
}

// forget forgets a chunk, but not what its trades were together.
func (l *ledger) forget(c *chunk) {
	if !l.forgotten {
		l.forgotten, l.from, l.to = true, c.from, c.to
	}
	l.from, l.to = min(l.from, c.from), max(l.to, c.to)
	if l.older >= l.imaged {
		l.prices.join(&c.prices)
	}
	l.older++
	i := slices.Index(l.chunks, c) // mostly the first
	l.chunks = slices.Delete(l.chunks, i, i+1)
}

// addForgotten adds the price that a trade has by a correction, though the trade itself is not kept.
func (l *ledger) addForgotten(p Price, at Time) {
	if l != nil {
		l.prices.regular.Add(p, at, false)
	}
}

// newestTime is the newest time of all trades, those included that are forgotten; 0 where there are none.
func (l *ledger) newestTime() Time {
	if l == nil {
		return 0
	}
	newest := l.to
	for _, c := range l.chunks {
		newest = max(newest, c.to)
	}
	return newest
}

// joined is l with the trades of another ledger, which is used no more. l may be nil.
func (l *ledger) joined(o *ledger) *ledger {
	if l == nil || o == nil {
		return o
	}
	for _, c := range o.chunks {
		c.ledger = l
	}
	l.chunks = append(l.chunks, o.chunks...)
	if o.forgotten && !l.forgotten {
		l.forgotten, l.from, l.to = true, o.from, o.to
	} else if o.forgotten {
		l.from, l.to = min(l.from, o.from), max(l.to, o.to)
	}
	return l
}

// clear forgets everything.
func (l *ledger) clear() {
	if l == nil {
		return
	}
	for _, c := range l.chunks {
		l.pool.release(c)
		l.pool.empty++
		c.ledger, c.trades = nil, nil
	}
	l.chunks = nil
}

// beginAfterImage has all trades so far count into an image of the session's prices.
func (l *ledger) beginAfterImage() {
	if l == nil {
		return
	}
	l.imaged = l.older + len(l.chunks)
	l.prices = prices{}
}

// afterImage are the prices of the trades since the image, or of all where there was none.
func (l *ledger) afterImage() prices {
	p := l.prices
	for i := max(l.imaged-l.older, 0); i < len(l.chunks); i++ {
		p.join(&l.chunks[i].prices)
	}
	return p
}

// between adds the prices of the trades from from on and before to. It returns false where some of these are forgotten.
func (l *ledger) between(from, to Time, into *prices) bool {
	if l.forgotten && l.from < to && l.to >= from {
		return false
	}
	for _, c := range l.chunks {
		switch {
		case c.to < from || c.from >= to:
		case c.from >= from && c.to < to:
			into.join(&c.prices)
		default:
			some := chunk{base: c.base}
			for i := range c.trades {
				if at := c.base + c.trades[i].since(); at >= from && at < to {
					some.sum(&c.trades[i])
				}
			}
			into.join(&some.prices)
		}
	}
	return true
}

// find is the place of the trade that a correction is about; nil where it is not kept. Where like is true, the trade counts and
// is as the correction says that it was; else its ID is enough.
func (l *ledger) find(k *Correction, like bool) (*chunk, int) {
	if l == nil || k.ID == 0 && !like {
		return nil, 0
	}
	for i := len(l.chunks) - 1; i >= 0; i-- {
		c := l.chunks[i]
		if k.ID < c.leastID || k.ID > c.mostID || like && k.Traded != 0 && (k.Traded < c.from || k.Traded > c.to) {
			continue
		}
		for j := len(c.trades) - 1; j >= 0; j-- {
			t := &c.trades[j]
			if t.id == k.ID && (!like || t.isPrint(&k.Old) && (k.Traded == 0 || k.Traded == c.base+t.since())) {
				return c, j
			}
		}
	}
	return nil, 0
}

// isPrint reports whether the trade counts and is as a print has it.
func (t *ledgerTrade) isPrint(p *Print) bool {
	size, known := t.size()
	return t.flags() != 0 && t.price == p.Price && (!known || size == p.Size)
}
