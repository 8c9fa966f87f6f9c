package market

import (
	"testing"

	"pgregory.net/rapid"
)

// What a ledger keeps is what was put into it, up to sizes that have too many digits.
func TestLedgerKeepsTradesExactly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		price := Price(rapid.Int64Min(1).Draw(t, "price"))
		size := Quantity{rapid.Uint64().Draw(t, "hi"), rapid.Uint64().Draw(t, "lo")}
		since := Time(rapid.Int64Range(-int64(mostSince), int64(mostSince)).Draw(t, "since"))
		flags := Flags(rapid.Uint8().Draw(t, "flags"))
		k := packTrade(price, size, 7, since, flags)
		got, known := k.size()
		if k.price != price || k.since() != since || k.flags() != flags || known && got != size || !known && size.hi == 0 {
			t.Fatalf("%v × %v at %v with %v became %v × %v, %t, at %v with %v",
				price, size, since, flags, k.price, got, known, k.since(), k.flags())
		}
	})
	for text, known := range map[string]bool{
		"18446744073.709551615": true, "98765432100000000000": true, "98765432101234567890.123456789": false,
	} {
		size, err := ParseQuantity(text)
		if err != nil {
			t.Fatal(err)
		}
		k := packTrade(1, size, 0, 0, 0)
		if got, ok := k.size(); ok != known || ok && got != size {
			t.Errorf("a size of %s became %v, %t", text, got, ok)
		}
	}
}

// A full ledger forgets the oldest trades of all symbols, and corrections go on to mend sums.
func TestFullLedgerForgetsTheOldestTrades(t *testing.T) {
	const limit, symbols, each = 2000, 5, 3000
	ledgers := NewLedgers(limit)
	tallies := make([]Tally, symbols)
	for i := range tallies {
		tallies[i] = NewTally(SymbolID(i), 0, ledgers)
	}
	for i := range each {
		for s := range tallies {
			k := Tick{Flags: Regular, Price: Price(100 + i%50), Size: Units(1), ID: uint64(i + 1), Time: Time(i + 1)}
			if r := tallies[s].Apply(&k); r != Accepted {
				t.Fatal(r)
			}
		}
		if ledgers.Kept() > limit {
			t.Fatalf("%d trades are kept, want %d at most", ledgers.Kept(), limit)
		}
	}
	if ledgers.Kept() < limit-symbols*chunkTrades {
		t.Errorf("only %d trades are kept of %d that may be", ledgers.Kept(), limit)
	}
	y := &tallies[3]
	if _, _, complete := y.Between(1, 50); complete {
		t.Error("trades that are forgotten are said to be known")
	}
	if p, _, complete := y.Between(each-10, each+1); !complete || p.First != each-10 || p.Last != each {
		t.Errorf("the newest trades: %+v, %t", p, complete)
	}
	for _, id := range []uint64{each, 1} { // one that is kept, and one that is not
		if _, r := y.Correct(&Correction{ID: id, Old: Print{Price(100 + (id-1)%50), Units(1), Regular}}); r != Accepted {
			t.Fatal(r)
		}
	}
	q := y.Quote()
	if q.Count != each-2 || q.Volume != Units(each-2) || q.Price != Price(100+(each-2)%50) || q.High != 149 || q.Low != 100 || q.Open != 100 {
		t.Errorf("got %+v", q)
	}
	// What a correction makes of a trade that is not kept stays when one is corrected that is.
	y.Correct(&Correction{ID: 2, Old: Print{101, Units(1), Regular}, New: Print{200, Units(1), Regular}})
	y.Correct(&Correction{ID: each - 1, Old: Print{Price(100 + (each-2)%50), Units(1), Regular}})
	if q = y.Quote(); q.High != 200 || q.Low != 100 || q.Open != 100 || q.Count != each-3 {
		t.Errorf("then: %+v", q)
	}
}

// A session that is over gives its room back only when it is needed, and a recording that is played again does at once.
func TestLedgersOfAReplayInALoopDoNotGrow(t *testing.T) {
	ledgers := NewLedgers(1 << 20)
	y := NewTally(0, 0, ledgers)
	for range 50 {
		y.Apply(&Tick{Kind: KindSession, Time: 1})
		for i := range 1000 {
			y.Apply(&Tick{Flags: Regular, Price: 100, Size: Units(1), ID: uint64(i + 1), Time: Time(i + 1)})
		}
		if kept := ledgers.Kept(); kept != 1000 {
			t.Fatalf("%d trades are kept of a round of 1000", kept)
		}
	}
	if n := len(ledgers.chunks) - ledgers.head; n > 64+64+2*4 {
		t.Errorf("%d chunks for 1000 trades", n)
	}
}

// Each image of the day's prices ends a chunk. Chunks of one trade take nine times the room, so there are as many fewer.
func TestLedgersOfManyImagesTakeNoMoreRoom(t *testing.T) {
	const limit = 900
	ledgers := NewLedgers(limit)
	y := NewTally(0, 0, ledgers)
	for i := range 5000 {
		y.Apply(&Tick{Flags: Regular, Price: 100, Size: Units(1), ID: uint64(i + 1), Time: Time(i + 1)})
		y.Image(&Quote{Set: FieldPrice, Price: 100})
		if kept := ledgers.Kept(); kept > limit/(1+chunkRoom) {
			t.Fatalf("%d trades are kept of as many chunks, want %d at most", kept, limit/(1+chunkRoom))
		}
	}
	if kept := ledgers.Kept(); kept < limit/(1+chunkRoom)-1 {
		t.Errorf("only %d trades are kept", kept)
	}
}
