package finnhub

import (
	"time"

	"tickertape/feed"
	"tickertape/feed/upstream"
)

// figures are what the vendor says of a symbol's day, as of its last trade. All are zero of a symbol that the
// vendor does not know (https://finnhub.io/docs/api/quote).
type figures struct {
	last, open, high, low, previous feed.Price
	at                              feed.Time // of the last trade, to the second; 0 unknown
}

// ahead is how far in the future a last trade may seem to be: trades that come after it are older than the one
// that is known, so that a wrong time would keep them out.
const ahead = feed.Time(time.Minute / time.Microsecond)

// readFigures reads an answer to quotePath. Prices that the vendor has computed can have more decimals than
// those that were traded.
func readFigures(body []byte, received feed.Time) (f figures, err error) {
	var scan upstream.Scanner
	read := func(key string, to *feed.Price) {
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
					err = upstream.Bad(upstream.BadTime, "%s: %s is in the future", key, v.Raw())
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
		err = upstream.Bad(upstream.BadValue, "c: the answer has no last price")
	}
	if err != nil {
		return figures{}, err
	}
	return f, nil
}

// none tells whether nothing is known.
func (f *figures) none() bool { return f.last <= 0 && f.previous <= 0 }

// image is what the figures say of the trading day that an instant belongs to. When they are of an earlier
// day, and the market has not traded since, the last price is the previous close of this one. Before the
// regular session, its open, high and low cannot be of today.
func (f *figures) image(in *instrument, now feed.Time) feed.Quote {
	q := feed.Quote{Symbol: in.id}
	set := func(field feed.Fields, to *feed.Price, p feed.Price) {
		if p > 0 {
			*to = p
			q.Set |= field
		}
	}
	switch {
	case f.at != 0 && f.at < in.rolled(now):
		set(feed.FieldPreviousClose, &q.PreviousClose, f.last)
	case in.early(f.at):
		set(feed.FieldPreviousClose, &q.PreviousClose, f.previous)
		if set(feed.FieldExtended, &q.Extended, f.last); f.last > 0 {
			q.ExtendedTime = f.at
			q.Set |= feed.FieldExtendedTime
		}
		return q
	default:
		set(feed.FieldPreviousClose, &q.PreviousClose, f.previous)
		set(feed.FieldOpen, &q.Open, f.open)
		set(feed.FieldHigh, &q.High, f.high)
		set(feed.FieldLow, &q.Low, f.low)
	}
	if set(feed.FieldPrice, &q.Price, f.last); f.last > 0 && f.at > 0 {
		q.Time = f.at
		q.Set |= feed.FieldTime
	}
	return q
}
