package market

// day is what the trades of one session of a symbol add up to.
type day struct {
	start  Time // when it began; 0 unknown
	newest Time // of its trades and images; 0: none has come

	sums     Fields // which of volume and count are known
	volume   Quantity
	count    uint64
	turnover Turnover
	noVWAP   bool // turnover is unknown: an image gave a volume without a VWAP
	imaged   bool // an image has given volume, count or prices

	prices   Prices    // of the regular session, since the image that summed is of
	last     lastPrice // of the regular session; zero: none yet
	extended lastPrice // outside of it, while no regular one has come after it; zero: none
	summed   *summed   // what images said of the prices; nil: nothing

	ledger *ledger
}

// lastPrice is a last price: of a trade, or as an image has it.
type lastPrice struct {
	price Price
	size  Quantity // zero: unknown
	at    Time
}

// summed are the prices of a session as images gave them. Zero is unknown.
type summed struct {
	open, high, low Price
	last, extended  lastPrice
}

// untouched reports whether there was neither a trade nor an image.
func (d *day) untouched() bool {
	return !d.imaged && d.sums == 0 && !d.prices.Any() && d.extended.price == 0
}

// hasLast reports whether there is a last price of the session, or an image says that there was a trade that set one.
func (d *day) hasLast() bool {
	return d.last.price != 0 && d.last.at >= d.start || d.summed != nil && d.summed.open != 0
}

// trade adds a trade, or leaves the day as it was and says why.
func (d *day) trade(t *Tick) Reject {
	if t.Flags&SetsVolume != 0 {
		if r := d.countIn(Print{t.Price, t.Size, t.Flags}); r != Accepted {
			return r
		}
	}
	at := t.When()
	d.newest = max(d.newest, at)
	d.price(t.Price, t.Size, at, t.Flags)
	d.ledger.add(t.Price, t.Size, t.ID, at, t.Flags)
	return Accepted
}

// price adds the price of a trade.
func (d *day) price(p Price, size Quantity, at Time, f Flags) {
	if f.SetsPrice() && !f.Outside() {
		d.prices.Add(p, at, f.Ordered())
	}
	switch {
	case f&SetsLast != 0, f.SetsLastByTime() && at >= d.last.at:
		if d.last = (lastPrice{p, size, at}); f&SetsLast != 0 || at >= d.extended.at {
			d.extended = lastPrice{}
		}
	case f&SetsExtended != 0:
		d.extended = lastPrice{p, size, at}
	}
}

// countIn counts a print into volume, count and VWAP.
func (d *day) countIn(p Print) Reject {
	cost, fits := p.Size.Times(p.Price)
	volume, volumeFits := d.volume.Add(p.Size)
	turnover, turnoverFits := d.turnover.Add(cost)
	if !fits || !volumeFits || !turnoverFits {
		return RejectOverflow
	}
	d.volume, d.turnover = volume, turnover
	d.count++
	d.sums |= FieldVolume | FieldCount
	return Accepted
}

// countOut is the opposite of countIn; what was never counted cannot be taken back.
func (d *day) countOut(p Print) {
	cost, _ := p.Size.Times(p.Price)
	volume, enough := d.volume.Sub(p.Size)
	turnover, enoughTurnover := d.turnover.Sub(cost)
	if !enough || d.count == 0 || !enoughTurnover && !d.noVWAP {
		return
	}
	d.volume, d.turnover = volume, turnover
	d.count--
}

// replace puts a print in the place of one that counted, as far as volume, count and VWAP are concerned, or leaves the day as
// it was and says why.
func (d *day) replace(old, next Print) Reject {
	volume, count, turnover := d.volume, d.count, d.turnover
	if old.Flags&SetsVolume != 0 {
		d.countOut(old)
	}
	if next.Flags&SetsVolume != 0 {
		if r := d.countIn(next); r != Accepted {
			d.volume, d.count, d.turnover = volume, count, turnover
			return r
		}
	}
	return Accepted
}

