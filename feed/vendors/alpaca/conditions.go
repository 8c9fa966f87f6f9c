package alpaca

import "tickertape/feed/vendors"

// tape says whose rules for sale conditions hold: those of NYSE and its sister exchanges, or those of Nasdaq.
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
var codes = func() (table [2][128]vendors.Effect) {
	both := func(letters string, e vendors.Effect) {
		for _, c := range letters {
			table[cta][c] |= e
			table[utp][c] |= e
		}
	}
	// cash, price variation, odd lot, next day, official open, seller, out of sequence, contingent, average, official close, QCT
	both("CHINQRUVWM7", vendors.NoLast|vendors.NoRange)
	table[cta]['B'] = vendors.NoLast | vendors.NoRange // average price; on the other tape a bunched trade, which is an ordinary one
	both("GPZ4", vendors.OnlyFirst)                    // bunched sold, prior reference, out of sequence, derivatively priced: of the past
	both("MQ9", vendors.NoVolume)                      // official close, official open and corrected close: no trades
	both("T", vendors.Extended)
	both("69M", vendors.Closing)
	return table
}()

// effectOf is the effect of one condition.
func effectOf(t tape, code []byte) vendors.Effect {
	if len(code) != 1 || code[0] >= 128 {
		return 0
	}
	return codes[t][code[0]]
}
