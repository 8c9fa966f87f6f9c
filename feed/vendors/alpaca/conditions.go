package alpaca

import "tickertape/feed/market"

// effect is what conditions take from a trade; the strictest of its conditions wins.
type effect uint8

const (
	noLast   effect = 1 << iota // does not set the last price
	noRange                     // neither high nor low
	noVolume                    // not even volume
	extended                    // outside the regular session
	closing                     // is of the regular session, though it is told after its end
)

// tape is which tape's rules hold: the one of NYSE, of NYSE's sisters, or that of Nasdaq.
type tape uint8

const (
	cta tape = iota // A and B
	utp             // C, and O of what is traded over the counter
)

func tapeOf(letter []byte) tape {
	if len(letter) == 1 && (letter[0] == 'A' || letter[0] == 'B') {
		return cta
	}
	return utp
}

// codes are the effects of the conditions, by tape: what the vendor's daily bars make of them
// (https://docs.alpaca.markets/docs/market-data-faq). Those that are not here take nothing away.
var codes = func() (table [2][128]effect) {
	both := func(letters string, e effect) {
		for _, c := range letters {
			table[cta][c] |= e
			table[utp][c] |= e
		}
	}
	both("CHINQRUVWM7", noLast|noRange) // cash, price variation, odd lot, next day, official open, seller, out of sequence, contingent, average, official close, QCT
	table[cta]['B'] = noLast | noRange  // average price; on the other tape a bunched trade, which is an ordinary one
	both("GPZ4", noLast)                // bunched sold, prior reference, out of sequence, derivatively priced: of the past
	both("MQ9", noVolume)               // official close, official open and corrected close: no trades
	both("T", extended)
	both("69M", closing)
	return table
}()

// effectOf is the effect of one condition.
func effectOf(t tape, code []byte) effect {
	if len(code) != 1 || code[0] >= 128 {
		return 0
	}
	return codes[t][code[0]]
}

// flags are what a trade with these effects sets.
func (e effect) flags() market.Flags {
	flags := market.Regular
	if e&extended != 0 {
		flags = market.SetsExtended | market.SetsVolume
	}
	if e&noLast != 0 {
		flags &^= market.SetsLast | market.SetsExtended
	}
	if e&noRange != 0 {
		flags &^= market.SetsHighLow
	}
	if e&noVolume != 0 {
		flags &^= market.SetsVolume
	}
	return flags
}
