package coinbase

import (
	"slices"
	"time"

	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

// The best bid and ask come from two channels. A ticker comes with each trade. Changes of the book come at most every 50 ms, with
// or without a trade, but without numbers: one that is lost does not show by itself. So each ticker is compared with the book. Where
// they do not fit together, the book is given up and asked for anew, and the tickers' quotes are shown until it has come.

const (
	// mostLevels is how many prices of a side are kept, the best ones; the vendor sends all there are.
	mostLevels = 50
	// leastLevels is how many must be left of a side that was cut off. With fewer, the best one might soon be among those that were.
	leastLevels = 5
	// bookDelay is how much later than a ticker the changes of the book may come that belong to it.
	bookDelay = 2 * market.Time(time.Second/time.Microsecond)
	// bookWrong is for how long all tickers may have a worse price than the book, one after the other.
	bookWrong = 5 * market.Time(time.Second/time.Microsecond)
)

// level is what is bid or asked at a price.
type level struct {
	price market.Price
	size  market.Quantity
}

// side is one side of a book.
type side struct {
	sign   market.Price // 1 where higher prices are better, -1 where lower ones are
	levels []level      // the best first; at most mostLevels
	cut    bool         // there were more: what is worse than edge is not kept any more, since not all of it is known
	edge   market.Price // valid where cut
	off    market.Time  // since when all tickers have had a worse price; 0: the newest had not
}

// book is what is bid and asked for one product. The zero value is none.
type book struct {
	bids, asks side
	whole      bool        // every change since its snapshot is in it
	at         market.Time // of the newest change
	ticker     market.Tick // the quote of the newest ticker; valid where quoted
	quoted     bool
}

// set sets the size at a price, or removes it where that is 0.
func (s *side) set(price market.Price, size market.Quantity) {
	i, found := slices.BinarySearchFunc(s.levels, price, func(l level, price market.Price) int {
		switch {
		case l.price == price:
			return 0
		case (l.price-price)*s.sign > 0: // better
			return -1
		}
		return 1
	})
	switch {
	case found && size.IsZero():
		s.levels = slices.Delete(s.levels, i, i+1)
	case found:
		s.levels[i].size = size
	case size.IsZero() || s.cut && (s.edge-price)*s.sign > 0:
	case len(s.levels) < mostLevels:
		s.levels = slices.Insert(s.levels, i, level{price, size})
	default:
		if i < mostLevels {
			s.levels = slices.Insert(s.levels[:mostLevels-1], i, level{price, size})
		}
		s.cut, s.edge = true, s.levels[mostLevels-1].price
	}
}

// best is the best level; the zero value where there is none.
func (s *side) best() level {
	if len(s.levels) == 0 {
		return level{}
	}
	return s.levels[0]
}

// thin reports whether a better price may be among those that were cut off.
func (s *side) thin() bool { return s.cut && len(s.levels) < leastLevels }

// compare notes a ticker's price, at an instant, and reports whether the side has been better than all tickers for too long: the
// end of a level must have been lost.
func (s *side) compare(ticker market.Price, at market.Time) (wrong bool) {
	if best := s.best().price; best == 0 || ticker != 0 && (best-ticker)*s.sign <= 0 {
		s.off = 0
		return false
	}
	if s.off == 0 {
		s.off = max(at, 1)
	}
	return at-s.off > bookWrong
}

// crossed reports whether somebody bids as much as is asked, which cannot last.
func (k *book) crossed() bool {
	bid, ask := k.bids.best().price, k.asks.best().price
	return bid != 0 && ask != 0 && bid >= ask
}

// quote is the book's best bid and ask.
func (k *book) quote(p *product, received market.Time) market.Tick {
	bid, ask := k.bids.best(), k.asks.best()
	t := market.Tick{Symbol: p.ID, Kind: market.KindQuote, Time: k.at, Received: received,
		Bid: bid.price, BidSize: bid.size, Ask: ask.price, AskSize: ask.size}
	if bid.price != 0 {
		t.Flags |= market.HasBid
	}
	if ask.price != 0 {
		t.Flags |= market.HasAsk
	}
	return t
}

// fits reports whether the book has the prices of a ticker, or can be newer.
func (k *book) fits(t *market.Tick) bool {
	bidWrong, askWrong := k.bids.compare(t.Bid, t.Time), k.asks.compare(t.Ask, t.Time)
	same := k.bids.best().price == t.Bid && k.asks.best().price == t.Ask
	return !(bidWrong || askWrong || !same && t.Time > k.at+bookDelay)
}

// replace decodes a whole book, as of an instant. With an error it is of no use.
func (k *book) replace(s *vendors.Scanner, m *fields, at market.Time) error {
	k.bids = side{sign: 1, levels: k.bids.levels[:0]}
	k.asks = side{sign: -1, levels: k.asks.levels[:0]}
	k.at = max(k.at, at)
	if err := k.bids.read(s, "bids", m.bids); err != nil {
		return err
	}
	return k.asks.read(s, "asks", m.asks)
}

// read decodes a list of prices with sizes.
func (s *side) read(scan *vendors.Scanner, key string, list vendors.Value) error {
	scan.Reset(list.Raw())
	for scan.Array(); scan.More(); {
		var price, size vendors.Value
		if scan.Row(&price, &size); scan.Err() != nil {
			break
		}
		if err := s.readLevel(key, price, size); err != nil {
			return err
		}
	}
	return scan.End()
}

// readLevel decodes one price with its size.
func (s *side) readLevel(key string, price, size vendors.Value) error {
	at, err := price.Price(key)
	if err != nil {
		return err
	}
	if at <= 0 {
		return vendors.Bad(vendors.BadNumber, "%s: %s is no price", key, at)
	}
	n, err := size.Quantity(key)
	if err == nil {
		s.set(at, n)
	}
	return err
}

// change decodes changes, as of an instant. With an error the book is of no use.
func (k *book) change(scan *vendors.Scanner, list vendors.Value, at market.Time) error {
	k.at = max(k.at, at)
	scan.Reset(list.Raw())
	for scan.Array(); scan.More(); {
		var which, price, size vendors.Value
		if scan.Row(&which, &price, &size); scan.Err() != nil {
			break
		}
		word, err := which.Bytes("changes")
		switch {
		case err != nil:
		case string(word) == "buy":
			err = k.bids.readLevel("changes", price, size)
		case string(word) == "sell":
			err = k.asks.readLevel("changes", price, size)
		default:
			err = vendors.Bad(vendors.BadValue, "changes: %.40q is not buy or sell", word)
		}
		if err != nil {
			return err
		}
	}
	return scan.End()
}

// sound reports whether its best prices can be believed.
func (k *book) sound() bool { return !k.crossed() && !k.bids.thin() && !k.asks.thin() }
