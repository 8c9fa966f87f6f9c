package binance

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"time"

	"tickertape/feed"
	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

// What is asked for over REST.
const (
	pathHours    = "/api/v3/klines"
	pathTrades   = "/api/v3/trades"
	pathProducts = "/api/v3/exchangeInfo"
)

// Response decodes the response to GET path: the hours or the newest trades of a symbol, or which symbols there are.
func (d *Decoder) Response(path string, body []byte, received market.Time, b *market.Batch) error {
	u, err := url.Parse(path)
	if err != nil {
		d.faults.Count(name, vendors.Unknown, fmt.Errorf("path: %.100q is not known", path))
		return nil
	}
	sym := d.symbols[u.Query().Get("symbol")]
	switch {
	case u.Path == pathProducts:
		_, err = d.products(body, received, b)
	case sym != nil && u.Path == pathHours:
		if d.hours == nil {
			return nil
		}
		var image market.Quote
		if image, _, err = d.today(sym, body, received); err == nil {
			b.Images = append(b.Images, image)
		}
	case sym != nil && u.Path == pathTrades:
		err = d.missed(sym, body, received, b)
	default:
		d.faults.Count(name, vendors.Unknown, fmt.Errorf("path: %.100q is not known", path))
	}
	d.note(err)
	return nil
}

// today sums up the hours since the trading day began. asOf is the instant of the vendor's clock that the sums are of.
func (d *Decoder) today(sym *symbol, body []byte, received market.Time) (q market.Quote, asOf market.Time, err error) {
	asOf = d.skew.Sent(received)
	sum := vendors.NewDaySum(sym.ID, market.TimeOf(d.hours.Rolled(asOf.Std())))
	d.scan.Reset(body)
	for d.scan.Array(); d.scan.More(); {
		h, err := readHour(&d.scan)
		if err == nil && d.scan.Err() == nil {
			err = sum.Add(&h)
		}
		if err != nil {
			return q, 0, err
		}
	}
	if err := d.scan.End(); err != nil {
		return q, 0, err
	}
	if q, err = sum.Image(true); err != nil {
		return q, 0, err
	}
	sym.Known, sym.AsOf = true, asOf
	return q, asOf, nil
}

// readHour reads an array of start, open, high, low, close, volume, end, turnover, trades and more.
func readHour(s *vendors.Scanner) (h vendors.Candle, err error) {
	var start, open, high, low, closing, volume, turnover, trades vendors.Value
	s.Row(&start, &open, &high, &low, &closing, &volume, nil, &turnover, &trades)
	if s.Err() != nil {
		return h, nil
	}
	if h.Start, err = start.UnixAny("open time"); err != nil {
		return h, err
	}
	if err := h.ReadPrices(open, high, low, closing); err != nil {
		return h, err
	}
	if h.Volume, err = volume.Quantity("volume"); err != nil {
		return h, err
	}
	cost, err := turnover.Quantity("quote asset volume")
	if err != nil {
		return h, err
	}
	var fits bool
	if h.Cost, fits = cost.Times(market.Scale); !fits {
		return h, vendors.Bad(vendors.BadNumber, "quote asset volume: %s is more than can be", cost)
	}
	h.Trades, err = trades.Uint("number of trades")
	h.Empty = h.Trades == 0
	return h, err
}

// arrival is how long a trade may be on its way over the stream.
const arrival = 2 * market.Time(time.Second/time.Microsecond)

// missed decodes a symbol's newest trades, and adds those to b that should have come and did not. If the stream has
// had no trade of the symbol yet, it begins with the newest one, unless the stream may still send that.
func (d *Decoder) missed(sym *symbol, body []byte, received market.Time, b *market.Batch) error {
	var trades []vendors.Trade
	d.scan.Reset(body)
	for d.scan.Array(); d.scan.More(); {
		t, err := readTrade(&d.scan)
		if err != nil {
			return err
		}
		trades = append(trades, t)
	}
	if err := d.scan.End(); err != nil {
		return err
	}
	slices.SortFunc(trades, func(a, b vendors.Trade) int { return cmp.Compare(a.ID, b.ID) })
	if n := len(trades); n > 0 && sym.Trades.Newest() == 0 {
		if sym.awaited = trades[n-1].At >= d.skew.Sent(received)-arrival; !sym.awaited {
			d.note(sym.begin(&trades[n-1], received, b))
		}
	}
	for i := range trades {
		t := &trades[i]
		if t.ID > sym.Trades.Newest() && t.At < d.skew.Sent(received)-arrival {
			lost, err := sym.Expect(t.ID, t.At)
			d.note(err)
			b.Lost += lost
		}
		if sym.Trades.Found(t.ID) {
			sym.Publish(t, feed.Late, received, b)
		}
	}
	return nil
}

