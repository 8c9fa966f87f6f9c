package history

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Whoever adds an interval is told here where else it has to be named.
func TestEveryIntervalIsNamedWhereUsersChooseOne(t *testing.T) {
	for file, list := range map[string]*regexp.Regexp{
		"../../config.yaml":                         regexp.MustCompile(`(?m)^  bars:\n((?:    \S+: \d+\n)+)`),
		"../PROTOCOL.md":                            regexp.MustCompile(`(?s)trades of a symbol over an interval: (.*?)\. They`),
		"../../dashboard/web/src/model/settings.ts": regexp.MustCompile(`(?m)^  interval: (\[.*\]),$`),
	} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		found := list.FindSubmatch(text)
		if found == nil {
			t.Errorf("%s: no list of intervals that matches %s", file, list)
			continue
		}
		named := regexp.MustCompile(`\b\d+[smhd]\b`).FindAllString(string(found[1]), -1)
		if want := Intervals(); !slices.Equal(named, want) {
			t.Errorf("%s names %v, want %v", file, named, want)
		}
	}
}

func TestEachIntervalIsAMultipleOfThoseBeforeIt(t *testing.T) {
	for k := range intervals[1:] {
		if long, short := intervals[k+1], intervals[k]; long.seconds%short.seconds != 0 || long.seconds <= short.seconds {
			t.Errorf("%s is no multiple of %s", long.name, short.name)
		}
	}
	if Day.String() != "1d" {
		t.Errorf("the last interval is %s, want the day", Day)
	}
}

func TestMistakesInWhatIsKeptAreNamed(t *testing.T) {
	c := DefaultConfig()
	if err := c.Validate(); err != nil {
		t.Errorf("the defaults: %v", err)
	}
	c.Bars[2], c.Bars[Day], c.Trades = -1, MostBars+1, 99
	want := "bars.1m: -1 is not between 0 and 100000\nbars.1d: 100001 is not between 0 and 100000\ntrades: 99 is not between 100 and 100000"
	if err := c.Validate(); err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
	if _, err := ParseInterval("2m"); err == nil || !strings.HasSuffix(err.Error(), "is not one of "+strings.Join(Intervals(), ", ")) {
		t.Errorf("got %v", err)
	}
	if k, err := ParseInterval(""); err != nil || k.String() != "1m" {
		t.Errorf("without a name: %v, %v", k, err)
	}
}
