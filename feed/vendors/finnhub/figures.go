package finnhub

import (
	"time"

	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

// figures are what the vendor says of a symbol's day, as of its last trade. All are zero of a symbol that the
// vendor does not know (https://finnhub.io/docs/api/quote).
type figures struct {
	last, open, high, low, previous market.Price
	at                              market.Time // of the last trade, to the second; 0 unknown
	early                           error       // that it was from the future, and so is left out; nil: it was not
}

// ahead is how far in the future the time of a last trade may be. Beyond that it is wrong, and would keep out the trades
// that come after it, as older ones.
const ahead = market.Time(time.Minute / time.Microsecond)

// readFigures reads a response to quotePath. Prices that the vendor has computed can have more decimals than
// traded ones.
func readFigures(body []byte, received market.Time) (f figures, err error) {
	var scan vendors.Scanner
	read := func(key string, to *market.Price) {
		v := scan.Value()
		if v.Known() && err == nil {
			*to, err = v.Average(key)
		}
	}
	seen := false
	scan.Reset(body)
	for scan.Object(); scan.More(); {
		switch key := string(scan.Key()); key {
		case "c":
			seen = true
			read(key, &f.last)
		case "o":
			read(key, &f.open)
		case "h":
			read(key, &f.high)
		case "l":
			read(key, &f.low)
		case "pc":
			read(key, &f.previous)
		case "t":
			if v := scan.Value(); v.Known() && err == nil {
				if f.at, err = v.Unix(key, time.Second); err == nil && f.at > received+ahead {
					f.at, f.early = 0, vendors.Bad(vendors.BadTime, "%s: %s is in the future, or this machine's clock is behind", key, v.Raw())
				}
			}
		default:
			scan.Skip()
		}
	}
	if bad := scan.End(); bad != nil {
		return figures{}, bad
	}
	if err == nil && !seen {
		err = vendors.Bad(vendors.BadValue, "c: the answer has no last price")
	}
	if err != nil {
		return figures{}, err
	}
	return f, nil
}

// none reports whether the vendor knows nothing of the symbol.
func (f *figures) none() bool { return f.last <= 0 && f.previous <= 0 }

// image is what the figures say of the trading day that an instant belongs to. If they are of an earlier day, as
// when nothing was traded since, their last price is the previous close of this day. If they are from before the
// regular session, they have no open, high and low of this day.
func (f *figures) image(in *instrument, now market.Time) market.Quote {
	q := market.Quote{Symbol: in.ID}
	set := func(field market.Fields, to *market.Price, p market.Price) {
		if p > 0 {
			*to = p
			q.Set |= field
		}
	}
	switch {
	case f.at != 0 && f.at < in.rolled(now):
		set(market.FieldPreviousClose, &q.PreviousClose, f.last)
	case in.early(f.at):
		set(market.FieldPreviousClose, &q.PreviousClose, f.previous)
		if set(market.FieldExtended, &q.Extended, f.last); f.last > 0 {
			q.ExtendedTime = f.at
			q.Set |= market.FieldExtendedTime
		}
		return q
	default:
		set(market.FieldPreviousClose, &q.PreviousClose, f.previous)
		set(market.FieldOpen, &q.Open, f.open)
		set(market.FieldHigh, &q.High, f.high)
		set(market.FieldLow, &q.Low, f.low)
	}
	if set(market.FieldPrice, &q.Price, f.last); f.last > 0 && f.at > 0 {
		q.Time = f.at
		q.Set |= market.FieldTime
	}
	return q
}
