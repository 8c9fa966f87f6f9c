package calendar

import "testing"

// The earliest and latest days that there are, and the years that the epacts 24 and 25 make exceptions of.
func TestEasterIsWhereTheTablesHaveIt(t *testing.T) {
	for year, want := range map[int]string{
		1818: "03-22", 1943: "04-25", 1954: "04-18", 1981: "04-19", 2000: "04-23", 2024: "03-31", 2038: "04-25", 2076: "04-19", 2285: "03-22",
	} {
		if got := easter(year).Format("01-02"); got != want {
			t.Errorf("%d: %s, want %s", year, got, want)
		}
	}
}