// begin publishes a trade as the last price so far. It counts as a trade only if it is later than the day's figures: otherwise
// nothing says which day's sums include it.
func (sym *symbol) begin(t *vendors.Trade, received market.Time, b *market.Batch) error {
	if t.Price <= 0 {
		return nil
	}
	if sym.Known && t.At > sym.AsOf {
		_, _, err := sym.Place(t)
		sym.Publish(t, feed.Late, received, b)
		return err
	}
	return sym.Begin(t, b)
}

// readTrade reads one trade as REST has it.
func readTrade(s *vendors.Scanner) (t vendors.Trade, err error) {
	var id, price, size, at vendors.Value
	for s.Object(); s.More(); {
		switch string(s.Key()) {
		case "id":
			id = s.Value()
		case "price":
			price = s.Value()
		case "qty":
			size = s.Value()
		case "time":
			at = s.Value()
		default:
			s.Skip()
		}
	}
	if s.Err() != nil {
		return t, nil
	}
	if t.ID, err = id.Uint("id"); err != nil {
		return t, err
	}
	if t.Price, err = price.Price("price"); err != nil {
		return t, err
	}
	if t.Size, err = size.Quantity("qty"); err != nil {
		return t, err
	}
	t.At, err = at.UnixAny("time")
	return t, err
}

// products decodes which symbols there are, in which steps their prices move, and whether they trade. It returns
// the followed symbols that are among them.
func (d *Decoder) products(body []byte, received market.Time, b *market.Batch) (there []*symbol, err error) {
	listed := false
	d.scan.Reset(body)
	for d.scan.Object(); d.scan.More(); {
		if string(d.scan.Key()) != "symbols" {
			d.scan.Skip()
			continue
		}
		listed = true
		for d.scan.Array(); d.scan.More(); {
			p, err := d.readProduct(&d.scan)
			d.note(err)
			if sym := d.symbols[p.name]; sym != nil && d.scan.Err() == nil {
				there = append(there, sym)
				d.state(sym, &p, received, b)
			}
		}
	}
	if err := d.scan.End(); err != nil {
		return nil, err
	}
	if !listed {
		return nil, vendors.Bad(vendors.NoJSON, "symbols: the answer has no list of them")
	}
	return there, nil
}

// product is what the vendor says of a symbol.
type product struct {
	name, status, currency string
	decimals               int  // of its prices; 0: unknown
	rounded                bool // they have more than are kept
}

// readProduct reads one product. With an error, what could be read of it still holds.
func (d *Decoder) readProduct(s *vendors.Scanner) (p product, err error) {
	var symbol, status, currency, filters vendors.Value
	for s.Object(); s.More(); {
		switch string(s.Key()) {
		case "symbol":
			symbol = s.Value()
		case "status":
			status = s.Value()
		case "quoteAsset":
			currency = s.Value()
		case "filters":
			filters = s.Value()
		default:
			s.Skip()
		}
	}
	if s.Err() != nil {
		return p, nil
	}
	if p.name, err = symbol.String("symbol"); err != nil {
		return p, err
	}
	if p.status, err = status.String("status"); err != nil {
		return p, err
	}
	if currency.Known() {
		text, err := currency.String("quoteAsset")
		if err == nil && check(text) != nil {
			err = vendors.Bad(vendors.BadValue, "quoteAsset: %.40q is no currency", text)
		}
		if err != nil {
			return p, err
		}
		p.currency = text
	}
	if !filters.Known() {
		return p, nil
	}
	d.items.Reset(filters.Raw())
	for d.items.Array(); d.items.More(); {
		for d.items.Object(); d.items.More(); {
			if string(d.items.Key()) == "tickSize" {
				if p.decimals, p.rounded, err = d.items.Value().Step("tickSize"); err != nil {
					return p, err
				}
			} else {
				d.items.Skip()
			}
		}
	}
	return p, d.items.End()
}

// state publishes the state of a symbol, and its decimals and currency, where they have changed.
func (d *Decoder) state(sym *symbol, p *product, received market.Time, b *market.Batch) {
	n := max(sym.decimals, p.decimals)
	if n != sym.decimals || p.currency != sym.currency || p.rounded && !sym.rounded {
		sym.decimals, sym.currency, sym.rounded = n, p.currency, p.rounded
		_, err := d.dir.Add(market.Symbol{Symbol: sym.Symbol, Currency: p.currency, Decimals: n, Rounded: p.rounded})
		d.note(err)
	}
	if p.status == "" {
		return
	}
	state := market.Live
	if p.status != "TRADING" {
		state = market.Halted
	}
	sym.SetState(state, 0, received, b)
}
