package kraken

import (
	"fmt"

	"tickertape/feed/market"
	"tickertape/feed/vendors"
)

// instruments decodes whether pairs trade, and how many decimals their prices have. The vendor sends all pairs that it has.
func (d *Decoder) instruments(m *message, received market.Time, b *market.Batch) {
	var pairs vendors.Value
	d.items.Reset(m.data.Raw())
	for d.items.Object(); d.items.More(); {
		if string(d.items.Key()) == "pairs" {
			pairs = d.items.Value()
		} else {
			d.items.Skip()
		}
	}
	if err := d.items.End(); err != nil {
		d.note(err)
		return
	}
	if !pairs.Known() {
		return // it is about coins
	}
	d.each(pairs, func(f *fields) error {
		text, err := f.symbol.Bytes("symbol")
		if err != nil {
			return err
		}
		p := d.pairs[string(text)]
		if p == nil {
			return nil
		}
		if f.precision.Known() {
			n, err := f.precision.Uint("price_precision")
			if err != nil {
				return err
			}
			if decimals := int(min(n, mostDecimals)); decimals > p.decimals {
				p.decimals = decimals
				if _, err := d.dir.Add(market.Symbol{Symbol: p.Symbol, Decimals: decimals}); err != nil {
					return err
				}
			}
		}
		word, err := f.status.Bytes("status")
		if err != nil {
			return err
		}
		state, known := pairStates[string(word)]
		if !known {
			return vendors.Bad(vendors.Unknown, "status: %.40q of %s is not known", word, p.Symbol)
		}
		p.SetState(state, 0, received, b)
		return nil
	})
}

// mostDecimals is the most decimals that a price can have.
const mostDecimals = 9

// pairStates is what a pair's status means for its prices: where orders are limited in kind, it trades; where
// they are only accepted, or only cancelled, it does not.
var pairStates = map[string]market.State{
	"online": market.Live, "limit_only": market.Live, "reduce_only": market.Live,
	"cancel_only": market.Halted, "post_only": market.Halted, "maintenance": market.Halted, "work_in_progress": market.Halted,
	"delisted": market.Down,
}

// exchange decodes whether the exchange as a whole trades.
func (d *Decoder) exchange(f *fields, b *market.Batch) error {
	word, err := f.system.String("system")
	if err != nil {
		return err
	}
	why := ""
	switch word {
	case "online":
	case "cancel_only", "maintenance", "post_only":
		why = fmt.Sprintf("%s says that it is in %s", name, word)
	default:
		return vendors.Bad(vendors.Unknown, "system: %.40q is not known", word)
	}
	b.Pulse = true
	if why == d.system {
		return nil
	}
	d.system = why
	d.status = market.Status{State: market.Live}
	if why != "" {
		d.status = market.Status{State: market.Halted, Message: why}
	}
	b.Status = &d.status
	return nil
}
