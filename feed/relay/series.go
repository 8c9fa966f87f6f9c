package relay

import (
	"strings"
	"time"

	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

const (
	// mostBars is the most bars of a symbol and interval that a server can keep, and mostTrades the most trades of one message.
	mostBars   = 100_000
	mostTrades = 200
)

// seriesMessage is a message about bars or trades, or one that goes with them.
type seriesMessage struct {
	kind, id, epoch, heartbeat, relays, unknown vendors.Value
	symbol, interval, reset, more, bars, trades vendors.Value
	position, code, text, awaits                vendors.Value
}

// read decodes the message's keys.
func (m *seriesMessage) read(scan *vendors.Scanner, text []byte) error {
	*m = seriesMessage{}
	scan.Reset(text)
	scan.Fields(func(key []byte) *vendors.Value {
		switch string(key) {
		case "type":
			return &m.kind
		case "id":
			return &m.id
		case "epoch":
			return &m.epoch
		case "heartbeat_ms":
			return &m.heartbeat
		case "relays":
			return &m.relays
		case "awaits":
			return &m.awaits
		case "unknown":
			return &m.unknown
		case "symbol":
			return &m.symbol
		case "interval":
			return &m.interval
		case "reset":
			return &m.reset
		case "more":
			return &m.more
		case "bars":
			return &m.bars
		case "trades":
			return &m.trades
		case "position":
			return &m.position
		case "code":
			return &m.code
		case "message":
			return &m.text
		}
		return nil
	})
	return scan.End()
}

// flag is a value that is left out where it is false.
func flag(key string, v vendors.Value) (bool, error) {
	if !v.Known() {
		return false, nil
	}
	return v.Bool(key)
}

// seriesReader reads bars and trades.
type seriesReader struct {
	scan       vendors.Scanner
	list       vendors.Scanner
	conditions market.Conditions
	joined     []byte // scratch
}

// appendBars reads a list of bars behind those that are there. An error names the key and the value; then nothing of the list
// can be used.
func (r *seriesReader) appendBars(all []market.Bar, list vendors.Value) ([]market.Bar, error) {
	r.scan.Reset(list.Raw())
	for r.scan.Array(); r.scan.More(); {
		var b market.Bar
		bad := r.bar(&b)
		if r.scan.Err() != nil {
			break
		}
		if bad == nil {
			bad = b.Check()
		}
		switch n := len(all); {
		case bad != nil:
			return nil, vendors.Bad(vendors.BadNumber, "bars[%d]: %w", n, bad)
		case n == mostBars:
			return nil, vendors.Bad(vendors.BadValue, "bars: there are more than %d", mostBars)
		case n > 0 && b.Start <= all[n-1].Start:
			return nil, vendors.Bad(vendors.BadTime, "bars[%d]: t: %d is not after %d, of the bar before", n, b.Start, all[n-1].Start)
		}
		all = append(all, b)
	}
	return all, r.scan.End()
}

// bar reads the bar that comes next.
func (r *seriesReader) bar(b *market.Bar) (bad error) {
	for r.scan.Object(); r.scan.More(); {
		key := string(r.scan.Key())
		v := r.scan.Value()
		var err error
		switch key {
		case "t":
			b.Start, err = v.Unix(key, time.Microsecond)
		case "o":
			b.Open, err = price(key, v)
		case "h":
			b.High, err = price(key, v)
		case "l":
			b.Low, err = price(key, v)
		case "c":
			b.Close, err = price(key, v)
		case "v":
			b.Volume, err = v.Quantity(key)
		case "vw":
			b.VWAP, err = price(key, v)
		case "n":
			var n uint64
			if n, err = v.Uint(key); n > market.MostBarTrades {
				err = vendors.Bad(vendors.BadNumber, "n: %d is more than %d", n, market.MostBarTrades)
			}
			b.Count = uint32(n)
		case "x":
			b.Outside, err = v.Bool(key)
		}
		if bad == nil {
			bad = err
		}
	}
	return bad
}

// trades reads a list of trades. An error names the key and the value; then nothing of the list can be used.
func (r *seriesReader) trades(list vendors.Value) (all []market.NumberedTrade, err error) {
	r.scan.Reset(list.Raw())
	for r.scan.Array(); r.scan.More(); {
		var t market.NumberedTrade
		bad := r.trade(&t)
		if r.scan.Err() != nil {
			break
		}
		if bad == nil {
			bad = t.Check()
		}
		switch n := len(all); {
		case bad != nil:
			return nil, vendors.Bad(vendors.BadNumber, "trades[%d]: %w", n, bad)
		case n == mostTrades:
			return nil, vendors.Bad(vendors.BadValue, "trades: there are more than %d", mostTrades)
		case n > 0 && t.Number <= all[n-1].Number:
			return nil, vendors.Bad(vendors.BadNumber, "trades[%d]: i: %d is not above %d, of the trade before", n, t.Number, all[n-1].Number)
		}
		all = append(all, t)
	}
	return all, r.scan.End()
}

// trade reads the trade that comes next.
func (r *seriesReader) trade(t *market.NumberedTrade) (bad error) {
	for r.scan.Object(); r.scan.More(); {
		key := string(r.scan.Key())
		v := r.scan.Value()
		var err error
		switch key {
		case "i":
			t.Number, err = v.Uint(key)
		case "p":
			t.Price, err = price(key, v)
		case "z":
			t.Size, err = v.Quantity(key)
		case "t":
			t.Time, err = v.Unix(key, time.Microsecond)
		case "d":
			switch string(v.Raw()) {
			case "1":
				t.Direction = 1
			case "-1":
				t.Direction = -1
			default:
				err = vendors.Bad(vendors.BadValue, "d: %.20s is neither 1 nor -1", v.Raw())
			}
		case "c":
			t.Conditions, err = r.conditionsOf(v)
		case "x":
			t.Outside, err = v.Bool(key)
		case "st":
			var word string
			switch word, err = v.String(key); {
			case err != nil:
			case word == "corrected":
				t.Corrected = true
			case word == "cancelled":
				t.Cancelled = true
			default:
				err = vendors.Bad(vendors.BadValue, `st: %.20q is neither "corrected" nor "cancelled"`, word)
			}
		}
		if bad == nil {
			bad = err
		}
	}
	return bad
}

// mostConditions is the most bytes that the sale conditions of a trade have together.
const mostConditions = 200

// conditionsOf reads a list of sale conditions.
func (r *seriesReader) conditionsOf(v vendors.Value) (string, error) {
	r.joined = r.joined[:0]
	r.list.Reset(v.Raw())
	first := true
	for r.list.Array(); r.list.More(); first = false {
		word, err := r.list.Value().String("c")
		if err != nil {
			return "", err
		}
		if strings.Contains(word, ",") || len(r.joined)+len(word) > mostConditions {
			return "", vendors.Bad(vendors.BadValue, "c: %.60q has a comma, or is one of more than %d bytes", word, mostConditions)
		}
		if !first {
			r.joined = append(r.joined, ',')
		}
		r.joined = append(r.joined, word...)
	}
	return r.conditions.Joined(r.joined), r.list.End()
}
