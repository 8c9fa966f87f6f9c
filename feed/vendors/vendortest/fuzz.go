package vendortest

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"tickertape/feed/market"
)

// exponent is how a number can be written otherwise than it is shown.
var exponent = regexp.MustCompile(`[0-9][eE]`)

// Written makes a check that a number stands in text. It passes everything if the text has exponents or escapes.
func Written(t *testing.T, text string) func(what string, n fmt.Stringer) {
	plain := !strings.Contains(text, `\`) && !exponent.MatchString(text)
	return func(what string, n fmt.Stringer) {
		t.Helper()
		if plain && !strings.Contains(text, strings.TrimPrefix(n.String(), "0")) { // 0.5 can be written 00.5
			t.Errorf("%s %v is not in %s", what, n, text)
		}
	}
}

// CheckBatch checks what a decoder made of anything: it is of symbols in dir, its prices and sizes are written, its images can be
// shown, and it holds neither a status nor a correction.
func CheckBatch(t *testing.T, dir *market.Directory, b *market.Batch, written func(what string, n fmt.Stringer)) {
	t.Helper()
	if b.Lost < 0 || b.Status != nil || len(b.Corrections) > 0 {
		t.Errorf("batch %+v", *b)
	}
	for i := range b.Ticks {
		k := &b.Ticks[i]
		if int(k.Symbol) >= dir.Len() || k.Time < 0 {
			t.Errorf("tick %+v", *k)
		}
		switch k.Kind {
		case market.KindTrade:
			written("price", k.Price)
			written("size", k.Size)
		case market.KindQuote:
			written("bid", k.Bid) // 0 where there is none
			written("ask", k.Ask)
			if k.Flags&^market.BothSides != 0 {
				t.Errorf("quote %+v", *k)
			}
		}
	}
	for i := range b.Images {
		q := &b.Images[i]
		if int(q.Symbol) >= dir.Len() || q.Set == 0 {
			t.Errorf("image %+v", *q)
		}
		y := market.NewTally(q.Symbol, 0, nil)
		if r := y.Image(q); r != market.Accepted {
			t.Errorf("image %+v is refused: %v", *q, r)
		}
		if q.Set&market.FieldPrice != 0 {
			written("price", q.Price)
		}
	}
}
