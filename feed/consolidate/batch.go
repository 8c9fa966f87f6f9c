package consolidate

import "tickertape/feed/market"

// batchBuilder collects what is to be published. A batch applies its status first, then its images, ticks and corrections.
// So a status, and an image that comes after prices, begin a new batch.
type batchBuilder struct {
	publish func(market.Batch)
	batch   market.Batch
	kept    market.Status // what batch.Status points to
	prices  bool          // the batch has a tick that an image must not overtake: any but a change of state
}

func (o *batchBuilder) status(s market.Status) {
	o.flush()
	o.kept = s
	o.batch.Status = &o.kept
}

func (o *batchBuilder) image(im *market.Quote) {
	if o.prices {
		o.flush()
	}
	o.batch.Images = append(o.batch.Images, *im)
}

func (o *batchBuilder) tick(k *market.Tick) {
	o.prices = o.prices || k.Kind != market.KindState
	o.batch.Ticks = append(o.batch.Ticks, *k)
}

func (o *batchBuilder) correction(c *market.Correction) {
	o.batch.Corrections = append(o.batch.Corrections, *c)
}

// series adds what a source has of bars and trades.
func (o *batchBuilder) series(b *market.Batch, counts func(market.SymbolID) bool) {
	for i := range b.Bars {
		if counts(b.Bars[i].Symbol) {
			o.batch.Bars = append(o.batch.Bars, b.Bars[i])
		}
	}
	for i := range b.Trades {
		if counts(b.Trades[i].Symbol) {
			o.batch.Trades = append(o.batch.Trades, b.Trades[i])
		}
	}
}

// flush publishes what there is.
func (o *batchBuilder) flush() {
	b := &o.batch
	if b.Status != nil || len(b.Images)+len(b.Ticks)+len(b.Corrections) > 0 || b.HasSeries() {
		o.publish(*b)
	}
	b.Status, o.prices = nil, false
	b.Images, b.Ticks, b.Corrections = b.Images[:0], b.Ticks[:0], b.Corrections[:0]
	b.Bars, b.Trades = b.Bars[:0], b.Trades[:0]
}
