package market

import (
	"fmt"
	"testing"
)

func TestConditionsAreSpelledAsTheSourceDoes(t *testing.T) {
	var c Conditions
	for raw, want := range map[string]string{
		`["@","F","I"]`: "@,F,I",
		`[14, 41]`:      "14,41",
		`[" ","T"]`:     "T",
		`["a,b"]`:       "a b",
		`[]`:            "",
		`null`:          "",
		`{"c":1}`:       "",
		``:              "",
	} {
		for range 2 { // the second time it is known
			if got := c.List([]byte(raw)); got != want {
				t.Errorf("%s: %q, want %q", raw, got, want)
			}
		}
	}
	if got := c.Joined([]byte("1,24")); got != "1,24" {
		t.Errorf("joined: %q", got)
	}
}

func TestConditionsThatAreKnownCostNothing(t *testing.T) {
	var c Conditions
	list, joined := []byte(`["@","I"]`), []byte("1,24")
	c.List(list)
	c.Joined(joined)
	if n := testing.AllocsPerRun(100, func() {
		c.List(list)
		c.Joined(joined)
	}); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}

func TestMadeUpConditionsDoNotFillTheMemory(t *testing.T) {
	var c Conditions
	for i := range 2 * mostConditions {
		c.List(fmt.Appendf(nil, "[%d]", i))
	}
	if len(c.texts) > mostConditions {
		t.Errorf("%d lists are kept, want %d at most", len(c.texts), mostConditions)
	}
}
