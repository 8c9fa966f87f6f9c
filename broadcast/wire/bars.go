package wire

import (
	"strconv"
	"strings"

	"tickertape/broadcast/history"
	"tickertape/feed/market"
)

// barKeys are the keys of a bar's fields, in the order of their bits.
var barKeys = [history.NumBarFields]string{"t", "o", "h", "l", "c", "v", "n", "vw", "x"}

// AppendBar appends a bar with the given fields: without prices where it has none, and one of which nothing is left as its
// start and a count of none.
func AppendBar(out []byte, b *history.Bar, f history.BarFields) []byte {
	out = append(out, '{')
	key := func(name string) {
		if out[len(out)-1] != '{' {
			out = append(out, ',')
		}
		out = append(out, '"')
		out = append(out, name...)
		out = append(out, '"', ':')
	}
	if f&history.BarTime != 0 {
		key("t")
		out = strconv.AppendInt(out, int64(b.Start)*1e6, 10)
	}
	if b.Empty() {
		key("n")
		return append(out, "0}"...)
	}
	for _, p := range [...]struct {
		field history.BarFields
		name  string
		price market.Price
	}{{history.BarOpen, "o", b.Open}, {history.BarHigh, "h", b.High}, {history.BarLow, "l", b.Low}, {history.BarClose, "c", b.Close}} {
		if f&p.field != 0 && b.Priced() {
			key(p.name)
			out = p.price.AppendTo(out)
		}
	}
	if f&history.BarVolume != 0 {
		key("v")
		out = b.Volume.AppendTo(out)
	}
	if f&history.BarCount != 0 {
		key("n")
		out = strconv.AppendUint(out, uint64(b.Count()), 10)
	}
	if f&history.BarVWAP != 0 && !b.Volume.IsZero() {
		key("vw")
		out = b.Turnover.Over(b.Volume).AppendTo(out)
	}
	if f&history.BarExtended != 0 && b.Extended() {
		key("x")
		out = append(out, "true"...)
	}
	return append(out, '}')
}

// appendTrade appends a trade of the time and sales.
func appendTrade(b []byte, p *history.NumberedTrade) []byte {
	b = append(b, `{"i":`...)
	b = strconv.AppendUint(b, p.Number, 10)
	b = append(b, `,"p":`...)
	b = p.Price.AppendTo(b)
	if !p.Size.IsZero() {
		b = append(b, `,"z":`...)
		b = p.Size.AppendTo(b)
	}
	b = append(b, `,"t":`...)
	b = strconv.AppendInt(b, int64(p.Time), 10)
	if p.Direction != 0 {
		b = append(b, `,"d":`...)
		b = strconv.AppendInt(b, int64(p.Direction), 10)
	}
	if p.Conditions != "" {
		b = append(b, `,"c":`...)
		b = AppendJSON(b, strings.Split(p.Conditions, ","))
	}
	if p.Outside() {
		b = append(b, `,"x":true`...)
	}
	switch {
	case p.Cancelled():
		b = append(b, `,"st":"cancelled"`...)
	case p.Corrected:
		b = append(b, `,"st":"corrected"`...)
	}
	return append(b, '}')
}