// settle makes all prices anew of what images said and of the trades in the ledger.
func (d *day) settle() {
	p := d.ledger.afterImage()
	var image summed
	if d.summed != nil {
		image = *d.summed
	}
	d.prices, d.last, d.extended = p.regular, image.last, image.extended
	if p.last.price != 0 {
		d.last = p.last
	}
	if p.outside.Any() {
		d.extended = lastPrice{price: p.outside.Close, at: p.outside.Last}
	}
	if d.extended.at < d.last.at {
		d.extended = lastPrice{}
	}
}

// image takes over the sums and prices of a session that an image gives. It leaves alone what the image does not set, unless
// the image replaces all.
func (d *day) image(im *Quote) {
	switch turnover, known, _ := im.turnover(); {
	case known:
		d.turnover, d.noVWAP = turnover, false
	case im.Replaces && im.Set&FieldVolume == 0:
		d.turnover, d.noVWAP, d.volume, d.count = Turnover{}, false, Quantity{}, 0
	case im.Set&FieldVolume != 0 && im.Volume != d.volume:
		d.noVWAP = true
	}
	if im.Replaces {
		d.sums = 0
	}
	if im.Set&FieldTime != 0 {
		d.newest = max(d.newest, im.Time)
	}
	d.imaged = d.imaged || im.Set&(sessionFields|FieldPrice) != 0 || im.Replaces
	if im.Set&FieldVolume != 0 {
		d.volume = im.Volume
	}
	if im.Set&FieldCount != 0 {
		d.count = im.Count
	}
	d.sums |= im.Set & (FieldVolume | FieldCount)
	d.imagePrices(im)
}

// imagePrices takes over the prices of a session that an image gives. All trades so far count into them.
func (d *day) imagePrices(im *Quote) {
	if im.Set&(FieldOpen|FieldHigh|FieldLow|FieldPrice|FieldExtended) == 0 && !im.Replaces {
		return
	}
	s := summed{last: d.last, extended: d.extended}
	if s.open, s.high, s.low = d.ohl(); im.Replaces {
		s = summed{}
	}
	if im.Set&FieldOpen != 0 {
		s.open = im.Open
	}
	if im.Set&FieldHigh != 0 {
		s.high = im.High
	}
	if im.Set&FieldLow != 0 {
		s.low = im.Low
	}
	if im.Set&FieldPrice != 0 {
		s.last = lastPrice{price: im.Price, at: d.last.at}
		if im.Set&FieldSize != 0 {
			s.last.size = im.Size
		}
		if im.Set&FieldTime != 0 {
			s.last.at = im.Time
		}
		if im.OldPrice && d.start != 0 {
			s.last.at = d.start - 1
		}
	}
	if im.Set&FieldExtended != 0 {
		s.extended = lastPrice{price: im.Extended}
		if im.Set&FieldExtendedTime != 0 {
			s.extended.at = im.ExtendedTime
		}
	}
	if d.summed == nil {
		d.summed = &summed{}
	}
	*d.summed = s
	d.prices, d.last, d.extended = Prices{}, s.last, s.extended
	d.ledger.beginAfterImage()
}

// ohl are open, high and low; zero is unknown.
func (d *day) ohl() (open, high, low Price) {
	open, high, low = d.prices.Open, d.prices.High, d.prices.Low
	if s := d.summed; s != nil {
		if s.open != 0 {
			open = s.open
		}
		high = max(high, s.high)
		if low == 0 || s.low != 0 && s.low < low {
			low = s.low
		}
	}
	return open, high, low
}

// show sets the fields of the session in a quote.
func (d *day) show(q *Quote) {
	if q.Open, q.High, q.Low = d.ohl(); q.Open != 0 {
		q.Set |= FieldOpen
	}
	if q.High != 0 {
		q.Set |= FieldHigh
	}
	if q.Low != 0 {
		q.Set |= FieldLow
	}
	q.Set |= d.sums
	q.Volume, q.Count = d.volume, d.count
	if d.extended.price != 0 {
		q.Extended, q.ExtendedTime = d.extended.price, d.extended.at
		q.Set |= extendedFields
	}
	if d.sums&FieldVolume != 0 && !d.noVWAP && !d.volume.IsZero() {
		q.VWAP = d.turnover.Over(d.volume)
		q.Set |= FieldVWAP
	}
}
